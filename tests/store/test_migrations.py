"""Migrations: a database of any earlier version becomes today's, with everything in it, and only when it should."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from service.cli.errors import USAGE, explain
from service.store import tables
from service.store.database import Database, SchemaTooOld
from service.store.inbox import Inbox
from service.store.journal import Journal
from service.store.migrations import upgrade
from service.work.overview import Overview
from tests.databases import ON_POSTGRESQL, ON_SQLITE, PATIENCE, Place

SCHEMAS = Path(__file__).parent / "schemas"
HELD = """
insert into schema_version (id, version) values (1, 1);
insert into deliveries values ('github', 'd1', 'issues.closed', X, 1772442000.5, '{"github:acme/shop#12": 3}');
insert into work values ('github:acme/shop#12', 'dead', 3, 3, 2, 3, null, null, null, null, 3, 0, 'needs more', 7.5);
insert into journal (at, issue, rule, change, target, result) values
  (1772442001, 'github:acme/shop#12', 'closure', 'Reopen', 'github:acme/shop#12', 'ok');
"""
BODY = zlib.compress(b"{}").hex()


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    opened = Database(place.url, patience=PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def first(place: Place, database: Database) -> Database:
    """A database that the first Closeout made and used."""
    kind = "sqlite" if place.url.startswith("sqlite") else "postgresql"
    body = f"x'{BODY}'" if kind == "sqlite" else f"decode('{BODY}', 'hex')"
    script = (SCHEMAS / f"version_1_{kind}.sql").read_text(encoding="utf-8") + HELD.replace("X,", f"{body},")

    def create(connection: Connection) -> None:
        for statement in filter(str.strip, script.split(";\n")):
            connection.exec_driver_sql(statement)

    database.write(create)
    return database


def _differences(database: Database) -> list[object]:
    """What a migration would have to do to make the database that of `tables.py`."""

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, tables.metadata))

    return database.read(compare)


def _version(place: Place) -> object:
    return place.rows("select version from schema_version")


def test_the_migrations_make_what_the_code_expects(database: Database, place: Place) -> None:
    """From nothing, one version after the other. A failure lists what the next migration has to do."""
    database.write(lambda c: upgrade(c, 0))
    assert _differences(database) == []
    assert _version(place) == [(tables.VERSION,)]


def test_tables_created_at_once_are_the_same(database: Database, place: Place) -> None:
    """A new database takes no detour through its history, and can be upgraded later all the same."""
    database.migrate()
    assert _differences(database) == []
    assert _version(place) == [(tables.VERSION,)]
    database.write(lambda c: upgrade(c, tables.VERSION))
    assert _version(place) == [(tables.VERSION,)]


def test_a_difference_is_noticed(database: Database) -> None:
    """The comparison above sees a missing column and a missing index."""
    database.migrate()
    database.write(lambda c: c.execute(text("drop index journal_issue")))
    database.write(lambda c: c.execute(text("alter table work drop column error")))
    assert {difference[0] for difference in _differences(database)} == {"add_index", "add_column"}  # type: ignore[index]


def test_the_newest_migration_is_the_version_of_the_code() -> None:
    """`VERSION` is raised with each migration, and the line of migrations does not fork."""
    config = Config()
    config.set_main_option("script_location", "service.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [f"{tables.VERSION:04}"]


def test_a_database_from_before_migrations_is_taken_over(first: Database, place: Place) -> None:
    """Every delivery, queue row and journal entry is there afterwards, and the schema is today's."""
    first.upgrade()
    assert _differences(first) == []
    assert _version(place) == [(tables.VERSION,)]
    assert [(d.id, d.issues, d.state, d.body) for d in [Inbox(first).find("d1")] if d] == [
        ("d1", ("github:acme/shop#12",), "dead", b"{}")
    ]
    assert [(t.issue, t.state, t.error) for t in Overview(first).tasks()] == [
        ("github:acme/shop#12", "dead", "needs more")
    ]
    assert [(e.rule, e.change, e.result) for e in Journal(first).latest()] == [("closure", "Reopen", "ok")]
    assert place.rows("select project from work") == [("github:acme/shop",)]


def test_upgrading_twice_changes_nothing(first: Database, place: Place) -> None:
    """A second run finds nothing to do."""
    first.upgrade()
    first.upgrade()
    assert len(Journal(first).latest()) == 1
    assert place.rows("select version_num from alembic_version") == [(f"{tables.VERSION:04}",)]


def test_an_upgrade_that_fails_leaves_everything_as_it_was(first: Database, place: Place) -> None:
    """One transaction: half an upgrade is none, and trying again works."""
    first.write(lambda c: c.execute(text("create table jobs (oops integer)")))
    with pytest.raises(Exception, match="jobs"):
        first.upgrade()
    assert _version(place) == [(1,)]
    first.write(lambda c: c.execute(text("drop table jobs")))
    first.upgrade()
    assert _differences(first) == []


@ON_SQLITE
def test_a_file_is_upgraded_at_the_start(first: Database) -> None:
    """It is on this machine, and whoever started the new version meant it."""
    first.migrate()
    assert _differences(first) == []


@ON_POSTGRESQL
def test_a_server_is_upgraded_when_somebody_says_so(first: Database, place: Place) -> None:
    """Older processes may be on it: the start is refused with what to run, and nothing is touched."""
    with pytest.raises(SchemaTooOld, match=rf"schema 1.*needs {tables.VERSION}: run `closeout db upgrade`") as refused:
        first.migrate()
    assert explain(refused.value) == USAGE
    assert _version(place) == [(1,)]
    first.upgrade()
    first.migrate()


def test_replicas_may_upgrade_at_the_same_moment(first: Database, place: Place) -> None:
    """One does it, the other finds it done."""
    code = "import sys; from service.store.database import Database; Database(sys.argv[1]).upgrade()"
    command = [sys.executable, "-c", code, place.url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in processes] == [("", 0)] * 2
    assert _differences(first) == []


@ON_POSTGRESQL
def test_an_upgrade_has_all_the_time_it_takes(database: Database) -> None:
    """It waits for another's, and its own statements may be long; every other transaction keeps its limits."""
    limits = text("select current_setting('lock_timeout'), current_setting('statement_timeout')")
    seen: list[str] = []
    database._alone(lambda c: seen.extend(c.execute(limits).one()))
    assert seen == ["0", "0"]
    assert "0" not in database.write(lambda c: [*c.execute(limits).one()])


@ON_SQLITE
def test_a_start_without_an_upgrade_does_without_alembic(database: Database, place: Place) -> None:
    """It takes a third of a second to import, and `closeout serve` answers at once."""
    database.migrate()
    code = "import sys; from service.store.database import Database; Database.prepare(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, place.url], capture_output=True, text=True, check=True)
    assert "sqlalchemy" in done.stdout.split()
    assert "alembic" not in done.stdout.split()
