"""The queue seen from outside: what waits, what is being looked at, what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from service.store.database import Database
from service.store.inbox import moment
from service.store.tables import work

_LISTED = 500


@dataclass(frozen=True, slots=True)
class Task:
    """An issue's row in the queue, for people."""

    issue: str
    state: str
    due_at: datetime | None
    attempts: int
    error: str
    changed_at: datetime


class Overview:
    """Reads only. Every method raises `StoreUnavailable` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due_in = select(func.min(work.c.due_at) - database.now())

    def due_in(self) -> float | None:
        """Seconds until something is due, 0 or less if something is, None if nothing is planned."""
        return self._database.read(lambda c: c.execute(self._due_in).scalar())

    def busy(self, horizon: float = 0.0) -> int:
        """Issues being looked at, or due within `horizon` seconds, or with a nudge that nobody has answered."""
        soon = work.c.due_at <= self._database.now() + horizon
        open_nudge = (work.c.state != "dead") & (work.c.wanted > work.c.done)
        query = select(func.count()).select_from(work).where((work.c.state == "running") | soon | open_nudge)
        return self._database.read(lambda c: int(c.execute(query).scalar_one()))

    def depth(self) -> dict[str, int]:
        """How many issues are in each state: idle, ready, running, dead."""
        query = select(work.c.state, func.count()).group_by(work.c.state)
        rows = self._database.read(lambda c: c.execute(query).all())
        found = {row[0]: int(row[1]) for row in rows}
        return {state: found.get(state, 0) for state in ("ready", "running", "idle", "dead")}

    def tasks(self, state: str | None = None) -> list[Task]:
        """The queue's rows, last changed first."""
        query = select(work).order_by(work.c.changed_at.desc()).limit(_LISTED)
        if state is not None:
            query = query.where(work.c.state == state)
        return [_task(row) for row in self._database.read(lambda c: c.execute(query).all())]


def _task(row: Row[Any]) -> Task:
    due = None if row.due_at is None else moment(row.due_at)
    return Task(row.issue, row.state, due, row.attempts, row.error or "", moment(row.changed_at))
