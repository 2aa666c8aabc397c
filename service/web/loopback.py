"""An application served from a thread of this process: a worker's health and metrics, the demo, and tests."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Beside:
    """Serves as soon as it is made, beside what else the process does. Port 0: the system chooses."""

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        made = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
        self._server: BaseWSGIServer = made
        self._thread = threading.Thread(target=made.serve_forever, args=(0.05,), name="closeout-web", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.port

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Loopback(Beside):
    """Served on this machine only."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        super().__init__(app, "127.0.0.1", port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """The application logs what matters."""
