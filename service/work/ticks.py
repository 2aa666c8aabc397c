"""The jobs' rows: one a job, held by lease, so that a tick is run by one process at a time and finished once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, null, select

from service.store.database import Database, storable
from service.store.outcomes import moment
from service.store.tables import jobs
from service.work.jobs import Known, Tick


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to run one tick of a job, until the lease ends."""

    name: str
    tick: Tick
    owner: str


class Ticks:
    """Every method raises `StoreUnavailable` where the database does not answer. Times are the database's."""

    def __init__(self, database: Database, lease: float) -> None:
        self._database = database
        self._lease = lease
        now = database.now()
        first = {"state": "idle", "attempts": 0, "tick": now, "changed_at": now}
        fresh = database.dialect.insert(jobs).values(name=bindparam("name"), **first)
        self._introduce = fresh.on_conflict_do_nothing(index_elements=[jobs.c.name])
        self._all = select(jobs, now.label("now"))

    def introduce(self, name: str) -> None:
        """From now on this job's ticks count."""
        self._database.write(lambda c: c.execute(self._introduce, {"name": name}))

    def known(self) -> tuple[datetime, dict[str, Known]]:
        """The time, and every job that was ever introduced."""
        rows, now = self._database.read(
            lambda c: (c.execute(select(jobs)).all(), c.execute(select(self._database.now())).scalar_one())
        )
        return moment(now), {row.name: _known(row) for row in rows}

    def take(self, name: str, choose: Callable[[Known, datetime], Tick | None]) -> Hold | None:
        """The tick that `choose` names, if any; whoever asks at the same moment sees that it is taken."""
        token = secrets.token_hex(16)

        def taken(connection: Connection) -> Hold | None:
            row = connection.execute(self._all.where(jobs.c.name == name).with_for_update()).one()
            tick = choose(_known(row), moment(row.now))
            if tick is None:
                return None
            values = {"state": "running", "owner": token, "tick": tick.at.timestamp(), "attempts": tick.start}
            lease = self._database.now() + self._lease
            connection.execute(jobs.update().where(jobs.c.name == name).values(due_at=lease, **values, **self._now()))
            return Hold(name, tick, token)

        return self._database.write(taken)

    def extend(self, hold: Hold) -> bool:
        """The lease lasts its full length from now. False: it was lost."""
        return self._held(hold, due_at=self._database.now() + self._lease)

    def finish(self, hold: Hold) -> bool:
        return self._held(hold, state="idle", owner=null(), due_at=null(), error=null())

    def again(self, hold: Hold, error: str, seconds: float, starts: int) -> bool:
        """The tick is run again after so many seconds; `starts` of it are counted so far."""
        later = self._database.now() + seconds
        return self._held(hold, state="waiting", owner=null(), due_at=later, error=storable(error), attempts=starts)

    def give_up(self, hold: Hold, error: str) -> bool:
        """This tick is not tried again; the next one is."""
        return self._held(hold, state="failed", owner=null(), due_at=null(), error=storable(error))

    def _held(self, hold: Hold, **values: Any) -> bool:
        held = (jobs.c.name == hold.name) & (jobs.c.owner == hold.owner) & (jobs.c.state == "running")
        statement = jobs.update().where(held).values(**values, **self._now())
        return self._database.write(lambda c: bool(c.execute(statement).rowcount))

    def _now(self) -> dict[str, Any]:
        return {"changed_at": self._database.now()}


def _known(row: Row[Any]) -> Known:
    due_at = None if row.due_at is None else moment(row.due_at)
    return Known(
        name=row.name,
        tick=moment(row.tick),
        state=row.state,
        due_at=due_at,
        starts=row.attempts,
        error=row.error or "",
        changed_at=moment(row.changed_at),
    )
