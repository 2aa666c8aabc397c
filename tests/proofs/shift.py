"""One look, worked on by processes over a real database: what each proof repeats with another disturbance."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from sqlalchemy import make_url

from service.model import IssueRef
from service.store.database import Database
from service.store.inbox import Inbox
from service.store.tables import deliveries, journal, work
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from tests.proofs.crew import Crew
from tests.proofs.foreman import Order
from tests.proofs.life import PM, PROJECT, Life

LONG = 7200.0  # seconds of a lease: so long that no heartbeat falls into a test


@dataclass
class Shift:
    """The post-mortem has been filled in, its webhook has come, and nobody has looked yet.

    What follows from it writes everything there is: text, labels, action items, links, comments and cards.
    """

    life: Life
    database: Database
    crew: Crew
    url: str  # the database's
    asked: int = 0  # requests of the workers since the beginning
    met: Callable[[int], None] = field(default=lambda _number: None)  # told of each, before its answer leaves

    def __post_init__(self) -> None:
        self.life.report()
        self.life.settle()
        self._begin = self.life.checkpoint()
        self.life.sandbox.observers.append(lambda _asked, _answer: self._hear())

    def _hear(self) -> None:
        self.asked += 1
        self.met(self.asked)

    def begin(self) -> None:
        """Everything as it was, and the delivery in the queue."""
        self.life.restore(self._begin)
        for table in (work, deliveries, journal):
            self.database.write(lambda c, t=table: c.execute(t.delete()))  # type: ignore[misc]
        self.life.fill_in()
        ref = IssueRef(self.life.forge, PROJECT, PM)
        Queue(self.database, Timing(debounce=0)).accept(ref.forge, "d1", "issues.edited", (ref,), b"{}")
        self.asked, self.met = 0, lambda _number: None

    def start(self) -> int:
        now = self.life.clock().timestamp()
        return self.crew.start(Order(self.life.sandbox.url, self.url, now, lease=LONG))

    def take_over(self) -> None:
        """The lease of whoever held the issue ends, and another worker does what is left."""
        self.life.clock.forward(seconds=LONG + 1)
        self.complete()

    def complete(self) -> None:
        """A worker does everything."""
        self.crew.done(self.start())

    def can_write(self) -> bool:
        """Whether nobody keeps the others off a SQLite file, as a process does that is stopped in a commit's midst."""
        url = make_url(self.url)
        if url.get_backend_name() != "sqlite":
            return True
        with closing(sqlite3.connect(str(url.database), timeout=0, isolation_level=None)) as file:
            try:
                file.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            file.execute("ROLLBACK")
        return True

    def undone(self) -> list[str]:
        """Deliveries that are not processed, and issues that somebody still seems to look at."""
        open_ones = [f"{one.id}: {one.state}" for one in Inbox(self.database).latest() if one.state != "processed"]
        return open_ones + [f"{task.issue}: {task.state}" for task in Overview(self.database).tasks("running")]
