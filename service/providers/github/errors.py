"""What GitHub's refusals mean for us: a status, its headers and its body → one of the `ProviderError` family.

https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from github.Requester import Requester

from service.providers.base import (
    Conflict,
    Forbidden,
    Gone,
    MalformedReply,
    NotFound,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)

SECONDARY_WAIT = 60.0  # what GitHub asks for where a refusal names no time
_LIMIT_IN_WORDS = ("submitted too quickly", "abuse detection")


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        try:
            return json.loads(self.text) if self.text else None
        except (ValueError, RecursionError):
            raise MalformedReply(f"GitHub's answer (status {self.status}) is not JSON") from None


class ServerError(Unavailable):
    """The server failed, with this status."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class Unsupported(Rejected):
    """The server's GraphQL lacks what was asked, or the credential lacks its scope; `names` are the fields."""

    def __init__(self, message: str, *, names: frozenset[str]) -> None:
        super().__init__(message)
        self.names = names


def refusal(reply: Reply, doing: str, now: datetime) -> ProviderError:  # noqa: PLR0911 - one case a status
    """The error that an answer of status 300 or more stands for; `doing` says what was tried."""
    said = _message(reply)
    sentence = f"GitHub answered {reply.status} to {doing}" + (f": {said}" if said else "")
    match reply.status:
        case 401:
            return Forbidden(f"{sentence}; the token or the App's key is wrong, expired or revoked")
        case 403 | 429 if _is_limited(reply, said):
            wait = wait_of(reply.headers, now)
            return RateLimited(f"{sentence}; asked to wait {wait:.0f} s", retry_after=wait)
        case 403:
            return Forbidden(sentence + _needed(reply))
        case 404:
            return NotFound(f"{sentence}; it is not there, or our account may not see it")
        case 409:
            return Conflict(sentence)
        case 410:
            return Gone(f"{sentence}; it was deleted, or issues are disabled there")
        case status if status >= 500 and "retry-after" in reply.headers:
            return RateLimited(sentence, retry_after=wait_of(reply.headers, now))
        case status if status >= 500 or status == 408:
            return ServerError(sentence, status=status)
        case status if status >= 400:
            return Rejected(sentence)
        case _:
            return Gone(f"{sentence}; the repository was renamed or moved, use its new name")


def wait_of(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait: `Retry-After`, else until the quota resets, else a minute."""
    asked = _number(headers.get("retry-after"))
    if asked is not None:
        return max(asked, 0.0)
    reset = _number(headers.get("x-ratelimit-reset"))
    if headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        return max(reset - now.timestamp(), 1.0)
    return SECONDARY_WAIT


def graphql_error(errors: Sequence[Mapping[str, Any]], reply: Reply, now: datetime) -> ProviderError:
    """The error that a GraphQL `errors` list stands for. GitHub answers 200 and puts the kind into `type`."""
    kinds = {str(error.get("type") or "") for error in errors}
    said = "; ".join(dict.fromkeys(str(error.get("message", "")) for error in errors))[:500]
    if kinds & {"RATE_LIMITED", "RATE_LIMIT"} or _is_limit_in_words(said):
        wait = wait_of(reply.headers, now)
        return RateLimited(f"GitHub limits our GraphQL requests: {said}", retry_after=wait)
    unknown = _unknown_fields(errors)
    if unknown:
        return Unsupported(f"GitHub's GraphQL here cannot answer: {said}", names=unknown)
    if "NOT_FOUND" in kinds:
        return NotFound(f"GitHub: {said}; it is not there, or our account may not see it")
    if "FORBIDDEN" in kinds:
        return Forbidden(f"GitHub refuses: {said}")
    if "Something went wrong" in said or kinds & {"INTERNAL", "SERVICE_UNAVAILABLE", "TIMEOUT"}:
        return Unavailable(f"GitHub's GraphQL failed: {said}")
    return Rejected(f"GitHub refuses: {said}")


def _unknown_fields(errors: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Fields the server does not know, or `projectItems` where the token lacks the projects scope."""
    names: set[str] = set()
    for error in errors:
        extensions = error.get("extensions") or {}
        if error.get("type") == "INSUFFICIENT_SCOPES":
            names.add("projectItems")
        elif extensions.get("code") in ("undefinedField", "undefinedType"):
            names.add(str(extensions.get("fieldName") or extensions.get("typeName") or ""))
        elif str(error.get("message", "")).startswith(("Field '", "Cannot query field '", "No such type ")):
            names.add(str(error["message"]).partition("'")[2].partition("'")[0])
    return frozenset(names)


def _message(reply: Reply) -> str:
    """GitHub's own words, with the refused fields; never more than a line of them."""
    try:
        data = json.loads(reply.text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors")
    details = [_detail(error) for error in errors] if isinstance(errors, list) else []
    words = " ".join(str(part) for part in (data.get("message", ""), *details) if part)
    return " ".join(words.split())[:500]


def _detail(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    known = (error.get("resource"), error.get("field"), error.get("code"), error.get("message"))
    return "(" + " ".join(str(part) for part in known if part) + ")"


def _is_limited(reply: Reply, said: str) -> bool:
    if reply.status == 429 or "retry-after" in reply.headers:
        return True
    if reply.headers.get("x-ratelimit-remaining") == "0":
        return True
    return _is_limit_in_words(said)


def _is_limit_in_words(said: str) -> bool:
    return Requester.isRateLimitError(said) or any(words in said for words in _LIMIT_IN_WORDS)


def _needed(reply: Reply) -> str:
    needed = reply.headers.get("x-accepted-github-permissions")
    return f"; it needs the permission {needed}" if needed else ""


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Inside, a reply that lacks what GitHub documents becomes `MalformedReply` instead of a KeyError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise MalformedReply(f"GitHub's answer about {what} lacks what we need ({error!r:.100})") from error
