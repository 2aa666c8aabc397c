"""The database: writes that are on disk when they return, shared commits, and a schema that is never guessed at."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from service.store.database import Database, SchemaTooNew, StoreUnavailable
from service.store.tables import VERSION, schema_version
from tests.databases import Place
from tests.store.rows import insert, issues


def test_a_write_that_returned_is_seen_by_everybody(database: Database, place: Place) -> None:
    """Another connection, as of another process, sees the row at once."""
    database.write(lambda c: insert(c, "github:acme/shop#1"))
    assert place.rows("select issue from work") == [("github:acme/shop#1",)]


def test_a_write_that_fails_is_undone_alone(database: Database) -> None:
    """Of writes that share a commit, the others stand; the failed one leaves nothing behind."""
    start = threading.Barrier(9)

    def job(n: int) -> str:
        def write(connection: Connection) -> str:
            issue = insert(connection, f"github:acme/shop#{n}")
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
    assert issues(database) == {f"github:acme/shop#{n}" for n in range(8) if n != 4}


def test_a_locked_database_is_a_sentence_not_a_hang(database: Database, place: Place) -> None:
    """While another process holds the write lock, a write raises StoreUnavailable, and works once it is free."""
    hasty = Database(place.url, patience=1)
    with place.locked(), pytest.raises(StoreUnavailable, match=r"the database refused: .*lock"):
        hasty.check()
    hasty.close()
    database.check()


def test_a_newer_schema_is_refused(database: Database, place: Place) -> None:
    """A database that a newer Closeout wrote is left alone, with a sentence that says what to do."""
    database.write(lambda c: c.execute(schema_version.update().values(version=VERSION + 1)))
    with pytest.raises(SchemaTooNew, match=f"schema {VERSION + 1}.*newer Closeout"):
        Database.prepare(place.url)


def test_a_database_is_looked_at_without_making_it(place: Place) -> None:
    """A file that is not there is absent, a server never is; what holds no tables has no schema yet."""
    assert Database.is_absent(place.url) is place.url.startswith("sqlite")
    looking = Database(place.url)
    empty = looking.schema()
    looking.migrate()
    assert (empty, looking.schema(), Database.is_absent(place.url)) == (0, VERSION, False)
    looking.close()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    """Starting again finds the schema as it is."""
    database.write(lambda c: insert(c, "github:acme/shop#1"))
    database.migrate()
    assert issues(database) == {"github:acme/shop#1"}


def test_an_unknown_database_is_refused_by_name() -> None:
    """A URL of another database says which ones there are."""
    with pytest.raises(ValueError, match="'mysql' databases are not supported; use sqlite or postgresql"):
        Database("mysql://localhost/closeout")
