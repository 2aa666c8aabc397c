"""The application served by granian: one serving process, which this one watches over."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.web.limits import Limits
from service.web.sent import HEALTH, Answering

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from granian.server.common import AbstractServer

_STOPPING = 30  # seconds for what is under way when asked to stop
_STARTING = 30.0  # seconds a request waits for the application to be there


class PortInUse(Exception):
    """Something else listens there, or the address is not this machine's."""


@dataclass(frozen=True, slots=True)
class Served:
    """The application, and how to end what stands behind it. `webhooks`: what takes deliveries without a thread."""

    app: WSGIApplication
    stop: Callable[[], None]
    webhooks: Answering | None = None


def usable_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises `PortInUse`: granian shares its port, and would not notice."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUse(f"cannot listen on {host}:{port}: {error.strerror}") from error
        return int(probe.getsockname()[1])


def serve(
    build: Callable[[], Served], failed: Callable[[Exception], int], bind: tuple[str, int], limits: Limits | None = None
) -> int:
    """Serves until SIGTERM or SIGINT and returns the exit code. Call it in the main thread, before any other starts.

    `build` runs in the serving process; where it raises, `failed` tells the person and gives the exit code. A
    serving process that dies is started again.
    """
    from service.web.intake import Intake  # noqa: PLC0415 - the demo and the tests do without

    within = limits or Limits()
    multiprocessing.set_start_method("fork", force=True)
    verdict = multiprocessing.Value("i", 0)

    def load() -> Any:  # granian's stubs know no objects
        def give_up(error: Exception) -> None:
            verdict.value = failed(error)
            os.kill(os.getppid(), signal.SIGTERM)

        gate = Gate(build, give_up)
        gate.open()
        return Intake(gate, within)

    _server(bind, within).serve(target_loader=load, wrap_loader=False)
    return int(verdict.value)


def _server(bind: tuple[str, int], within: Limits) -> AbstractServer[Any]:
    from granian import Granian  # noqa: PLC0415 - the demo and the tests do without

    options = spoken(bind, within)
    return Granian("closeout", workers=1, workers_kill_timeout=_STOPPING, respawn_failed_workers=True, **options)


def spoken(bind: tuple[str, int], within: Limits) -> dict[str, Any]:
    """What granian's servers are told to listen to: HTTP/1.1 alone, and no more of it than `within`."""
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415 - the demo and the tests do without
    from granian.http import HTTP1Settings  # noqa: PLC0415

    head_milliseconds = round(1000 * within.head_seconds)
    return {
        "address": bind[0],
        "port": bind[1],
        "interface": Interfaces.RSGI,
        "backpressure": within.connections,
        "http": HTTPModes.http1,
        "http1_settings": HTTP1Settings(header_read_timeout=head_milliseconds, max_buffer_size=within.head),
        "websockets": False,
        "log_enabled": False,
    }


class Gate:
    """Stands before the application while it is put together: the process is alive, and says so from the start."""

    def __init__(self, build: Callable[[], Served], failed: Callable[[Exception], None]) -> None:
        self._build, self._failed = build, failed
        self._served: Served | None = None
        self._built = threading.Event()

    def open(self) -> None:
        """Builds beside the server."""
        threading.Thread(target=self.build, name="closeout-start", daemon=True).start()

    def build(self) -> None:
        """Puts the application together."""
        try:
            self._served = self._build()
        except Exception as error:  # noqa: BLE001 - whatever it was, the parent process must end with it
            self._failed(error)
        self._built.set()

    def close(self) -> None:
        """Stops the application, once it is there."""
        self._built.wait(_STARTING)
        if self._served is not None:
            self._served.stop()

    @property
    def webhooks(self) -> Answering | None:
        """None until the application is there, and where it has none."""
        return None if self._served is None else self._served.webhooks

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        served = self._served
        if served is None and environ.get("PATH_INFO") == HEALTH:
            return _answer(start_response, "200 OK", b'{"status":"ok"}\n')
        if served is None and self._built.wait(_STARTING):
            served = self._served
        if served is None:
            return _answer(start_response, "503 Service Unavailable", b'{"error":"starting; send it again"}\n')
        return served.app(environ, start_response)


def _answer(start_response: StartResponse, status: str, body: bytes) -> list[bytes]:
    start_response(status, [("Content-Type", "application/json"), ("Retry-After", "5")])
    return [body]
