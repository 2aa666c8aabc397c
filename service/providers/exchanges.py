"""What went over the wire to a forge, one value a request, for whoever counts it. The same for every forge."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias

import requests

_VARIABLE = re.compile(r"\\{(\w+)\\}")


@dataclass(frozen=True, slots=True)
class Quota:
    """How many requests are left, of `limit`, until the forge's limit resets (in seconds since 1970 UTC). `resource` is
    what is limited together. None: the forge does not tell.
    """

    resource: str
    remaining: int
    limit: int | None = None
    resets_at: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back. `status`, `seconds` and `date` are None where nothing usable did.

    `endpoint` is a template, such as `GET /repos/{owner}/{repo}/issues`: it names no project, issue or person.
    """

    endpoint: str
    status: int | None = None
    seconds: float | None = None
    quota: Quota | None = None
    date: datetime | None = None  # when it was answered, by the forge's clock


Observer: TypeAlias = Callable[[Exchange], None]


def unobserved(exchange: Exchange) -> None:
    """The observer of whoever does not count."""
    del exchange


class Endpoints:
    """An API's addresses as the vendor writes them, like `/projects/{id}/issues`. What `{path}` stands for may hold
    slashes.
    """

    OTHER = "other"

    def __init__(self, templates: Iterable[str]) -> None:
        self._known = {template: re.compile(_VARIABLE.sub(_pattern, re.escape(template))) for template in templates}

    def of(self, method: str, path: str) -> str:
        """The request's endpoint, or `other`: what nobody foresaw must not become a value of its own."""
        fitting = (template for template, pattern in self._known.items() if pattern.fullmatch(path))
        template = next(fitting, None)
        return self.OTHER if template is None else f"{method} {template}"


def _pattern(variable: re.Match[str]) -> str:
    return ".+" if variable[1] == "path" else "[^/]+"


@dataclass(frozen=True, slots=True)
class Meter:
    """Tells `observer` of one server's exchanges."""

    endpoints: Endpoints
    quota: Callable[[Mapping[str, str]], Quota | None]
    observer: Observer

    def measured(self, method: str, path: str, send: Callable[[], requests.Response]) -> requests.Response:
        """Sends, and tells what came of it; `path` is the API's own. Raises what `send` raises."""
        endpoint = self.endpoints.of(method, path)
        try:
            answer = send()
        except requests.RequestException:
            self.observer(Exchange(endpoint))
            raise
        first = answer.history[0] if answer.history else answer  # a redirect that was followed is told by itself
        seconds = first.elapsed.total_seconds()
        date = dated(answer.headers)
        self.observer(Exchange(endpoint, first.status_code, seconds, self.quota(first.headers), date))
        return answer


def dated(headers: Mapping[str, str]) -> datetime | None:
    """When an answer left, in whole seconds; names compare without case, or are in lower case."""
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def left(headers: Mapping[str, str], name: str) -> int | None:
    """The count in this header, if it is one."""
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
