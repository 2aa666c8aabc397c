"""One step of a post-mortem's life, answered by worker processes over a real database that may die anywhere in it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from sqlalchemy import select

from service.model import IssueRef
from service.store.database import Database
from service.store.inbox import Inbox
from service.store.tables import metadata, schema_version
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from tests.proofs.crew import Crew, Ended
from tests.proofs.foreman import Order
from tests.proofs.life import GRACE, LEASE, PROJECT, ROUNDS, Checkpoint, Fact, Life

KILLED = -signal.SIGKILL
_TABLES = [table for table in metadata.sorted_tables if table is not schema_version]
_Rows: TypeAlias = list[list[dict[str, Any]]]  # of each table


@dataclass(frozen=True)
class Leg:
    """What one undisturbed worker found, and what it did with it."""

    begin: Checkpoint
    rows: _Rows
    ended: Ended

    @property
    def points(self) -> list[Point]:
        """Before each request leaves, and once the forge has written; within each commit, and once it is on disk."""
        asked = list(enumerate(self.ended.requests, start=1))
        left = [Point(self, request=number) for number, _ in asked]
        written = [Point(self, request=number, done=True) for number, kind in asked if kind == "w"]
        commits = range(1, self.ended.commits + 1)
        return left + written + [Point(self, commit=n, done=done) for n in commits for done in (False, True)]


@dataclass(frozen=True)
class Point:
    """Where a worker dies; `done` tells whether the request or commit still takes place."""

    leg: Leg = field(repr=False)
    request: int = 0
    commit: int = 0
    done: bool = False


@dataclass
class Chapter:
    """The life has come to the step, and everything before it is settled."""

    life: Life
    database: Database
    crew: Crew
    url: str  # the database's
    step: str
    ahead: float = 0.0  # seconds by which the database's clock is ahead of the workers'

    def __post_init__(self) -> None:
        self._told = 0
        self._queue = Queue(self.database, Timing(debounce=0))
        names = [step.__name__ for step in self.life.steps]
        for step in self.life.steps[: names.index(self.step)]:
            step()
            self.life.settle_after(step)

    def undisturbed(self) -> tuple[list[Leg], Fact]:
        """Workers one after another, until there is nothing left to do; and the forge's state in the end."""
        getattr(self.life, self.step)()
        legs = list(self._rounds())
        if "close" in self.step:
            self.life.clock.forward(seconds=GRACE)
            legs += self._rounds()
        return legs, self.life.outcome()

    def died_at(self, point: Point) -> tuple[Fact, list[str]]:
        """The forge's state in the end, and what the database still holds open, after a worker was killed there.

        Another takes over what the queue holds, once the lease ended; then come the webhooks of what was written.
        """
        self.life.restore(point.leg.begin)
        self._restore(point.leg.rows)
        order = replace(self._order(), request=point.request, commit=point.commit, done=point.done)
        assert self.crew.ended(self.crew.start(order)).code == KILLED
        self.life.clock.forward(seconds=LEASE)
        self._work()
        for _ in self._rounds():
            """Another."""
        return self.life.outcome(), self._open()

    def _rounds(self) -> Iterator[Leg]:
        """Each worker is told of every issue, as webhooks would, until one has nothing to write."""
        for _ in range(ROUNDS):
            self._tell()
            begin, rows = self.life.checkpoint(), self._rows()
            ended = self._work()
            yield Leg(begin, rows, ended)
            if "w" not in ended.requests:
                return
        raise AssertionError("the workers never come to an end")

    def _tell(self) -> None:
        """One after another, so that each run takes them in the same order."""
        for number in sorted(self.life.sandbox.world.project(self.life.forge, PROJECT).issues):
            self._told += 1
            self.life.clock.forward(seconds=0.001)
            ref = IssueRef(self.life.forge, PROJECT, number)
            self._queue.accept(ref.forge, f"d{self._told}", "issues.edited", (ref,), b"{}")

    def _work(self) -> Ended:
        return self.crew.done(self.crew.start(self._order()))

    def _order(self) -> Order:
        return Order(self.life.sandbox.url, self.url, self.life.clock().timestamp(), ahead=self.ahead)

    def _open(self) -> list[str]:
        """Deliveries that are not processed, and issues that somebody still seems to look at."""
        open_ones = [f"{one.id}: {one.state}" for one in Inbox(self.database).latest() if one.state != "processed"]
        return open_ones + [f"{task.issue}: {task.state}" for task in Overview(self.database).tasks("running")]

    def _rows(self) -> _Rows:
        return self.database.read(lambda c: [[dict(row) for row in c.execute(select(t)).mappings()] for t in _TABLES])

    def _restore(self, rows: _Rows) -> None:
        for table, kept in zip(_TABLES, rows, strict=True):
            self.database.write(lambda c, t=table: c.execute(t.delete()))  # type: ignore[misc]
            if kept:
                self.database.write(lambda c, t=table, k=kept: c.execute(t.insert(), k))  # type: ignore[misc]
