"""What the service does at certain times, whoever asks for nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from service.bootstrap.clock import Clock, Sleep, pause
from service.cron import Cron
from service.model import IssueRef
from service.providers.limits import in_background
from service.settings import Settings
from service.store.appointments import Appointments
from service.store.audits import Audits
from service.store.database import Database
from service.store.inbox import Inbox
from service.store.journal import Journal
from service.store.outbox import Outbox
from service.work.jobs import Job, Turn
from service.work.overview import Overview
from service.work.queue import Queue

if TYPE_CHECKING:
    from service.bootstrap.looking import Looking
    from service.reconciler import Journal as Written
    from service.work.looks import Look
    from service.work.rounds import Project

_log = structlog.get_logger()
_APPOINTMENTS = 30  # days after which what was in a calendar is in nobody's but their own


@dataclass(frozen=True, slots=True)
class Tools:
    """What jobs work with. `written` keeps and counts each write to a forge, `counted` times a look; `looking` raises
    `SettingsError` where the policy cannot be used. `notified` hears of each attempt to send: the route's name and the
    outcome.
    """

    database: Database
    queue: Queue
    written: Written
    looking: Callable[[], Looking]
    counted: Callable[[Look], Look]
    clock: Clock
    sleep: Sleep = pause
    notified: Callable[[str, str], None] = lambda route, outcome: None  # noqa: ARG005 - nobody counts


def jobs(settings: Settings, tools: Tools) -> tuple[Job, ...]:
    """All of them. To add one: a function here that makes it a `Job`, and a row in docs/operations.md."""
    chosen = [_retention(settings, tools.database)]
    if settings.audit:
        chosen.append(_audit(settings, tools))
    if settings.weekly and settings.routes and not settings.dry_run:
        chosen.append(_weekly(settings, tools))
    if settings.resync:
        chosen.append(_resync(settings, tools))
    if settings.redelivery and not settings.dry_run:
        chosen.append(_redelivery(settings, tools))
    if settings.routes and not settings.dry_run:
        chosen.append(_notifications(settings, tools))
    return tuple(chosen)


def _retention(settings: Settings, database: Database) -> Job:
    def run(turn: Turn) -> None:
        deliveries = Inbox(database).forget(settings.keep_deliveries)
        turn.go_on()
        entries = Journal(database).forget(settings.keep_journal)
        turn.go_on()
        audits = Audits(database).forget(settings.keep_journal)
        turn.go_on()
        notifications = Outbox(database).forget(settings.keep_journal)
        turn.go_on()
        appointments = Appointments(database).forget(_APPOINTMENTS)
        counts = {"deliveries": deliveries, "entries": entries, "audits": audits, "notifications": notifications}
        counts |= {"appointments": appointments}
        _log.info("old_rows_removed", **counts)

    return Job("retention", Cron.parse("17 3 * * *", settings.timezone), run)


def _audit(settings: Settings, tools: Tools) -> Job:
    @in_background()
    def run(turn: Turn) -> None:
        # Imported here: the serving process answers health checks before it knows of rules and forges.
        from service.audit.projects import configured  # noqa: PLC0415
        from service.bootstrap.auditing import Acted, Audit, Books  # noqa: PLC0415

        def progress(_: int) -> Callable[[str], None]:
            return lambda _: turn.go_on()

        audit = Audit(settings, tools.looking(), tools.clock, tools.sleep)
        audited, acted = audit.look(configured(settings), progress=progress), Acted()
        counts = {kind: count for kind, count in audited.report.totals.items() if count}
        if not settings.dry_run:
            books = Books(tools.database, tools.written, tools.queue, tools.counted)
            acted = audit.act(audited, books, whole=True, progress=progress)
        failures = (*audited.failures, *acted.failures)
        for failed in failures:
            _log.warning("audit_failure", where=failed.where, reason=failed.reason)
        counts |= {"requests": audit.requests, "looks": len(acted.looked.plans), "waiting": len(acted.waiting)}
        _log.info("audit_finished", changes=acted.writes, failures=len(failures), **counts)

    return Job("audit", Cron.parse(settings.audit, settings.timezone), run)


def _weekly(settings: Settings, tools: Tools) -> Job:
    def run(turn: Turn) -> None:
        from service.audit.projects import configured  # noqa: PLC0415 - as above
        from service.audit.telling import Weeks  # noqa: PLC0415
        from service.bootstrap.auditing import Audit  # noqa: PLC0415

        audit = Audit(settings, tools.looking(), tools.clock, tools.sleep)
        audited = audit.look(configured(settings), progress=lambda _: lambda _: turn.go_on())
        for failed in audited.failures:
            _log.warning("audit_failure", where=failed.where, reason=failed.reason)
        told = Weeks(tools.database, settings).tell(audited, turn.at)
        _log.info("week_told", letters=told, requests=audit.requests, failures=len(audited.failures))

    return Job("weekly", Cron.parse(settings.weekly, settings.timezone), run)


def _resync(settings: Settings, tools: Tools) -> Job:
    @in_background()
    def run(turn: Turn) -> None:
        # Imported here: the serving process answers health checks before it knows of rules and forges.
        from service.store.watermarks import Watermarks  # noqa: PLC0415
        from service.work.resync import Resync  # noqa: PLC0415

        looking = tools.looking()
        resync = Resync(looking.providers(), looking.vocabulary, tools.queue, Watermarks(tools.database))
        resync.run(turn, _projects(settings, tools.database))

    return Job("resync", Cron.parse(settings.resync, settings.timezone), run)


def _redelivery(settings: Settings, tools: Tools) -> Job:
    unseen: set[Project] = set()

    @in_background()
    def run(turn: Turn) -> None:
        from service.store.watermarks import Watermarks  # noqa: PLC0415 - as above
        from service.store.webhooks import Webhooks  # noqa: PLC0415 - as above
        from service.work.redelivery import Redelivery  # noqa: PLC0415

        books = Watermarks(tools.database), Webhooks(tools.database)
        redelivery = Redelivery(tools.looking().providers(), *books, unseen)
        redelivery.run(turn, _projects(settings, tools.database))

    return Job("redelivery", Cron.parse(settings.redelivery, settings.timezone), run)


def _projects(settings: Settings, database: Database) -> set[Project]:
    """Those that the settings name one by one, and those that issues have come from and that may still be acted on."""
    from service.audit.projects import configured  # noqa: PLC0415 - as above

    named = {(target.forges[0], target.path) for target in configured(settings) if not target.is_pattern}
    forges = {forge.name for forge in settings.forges}
    met = Overview(database).projects()
    return named | {one for one in met if one[0] in forges and settings.allows(IssueRef(*one, 1))}


def _notifications(settings: Settings, tools: Tools) -> Job:
    def run(turn: Turn) -> None:
        from service.notifications.delivery import Delivery  # noqa: PLC0415 - not before something is to be sent
        from service.notifications.sending import send  # noqa: PLC0415 - the same

        Delivery(Outbox(tools.database), settings.routes, send, tools.notified).run(turn.go_on)

    return Job("notifications", Cron.parse("* * * * *", settings.timezone), run, quiet=True)
