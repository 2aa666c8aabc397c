"""Where a worker can die: at each HTTP request, before it leaves or once the server has acted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Never

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.proofs.life import Killed

TEXT = " (text)"


def _killed(where: str) -> Never:
    raise Killed(where)


@dataclass
class Wire:
    """Sees every request of this process. `kill` names the request at which the worker dies, counted from 1."""

    made: list[str] = field(default_factory=list)
    kill: int | None = None
    after: bool = False
    meet: Callable[[int, str], None] = lambda _number, _what: None  # told of each request before it leaves
    die: Callable[[str], Never] = _killed

    def passes(self, send: Callable[[], requests.Response], what: str) -> requests.Response:
        self.made.append(what)
        self.meet(len(self.made), what)
        now = len(self.made) == self.kill
        if now and not self.after:
            self.die(f"before {what}")
        answer = send()
        if now:
            answer.close()
            self.die(f"after {what}")
        return answer

    @contextmanager
    def deadly(self, kill: int, *, after: bool) -> Iterator[None]:
        """Inside, the worker dies at this request. Fails if it never gets there."""
        self.made, self.kill, self.after = [], kill, after
        with suppress(Killed):
            yield
            raise AssertionError(f"the worker was to die at request {kill} and made {len(self.made)}")
        self.kill = None


def writes(what: str) -> bool:
    return not what.startswith(("GET", "POST query"))


def writes_text(what: str) -> bool:
    """Whether it writes an issue's text."""
    return what.endswith(TEXT)


def tapped(patch: pytest.MonkeyPatch) -> Wire:
    """A wire that all of requests' sessions go through."""
    wire, send = Wire(), HTTPAdapter.send

    def sent(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        return wire.passes(lambda: send(self, request, *args, **kwargs), _named(request))

    patch.setattr(HTTPAdapter, "send", sent)
    return wire


def _named(request: requests.PreparedRequest) -> str:
    if str(request.url).endswith("/graphql"):
        body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        return "POST mutation" if b"mutation" in body else "POST query"
    return f"{request.method} {request.path_url}{TEXT if _holds_text(request) else ''}"


def _holds_text(request: requests.PreparedRequest) -> bool:
    """An issue's edit with its text among the fields: `body` is GitHub's word for it, `description` GitLab's."""
    if request.method not in ("PATCH", "PUT") or not re.search(r"/issues/\d+$", request.path_url):
        return False
    assert isinstance(request.body, (str, bytes))
    return not {"body", "description"}.isdisjoint(json.loads(request.body))
