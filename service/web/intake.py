"""Takes each request in as a whole, and only then gives it to a thread: who sends slowly keeps nobody waiting.

An RSGI application, which granian serves, around a WSGI one.
https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from granian.rsgi import (  # type: ignore[attr-defined] # granian names them there without exporting them
    HTTPProtocol,
    ProtocolClosed,
    ProtocolError,
    Scope,
)

from service.web.limits import Limits

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

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


class Intake:
    """Calls `app` in a few threads, each time with a body that is there. `stop` is called when all is served."""

    def __init__(self, app: WSGIApplication, limits: Limits, stop: Callable[[], None]) -> None:
        self._app, self._limits, self._stop = app, limits, stop
        self._threads = ThreadPoolExecutor(limits.threads, thread_name_prefix="closeout-web")
        self._held = 0

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        try:
            body = await self._body(scope, protocol)
        except _Refused as refused:
            protocol.response_bytes(*refused.answer)
        except (ProtocolClosed, ProtocolError):
            return  # the sender has gone
        else:
            loop = asyncio.get_running_loop()
            protocol.response_bytes(*await loop.run_in_executor(self._threads, _answer, self._app, scope, body))

    def __rsgi_del__(self, _loop: object) -> None:
        self._threads.shutdown()
        self._stop()

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


def _answer(app: WSGIApplication, scope: Scope, body: bytes) -> _Answer:
    """What the application says: https://peps.python.org/pep-3333/."""
    status, headers = 500, list[tuple[str, str]]()

    def start_response(line: str, given: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        nonlocal status, headers
        status, headers = int(line[:3]), [(name.lower(), value) for name, value in given]
        return _no_write

    said = app(_environ(scope, body), start_response)
    try:
        return _Answer(status, headers, b"".join(said))
    finally:
        getattr(said, "close", _nothing)()


def _environ(scope: Scope, body: bytes) -> WSGIEnvironment:
    """Nothing of the process's own environment, which holds the secrets.

    A repeated header is joined by commas, so that no part of it passes for the whole. One whose name has an
    underscore is left out: it would pass for another.
    """
    host, _, port = scope.server.rpartition(":")
    headers: dict[str, Any] = {}
    for name, value in scope.headers.items():
        if "_" not in name:
            key = f"HTTP_{name.upper().replace('-', '_')}"
            headers[key] = f"{headers[key]},{value}" if key in headers else value
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
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _no_write(_: bytes) -> None:
    raise NotImplementedError("the application returns what it says")


def _nothing() -> None:
    """Where nothing has to be closed."""
