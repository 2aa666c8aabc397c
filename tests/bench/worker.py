"""A worker process whose looks do nothing: what is left is the queue's own work.

`python -m tests.bench.worker URL` says `ready`, and after a line on stdin the number and the time of each issue that it looks
at, until there is no more to read.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from service.bootstrap.logs import configure
from service.model import IssueRef, Plan
from service.store.database import Database
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from service.work.worker import Workers

THREADS = 4  # as CLOSEOUT_WORKERS has it
AT_ONCE = Timing(debounce=0)


def workers(queue: Queue, database: Database, looked: Callable[[int, float], None]) -> Workers:
    """`looked` hears of each look when it begins."""

    def look(ref: IssueRef) -> Plan:
        looked(ref.number, time.time())
        return Plan(ref)

    return Workers(queue, Overview(database), lambda: look, threads=THREADS)


def main(url: str) -> None:
    configure("critical")
    database = Database(url)
    crew = workers(Queue(database, AT_ONCE), database, lambda number, at: _say(f"{number} {at!r}"))
    _say("ready")
    sys.stdin.readline()
    crew.start()
    sys.stdin.read()
    crew.stop()
    database.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
