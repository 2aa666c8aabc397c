"""What GitLab's refusals mean for us: a status, its headers and its words → one of the `ProviderError` family.

https://docs.gitlab.com/api/rest/troubleshooting/#status-codes
https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from gitlab.exceptions import GitlabError, GitlabParsingError, RedirectError

from service.providers.base import (
    Forbidden,
    Gone,
    MalformedReply,
    NotFound,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)

DEFAULT_WAIT = 60.0  # GitLab counts most of its limits by the minute, and not every refusal names a time
_RESOURCE_LOCK = "resource lock"  # a 409 of GitLab's own making: another request holds the row


class AlreadyThere(Rejected):
    """409: what was to be created exists. For labels and links that is what was wanted."""


class ForeignHost(requests.RequestException):
    """A page link or a redirect led to another host. Our token is for one server only."""


def refusal(error: GitlabError, headers: Mapping[str, str], doing: str, now: datetime) -> ProviderError:
    """The error that a GitLab exception stands for. `headers` are the last answer's; `doing` says what was tried."""
    if isinstance(error, GitlabParsingError):
        return MalformedReply(f"GitLab's answer to {doing} is not the JSON it documents")
    if isinstance(error, RedirectError):
        return _redirected(doing, "")
    return _by_status(error, headers, doing, now)


def _by_status(  # noqa: PLR0911 - one return a status
    error: GitlabError, headers: Mapping[str, str], doing: str, now: datetime
) -> ProviderError:
    status, said = error.response_code or 0, words_of(error)
    sentence = f"GitLab answered {status} to {doing}" + (f": {said}" if said else "")
    match status:
        case 401:
            return Forbidden(f"{sentence}; the token is wrong, expired or revoked")
        case 403:
            return Forbidden(f"{sentence}; our account needs the Reporter (or Planner) role in the project")
        case 404:
            return NotFound(f"{sentence}; it is not there, or our account may not see it")
        case 405 if "moved" in said.lower():
            return Gone(f"{sentence}; the project was renamed or moved, use its present path")
        case 409 if _RESOURCE_LOCK in said.lower():
            return Unavailable(sentence)
        case 409:
            return AlreadyThere(sentence)
        case 429:
            wait = wait_of(headers, now)
            return RateLimited(f"{sentence}; asked to wait {wait:.0f} s", retry_after=wait)
        case _ if status >= 500 or status in (0, 408, 425):
            return Unavailable(sentence)
        case _ if 300 <= status < 400:
            return _redirected(doing, headers.get("Location", ""))
        case _:
            return Rejected(sentence)


def unanswered(error: requests.RequestException, doing: str) -> ProviderError:
    """The error for a request that got no usable answer. Its text names no URL: a URL may hold a credential."""
    if isinstance(error, ForeignHost):
        return Rejected(f"GitLab's answer to {doing} leads to another host; set the forge's url to GitLab's own")
    if isinstance(error, requests.exceptions.JSONDecodeError):
        return MalformedReply(f"GitLab's answer to {doing} is not the JSON it documents")
    return Unavailable(f"GitLab gave no complete answer to {doing} ({type(error).__name__})")


def wait_of(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait: `Retry-After` (seconds or a date), else until `RateLimit-Reset`, else a minute."""
    after, reset = headers.get("Retry-After", ""), headers.get("RateLimit-Reset", "")
    if after.strip().isdigit():
        return float(after)
    until = _date(after)
    if until is not None:
        return max((until - now).total_seconds(), 1.0)
    if reset.strip().isdigit():
        return max(float(reset) - now.timestamp(), 1.0)
    return DEFAULT_WAIT


def words_of(error: GitlabError) -> str:
    """GitLab's own words, never more than a line of them."""
    said: object = error.error_message  # declared str; bytes or a dict of fields in fact
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return "" if text.lstrip().startswith("<") else " ".join(text.split())[:300]


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Inside, a reply that lacks what GitLab documents becomes `MalformedReply` instead of a KeyError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise MalformedReply(f"GitLab's answer about {what} lacks what we need ({error!r:.100})") from error


def _redirected(doing: str, target: str) -> ProviderError:
    where = f" to {target.partition('?')[0]}" if target else ""
    return Gone(
        f"GitLab redirects {doing}{where}; the project was renamed or moved, use its present path "
        "(or the forge's url is not GitLab's own)"
    )


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
