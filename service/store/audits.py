"""The runs of the audit: what each read, found and did, and how long ago one went well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import func, select

from service.store.database import Database, storable
from service.store.tables import audits

_MOST_ERRORS = 50  # that are kept in words


@dataclass(frozen=True, slots=True)
class AuditRun:
    """One run. `items` are the open action items and post-mortems; `problems` counts issues by what is wrong."""

    seconds: float
    projects: int
    items: int
    problems: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    writes: int = 0
    failures: int = 0
    errors: tuple[str, ...] = ()


class Audits:
    """Written at the end of each run that may write, by whoever ran it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, run: AuditRun) -> None:
        """Raises `StoreUnavailable`."""
        row = {
            "seconds": run.seconds,
            "projects": run.projects,
            "items": run.items,
            "problems": dict(run.problems),
            "requests": run.requests,
            "writes": run.writes,
            "failures": run.failures,
            "errors": [storable(error) for error in run.errors[:_MOST_ERRORS]],
        }
        self._database.write(lambda c: c.execute(audits.insert().values(at=self._database.now(), **row)))

    def latest(self, limit: int = 20) -> list[tuple[datetime, AuditRun]]:
        """When each run ended, and what became of it; the newest first."""
        query = select(audits).order_by(audits.c.id.desc()).limit(limit)
        rows = self._database.read(lambda c: c.execute(query).all())
        return [
            (
                datetime.fromtimestamp(r.at, UTC),
                AuditRun(r.seconds, r.projects, r.items, r.problems, r.requests, r.writes, r.failures, tuple(r.errors)),
            )
            for r in rows
        ]

    def success_age(self) -> float | None:
        """Seconds since a run ended without a failure; None where none ever did."""
        query = select(self._database.now() - func.max(audits.c.at)).where(audits.c.failures == 0)
        found = self._database.read(lambda c: c.execute(query).scalar())
        return None if found is None else float(found)

    def forget(self, days: float) -> int:
        """Removes runs older than this many days; says how many."""
        removal = audits.delete().where(audits.c.at < self._database.now() - days * 86400)
        return self._database.write(lambda c: c.execute(removal).rowcount)
