"""What the service does at certain times, whoever asks for nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from service.cron import Cron
from service.settings import Settings
from service.store.audits import Audits
from service.store.database import Database
from service.store.inbox import Inbox
from service.store.journal import Journal
from service.work.jobs import Job, Turn

if TYPE_CHECKING:
    from service.bootstrap.clock import Clock
    from service.bootstrap.looking import Looking
    from service.reconciler import Journal as Written

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tools:
    """What jobs work with. `written` keeps and counts each write to a forge; `looking` raises `SettingsError` where the
    policy cannot be used.
    """

    database: Database
    written: Written
    looking: Callable[[], Looking]
    clock: Clock


def jobs(settings: Settings, tools: Tools) -> tuple[Job, ...]:
    """All of them. To add one: a function here that makes it a `Job`, and a row in docs/operations.md."""
    audit = (_audit(settings, tools),) if settings.audit else ()
    return (_retention(settings, tools.database), *audit)


def _retention(settings: Settings, database: Database) -> Job:
    def run(turn: Turn) -> None:
        deliveries = Inbox(database).forget(settings.keep_deliveries)
        turn.go_on()
        entries = Journal(database).forget(settings.keep_journal)
        turn.go_on()
        audits = Audits(database).forget(settings.keep_journal)
        _log.info("old_rows_removed", deliveries=deliveries, entries=entries, audits=audits)

    return Job("retention", Cron.parse("17 3 * * *", settings.timezone), run)


def _audit(settings: Settings, tools: Tools) -> Job:
    def run(turn: Turn) -> None:
        # Imported here: the serving process answers health checks before it knows of rules and forges.
        from service.audit.projects import configured  # noqa: PLC0415
        from service.bootstrap.auditing import Audit, Books  # noqa: PLC0415

        audit = Audit(settings, tools.looking(), tools.clock)
        audited = audit.look(configured(settings), progress=lambda _: lambda _: turn.go_on())
        counts = {kind: count for kind, count in audited.report.totals.items() if count}
        failures, changes = audited.failures, 0
        if not settings.dry_run:
            made = audit.act(audited, Books(tools.written, Audits(tools.database)), whole=True, step=turn.go_on)
            failures, changes = (*failures, *made.failures), len(made.changes)
        for failed in failures:
            _log.warning("audit_failure", where=failed.where, reason=failed.reason)
        _log.info("audit_finished", requests=audit.requests, changes=changes, failures=len(failures), **counts)

    return Job("audit", Cron.parse(settings.audit, settings.timezone), run)
