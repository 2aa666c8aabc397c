"""Faults on request: a matching API request is answered wrongly, late, half, not at all, or with what was.

`POST /_faults` takes `{"path": glob, "kind": "status" | "delay" | "drop" | "truncate" | "stale"}` and optionally
`method`, `times` (1; 0 is for ever), `status` (503), `headers`, `body`, `seconds`, and `after` (the request
has its effect first, and only its answer is lost). `path` is matched against the whole path, such as
`/github/api/v3/repos/*`.

`stale` is a read replica that lags: once something matching was written, so many matching reads are answered as the
forge was before the last such write.
"""

from __future__ import annotations

import fnmatch
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from service.sandbox.replica import Rows

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Kind = Literal["status", "delay", "drop", "truncate", "stale"]
KINDS = get_args(Kind)


@dataclass(slots=True)
class Fault:
    path: str
    kind: Kind
    method: str = "*"
    times: int = 1
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.1
    after: bool = False
    before: Rows | None = field(default=None, init=False, repr=False)  # stale: the world, as those reads see it

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Fault:
        """Raises ValueError for an unknown key or kind."""
        unknown = set(data) - set(cls.__slots__)
        if unknown or data.get("kind") not in KINDS or not isinstance(data.get("path"), str):
            raise ValueError(f"a fault has a path and a kind of {', '.join(KINDS)}; not {sorted(unknown) or data}")
        return cls(**data)

    def matches(self, method: str, path: str) -> bool:
        return fnmatch.fnmatchcase(path, self.path) and (self.kind == "stale" or self.method.upper() in ("*", method))


class Faults:
    """WSGI middleware in front of the forges' APIs. `wait` is how a delay passes."""

    def __init__(self, app: WSGIApplication, log: Callable[[WSGIEnvironment, int], None]) -> None:
        self._app = app
        self._log = log
        self._lock = threading.Lock()
        self._woken = threading.Event()  # set when the sandbox stops: no delay outlives it
        self.rules: list[Fault] = []
        self.delaying = 0  # requests that a delay holds back right now

    def add(self, fault: Fault) -> None:
        with self._lock:
            self.rules.append(fault)

    def clear(self) -> None:
        with self._lock:
            self.rules.clear()

    def stop(self) -> None:
        self._woken.set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        fault = self._next(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        if fault is None:
            return self._app(environ, start_response)
        if fault.kind == "delay":
            return self._delay(fault, environ, start_response)
        if fault.kind == "truncate":
            return self._truncate(environ, start_response)
        if fault.after:
            run_wsgi_app(self._app, environ, buffered=True)
        else:
            self._log(environ, fault.status if fault.kind == "status" else 0)
        if fault.kind == "drop":
            return _hang_up(environ, start_response)
        return _answer(fault)(environ, start_response)

    def stale(self, path: str) -> Fault | None:
        """The fault by which reads of this path are stale; `spend` it with each."""
        with self._lock:
            return next((fault for fault in self.rules if fault.kind == "stale" and fault.matches("", path)), None)

    def spend(self, fault: Fault) -> None:
        with self._lock:
            self._spend(fault)

    def _next(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self.rules:
                if fault.kind != "stale" and fault.matches(method, path):
                    self._spend(fault)
                    return fault
        return None

    def _spend(self, fault: Fault) -> None:
        fault.times -= 1
        if fault.times == 0 and fault in self.rules:
            self.rules.remove(fault)

    def _delay(self, fault: Fault, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            self.delaying += 1
        try:
            self._woken.wait(fault.seconds)
            return self._app(environ, start_response)
        finally:
            with self._lock:
                self.delaying -= 1

    def _truncate(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chunks, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        whole = b"".join(chunks)
        headers["Content-Length"] = str(len(whole) or 1)
        start_response(status, list(headers.items()))
        return [whole[: len(whole) // 2]]


def _answer(fault: Fault) -> Response:
    response = Response(fault.body, fault.status, content_type="application/json; charset=utf-8")
    response.headers.update(fault.headers)
    return response


def _hang_up(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Cuts the connection without a byte of answer."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    start_response("200 OK", [])
    return []
