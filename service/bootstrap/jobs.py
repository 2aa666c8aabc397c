"""What the service does at certain times, whoever asks for nothing."""

from __future__ import annotations

import structlog

from service.cron import Cron
from service.settings import Settings
from service.store.inbox import Inbox
from service.store.journal import Journal
from service.work.jobs import Job, Turn

_log = structlog.get_logger()


def jobs(settings: Settings, inbox: Inbox, journal: Journal) -> tuple[Job, ...]:
    """All of them. To add one: a function here that makes it a `Job`, and a row in docs/operations.md."""
    return (_retention(settings, inbox, journal),)


def _retention(settings: Settings, inbox: Inbox, journal: Journal) -> Job:
    def run(turn: Turn) -> None:
        deliveries = inbox.forget(settings.keep_deliveries)
        turn.go_on()
        entries = journal.forget(settings.keep_journal)
        _log.info("old_rows_removed", deliveries=deliveries, entries=entries)

    return Job("retention", Cron.parse("17 3 * * *", settings.timezone), run)
