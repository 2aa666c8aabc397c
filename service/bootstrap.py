"""Where everything is put together, once; and the only place that reads the wall clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Self

from flask import Flask
from pydantic import SecretStr

from service.model import IssueRef, Plan
from service.policy import InvalidPolicy, Policy, load
from service.reconciler import Journal as JournalProtocol
from service.reconciler import Policies, Reconciler
from service.settings import Bind, Forge, Settings, SettingsError
from service.store.database import Database
from service.store.inbox import Inbox
from service.store.journal import Journal
from service.web import Parts, Receiver, create_app
from service.web.serving import Loopback, serve, usable_port
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from service.work.worker import Workers

if TYPE_CHECKING:
    from service.providers.base import Provider, WebhookParser
    from service.providers.cache import Cache

Clock = Callable[[], datetime]
Sleep = Callable[[float], None]


def wall_clock() -> datetime:
    return datetime.now(UTC)


class Looking:
    """Makes reconcilers, one for each thread, that share what they have learnt of the forges."""

    def __init__(self, settings: Settings, clock: Clock = wall_clock, sleep: Sleep = time.sleep) -> None:
        """Raises `SettingsError` where the fallback policy cannot be used."""
        from service.providers.cache import Cache  # noqa: PLC0415 - not needed to receive

        self._settings = settings
        self._clock, self._sleep = clock, sleep
        self._caches = {forge.name: Cache(clock) for forge in settings.forges}
        self.policies = Policies({forge.name: forge.kind for forge in settings.forges}, _fallback(settings))

    def providers(self) -> dict[str, Provider]:
        """New ones, for one thread."""
        return {
            forge.name: _provider(forge, self._caches[forge.name], clock=self._clock, sleep=self._sleep)
            for forge in self._settings.forges
        }

    def reconciler(self, journal: JournalProtocol) -> Reconciler:
        """A new one, for one thread."""
        return Reconciler(self.providers(), self.policies, journal=journal, dry_run=self._settings.dry_run)


def _fallback(settings: Settings) -> Policy | None:
    if settings.policy is None:
        return None
    try:
        text = settings.policy.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"CLOSEOUT_POLICY: cannot read {settings.policy}: {error}",)) from None
    policy = load(text, str(settings.policy))
    if isinstance(policy, InvalidPolicy):
        raise SettingsError(policy.errors)
    return policy


def _provider(forge: Forge, cache: Cache, *, clock: Clock, sleep: Sleep) -> Provider:
    # The SDKs take half a second to import: only those that are used are.
    if forge.kind == "gitlab":
        from service.providers.gitlab.client import GitLab  # noqa: PLC0415

        token = _text(forge.token)
        return GitLab(forge=forge.name, url=forge.url, token=token, clock=clock, sleep=sleep, cache=cache)
    from service.providers.github.auth import AppAuth, TokenAuth  # noqa: PLC0415
    from service.providers.github.client import GitHub  # noqa: PLC0415

    auth = AppAuth(forge.app_id, _text(forge.private_key)) if forge.app_id else TokenAuth(_text(forge.token))
    return GitHub(forge=forge.name, url=api_root(forge.url), auth=auth, clock=clock, sleep=sleep, cache=cache)


def api_root(url: str) -> str:
    """GitHub's REST root for the address people use in a browser; a REST root stays as it is."""
    if url in ("https://github.com", "https://api.github.com"):
        return "https://api.github.com"
    return url if url.endswith("/api/v3") else f"{url}/api/v3"


def _parser(forge: Forge) -> WebhookParser:
    if forge.kind == "gitlab":
        from service.providers.gitlab.webhook import parse as parse_gitlab  # noqa: PLC0415

        return parse_gitlab
    from service.providers.github.webhook import parse as parse_github  # noqa: PLC0415

    return parse_github


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


class Service:
    """Receiver, queue and workers over one database, in this process.

    `clock` replaces the wall clock, the database's included: time stands where a test or demo puts it.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None, sleep: Sleep = time.sleep) -> None:
        """Opens the database. Raises `SettingsError`, `SchemaTooNew` or `StoreUnavailable`."""
        self.settings = settings
        self._clock = clock or wall_clock
        self.looking = Looking(settings, self._clock, sleep)
        seconds = None if clock is None else (lambda: clock().timestamp())
        self.database = Database(settings.database_url.get_secret_value(), clock=seconds)
        self.database.migrate()
        self.queue = Queue(self.database, Timing(debounce=settings.debounce))
        self.overview, self.inbox, self.journal = (
            Overview(self.database),
            Inbox(self.database),
            Journal(self.database),
        )
        self.workers = Workers(self.queue, self.overview, self._look, threads=settings.workers)
        self._web: Loopback | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, once `start` was called."""
        if self._web is None:
            raise RuntimeError("the service does not listen yet; call start() first")
        return self._web.url

    def start(self, port: int = 0) -> Self:
        """Works, and listens on loopback. Port 0: the system chooses."""
        self._web = Loopback(self.app(), port)
        self.workers.start()
        return self

    def stop(self) -> None:
        """Stops listening, finishes or hands back what is being looked at, and closes the database."""
        if self._web is not None:
            self._web.stop()
        self.workers.stop()
        self.database.close()

    def app(self) -> Flask:
        receivers = {forge.name: Receiver(forge.name, _parser(forge), forge.secrets) for forge in self.settings.forges}
        checks = {"database": self._database_problem, "workers": self._workers_problem}
        return create_app(
            Parts(
                receivers=receivers,
                queue=self.queue,
                overview=self.overview,
                allows=self.settings.allows,
                checks=checks,
                now=self._clock,
                version=version("closeout"),
            )
        )

    def reconciler(self) -> Reconciler:
        """A new one, for the calling thread."""
        return self.looking.reconciler(self.journal)

    def settle(self, timeout: float = 30.0, *, horizon: float = 0.0) -> None:
        """Waits until nothing is being looked at, or due within `horizon` seconds. Raises TimeoutError."""
        end = time.monotonic() + timeout
        self.queue.wakeup.signal()  # a clock that was moved makes things due without a word
        while True:
            seen = self.queue.wakeup.count
            if not self.overview.busy(horizon):
                return
            left = end - time.monotonic()
            if left <= 0:
                waiting = ", ".join(f"{t.issue} ({t.state}: {t.error})" for t in self.overview.tasks())
                raise TimeoutError(f"after {timeout:g} s the queue still holds {waiting}")
            self.queue.wakeup.wait(seen, min(left, 0.25))

    def _look(self) -> Callable[[IssueRef], Plan]:
        return self.reconciler().reconcile

    def _database_problem(self) -> str | None:
        self.database.check()
        return None

    def _workers_problem(self) -> str | None:
        return None if self.workers.alive else "a worker thread has ended; the log says why"


def serve_forever(settings: Settings, ready: Callable[[Bind], None]) -> None:
    """`closeout serve`: until SIGTERM or SIGINT. Raises as `Service` does, and `PortInUse`."""
    Looking(settings)
    Database.prepare(settings.database_url.get_secret_value())
    bind = settings.bind._replace(port=usable_port(*settings.bind))
    ready(bind)
    serve(lambda: _served(settings), bind.host, bind.port)


def _served(settings: Settings) -> tuple[Flask, Callable[[], None]]:
    service = Service(settings)
    service.workers.start()
    return service.app(), service.stop


def work_forever(settings: Settings, stopping: threading.Event) -> None:
    """`closeout worker`: looks at issues that another process receives, until `stopping` is set."""
    with Service(settings) as service:
        service.workers.start()
        stopping.wait()
