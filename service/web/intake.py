"""Takes each request in as a whole, and only then gives it to a thread: who sends slowly keeps nobody waiting.

Webhooks of the usual size are answered on the event loop itself, and take no thread at all.

An RSGI application, which granian serves, around a WSGI one.
https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from granian.rsgi import (  # type: ignore[attr-defined] # granian names them there without exporting them
    HTTPProtocol,
    ProtocolClosed,
    ProtocolError,
    Scope,
)

from service.web.limits import Limits
from service.web.sent import HEALTH, Answering, Sent, addressed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SMALL = 64 * 1024  # bytes; most deliveries have 10 to 30 kB


class _Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class _Refused(Exception):
    """The request is not taken in, and its connection ends."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        headers = [("content-type", "application/json"), ("connection", "close")]
        headers += [("retry-after", "10")] if status == 503 else []
        self.answer = _Answer(status, headers, json.dumps({"error": sentence}).encode() + b"\n")


class Application(Protocol):
    """What stands behind the intake. `webhooks`: None where it takes none, or is not ready to."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse, /) -> Iterable[bytes]: ...

    @property
    def webhooks(self) -> Answering | None: ...

    def close(self) -> None:
        """Called when all is served."""


class Intake:
    """Calls the application in a few threads, each time with a body that is there."""

    def __init__(self, app: Application, limits: Limits) -> None:
        self._app, self._limits = app, limits
        # While the database hangs, deliveries and pages wait for it, and health is answered.
        self._deliveries = ThreadPoolExecutor(limits.threads, thread_name_prefix="closeout-deliveries")
        self._pages = ThreadPoolExecutor(limits.threads, thread_name_prefix="closeout-web")
        self._health = ThreadPoolExecutor(1, thread_name_prefix="closeout-health")
        self._held = 0

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_default_executor(self._deliveries)  # where a write cannot be awaited, it waits there

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        try:
            body = await self._body(scope, protocol)
        except _Refused as refused:
            protocol.response_bytes(*refused.answer)
        except (ProtocolClosed, ProtocolError):
            return  # the sender has gone
        else:
            protocol.response_bytes(*await self._answer(scope, body))

    def __rsgi_del__(self, _loop: object) -> None:
        for threads in (self._deliveries, self._pages, self._health):
            threads.shutdown()
        self._app.close()

    async def _answer(self, scope: Scope, body: bytes) -> _Answer:
        forge, webhooks = addressed(scope.path), self._app.webhooks
        if forge is None or webhooks is None or len(body) > _SMALL:  # what reading much costs keeps nobody waiting
            loop, threads = asyncio.get_running_loop(), self._threads(scope.path, forge)
            return await loop.run_in_executor(threads, _called, self._app, scope, body)
        answer = await webhooks.answer(Sent(forge, scope.method, _headers(scope), body, _peer(scope)))
        return _Answer(answer.status, _lower(answer.headers), answer.body)

    def _threads(self, path: str, forge: str | None) -> ThreadPoolExecutor:
        if forge is not None:
            return self._deliveries
        return self._health if path == HEALTH else self._pages

    async def _body(self, scope: Scope, protocol: HTTPProtocol) -> bytes:
        """All of it, within the limits. Raises `_Refused`."""
        length = int(scope.headers.get("content-length", "0"))
        if length > self._limits.body:
            raise self._too_large()
        if not length and "transfer-encoding" not in scope.headers:
            return b""
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await (protocol() if 0 < length <= _SMALL else self._read(protocol))
        except TimeoutError:
            raise _Refused(408, f"the body did not arrive within {self._limits.body_seconds:g} seconds") from None

    async def _read(self, protocol: HTTPProtocol) -> bytes:
        """Piece by piece: what only was announced takes no room."""
        body = bytearray()
        try:
            async for piece in protocol:
                body += piece
                self._held += len(piece)
                if len(body) > self._limits.body:
                    raise self._too_large()
                if self._held > self._limits.held:
                    raise _Refused(503, "too many large deliveries at the same time; send it again")
        finally:
            self._held -= len(body)
        return bytes(body)

    def _too_large(self) -> _Refused:
        return _Refused(413, f"a delivery is at most {self._limits.body // 1024**2} MiB")


def _called(app: WSGIApplication, scope: Scope, body: bytes) -> _Answer:
    """What the application says: https://peps.python.org/pep-3333/."""
    status, headers = 500, list[tuple[str, str]]()

    def start_response(line: str, given: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        nonlocal status, headers
        status, headers = int(line[:3]), _lower(given)
        return _no_write

    said = app(_environ(scope, body), start_response)
    try:
        return _Answer(status, headers, b"".join(said))
    finally:
        getattr(said, "close", _nothing)()


def _environ(scope: Scope, body: bytes) -> WSGIEnvironment:
    """Nothing of the process's own environment, which holds the secrets."""
    host, _, port = scope.server.rpartition(":")
    headers: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in _headers(scope).items()}
    return headers | {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "CONTENT_TYPE": headers.pop("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": _peer(scope),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _headers(scope: Scope) -> dict[str, str]:
    """By their names in lower case.

    A repeated header is joined by commas, so that no part of it passes for the whole. One whose name has an
    underscore is left out: it would pass for another.
    """
    headers: dict[str, str] = {}
    for name, value in scope.headers.items():
        if "_" not in name:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _peer(scope: Scope) -> str:
    return scope.client.rpartition(":")[0].strip("[]")


def _lower(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in headers]


def _no_write(_: bytes) -> None:
    raise NotImplementedError("the application returns what it says")


def _nothing() -> None:
    """Where nothing has to be closed."""
