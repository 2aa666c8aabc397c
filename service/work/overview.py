"""The queue seen from outside: what waits, what is being looked at, what was given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, case, func, select

from service.model import IssueRef
from service.store.database import Database
from service.store.outcomes import moment
from service.store.tables import work

_LISTED = 500
_TOGETHER = 500  # issues asked for in one statement


@dataclass(frozen=True, slots=True)
class Task:
    """An issue's row in the queue, for people."""

    issue: str
    state: str
    due_at: datetime | None
    attempts: int
    error: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many issues are in each state, and how many seconds overdue the one is that has waited longest.

    States as in the table, but what is ready is `waiting` (due), `retrying` (after a failure) or `planned`.
    """

    depth: Mapping[str, int]
    oldest: float


_NAMES: BindParameter[str] = bindparam("names", expanding=True)
_STATES = ("waiting", "retrying", "planned", "running", "idle", "dead")


class Overview:
    """Reads only. Every method raises `StoreUnavailable` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due_in = select(func.min(work.c.due_at) - database.now())
        overdue = database.now() - work.c.due_at
        ready = case((overdue >= 0, "waiting"), (work.c.attempts > 0, "retrying"), else_="planned")
        state = case((work.c.state == "ready", ready), else_=work.c.state).label("state")
        self._backlog = select(state, func.count().label("issues"), func.max(overdue).label("overdue")).group_by(state)

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

    def backlog(self) -> Backlog:
        rows = self._database.read(lambda c: c.execute(self._backlog).all())
        found = {row.state: row for row in rows}
        depth = {state: int(found[state].issues) if state in found else 0 for state in _STATES}
        return Backlog(depth, float(found["waiting"].overdue) if "waiting" in found else 0.0)

    def looked_at(self, refs: Iterable[IssueRef]) -> dict[IssueRef, datetime]:
        """When each of these was last looked at, or given up. What is due, or is tried again, is left out."""
        names = {str(ref): ref for ref in refs}
        calm = (work.c.state == "dead") | ((work.c.attempts == 0) & (work.c.claimed > 0))
        later = work.c.due_at.is_(None) | (work.c.due_at > self._database.now())
        query = select(work.c.issue, work.c.changed_at).where(work.c.issue.in_(_NAMES), calm, later)
        found: dict[IssueRef, datetime] = {}
        for start in range(0, len(names), _TOGETHER):
            some = {"names": list(names)[start : start + _TOGETHER]}
            rows = self._database.read(lambda c, some=some: c.execute(query, some).all())  # type: ignore[misc]
            found |= {names[row.issue]: moment(row.changed_at) for row in rows}
        return found

    def projects(self) -> list[tuple[str, str]]:
        """Forge and path of each project that an issue in the queue is of."""
        query = select(func.rtrim(work.c.issue, "0123456789")).distinct()  # which leaves `github:acme/shop#`
        found = self._database.read(lambda c: c.execute(query).scalars().all())
        return sorted((forge, path) for forge, _, path in (str(name)[:-1].partition(":") for name in found))

    def tasks(
        self, state: str | None = None, *, forge: str | None = None, since: datetime | None = None, limit: int = _LISTED
    ) -> list[Task]:
        """The queue's rows, last changed first."""
        query = select(work).order_by(work.c.changed_at.desc()).limit(limit)
        if state is not None:
            query = query.where(work.c.state == state)
        if forge is not None:
            query = query.where(work.c.issue.startswith(f"{forge}:", autoescape=True))
        if since is not None:
            query = query.where(work.c.changed_at >= since.timestamp())
        return [_task(row) for row in self._database.read(lambda c: c.execute(query).all())]


def _task(row: Row[Any]) -> Task:
    due = None if row.due_at is None else moment(row.due_at)
    return Task(row.issue, row.state, due, row.attempts, row.error or "", moment(row.changed_at))
