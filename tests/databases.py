"""Fixtures by which a test runs on each database: a URL, and a look at what is stored that bypasses our own code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from service.store.database import Database
from tests import postgres

PATIENCE = 60.0  # seconds, more than a busy machine may take for a statement

# PostgreSQL's on one worker of pytest-xdist, so that a run starts one server.
PLACES = {"sqlite": [], "postgresql": [pytest.mark.xdist_group("postgresql")]}
BOTH = ["sqlite", pytest.param("postgresql", marks=PLACES["postgresql"])]
# For a module whose tests would say the same on each: one will do.
ON_SQLITE = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("place", BOTH[1:], indirect=True)


@dataclass(frozen=True)
class Place:
    """An empty database. `url` is what an operator would write."""

    url: str

    @classmethod
    def file(cls, folder: Path) -> Place:
        return cls(f"sqlite:///{folder}/closeout.sqlite3")

    @property
    def _direct(self) -> str:
        return self.url.replace("postgresql://", "postgresql+psycopg://")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What another program sees."""
        engine = create_engine(self._direct)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program keeps every writer out."""
        engine = create_engine(self._direct, isolation_level="AUTOCOMMIT")
        lock = "lock table work, deliveries, limits, schema_version in exclusive mode"
        statements = ("begin immediate",) if self.url.startswith("sqlite") else ("begin", lock)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            yield
            connection.exec_driver_sql("rollback")
        engine.dispose()


@contextmanager
def opened(
    place: Place, clock: Callable[[], datetime] | None = None, *, patience: float = PATIENCE
) -> Iterator[Database]:
    """With its tables. The test's clock is the database's, if it has one."""
    with closing(Database(place.url, clock=clock and (lambda: clock().timestamp()), patience=patience)) as database:
        database.migrate()
        yield database


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres.server_url() as url:
        yield url


@pytest.fixture(params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield Place.file(tmp_path)
        return
    with postgres.schema(request.getfixturevalue("postgres_url")) as url:
        yield Place(url)
