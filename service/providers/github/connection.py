"""One kept-alive HTTP connection, spoken through PyGithub's connection interface.

PyGithub takes a connection with each request. One of our own keeps what its own would do from happening: a 301 is
not followed (PyGithub would resend any method, without the query, and might return another repository's issue), a
body is UTF-8 and nothing is guessed, and every request on the wire is counted.
"""

from __future__ import annotations

from collections.abc import ItemsView
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from github.Requester import HTTPSRequestsConnectionClass

from service.providers.exchanges import Meter, Observer, unobserved
from service.providers.github.endpoints import ENDPOINTS, quota

TIMEOUT = 10  # seconds; GitHub itself gives up after ten


@dataclass
class Counter:
    """HTTP requests sent, retries included, and GitHub's name for the last one that writes."""

    requests: int = 0
    written: str = ""


@dataclass(frozen=True, slots=True)
class _Request:
    verb: str
    url: str
    body: Any
    headers: dict[str, str] = field(repr=False)  # they carry the credential


class _Response:
    """What PyGithub expects back. Without a `Location` it follows nothing, so a redirect reaches the gateway."""

    def __init__(self, answer: requests.Response) -> None:
        self.status = answer.status_code
        self._headers = {name: value for name, value in answer.headers.items() if name.lower() != "location"}
        self._text = answer.content.decode("utf-8", "replace")

    def getheaders(self) -> ItemsView[str, str]:
        return self._headers.items()

    def read(self) -> str:
        return self._text


class Connection(HTTPSRequestsConnectionClass):
    """A connection to one server, for one thread."""

    def __init__(self, url: str, counter: Counter, observer: Observer = unobserved) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the URL of a GitHub API; write it like https://api.github.com")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        super().__init__(parts.hostname, port, timeout=TIMEOUT, retry=0)
        self.protocol = parts.scheme
        self._counter = counter
        self._root = parts.path.rstrip("/")
        self._meter = Meter(ENDPOINTS, quota, observer)
        self._asked: _Request | None = None

    def request(
        self,
        verb: str,
        url: str,
        input: Any,  # noqa: A002 - PyGithub's name
        headers: dict[str, str],
        stream: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        del stream
        self._asked = _Request(verb, url, input, headers)

    def getresponse(self) -> Any:
        asked, self._asked = self._asked, None
        if asked is None:
            raise RuntimeError("an answer was asked for before its request")
        self._counter.requests += 1
        return _Response(self._meter.measured(asked.verb, self._path(asked.url), lambda: self._send(asked)))

    def _path(self, url: str) -> str:
        """The path as the reference has it. Enterprise Server has GraphQL beside the REST root, github.com below it."""
        return urlsplit(url).path.removeprefix(self._root).removeprefix(self._root.removesuffix("/v3"))

    def _send(self, asked: _Request) -> requests.Response:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.session.request(
            asked.verb,
            f"{self.protocol}://{host}:{self.port}{asked.url}",
            data=asked.body,
            headers=asked.headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
