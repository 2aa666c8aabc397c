"""One database, opened once a process: reads, writes that are on disk when they return, and its clock."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Double, bindparam, inspect, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.sql.elements import ColumnElement

from service.store import tables
from service.store.awaiting import Awaiting
from service.store.commits import CommitThread, Together
from service.store.dialect import WRITES, dialect_of

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item
_PATIENCE = 8.0  # seconds; forges give a webhook ten
_TRIES = 5  # of a write that another's write got in the way of
_GIVE_WAY = (0.02, 0.1)  # seconds, between those tries


class StoreUnavailable(Exception):
    """The database did not do it: locked, full, read-only or away. Trying again later may help."""


class SchemaTooNew(Exception):
    """The database was written by a newer Closeout."""


class SchemaTooOld(Exception):
    """The tables are an older Closeout's, and other processes may share them: a person says when they change."""


class Database:
    """Opened from a URL. `clock` replaces the database's own clock; it gives seconds since 1970 UTC.

    `patience` is how many seconds a read or write may take, waiting for others included.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] | None = None, patience: float = _PATIENCE) -> None:
        self.dialect = dialect_of(url)
        self._url = url
        self._patience = patience
        self._engine = self.dialect.engine(url, patience)
        self._reading = self._engine.execution_options(**self.dialect.reads)
        self._writing = self._engine.execution_options(**{WRITES: True})
        self._commits = CommitThread(self._writing) if self.dialect.one_writer else None
        self._awaiting: Awaiting | None = None
        self._clock = clock

    @classmethod
    def prepare(cls, url: str) -> None:
        """Makes the database ready, and closes it again. Raises as `migrate` does."""
        database = cls(url)
        try:
            database.migrate()
        finally:
            database.close()

    def now(self) -> ColumnElement[float]:
        """The time at which a statement runs, for use in it. Statements may be kept and run again."""
        if self._clock is None:
            return self.dialect.now()
        return bindparam(None, type_=Double(), callable_=self._clock, unique=True)

    def read(self, job: Callable[[Connection], T]) -> T:
        """Runs the job in a transaction of its own that sees one state. Raises `StoreUnavailable`."""
        try:
            with self._reading.begin() as connection:
                return job(connection)
        except (DBAPIError, PoolTimeoutError) as error:
            raise _unavailable(error) from error

    def write(self, job: Callable[[Connection], T]) -> T:
        """Runs the job and commits; other threads' writes may share the commit. Raises `StoreUnavailable`.

        A job may be run again from its start, after everything that it wrote was undone.
        """
        with self._done_or_unavailable():
            if self._commits is None:
                return self._write(job)
            return self._commits.run(job, self._patience)

    def write_together(self, together: Together[I, T], item: I) -> T:
        """As `write`, for one of many items: `together` is given those of other threads too, and answers in order.

        Which it is given is open; where it raises for several, each is tried by itself.
        """
        with self._done_or_unavailable():
            if self._commits is None:
                return self._write(lambda connection: together(connection, (item,))[0])
            return self._commits.share(together, item, self._patience)

    async def written_together(self, together: Together[I, T], item: I) -> T:
        """As `write_together`, for a coroutine: where writes share commits, it takes no thread while it waits."""
        if self._commits is None:
            return await asyncio.to_thread(self.write_together, together, item)
        with self._done_or_unavailable():
            async with asyncio.timeout(self._patience):
                return await self._here().outcome(self._commits.submit(together, item))

    def _here(self) -> Awaiting:
        loop = asyncio.get_running_loop()
        if self._awaiting is None or self._awaiting.loop is not loop:
            self._awaiting = Awaiting(loop)
        return self._awaiting

    @contextmanager
    def _done_or_unavailable(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise StoreUnavailable(f"the database did not answer within {self._patience:g} seconds") from error
        except (DBAPIError, PoolTimeoutError) as error:
            raise _unavailable(error) from error

    def _write(self, job: Callable[[Connection], T]) -> T:
        for tries_left in reversed(range(_TRIES)):
            try:
                with self._writing.begin() as connection:
                    return job(connection)
            except DBAPIError as error:
                if not (tries_left and self.dialect.clashed(error)):
                    raise
            time.sleep(random.uniform(*_GIVE_WAY))  # noqa: S311 - or it takes the lock again before the other wakes
        raise AssertionError("the last try returns or raises")

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Calls `heard`, in a thread of its own, when another process tells something; the result ends that."""
        return self.dialect.listen(self._url, heard)

    @staticmethod
    def is_absent(url: str) -> bool:
        """Whether there is nothing yet, and opening it would make it."""
        return dialect_of(url).is_absent(url)

    def schema(self) -> int:
        """The version of the tables that are there, 0 for none. Raises `StoreUnavailable`."""
        return self.read(_version)

    def migrate(self) -> None:
        """Creates the tables, and brings older ones up to date where no other machine can share them.

        Raises `SchemaTooOld`, `SchemaTooNew` or `StoreUnavailable`.
        """
        if self.schema() != tables.VERSION:
            self._alone(lambda c: self._migrate(c, older_too=self.dialect.upgrades_at_start))

    def upgrade(self) -> None:
        """Creates the tables, or brings them up to date. Raises `SchemaTooNew` or `StoreUnavailable`."""
        self._alone(lambda c: self._migrate(c, older_too=True))

    def check(self) -> None:
        """Writes, and so proves that deliveries can be taken. Raises `StoreUnavailable`."""
        self.write(lambda connection: connection.execute(tables.schema_version.update().values(checked_at=self.now())))

    def close(self) -> None:
        if self._commits is not None:
            self._commits.close()
        self._engine.dispose()

    def _alone(self, job: Callable[[Connection], None]) -> None:
        """Runs the job while no other process is here, for as long as it takes."""

        def run(connection: Connection) -> None:
            self.dialect.alone(connection)
            job(connection)

        try:
            self._write(run)
        except (DBAPIError, PoolTimeoutError) as error:
            raise _unavailable(error) from error

    @staticmethod
    def _migrate(connection: Connection, *, older_too: bool) -> None:
        found = _version(connection)
        if found > tables.VERSION:
            raise SchemaTooNew(
                f"the database has schema {found}, and this Closeout knows only up to {tables.VERSION}: "
                "run the newer Closeout again, or give it another database"
            )
        if found == 0:
            tables.metadata.create_all(connection)
            connection.execute(tables.schema_version.insert().values(id=1, version=tables.VERSION))
        elif found < tables.VERSION:
            _upgrade(connection, found, older_too=older_too)


def storable(text: str) -> str:
    """The text without what a database may refuse: NUL characters and halves of surrogate pairs."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def _version(connection: Connection) -> int:
    if not inspect(connection).has_table(tables.schema_version.name):
        return 0
    return int(connection.execute(select(tables.schema_version.c.version)).scalar_one())


def _upgrade(connection: Connection, found: int, *, older_too: bool) -> None:
    if not older_too:
        raise SchemaTooOld(
            f"the database has schema {found}, and this Closeout needs {tables.VERSION}: run `closeout db upgrade` "
            "with these settings, once (processes that run go on meanwhile; an older Closeout does not start after it)"
        )
    from service.store.migrations import upgrade  # noqa: PLC0415 - brings Alembic, which most starts do not need

    upgrade(connection, found)


def _unavailable(error: SQLAlchemyError) -> StoreUnavailable:
    cause = getattr(error, "orig", None) or error
    return StoreUnavailable(f"the database refused: {' '.join(str(cause).split())}")
