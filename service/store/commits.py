"""Shared commits: what many threads want to write at the same moment costs one wait for the disk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item
Together: TypeAlias = Callable[[Connection, Sequence[I]], Sequence[T]]
_MOST = 64  # jobs in one transaction
_LONGEST_WAIT = 0.005  # seconds for more of them, and never longer than the last commit took


class CommitThread:
    """Runs jobs on one connection, in order. Jobs that arrive during a commit share the next one.

    A job's outcome is told only after its commit. A job that raises is undone alone and the others stand, unless the
    database undid them all with it, as SQLite does where the disk is full: then all of them hear of it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs = _Jobs()
        self._thread = threading.Thread(target=self._run, name="closeout-commits", daemon=True)
        self._thread.start()

    def run(self, job: Callable[[Connection], T], timeout: float) -> T:
        """The job's result, once it is on disk. Raises TimeoutError; the job may then still happen."""
        return self.share(lambda connection, _: (job(connection),), None, timeout)

    def share(self, together: Together[I, T], item: I, timeout: float) -> T:
        """The same for one of many items: `together` is given all that wait for one commit, and answers in order.

        Where it raises for several, each is tried by itself.
        """
        outcome = self.submit(together, item)
        try:
            return outcome.result(timeout)
        except TimeoutError:
            outcome.cancel()
            raise

    def submit(self, together: Together[I, T], item: I) -> Future[T]:
        """As `share`, and does not wait. Whoever gives up waiting cancels it; it may then still happen."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write was started inside another write; use the connection it was given")
        job = _Job(together, item)
        self._jobs.put(job)
        return job.future

    def close(self) -> None:
        self._jobs.end()
        self._thread.join()

    def _run(self) -> None:
        before, took = 1, 0.0
        while True:
            batch = self._jobs.take(before, min(took, _LONGEST_WAIT))
            if not batch:
                return
            begun = time.perf_counter()
            _commit(self._engine, batch)
            before, took = len(batch), time.perf_counter() - begun


@dataclass(frozen=True, slots=True)
class _Job:
    together: Together[Any, Any]
    item: Any
    future: Future[Any] = field(default_factory=Future)


class _Jobs:
    """On their way to the thread that commits: it is woken for the first and the last of a batch, not for each."""

    def __init__(self) -> None:
        self._there: deque[_Job] = deque()
        self._wanted = 1
        self._enough = threading.Event()
        self._ended = False

    def __len__(self) -> int:
        return len(self._there)

    def put(self, job: _Job) -> None:
        self._there.append(job)
        if len(self._there) >= self._wanted and not self._enough.is_set():
            self._enough.set()

    def end(self) -> None:
        self._ended = True
        self._enough.set()

    def take(self, expected: int, patience: float) -> list[_Job]:
        """What waits, and what comes within `patience` seconds where fewer wait than `expected`. Empty: it is the end.

        Who was answered by the last commit is often back in a moment; a commit for the first of them would keep the
        others waiting.
        """
        while not self._there and not self._ended:  # a thread that was slow to wake us may do so once we are done
            self._wait(1, None)
        self._wait(min(expected, _MOST), patience)
        return [self._there.popleft() for _ in range(min(len(self._there), _MOST))]

    def _wait(self, wanted: int, patience: float | None) -> None:
        self._wanted = wanted
        self._enough.clear()
        if len(self._there) < wanted and not self._ended:  # whoever puts one there from here on sees what is wanted
            self._enough.wait(patience)


_Tell: TypeAlias = Callable[[], None]


def _commit(engine: Engine, batch: Iterable[_Job]) -> None:
    jobs = [job for job in batch if job.future.set_running_or_notify_cancel()]
    try:
        outcomes = _committed(engine, jobs)
    except Exception as error:  # noqa: BLE001 - every waiter must hear of it, whatever it was
        outcomes = [_telling(job.future.set_exception, error) for job in jobs]
    for tell in outcomes:
        tell()


def _committed(engine: Engine, jobs: Sequence[_Job]) -> list[_Tell]:
    groups = _groups(jobs)
    if len(groups) == 1:  # as mostly: what fails is undone with the transaction, and savepoints cost as much as writes
        try:
            with engine.begin() as connection:
                return _done(connection, jobs)
        except Exception:
            if len(jobs) == 1:
                raise
            groups = [[job] for job in jobs]
    with engine.begin() as connection:
        return [tell for group in groups for tell in _attempt(connection, group)]


def _groups(jobs: Iterable[_Job]) -> list[list[_Job]]:
    """Those that can be done together, in the order in which the first of each came."""
    groups: dict[Together[Any, Any], list[_Job]] = {}
    for job in jobs:
        groups.setdefault(job.together, []).append(job)
    return list(groups.values())


def _attempt(connection: Connection, group: Sequence[_Job]) -> list[_Tell]:
    savepoint = connection.begin_nested()
    try:
        outcomes = _done(connection, group)
        savepoint.commit()
    except Exception as error:
        if not _goes_on(connection):
            raise
        savepoint.rollback()
        if len(group) == 1:
            return [_telling(group[0].future.set_exception, error)]
        return [tell for job in group for tell in _attempt(connection, (job,))]
    return outcomes


def _done(connection: Connection, group: Sequence[_Job]) -> list[_Tell]:
    results = group[0].together(connection, [job.item for job in group])
    return [_telling(job.future.set_result, result) for job, result in zip(group, results, strict=True)]


def _goes_on(connection: Connection) -> bool:
    """Whether the transaction is still there after an error.

    https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
    """
    driver: sqlite3.Connection | None = connection.connection.driver_connection
    return driver is not None and driver.in_transaction


def _telling(tell: Callable[[Any], None], value: object) -> _Tell:
    return lambda: tell(value)
