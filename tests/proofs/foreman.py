"""A process that starts workers for the proofs, each a process of its own that a signal may end or stop at any moment.

It imports everything once and forks, so that another worker is there in milliseconds. Each line on stdin is a JSON
object: an `Order` starts a worker and is answered with its pid; `stop` names one and is answered when none of its threads
moves any more, until SIGCONT; `wait` names one to wait for and is answered with how it ended. No worker outlives this
process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from time import time
from typing import Never, TypeVar

import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import Connection

import service.providers.github.client
import service.providers.gitlab.client  # noqa: F401 - the forks have them
from service.bootstrap.looking import Looking
from service.rules import rules
from service.store.database import Database
from service.store.journal import Journal
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from service.work.worker import Workers
from tests.databases import PATIENCE
from tests.proofs.wire import tapped, writes
from tests.stack import settings_at

T = TypeVar("T")
LONGEST = 1200  # waits of a twentieth of a second, until a worker that should have been done is given up


@dataclass(frozen=True)
class Order:
    """What a worker is told. Its time stands at `at`, or goes on from there if `flows` tells since when.

    The database's clock is `ahead` of its own by so many seconds.

    `drains`: it ends when nothing is due, and says how often it committed and what it asked the forge. `commit` and
    `request` number those at which it is killed; `done` is whether that one still takes place.
    """

    sandbox: str
    database: str
    at: float
    ahead: float = 0.0
    flows: float = 0.0
    lease: float = 60.0
    threads: int = 1
    drains: bool = True
    commit: int = 0
    request: int = 0
    done: bool = False

    def now(self) -> float:
        return self.at + (time() - self.flows if self.flows else 0.0)


class Mortal(Database):
    """Counts its commits, and dies by kill -9 at one of them, right before it or right after."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.database, clock=lambda: order.now() + order.ahead, patience=PATIENCE)
        self._order = order
        self._numbers = count(1)
        self.commits = 0

    def write(self, job: Callable[[Connection], T]) -> T:
        self.commits = next(self._numbers)
        last = self.commits == self._order.commit
        if last and not self._order.done:
            super().write(lambda connection: (job(connection), _die()))
        written = super().write(job)
        if last:
            _die()
        return written


def _die(_where: str = "") -> Never:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


def work(order: Order) -> None:
    """Looks at what is due, as `closeout worker` does, until it is killed or everything is done."""
    wire, database = tapped(pytest.MonkeyPatch()), Mortal(order)  # the tap lasts as long as this process
    wire.kill, wire.after, wire.die = order.request or None, order.done, _die
    pause = 0.05 if order.flows else 0.0  # where time stands, what was put off would never come
    patient = Timing(debounce=0, lease=order.lease, first_retry=pause, longest_retry=pause * 10, most_crashes=10_000)
    queue, overview = Queue(database, patient), Overview(database)
    settings = settings_at(order.sandbox, database_url=SecretStr(order.database))
    looking = Looking(settings, lambda: datetime.fromtimestamp(order.now(), UTC), lambda _: None)
    journal = Journal(database)
    workers = Workers(queue, overview, lambda: looking.reconciler(journal).reconcile, threads=order.threads)
    workers.start()
    if not order.drains:
        threading.Event().wait()
    done = _drained(queue, overview)
    workers.stop()
    assert done, f"given up: {overview.tasks()}"
    asked = "".join("w" if writes(what) else "r" for what in wire.made)
    print(f"worked {database.commits}:{asked}", flush=True)  # noqa: T201 - for who waits


def _drained(queue: Queue, overview: Overview) -> bool:
    for _ in range(LONGEST):
        seen = queue.wakeup.count
        if not overview.busy():
            return True
        queue.wakeup.watch(seen, 0.05)
    return False


def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    alive, (lifeline, held) = set[int](), os.pipe()
    rules()
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        told = json.loads(line)
        if "wait" in told:
            _, status = os.waitpid(told["wait"], 0)
            alive.discard(told["wait"])
            print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)  # noqa: T201
            continue
        if "stop" in told:
            os.kill(told["stop"], signal.SIGSTOP)
            os.waitpid(told["stop"], os.WUNTRACED)  # a signal is only on its way when `kill` returns
            print("stopped", flush=True)  # noqa: T201
            continue
        pid = os.fork()
        if pid == 0:
            os.close(held)
            threading.Thread(target=_end_with_the_foreman, args=(lifeline,), daemon=True).start()
            _in_a_fork(Order(**told))
        alive.add(pid)
        print(f"started {pid}", flush=True)  # noqa: T201
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _end_with_the_foreman(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGKILL)


def _in_a_fork(order: Order) -> None:
    code = 1
    try:
        work(order)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
