"""Shared commits: what many threads want to write at the same moment costs one wait for the disk."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")
_MOST = 64  # jobs in one transaction


class CommitThread:
    """Runs jobs on one connection, in order. Jobs that arrive during a commit share the next one.

    A job's outcome is told only after its commit. A job that raises is undone alone and the others stand, unless the
    database undid them all with it, as SQLite does where the disk is full: then all of them hear of it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: SimpleQueue[tuple[Callable[[Connection], Any], Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="closeout-commits", daemon=True)
        self._thread.start()

    def run(self, job: Callable[[Connection], T], timeout: float) -> T:
        """The job's result, once it is on disk. Raises TimeoutError; the job may then still happen."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write was started inside another write; use the connection it was given")
        future: Future[T] = Future()
        self._jobs.put((job, future))
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            first = self._jobs.get()
            if first is None:
                return
            batch, last = self._gather(first)
            _commit(self._engine, batch)
            if last:
                return

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        batch = [first]
        while len(batch) < _MOST:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False


_Job = tuple[Callable[[Connection], Any], Future[Any]]


def _commit(engine: Engine, batch: Sequence[_Job]) -> None:
    jobs = [(job, future) for job, future in batch if future.set_running_or_notify_cancel()]
    try:
        with engine.begin() as connection:
            if len(jobs) == 1:  # the transaction itself is undone if it fails
                outcomes = [_telling(jobs[0][1].set_result, jobs[0][0](connection))]
            else:
                outcomes = [_attempt(connection, job, future) for job, future in jobs]
    except Exception as error:  # noqa: BLE001 - every waiter must hear of it, whatever it was
        outcomes = [_telling(future.set_exception, error) for _, future in jobs]
    for tell in outcomes:
        tell()


def _attempt(connection: Connection, job: Callable[[Connection], Any], future: Future[Any]) -> Callable[[], None]:
    savepoint = connection.begin_nested()
    try:
        value = job(connection)
        savepoint.commit()
    except Exception as error:
        if not _goes_on(connection):
            raise
        savepoint.rollback()
        return _telling(future.set_exception, error)
    return _telling(future.set_result, value)


def _goes_on(connection: Connection) -> bool:
    """Whether the transaction is still there after an error.

    https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
    """
    driver: sqlite3.Connection | None = connection.connection.driver_connection
    return driver is not None and driver.in_transaction


def _telling(tell: Callable[[Any], None], value: object) -> Callable[[], None]:
    return lambda: tell(value)
