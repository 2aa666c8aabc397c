"""The service: receiver, queue and workers over one database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Self

import structlog
from flask import Flask
from prometheus_client import CollectorRegistry

from service.bootstrap.clock import Clock, Sleep, pause, wall_clock
from service.bootstrap.jobs import Tools, jobs
from service.links import Links
from service.metrics.counting import Counts
from service.metrics.exposition import exposition
from service.metrics.facts import FactsCollector, Reading
from service.providers.base import Trust, WebhookParser
from service.providers.exchanges import Exchange
from service.settings import Forge, Settings
from service.store.appointments import Appointments
from service.store.database import Database
from service.store.feeds import Feeds
from service.store.inbox import Inbox
from service.store.journal import Journal
from service.store.limits import LimitRows
from service.store.outbox import Outbox
from service.tracing import untold
from service.web.app import Parts, Site, create_site
from service.web.calendars import Shelf
from service.web.health import Checks
from service.web.loopback import Loopback
from service.web.status import create_status_app
from service.web.webhooks import Desk, Receiver
from service.work.limiter import SharedLimits
from service.work.looks import Look
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.schedule import Schedule
from service.work.timing import Timing
from service.work.worker import Workers

if TYPE_CHECKING:
    from service.bootstrap.looking import Looking
    from service.bootstrap.outside import Outside
    from service.reconciler import Reconciler
    from service.telemetry import Telemetry

_log = structlog.get_logger()


class Service:
    """Receiver, queue and workers over one database, in this process.

    `clock` replaces the wall clock, the database's included: time stands where a test or demo puts it.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None, sleep: Sleep = pause) -> None:
        """Opens the database. Raises `SchemaTooNew` or `StoreUnavailable`."""
        self.settings = settings
        self._clock = clock or wall_clock
        self._sleep = sleep
        seconds = None if clock is None else (lambda: clock().timestamp())
        self.database = Database(settings.database_url.get_secret_value(), clock=seconds)
        self.database.migrate()
        registry, forges = CollectorRegistry(), tuple(forge.name for forge in settings.forges)
        routes = tuple(route.name for route in settings.routes)
        self._counts = Counts(registry, version=version("closeout"), forges=forges, routes=routes)
        self._telemetry = _telemetry(settings)
        self._exposition = exposition(registry)
        self.queue = Queue(self.database, Timing(debounce=settings.debounce), expired=self._counts.lease_expired)
        self.overview, self.inbox, self.journal = (
            Overview(self.database),
            Inbox(self.database),
            Journal(self.database),
        )
        self.outbox = Outbox(self.database)
        written, notified = self._counts.recording(self.journal), self._counts.notified
        tools = Tools(self.database, self.queue, written, self.looking, self._counted, self._clock, sleep, notified)
        self.schedule = Schedule(self.database, jobs(settings, tools))
        self._facts = FactsCollector(Reading(self.database, self.schedule, forges), registry)
        self.workers = Workers(self.queue, self.overview, self._look, threads=settings.workers)
        self._web: Loopback | None = None
        self._looking: Looking | None = None
        self._guard = threading.Lock()

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

    def work(self) -> None:
        """Looks at issues, and does what is due at certain times."""
        problem = self.settings.sending_problem()
        if problem is not None:
            _log.error("notifications_unavailable", reason=problem)
        self._import()
        self.workers.start()
        self.schedule.start()

    def start(self, port: int = 0) -> Self:
        """Looks at issues, and listens on loopback; the schedule is left to the caller. Port 0: the system chooses."""
        self._import()
        self._web = Loopback(self.site().app, port)
        self.workers.start()
        return self

    def stop(self) -> None:
        """Stops listening, finishes or hands back what is being looked at, and closes the database."""
        if self._web is not None:
            self._web.stop()
        self.schedule.stop()
        self.workers.stop()
        self._facts.close()
        self.database.close()
        if self._telemetry is not None:
            self._telemetry.stop()

    def site(self) -> Site:
        """What people and forges are answered with."""
        receivers = {
            forge.name: Receiver(forge.name, _parser(forge.kind), self._trust(forge)) for forge in self.settings.forges
        }
        return create_site(
            Parts(
                desk=Desk(
                    receivers=receivers,
                    queue=self.queue,
                    allows=self.settings.allows,
                    delivered=self._counts.delivered,
                    traced=self._telemetry.delivery if self._telemetry is not None else untold,
                ),
                overview=self.overview,
                checks=self._checks,
                version=version("closeout"),
                exposition=self._exposition,
                shelf=self._shelf(),
            )
        )

    def _shelf(self) -> Shelf:
        return Shelf(
            links=Links.of(self.settings),
            appointments=Appointments(self.database),
            feeds=Feeds(self.database),
            allows=self.settings.allows,
            publisher=self.settings.public_url,
            asked=self._counts.calendar,
        )

    def _trust(self, forge: Forge) -> Callable[[], Trust]:
        return lambda: Trust(forge.secrets, self._clock(), 3600 * self.settings.replay_hours)

    def status_app(self) -> Flask:
        """For a process that receives nothing: health and metrics alone."""
        return create_status_app(self._checks, self._exposition)

    def looking(self) -> Looking:
        """What the reconcilers of all threads share. Raises `SettingsError` where the policy cannot be used."""
        from service.bootstrap.looking import Looking  # noqa: PLC0415 - the rules take a while to import

        with self._guard:
            if self._looking is None:
                limits = SharedLimits(LimitRows(self.database), self._clock)
                self._looking = Looking(self.settings, self._clock, self._sleep, self._exchanged, limits)
            return self._looking

    def reconciler(self) -> Reconciler:
        """A new one, for the calling thread."""
        return self.looking().reconciler(self._counts.recording(self.journal), telling=self._outside())

    def settle(self, timeout: float = 30.0, *, horizon: float = 0.0) -> None:
        """Waits until nothing is being looked at, or due within `horizon` seconds. Raises TimeoutError."""
        end = time.monotonic() + timeout
        self.queue.wakeup.signal_all()  # a clock that was moved makes things due without a word
        while True:
            seen = self.queue.wakeup.count
            if not self.overview.busy(horizon):
                return
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"after {timeout:g} s the queue still holds {self._waiting()}")
            self.queue.wakeup.watch(seen, min(left, 0.25))

    def _waiting(self) -> str:
        """What waits, and for what, in one line for whoever waited in vain."""
        tasks = (f"{t.issue} ({t.state}, due {t.due_at}, {t.error or 'no error'})" for t in self.overview.tasks())
        return f"{', '.join(tasks)}; it is {self._clock()}; {self._workers_problem() or 'the workers are at work'}"

    def _import(self) -> None:
        """Imports what threads are going to need, before they are there.

        In CPython before 3.15, several that import modules which import each other can wait for each other for ever
        (https://github.com/python/cpython/issues/83065).
        """
        from service.rules import rules  # noqa: PLC0415 - as in `looking`

        self.reconciler()
        rules()

    def _outside(self) -> Outside:
        from service.bootstrap.outside import Outside  # noqa: PLC0415 - the same

        return Outside(self.database, self.settings)

    def _look(self) -> Look:
        return self._counted(self._outside().cleared(self.reconciler().reconcile))

    def _counted(self, look: Look) -> Look:
        counted = self._counts.looking(look, acts=not self.settings.dry_run)
        return counted if self._telemetry is None else self._telemetry.looking(counted)

    def _exchanged(self, forge: str, exchange: Exchange) -> None:
        self._counts.exchanged(forge, exchange)
        if self._telemetry is not None:
            self._telemetry.exchanged(forge, exchange)

    @property
    def _checks(self) -> Checks:
        return {"database": self._database_problem, "workers": self._workers_problem}

    def _database_problem(self) -> str | None:
        self.database.check()
        return None

    def _workers_problem(self) -> str | None:
        return None if self.workers.alive else "the workers are starting, or one has ended; the log says why"


def _telemetry(settings: Settings) -> Telemetry | None:
    if not settings.traces:
        return None
    from service.telemetry import Telemetry  # noqa: PLC0415 - brings OpenTelemetry, which few installations have

    return Telemetry(version("closeout"))


def _parser(kind: str) -> WebhookParser:
    # The SDKs take half a second to import: only those that are used are.
    if kind == "gitlab":
        from service.providers.gitlab import webhook as gitlab  # noqa: PLC0415

        return gitlab.parse
    from service.providers.github import webhook as github  # noqa: PLC0415

    return github.parse
