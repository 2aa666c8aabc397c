"""Addresses at which a calendar program finds a meeting or a project's reviews: whoever has one may read there.

An address carries the id of what it opens and a seal, made of the id with a secret of the operator's. A wrong seal is
told apart without looking anything up, so guessing costs the database nothing. The secret stays in here: what is
decided is handed addresses, as it is handed the time.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from service.model import Snapshot, calendar_id
from service.settings import Settings

Kind: TypeAlias = Literal["meetings", "reviews"]


class Links:
    """Made with the first of the secrets, and believed with any: one can take the place of another without a break."""

    def __init__(self, public_url: str, secrets: Sequence[str]) -> None:
        """`public_url` is where the service is reached from outside, without a trailing slash."""
        self._public_url = public_url
        self._secrets = tuple(secret.encode() for secret in secrets)

    @classmethod
    def of(cls, settings: Settings) -> Links | None:
        """None where the service does not know where it is reached from outside."""
        if not settings.public_url:
            return None
        return cls(settings.public_url, tuple(secret.get_secret_value() for secret in settings.link_secrets))

    def address(self, kind: Kind, name: str) -> str:
        """`name` is the id of a meeting, or of a feed."""
        return f"{self._public_url}/calendar/{kind}/{name}/{_seal(self._secrets[0], kind, name)}.ics"

    def opens(self, kind: Kind, name: str, seal: str) -> bool:
        """Whether the address was made here. Takes as long for every seal of one length."""
        given = seal.encode("utf-8", "replace")
        fits = [hmac.compare_digest(_seal(secret, kind, name).encode(), given) for secret in self._secrets]
        return any(fits)

    def invitations(self, seen: Snapshot) -> Mapping[str, str]:
        """By the id of the comment that called a meeting, or is about to."""
        keys = {meeting.key for meeting in seen.state.meetings if meeting.key}
        keys |= {comment.id for comment in seen.comments if comment.topic is None}
        return {key: self.address("meetings", calendar_id(seen.issue.ref, key)) for key in keys}


def _seal(secret: bytes, kind: Kind, name: str) -> str:
    """256 bits, as 43 signs that need no escape in an address."""
    digest = hmac.digest(secret, f"closeout calendar {kind} {name}".encode("utf-8", "replace"), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")
