"""Where databases differ. Everything else in `store` and `work` is the SQL they share.

To add one: write its class here, name it in `_DIALECTS`, and run the same tests against it.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sqlalchemy import Connection, Engine, NullPool, Select, Table, create_engine, event, literal_column, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from service.store.listening import Listener

WRITES = "closeout_writes"  # the execution option that marks a transaction which will write
_CHANNEL = "closeout"
_SCHEMA_LOCK = 0x636C6F73  # any number that others who share the server will not think of
_RETRIED = frozenset({"40001", "40P01"})  # serialization failure, deadlock: the same again may well succeed
_TURN = wait_random(0.001, 0.02)  # seconds, while another process makes a new SQLite file ready: some milliseconds


class Dialect(Protocol):
    one_writer: bool  # whether writes should pass through one thread, sharing commits
    upgrades_at_start: bool  # whether older tables may be changed without asking: nobody else is on them
    reads: Mapping[str, Any]  # execution options with which a transaction sees one state

    def is_absent(self, url: str) -> bool:
        """Whether there is nothing yet, and connecting would make it."""

    def engine(self, url: str, patience: float) -> Engine:
        """An engine that waits no longer than `patience` seconds for another's lock."""

    def now(self) -> ColumnElement[float]:
        """The database's clock, in seconds since 1970 UTC."""

    def insert(self, table: Table) -> Any:
        """An insert that has `on_conflict_do_update` and `on_conflict_do_nothing`."""

    def skip_locked(self, query: Select[Any]) -> Select[Any]:
        """The query, leaving out rows that another transaction is about to change."""

    def alone(self, connection: Connection) -> None:
        """From here to the end of the transaction, no other process passes this line; no statement is hurried."""

    def clashed(self, error: DBAPIError) -> bool:
        """Whether the transaction was undone only because another was in its way, and should be run again."""

    def tell(self, connection: Connection) -> None:
        """Once the transaction is committed, the other processes that listen hear of it."""

    def listen(self, url: str, heard: Callable[[], None]) -> Callable[[], None]:
        """Calls `heard` when another process tells something, until the returned function is called."""


class Sqlite:
    """A file on this machine: one writer at a time, any number of readers beside it."""

    one_writer = True
    upgrades_at_start = True
    reads: Mapping[str, Any] = {}
    _PRAGMAS: ClassVar[tuple[str, ...]] = (
        "synchronous=FULL",  # an accepted delivery survives a power cut
        "foreign_keys=ON",
    )

    def is_absent(self, url: str) -> bool:
        return not Path(make_url(url).database or "").exists()

    def engine(self, url: str, patience: float) -> Engine:
        # The driver gives up before the caller does, so that the reason is known.
        waiting = patience * 0.8
        engine = create_engine(url, connect_args={"timeout": waiting})
        event.listen(engine, "connect", partial(self._prepare, waiting))
        event.listen(engine, "begin", self._begin)
        return engine

    def now(self) -> ColumnElement[float]:
        return literal_column("((julianday('now') - 2440587.5) * 86400.0)")

    def insert(self, table: Table) -> Any:
        return sqlite.insert(table)

    def skip_locked(self, query: Select[Any]) -> Select[Any]:
        return query

    def alone(self, connection: Connection) -> None:
        """`_begin` took the write lock."""

    def clashed(self, error: DBAPIError) -> bool:  # noqa: ARG002 - there is one writer
        return False

    def tell(self, connection: Connection) -> None:
        """Nobody can listen; other processes poll."""

    def listen(self, url: str, heard: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002 - the same
        return lambda: None

    def _prepare(self, waiting: float, connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `_begin` says, not where the driver guesses
        # Who finds another process in the midst of this change is refused at once, whatever the busy timeout.
        busy = retry_if_exception(_is_busy)
        Retrying(retry=busy, stop=stop_after_delay(waiting), wait=_TURN, reraise=True)(
            connection.execute, "PRAGMA journal_mode=WAL"
        )
        for pragma in self._PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @staticmethod
    def _begin(connection: Connection) -> None:
        # A transaction that first reads and then writes can fail at once, whatever the busy timeout.
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


class Postgresql:
    """A server, shared by any number of processes on any number of machines. Needs psycopg 3."""

    one_writer = False
    upgrades_at_start = False
    reads: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ"}

    def __init__(self) -> None:
        self._name = secrets.token_hex(8)  # by which a process knows what it said itself

    def is_absent(self, url: str) -> bool:  # noqa: ARG002 - a server is there, or does not answer
        return False

    def engine(self, url: str, patience: float) -> Engine:
        """Raises ValueError where psycopg is missing."""
        return _connecting(
            url,
            _limits(patience),
            pool_size=10,
            max_overflow=10,
            pool_timeout=patience / 4,
            pool_pre_ping=True,  # connections from before a restart of the server are replaced
        )

    def now(self) -> ColumnElement[float]:
        return literal_column("extract(epoch from statement_timestamp())::double precision")

    def insert(self, table: Table) -> Any:
        return postgresql.insert(table)

    def skip_locked(self, query: Select[Any]) -> Select[Any]:
        return query.with_for_update(skip_locked=True)

    def alone(self, connection: Connection) -> None:
        # Another may take its time on large tables, and so may we: neither is a server that hangs.
        connection.execute(text("set local lock_timeout = 0"))
        connection.execute(text("set local statement_timeout = 0"))
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _SCHEMA_LOCK})
        connection.execute(text("set local statement_timeout = 0"))

    def clashed(self, error: DBAPIError) -> bool:
        return getattr(error.orig, "sqlstate", None) in _RETRIED

    def tell(self, connection: Connection) -> None:
        connection.execute(text("select pg_notify(:channel, :name)"), {"channel": _CHANNEL, "name": self._name})

    def listen(self, url: str, heard: Callable[[], None]) -> Callable[[], None]:
        engine = _connecting(url, "", poolclass=NullPool, isolation_level="AUTOCOMMIT")
        listener = Listener(engine, _CHANNEL, lambda name: None if name == self._name else heard())
        return listener.close


def _connecting(url: str, options: str, **how: Any) -> Engine:
    given = make_url(url).set(drivername="postgresql+psycopg")
    arguments = {"connect_timeout": 3, "options": f"{_own(given)} {options}".strip(), "application_name": "closeout"}
    try:
        return create_engine(given, connect_args=arguments, **how)
    except ImportError as error:
        raise ValueError("PostgreSQL needs psycopg: pip install 'closeout[postgres]'") from error


def _own(url: URL) -> str:
    """The server options that the URL itself asks for; what is given beside it would replace them."""
    options = url.query.get("options", "")
    return options if isinstance(options, str) else " ".join(options)


def _limits(patience: float) -> str:
    # The server gives up before the caller does, so that the reason is known.
    limits = {
        "statement_timeout": 0.6 * patience,
        "lock_timeout": 0.4 * patience,
        "idle_in_transaction_session_timeout": 4 * patience,  # a process that hangs must not block the others
    }
    return " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in limits.items())


_DIALECTS: dict[str, type[Dialect]] = {"sqlite": Sqlite, "postgresql": Postgresql, "postgres": Postgresql}


def dialect_of(url: str) -> Dialect:
    """The dialect for a database URL. Raises ValueError with the ones there are."""
    name = url.partition(":")[0].partition("+")[0]
    if name not in _DIALECTS:
        raise ValueError(f"{name!r} databases are not supported; use sqlite or postgresql")
    return _DIALECTS[name]()
