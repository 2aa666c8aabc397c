"""The database: writes that are on disk when they return, shared commits, and a schema that is never guessed at."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select

from service.store.database import Database, SchemaTooNew, StoreUnavailable
from service.store.tables import VERSION, schema_version, work


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "closeout.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{path}", patience=0.2)
    opened.migrate()
    yield opened
    opened.close()


def _row(issue: str) -> dict[str, object]:
    counts = dict.fromkeys(("wanted", "claimed", "done", "delivered", "attempts", "crashes"), 0)
    return {"issue": issue, "state": "idle", "changed_at": 0.0, **counts}


def _insert(connection: Connection, issue: str) -> str:
    connection.execute(work.insert().values(_row(issue)))
    return issue


def _issues(database: Database) -> set[str]:
    return set(database.read(lambda c: c.execute(select(work.c.issue)).scalars().all()))


def test_a_write_that_returned_is_seen_by_everybody(database: Database, path: Path) -> None:
    """Another connection, as of another process, sees the row at once."""
    database.write(lambda c: _insert(c, "github:acme/shop#1"))
    other = sqlite3.connect(path)
    assert other.execute("select issue from work").fetchall() == [("github:acme/shop#1",)]
    other.close()


def test_the_file_survives_a_power_cut(database: Database) -> None:
    """The journal mode and the sync level are those that keep every acknowledged commit."""
    pragmas = [
        database.write(lambda c, p=pragma: c.exec_driver_sql(f"PRAGMA {p}").scalar())  # type: ignore[misc]
        for pragma in ("journal_mode", "synchronous")
    ]
    assert pragmas == ["wal", 2]


def test_concurrent_writes_share_commits(database: Database) -> None:
    """Writes that arrive while a commit is under way wait for one further commit between them."""
    commits: list[object] = []
    event.listen(database._engine, "commit", commits.append)
    entered, leave = threading.Event(), threading.Event()

    def slow(connection: Connection) -> str:
        entered.set()
        assert leave.wait(5)
        return _insert(connection, "github:acme/shop#0")

    slower = Database(f"sqlite:///{database._engine.url.database}", patience=10)
    event.listen(slower._engine, "commit", commits.append)
    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(slower.write, slow)
        assert entered.wait(5)
        rest = [pool.submit(slower.write, lambda c, n=n: _insert(c, f"github:acme/shop#{n}")) for n in range(1, 21)]
        while slower._commits is not None and slower._commits._jobs.qsize() < 20:
            threading.Event().wait(0.001)
        leave.set()
        assert {first.result(), *(future.result() for future in rest)} == _issues(slower)
    slower.close()
    assert len(commits) == 3  # the first write, the twenty together, and the read


def test_a_write_that_fails_is_undone_alone(database: Database) -> None:
    """Of writes that share a commit, the others stand; the failed one leaves nothing behind."""
    start = threading.Barrier(9)

    def job(n: int) -> str:
        def write(connection: Connection) -> str:
            issue = _insert(connection, f"github:acme/shop#{n}")
            if n == 4:
                raise LookupError("half way")
            return issue

        start.wait()
        return database.write(write)

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(job, n) for n in range(8)]
        start.wait()
        errors = [future.exception() for future in futures]
    assert [type(error) for error in errors if error] == [LookupError]
    assert _issues(database) == {f"github:acme/shop#{n}" for n in range(8) if n != 4}


def test_a_locked_database_is_a_sentence_not_a_hang(database: Database, path: Path) -> None:
    """While another process holds the write lock, a write raises StoreUnavailable, and works once it is free."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        database.check()
    other.execute("ROLLBACK")
    other.close()
    database.check()


def test_a_file_that_is_no_database_is_a_sentence(path: Path) -> None:
    """Opening something else says so."""
    path.write_text("these are my holiday notes, not a database\n" * 100, encoding="utf-8")
    with pytest.raises(StoreUnavailable, match="not a database"):
        Database.prepare(f"sqlite:///{path}")


def test_a_newer_schema_is_refused(database: Database, path: Path) -> None:
    """A database that a newer Closeout wrote is left alone, with a sentence that says what to do."""
    database.write(lambda c: c.execute(schema_version.update().values(version=VERSION + 1)))
    with pytest.raises(SchemaTooNew, match=f"schema {VERSION + 1}.*newer Closeout"):
        Database.prepare(f"sqlite:///{path}")


def test_migrating_twice_changes_nothing(database: Database) -> None:
    """Starting again finds the schema as it is."""
    database.write(lambda c: _insert(c, "github:acme/shop#1"))
    database.migrate()
    assert _issues(database) == {"github:acme/shop#1"}


def test_an_unknown_database_is_refused_by_name() -> None:
    """A URL of another database says which ones there are."""
    with pytest.raises(ValueError, match="'mysql' databases are not supported; use sqlite"):
        Database("mysql://localhost/closeout")


def test_a_write_inside_a_write_is_refused(database: Database) -> None:
    """It would wait for itself; the mistake is named instead."""
    with pytest.raises(RuntimeError, match="inside another write"):
        database.write(lambda _: database.check())
