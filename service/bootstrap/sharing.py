"""What a command that is typed by hand shares with the service: the limits of their credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.bootstrap.clock import Clock, wall_clock
from service.settings import Settings
from service.store import tables
from service.store.database import Database, StoreUnavailable
from service.store.limits import LimitRows
from service.work.limiter import SharedLimits

_PATIENCE = 2.0  # seconds for the database: a command that only reads can do without


@contextmanager
def shared_limits(
    settings: Settings, alone: Callable[[str], None], clock: Clock = wall_clock
) -> Iterator[SharedLimits]:
    """Those of every process on the database in use. Makes and changes no tables: what only reads must not.

    Where there is no database yet, nobody shares it. Where it is of another version, or does not answer, `alone` hears
    the reason, and the command keeps to the limits by itself.
    """
    url = settings.database_url.get_secret_value()
    if Database.is_absent(url):
        yield SharedLimits(None, clock)
        return
    database = Database(url, patience=_PATIENCE)
    try:
        yield SharedLimits(_rows(database, alone), clock)
    finally:
        database.close()


def _rows(database: Database, alone: Callable[[str], None]) -> LimitRows | None:
    try:
        found = database.schema()
    except StoreUnavailable as error:
        alone(str(error))
        return None
    if found not in (0, tables.VERSION):
        alone(f"the database has schema {found}, and this Closeout has {tables.VERSION}")
    return LimitRows(database) if found == tables.VERSION else None
