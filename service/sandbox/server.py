"""The sandbox as a running server on loopback: `with Sandbox.start() as sandbox: ...`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias, cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, g, has_request_context, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from service.sandbox import control, github, gitlab, pages
from service.sandbox.faults import Faults
from service.sandbox.journal import Journal, RequestRecord
from service.sandbox.ledger import FORGES, Clock, system_clock
from service.sandbox.replica import rows_of, showing, writes
from service.sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Observer: TypeAlias = Callable[[Request, Response], None]

HOST = "127.0.0.1"
MAX_REQUEST_BYTES = 32 * 1024 * 1024
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class SandboxApp(Flask):
    """Runs each request as one step: the world is locked while it is answered."""

    def __init__(self, world: World) -> None:
        super().__init__("service.sandbox")
        self.world = world
        self.journal = Journal()
        self.observers: list[Observer] = []
        self.faults = Faults(self.wsgi_app, self._log_fault)
        self.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
        self.json.ensure_ascii = False  # type: ignore[attr-defined] # Flask's default provider has it
        self.json.sort_keys = False  # type: ignore[attr-defined] # the forges' order of keys reads better
        self.before_request(_refuse_foreign_hosts)
        self.after_request(self._log)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if _forge_of(environ.get("PATH_INFO", "")):
            return self.faults(environ, start_response)
        return self.wsgi_app(environ, start_response)

    def full_dispatch_request(self) -> Response:
        with self.world.lock, self._as_it_was():
            return super().full_dispatch_request()

    def _as_it_was(self) -> AbstractContextManager[None]:
        """Where a fault asks for it, a read sees the world from before the last write."""
        fault = self.faults.stale(request.path)
        if fault is None:
            return nullcontext()
        if writes(request):
            fault.before = rows_of(self.world)
            return nullcontext()
        if fault.before is None:
            return nullcontext()
        self.faults.spend(fault)
        return showing(self.world, fault.before)

    def _log(self, response: Response) -> Response:
        """A blueprint leaves the login of whoever it recognised in `flask.g.actor`."""
        if forge := _forge_of(request.path):
            path = request.full_path.rstrip("?")
            actor = g.get("actor")
            self.journal.add(
                RequestRecord(self.world.clock(), actor, forge, request.method, path, response.status_code)
            )
            for observer in self.observers:
                observer(request, response)
        return response

    def _log_fault(self, environ: WSGIEnvironment, status: int) -> None:
        path = environ.get("PATH_INFO", "")
        query = environ.get("QUERY_STRING", "")
        whole = f"{path}?{query}" if query else path
        self.journal.add(
            RequestRecord(self.world.clock(), None, _forge_of(path), environ["REQUEST_METHOD"], whole, status)
        )


def create_app(world: World) -> SandboxApp:
    """Mounts both forges, the control switches and the people's pages."""
    app = SandboxApp(world)
    app.register_blueprint(github.blueprint(world))
    app.register_blueprint(gitlab.blueprint(world))
    app.register_blueprint(control.blueprint(world, app.journal, app.faults))
    app.register_blueprint(pages.blueprint(world))
    return app


def _forge_of(path: str) -> str:
    """The forge whose API a path belongs to; "" for pages and switches."""
    return next((forge for forge in FORGES if path.startswith(f"/{forge}/api/")), "")


def _refuse_foreign_hosts() -> None:
    """A page elsewhere must not reach the sandbox under another name (DNS rebinding)."""
    if has_request_context() and urlsplit(f"//{request.host}").hostname not in _LOCAL_NAMES:
        abort(421, "the sandbox answers to its loopback address only")


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """The journal keeps what matters."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` of every answer, by the sandbox's own clock."""
        app = cast("SandboxApp", self.server.app)
        return super().date_time_string(app.world.clock().timestamp() if timestamp is None else timestamp)


class Sandbox:
    """A running sandbox. Ends with its `with` block or `stop()`."""

    def __init__(self, world: World, app: SandboxApp, server: BaseWSGIServer) -> None:
        self.world = world
        self._app = app
        self._server = server
        self.url = world.url = f"http://{HOST}:{server.server_port}"
        self.github_url = f"{self.url}/github"
        self.gitlab_url = f"{self.url}/gitlab"
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox", daemon=True
        )

    @classmethod
    def start(cls, port: int = 0, seed: Path | None = None, clock: Clock | None = None, host: str = HOST) -> Self:
        """Serves at once; port 0: the system chooses. Raises ValueError for a host that is not loopback."""
        if host not in _LOCAL_NAMES:
            raise ValueError(f"the sandbox serves this machine only, not {host}")
        data = json.loads(seed.read_text(encoding="utf-8")) if seed is not None else None
        world = World(clock or system_clock, data)
        app = create_app(world)
        server = make_server(HOST, port, app, threaded=True, request_handler=_QuietHandler)
        sandbox = cls(world, app, server)
        world.courier.start()
        sandbox._thread.start()
        return sandbox

    @property
    def log(self) -> list[RequestRecord]:
        """Every request to the forges' APIs since the start or the last reset."""
        return self._app.journal.records

    @property
    def observers(self) -> list[Observer]:
        """Called with every API request and its answer, as long as no fault stands between them."""
        return self._app.observers

    @property
    def faults(self) -> Faults:
        return self._app.faults

    def settle(self, timeout: float = 10) -> None:
        """Waits until every queued webhook delivery is answered. Raises TimeoutError if one is not in time."""
        if not self.world.courier.settle(timeout):
            raise TimeoutError(f"webhook deliveries still under way after {timeout} s")

    def reset(self) -> None:
        self.world.reset()
        self._app.journal.clear()
        self.faults.clear()

    def stop(self) -> None:
        self.faults.stop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.world.courier.forget()
        self.world.courier.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
