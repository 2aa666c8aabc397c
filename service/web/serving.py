"""Two ways to serve the application: granian for `closeout serve`, and a thread on loopback for demo and tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

WSGI: TypeAlias = Callable[..., Iterable[bytes]]
_THREADS = 8  # one writer to one SQLite file: more only queue up behind it
_GRACE = 30  # seconds for what is under way when asked to stop


class Loopback:
    """The application on a port of this machine, in a thread of this process. Port 0: the system chooses."""

    def __init__(self, app: WSGI, port: int = 0) -> None:
        self._server: BaseWSGIServer = make_server("127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="closeout-web", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """The application logs what matters."""


class PortInUse(Exception):  # noqa: N818 - names the state
    """Something else listens there, or the address is not this machine's."""


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


def serve(load: Callable[[], tuple[WSGI, Callable[[], None]]], host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT. `load` is called in the one serving process: the application, and how to stop.

    A serving process that dies is started again. Must be called in the main thread, before any other is started.
    """
    from granian import Granian  # noqa: PLC0415 - the demo and the tests do without
    from granian.constants import Interfaces  # noqa: PLC0415

    def loader(*_: object, **__: object) -> WSGI:
        app, stop = load()
        _when_serving_ends(stop)
        return app

    server = Granian(
        "closeout",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=_THREADS,
        workers_kill_timeout=_GRACE,
        respawn_failed_workers=True,
        log_enabled=False,
    )
    server.serve(target_loader=loader, wrap_loader=False)


def _when_serving_ends(stop: Callable[[], None]) -> None:
    """Granian tells an application that is not asynchronous nothing, but its main thread ends when serving does."""

    def wait() -> None:
        threading.main_thread().join()
        stop()

    threading.Thread(target=wait, name="closeout-stop", daemon=False).start()
