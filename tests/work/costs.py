"""What a claim costs in steps of the database itself, which no load on the machine changes: the same for every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

_READ = """
select coalesce(sum(pg_stat_get_xact_tuples_returned(oid)), 0) from pg_class
where oid = 'work'::regclass or oid in (select indexrelid from pg_index where indrelid = 'work'::regclass)
"""


@dataclass
class Costs:
    """SQLite: instructions of its virtual machine. PostgreSQL: rows and index entries that were read. `plans` are lines
    of EXPLAIN.
    """

    steps: int = 0
    plans: set[str] = field(default_factory=set)

    def step(self) -> int:
        self.steps += 1
        return 0  # go on

    @property
    def scans(self) -> set[str]:
        """Where the whole table is read."""
        return {line for line in self.plans if line.startswith("SCAN work") or "Seq Scan on work" in line}


@contextmanager
def counted() -> Iterator[Costs]:
    """Inside, all statements on the queue's rows are counted, and explained."""
    costs = Costs()

    def before(_: Connection, cursor: Any, statement: str, parameters: Any, *__: object) -> None:
        if "work" not in statement or statement == _READ:
            return
        explain = "explain query plan " if _is_sqlite(cursor) else "explain "
        with closing(cursor.connection.cursor()) as own:
            own.execute(explain + statement, parameters)
            costs.plans |= {str(row[-1]).strip() for row in own.fetchall()}
        if _is_sqlite(cursor):
            cursor.connection.set_progress_handler(costs.step, 1)

    def after(_: Connection, cursor: Any, *__: object) -> None:
        if _is_sqlite(cursor):
            cursor.connection.set_progress_handler(None, 1)

    def begin(connection: Connection) -> None:  # what is counted may be of transactions before, too
        costs.steps -= _read_so_far(connection)

    def commit(connection: Connection) -> None:
        costs.steps += _read_so_far(connection)

    listeners: list[tuple[str, Callable[..., None]]] = [
        ("before_cursor_execute", before),
        ("after_cursor_execute", after),
    ]
    listeners += [("begin", begin), ("commit", commit)]
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield costs
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


def _read_so_far(connection: Connection) -> int:
    is_counted = connection.dialect.name == "postgresql"
    return int(connection.exec_driver_sql(_READ).scalar_one()) if is_counted else 0


def _is_sqlite(cursor: object) -> bool:
    return type(cursor).__module__.startswith("sqlite3")
