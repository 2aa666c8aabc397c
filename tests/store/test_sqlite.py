"""SQLite's own side: a file that survives power cuts, and writes that share a commit."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from service.model import IssueRef
from service.store.database import Database, StoreUnavailable
from service.store.inbox import Inbox
from service.work.queue import Queue
from tests.databases import PATIENCE, Place, opened
from tests.store.rows import insert, issues

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "closeout.sqlite3"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(Place.file(tmp_path)) as database:
        yield database


def test_the_file_survives_a_power_cut(database: Database) -> None:
    """The journal mode and the sync level are those that keep every acknowledged commit."""
    pragmas = [
        database.write(lambda c, p=pragma: c.exec_driver_sql(f"PRAGMA {p}").scalar())  # type: ignore[misc]
        for pragma in ("journal_mode", "synchronous")
    ]
    assert pragmas == ["wal", 2]


def test_who_meets_another_that_makes_the_file_ready_waits_for_it(path: Path) -> None:
    """SQLite refuses to change its journal while another writes, at once and whatever the timeout."""
    tries = list[str]()
    with (
        closing(Database(f"sqlite:///{path}", patience=PATIENCE)) as database,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")

        def hear(statement: str) -> None:
            if "journal_mode" in statement and other.in_transaction:
                tries.append(statement)
                if len(tries) == 3:
                    other.execute("ROLLBACK")

        def listen(connection: sqlite3.Connection, _record: object) -> None:
            connection.set_trace_callback(hear)

        event.listen(database._engine, "connect", listen, insert=True)
        database.migrate()
    assert len(tries) == 3


def test_concurrent_writes_share_commits(database: Database) -> None:
    """Writes that arrive while a commit is under way wait for one further commit between them."""
    commits: list[object] = []
    event.listen(database._engine, "commit", commits.append)
    entered, leave = threading.Event(), threading.Event()

    def slow(connection: Connection) -> str:
        entered.set()
        assert leave.wait(60)
        return insert(connection, "github:acme/shop#0")

    slower = Database(f"sqlite:///{database._engine.url.database}", patience=PATIENCE)
    event.listen(slower._engine, "commit", commits.append)
    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(slower.write, slow)
        assert entered.wait(60)
        rest = [pool.submit(slower.write, lambda c, n=n: insert(c, f"github:acme/shop#{n}")) for n in range(1, 21)]
        while slower._commits is not None and len(slower._commits._jobs) < 20:
            threading.Event().wait(0.001)
        leave.set()
        assert {first.result(), *(future.result() for future in rest)} == issues(slower)
    slower.close()
    assert len(commits) == 3  # the first write, the twenty together, and the read


def test_what_is_alike_is_written_at_once(database: Database) -> None:
    """Items that wait for one commit are handed over together; one that cannot be kept spoils none of the others."""
    entered, leave, given = threading.Event(), threading.Event(), list[int]()

    def slow(connection: Connection) -> str:
        entered.set()
        assert leave.wait(60)
        return insert(connection, "github:acme/shop#0")

    def insert_all(connection: Connection, items: Sequence[str]) -> list[str]:
        given.append(len(items))
        return [insert(connection, item) for item in items]

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(database.write, slow)
        assert entered.wait(60)
        names = ("github:acme/shop#0", "github:acme/shop#1", "github:acme/shop#2")  # the first is there by then
        rest = [pool.submit(database.write_together, insert_all, name) for name in names]
        while database._commits is not None and len(database._commits._jobs) < len(names):
            threading.Event().wait(0.001)
        leave.set()
        with pytest.raises(StoreUnavailable, match="UNIQUE"):
            rest[0].result()
    assert {first.result(), rest[1].result(), rest[2].result()} == issues(database) == set(names)
    assert given == [3, 1, 1, 1]


def test_being_woken_for_nothing_ends_nothing(database: Database) -> None:
    """As by a thread whose job was taken before it came to wake the one that commits."""
    assert database._commits is not None
    jobs = database._commits._jobs
    for number in range(3):
        jobs._enough.set()
        while jobs._enough.is_set():
            threading.Event().wait(0.001)
        assert database.write(lambda c, n=number: insert(c, f"github:acme/shop#{n}"))  # type: ignore[misc]


def test_a_full_disk_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    """Where SQLite undoes a whole shared commit for one write that did not fit, none of them is told to be kept."""
    place = Place.file(tmp_path)
    command = [sys.executable, "-m", "tests.store.filling", place.url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told: dict[str, str] = json.loads(done.stdout)
    refused = {delivery for delivery, said in told.items() if said != "accepted"}
    assert refused
    with opened(place) as database:
        there = {delivery.id for delivery in Inbox(database).latest(len(told))}
        assert told.keys() - refused <= there
        for delivery in refused:  # the forges send again, and there is room now
            Queue(database).accept("github", delivery, "issues.edited", [IssueRef("github", "acme/shop", 1)], b"{}")
        assert {delivery.id for delivery in Inbox(database).latest(len(told))} == told.keys()


def test_a_file_that_is_no_database_is_a_sentence(path: Path) -> None:
    """Opening something else says so."""
    path.write_text("these are my holiday notes, not a database\n" * 100, encoding="utf-8")
    with pytest.raises(StoreUnavailable, match="not a database"):
        Database.prepare(f"sqlite:///{path}")


def test_a_write_inside_a_write_is_refused(database: Database) -> None:
    """It would wait for itself; the mistake is named instead."""
    with pytest.raises(RuntimeError, match="inside another write"):
        database.write(lambda _: database.check())
