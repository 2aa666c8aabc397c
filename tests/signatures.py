"""How forges sign what they deliver, written down apart from the service's own reading of it."""

from __future__ import annotations

import hashlib
import hmac


def by_github(body: bytes, secret: str) -> str:
    """X-Hub-Signature-256. https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
