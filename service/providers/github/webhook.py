"""GitHub webhook deliveries: bytes in, the nudged issues out. Pure; believes nothing before the signature holds.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.model import IssueRef
from service.providers import payloads
from service.providers.base import DELIVERY_ID, MAX_NUMBER, MAX_PROJECT, Delivery, Trust, Unverified

# What a webhook has to subscribe to: the events that `_refs` reads. Repositories have no event for cards.
EVENTS = frozenset({"issues", "issue_comment", "sub_issues"})
ORGANISATION_EVENTS = EVENTS | {"projects_v2_item"}

_FULL_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_LOGIN = re.compile(r"[\w-]{1,100}")
_ACTION = re.compile(r"[a-z_]{1,40}")
_NODE = re.compile(r"[\w=+/-]{1,200}")
_API_URL = re.compile(r"/repos/(?P<name>[\w.-]+/[\w.-]+)$")
_Json = Mapping[str, Any]


def parse(headers: Mapping[str, str], body: bytes, *, forge: str, trust: Trust) -> Delivery | None:
    """See `service.providers.base.WebhookParser`. GitHub signs no time."""
    found = {name.lower(): value for name, value in headers.items()}
    verify(found.get("x-hub-signature-256", ""), body, trust.secrets)
    event, delivery_id = found.get("x-github-event", ""), found.get("x-github-delivery", "")
    if not event or not delivery_id:
        raise ValueError("the request lacks X-GitHub-Event or X-GitHub-Delivery; GitHub always sends both")
    if not DELIVERY_ID.fullmatch(delivery_id):
        raise ValueError("X-GitHub-Delivery is too long, or no single word; GitHub sends a UUID")
    payload = _payload(found.get("content-type", ""), body)
    refs = tuple(dict.fromkeys(_refs(event, payload, forge)))
    if not refs:
        return None
    return Delivery(delivery_id, _event_name(event, payload), refs, _sender(payload))


def verify(signature: str, body: bytes, secrets: Sequence[str]) -> None:
    """Holds the signature against every secret (an old and a new one while they are rotated), in constant time."""
    given = signature.encode("utf-8", "replace")
    if not given:
        raise Unverified("the delivery carries no X-Hub-Signature-256; set a secret on the webhook")
    expected = [_signature(secret, body) for secret in secrets if secret]
    if not any([hmac.compare_digest(given, each) for each in expected]):  # noqa: C419 - compares with all, always
        raise Unverified("the delivery's X-Hub-Signature-256 fits none of the configured webhook secrets")


def _signature(secret: str, body: bytes) -> bytes:
    return b"sha256=" + hmac.digest(secret.encode(), body, "sha256").hex().encode()


def _payload(content_type: str, body: bytes) -> _Json:
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        raise ValueError("the webhook sends forms; set its content type to application/json")
    return payloads.read(body)


def _event_name(event: str, payload: _Json) -> str:
    action = payload.get("action")
    return f"{event}.{action}" if isinstance(action, str) and _ACTION.fullmatch(action) else event


def _sender(payload: _Json) -> str:
    sender = payload.get("sender")
    login = sender.get("login") if isinstance(sender, dict) else None
    return login if isinstance(login, str) else ""


def _refs(event: str, payload: _Json, forge: str) -> Iterator[IssueRef]:
    """The issues an event is about. Unknown events nudge nobody: GitHub adds new ones at any time."""
    match event:
        case "issues" | "issue_comment":
            if "pull_request" not in _part(payload, "issue"):  # both events also tell of pull requests
                yield _issue(payload, "issue", "repository", forge)
                yield from _moved(payload, forge)
        case "sub_issues":
            yield _issue(payload, "parent_issue", "parent_issue_repo", forge)
            yield _issue(payload, "sub_issue", "sub_issue_repo", forge)
        case "projects_v2_item":
            yield from _card(payload, forge)
        case _:
            return


def _card(payload: _Json, forge: str) -> Iterator[IssueRef]:
    """A card says only which organisation it is in and its issue's node id. Drafts and pull requests have cards too."""
    item = _part(payload, "projects_v2_item")
    if item.get("content_type") != "Issue":
        return
    owner, node = _part(payload, "organization").get("login"), item.get("content_node_id")
    if not isinstance(owner, str) or not _LOGIN.fullmatch(owner):
        raise ValueError("the delivery's organization has no login")
    if not isinstance(node, str) or not _NODE.fullmatch(node):
        raise ValueError("the delivery's projects_v2_item has no content_node_id")
    yield IssueRef.by_node(forge, owner, node)


def _moved(payload: _Json, forge: str) -> Iterator[IssueRef]:
    """The other end of a transfer: `new_*` in what the old place sends, `old_*` in what the new place sends."""
    changes = payload.get("changes")
    if not isinstance(changes, dict):
        return
    for age in ("new", "old"):
        if isinstance(changes.get(f"{age}_issue"), dict):
            yield _issue(changes, f"{age}_issue", f"{age}_repository", forge)


def _issue(payload: _Json, key: str, repository: str, forge: str) -> IssueRef:
    issue = _part(payload, key)
    number = issue.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= MAX_NUMBER:
        raise ValueError(f"the delivery's {key} has no number")
    return IssueRef(forge, _project(payload, issue, repository), number)


def _project(payload: _Json, issue: _Json, repository: str) -> str:
    """The repository an issue is in: named beside it, else by its own URL, else the delivery's."""
    beside = payload.get(repository)
    url = _API_URL.search(str(issue.get("repository_url", "")))
    if isinstance(beside, dict):
        name = beside.get("full_name")
    elif url:
        name = url["name"]
    else:
        name = _part(payload, "repository").get("full_name")
    if not isinstance(name, str) or len(name) > MAX_PROJECT or not _FULL_NAME.fullmatch(name):
        raise ValueError(f"the delivery's {repository} has no full_name like owner/name")
    return name


def _part(payload: _Json, key: str) -> _Json:
    part = payload.get(key)
    if not isinstance(part, dict):
        raise ValueError(f"the delivery has no {key}, which GitHub documents for this event")  # noqa: TRY004
    return part
