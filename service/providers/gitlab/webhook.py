"""GitLab webhook deliveries: bytes in, the nudged issue out. Pure; believes nothing before the secret holds.

https://docs.gitlab.com/user/project/integrations/webhook_events/
https://docs.gitlab.com/user/project/integrations/webhooks/
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any

from service.model import IssueRef
from service.providers import payloads
from service.providers.base import DELIVERY_ID, MAX_NUMBER, MAX_PROJECT, Delivery, Stale, Trust, Unverified

SIGNING_PREFIX = "whsec_"

# Both kinds go to hooks of their own: without the confidential ones, confidential post-mortems go unseen.
# Each event's name in a delivery, and the name under which a webhook subscribes to it.
EVENTS = {
    "Issue Hook": "issues_events",
    "Confidential Issue Hook": "confidential_issues_events",
    "Note Hook": "note_events",
    "Confidential Note Hook": "confidential_note_events",
}
# A plain issue arrives as kind `issue`, all others as `work_item`; what it is stands in its type (since 17.2).
_KINDS = ("issue", "work_item")
_FOREIGN_TYPES = ("epic", "objective", "key result", "requirement", "test case")
_STAMP = re.compile(r"[0-9]{1,15}")
_ACTION = re.compile(r"[a-z_]{1,40}")
_PATH = re.compile(r"[\w.+-]+(?:/[\w.+-]+)+")
_Json = Mapping[str, Any]


def parse(headers: Mapping[str, str], body: bytes, *, forge: str, trust: Trust) -> Delivery | None:
    """See `service.providers.base.WebhookParser`. The secrets are secret tokens and `whsec_…` signing tokens, mixed."""
    found = {name.lower(): value for name, value in headers.items()}
    verify(found, body, trust)
    payload = payloads.read(body)
    event = found.get("x-gitlab-event", "")
    if event not in EVENTS:
        return None
    ref = _note(payload, forge) if payload.get("object_kind") == "note" else _issue(payload, forge)
    if ref is None:
        return None
    return Delivery(_id(found, body), _event_name(event, payload), (ref,), _text(payload, "user", "username"))


# --- is it GitLab's? ------------------------------------------------------------------------------------------


def verify(headers: Mapping[str, str], body: bytes, trust: Trust) -> None:
    """A signature, where there is one, decides alone; else the secret token does. `headers`: names in lower case.

    `webhook-id` says nothing: GitLab 19 sends it with every delivery, signed or not.
    """
    signing = [secret for secret in trust.secrets if secret.startswith(SIGNING_PREFIX)]
    plain = [secret for secret in trust.secrets if secret and not secret.startswith(SIGNING_PREFIX)]
    if headers.get("webhook-signature"):
        _verify_signature(headers, body, signing)
        _verify_time(int(headers["webhook-timestamp"]), trust)
        return
    given = headers.get("x-gitlab-token", "").encode("utf-8", "replace")
    if not given:
        raise Unverified("the delivery carries neither webhook-signature nor X-Gitlab-Token; set one on the webhook")
    if not any([hmac.compare_digest(given, each.encode()) for each in plain]):  # noqa: C419 - compares with all
        raise Unverified("the delivery's X-Gitlab-Token fits none of the configured webhook secrets")


def _verify_signature(headers: Mapping[str, str], body: bytes, tokens: Sequence[str]) -> None:
    """Standard Webhooks: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; several while rotating."""
    stamp = headers.get("webhook-timestamp", "")
    if not _STAMP.fullmatch(stamp):
        raise Unverified("the delivery's webhook-timestamp is missing, or no number of seconds")
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    given = [part.encode("utf-8", "replace") for part in headers["webhook-signature"].split()]
    expected = [_signature(token, signed) for token in tokens]
    if not any([hmac.compare_digest(one, other) for one in given for other in expected]):  # noqa: C419 - compares all
        raise Unverified("the delivery's webhook-signature fits none of the configured signing tokens")


def _verify_time(stamp: int, trust: Trust) -> None:
    """Only once the signature holds: what a stranger says of the time is of no interest."""
    ahead = stamp - trust.now.timestamp()
    if abs(ahead) > trust.window:
        off = f"{abs(ahead) / 3600:.1f} hours {'after' if ahead > 0 else 'before'} now"
        limit = f"more than the {trust.window / 3600:g} of CLOSEOUT_REPLAY_HOURS"
        raise Stale(f"the delivery was signed {off}, {limit}: it is an old one, or a clock is wrong")


def _signature(token: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(token.removeprefix(SIGNING_PREFIX), validate=True)
    except binascii.Error:
        raise Unverified("a configured signing token is not whsec_ and base64; copy it anew from GitLab") from None
    return b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))


# --- what is it about? ----------------------------------------------------------------------------------------


def _issue(payload: _Json, forge: str) -> IssueRef | None:
    if payload.get("object_kind") not in _KINDS:
        return None
    if _text(payload, "object_attributes", "type").lower() in _FOREIGN_TYPES:
        return None
    return _ref(payload, "object_attributes", forge)


def _note(payload: _Json, forge: str) -> IssueRef | None:
    """Comments on merge requests, commits and snippets arrive under the same header."""
    note = payload.get("object_attributes")
    if isinstance(note, dict) and note.get("system") is True:
        return None
    key = next((key for key in _KINDS if isinstance(payload.get(key), dict)), None)
    if key is None or _text(payload, key, "type").lower() in _FOREIGN_TYPES:
        return None
    return _ref(payload, key, forge)


def _ref(payload: _Json, key: str, forge: str) -> IssueRef:
    part = payload.get(key)
    iid = part.get("iid") if isinstance(part, dict) else None
    path = _text(payload, "project", "path_with_namespace")
    if not isinstance(iid, int) or isinstance(iid, bool) or not 0 < iid <= MAX_NUMBER:
        raise ValueError(f"the delivery's {key} has no iid, which GitLab documents for this event")
    if len(path) > MAX_PROJECT or not _PATH.fullmatch(path):
        raise ValueError("the delivery's project has no path_with_namespace like group/project")
    return IssueRef(forge, path, iid)


def _event_name(event: str, payload: _Json) -> str:
    action = _text(payload, "object_attributes", "action")
    return f"{event}/{action}" if _ACTION.fullmatch(action) else event


def _id(headers: Mapping[str, str], body: bytes) -> str:
    """`webhook-id` (19.0) where it is signed: then nothing else names the delivery, or one that was overheard would
    pass for new ones. Else its twin `Idempotency-Key` (17.4), which a resend keeps; else the chain's UUID and the
    body: the UUID alone is shared by all that one request set off, and X-Gitlab-Webhook-UUID is new with each attempt.
    """
    signed = headers.get("webhook-id") if headers.get("webhook-signature") else None
    key = signed or headers.get("idempotency-key") or headers.get("webhook-id")
    if key:
        if not DELIVERY_ID.fullmatch(key):
            raise ValueError("the delivery's id is too long, or no single word; GitLab sends a UUID")
        return key
    return f"{headers.get('x-gitlab-event-uuid', '')[:60]}:{hashlib.sha256(body).hexdigest()[:32]}"


def _text(payload: _Json, key: str, name: str) -> str:
    part = payload.get(key)
    value = part.get(name) if isinstance(part, dict) else None
    return value if isinstance(value, str) else ""
