"""Where databases differ. Everything else in `store` and `work` is the SQL they share.

To add one: write its class here, name it in `_DIALECTS`, and run the same tests against it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from sqlalchemy import Connection, Engine, Select, Table, create_engine, event, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ColumnElement

WRITES = "closeout_writes"  # the execution option that marks a transaction which will write


class Dialect(Protocol):
    one_writer: bool  # whether writes should pass through one thread, sharing commits

    def engine(self, url: str, patience: float) -> Engine:
        """An engine that waits no longer than `patience` seconds for another's lock."""

    def now(self) -> ColumnElement[float]:
        """The database's clock, in seconds since 1970 UTC."""

    def insert(self, table: Table) -> Any:
        """An insert that has `on_conflict_do_update` and `on_conflict_do_nothing`."""

    def skip_locked(self, query: Select[Any]) -> Select[Any]:
        """The query, leaving out rows that another transaction is about to change."""


class Sqlite:
    """A file on this machine: one writer at a time, any number of readers beside it."""

    one_writer = True
    _PRAGMAS: ClassVar[tuple[str, ...]] = (
        "journal_mode=WAL",
        "synchronous=FULL",  # an accepted delivery survives a power cut
        "foreign_keys=ON",
    )

    def engine(self, url: str, patience: float) -> Engine:
        # The driver gives up before the caller does, so that the reason is known.
        engine = create_engine(url, connect_args={"timeout": patience * 0.8})
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "begin", self._begin)
        return engine

    def now(self) -> ColumnElement[float]:
        return literal_column("((julianday('now') - 2440587.5) * 86400.0)")

    def insert(self, table: Table) -> Any:
        return sqlite.insert(table)

    def skip_locked(self, query: Select[Any]) -> Select[Any]:
        return query

    def _prepare(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `_begin` says, not where the driver guesses
        for pragma in self._PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @staticmethod
    def _begin(connection: Connection) -> None:
        # A transaction that first reads and then writes can fail at once, whatever the busy timeout.
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


_DIALECTS: dict[str, type[Dialect]] = {"sqlite": Sqlite}


def dialect_of(url: str) -> Dialect:
    """The dialect for a database URL. Raises ValueError with the ones there are."""
    name = url.partition(":")[0].partition("+")[0]
    if name not in _DIALECTS:
        raise ValueError(f"{name!r} databases are not supported; use {' or '.join(_DIALECTS)}")
    return _DIALECTS[name]()
