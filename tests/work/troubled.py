"""Run as a process of its own: while a worker looks, its SQLite file stops taking writes, and takes them again later.

How often the issue was looked at, and what was left open in the end, is printed. The trouble is `full` (no file may
grow: the operating system refuses the write), `locked` (another program holds the file) or `read-only`.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import structlog
from sqlalchemy import event

from service.model import IssueRef, Plan
from service.store.database import Database, StoreUnavailable
from service.store.inbox import Inbox
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from service.work.worker import Workers

ISSUE = IssueRef("github", "acme/shop", 12)
Trouble = Callable[[Database], AbstractContextManager[None]]


@contextmanager
def _full(_database: Database) -> Iterator[None]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def _locked(database: Database) -> Iterator[None]:
    other = sqlite3.connect(str(database._engine.url.database), isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    yield
    other.execute("rollback")
    other.close()


@contextmanager
def _read_only(database: Database) -> Iterator[None]:
    def refuse(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute("pragma query_only=1")

    event.listen(database._engine, "checkout", refuse)
    yield
    event.remove(database._engine, "checkout", refuse)
    database._engine.dispose()  # the next connections are without


TROUBLES: dict[str, Trouble] = {"full": _full, "locked": _locked, "read-only": _read_only}


def main(url: str, trouble: Trouble) -> None:
    database = Database(url, patience=1)
    database.migrate()
    queue, overview = Queue(database, Timing(debounce=0, lease=1)), Overview(database)
    begun, broken, told = threading.Event(), threading.Event(), threading.Event()
    looks: list[IssueRef] = []

    def listening(_logger: object, _method: str, line: MutableMapping[str, Any]) -> str:
        if line["event"] == "database_unavailable":
            told.set()
        return str(line["event"])

    def look(ref: IssueRef) -> Plan:
        looks.append(ref)
        begun.set()
        broken.wait(60)
        return Plan(ref)

    structlog.configure([listening], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    queue.accept("github", "d1", "issues.edited", (ISSUE,), b"{}")
    workers = Workers(queue, overview, lambda: look, threads=1)
    workers.start()
    begun.wait(60)
    with trouble(database):
        broken.set()
        told.wait(60)
    while not _quiet(overview):
        threading.Event().wait(0.05)
    workers.stop()
    states = [delivery.state for delivery in Inbox(database).latest()]
    sys.stdout.write(json.dumps({"told": told.is_set(), "looks": len(looks), "deliveries": states}))


def _quiet(overview: Overview) -> bool:
    try:
        return not overview.busy()
    except StoreUnavailable:
        return False


if __name__ == "__main__":
    main(sys.argv[1], TROUBLES[sys.argv[2]])
