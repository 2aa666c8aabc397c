"""What a forge and we ourselves hold a credential to: one row each, for all processes, by the database's clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, case, func, select

from service.store.database import Database
from service.store.tables import limits

Decide: TypeAlias = Callable[[Sequence[float], float], float]  # earlier creations, now -> seconds to wait


class LimitRows:
    """Every method raises `StoreUnavailable` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        now, until = database.now(), database.now() + bindparam("seconds")
        mine = limits.c.credential == bindparam("name")
        later = case((limits.c.held_until > until, limits.c.held_until), else_=until)
        fresh = database.dialect.insert(limits).values(credential=bindparam("name"), created=[])
        key = [limits.c.credential]
        self._introduce = fresh.on_conflict_do_nothing(index_elements=key)
        self._hold = fresh.values(held_until=until).on_conflict_do_update(
            index_elements=key, set_={"held_until": later}
        )
        self._lock = select(limits.c.credential).where(mine).with_for_update()
        left = func.coalesce(limits.c.held_until, 0.0) - now
        self._read = select(left.label("left"), limits.c.created, now.label("now")).where(mine)
        self._keep = limits.update().where(mine)

    def left(self, name: str) -> float:
        """Seconds that the credential is still held back; 0.0 where it is not."""
        row = self._database.read(lambda c: c.execute(self._read, {"name": name}).first())
        return 0.0 if row is None else max(0.0, row.left)

    def hold(self, name: str, seconds: float) -> None:
        """No request for so long from now, by whatever process; a longer hold stays."""
        self._database.write(lambda c: c.execute(self._hold, {"name": name, "seconds": seconds}))

    def take(self, name: str, decide: Decide, memory: float) -> float:
        """Counts one creation, unless it has to wait: then says how many seconds. Forgets those of `memory` ago."""

        def taken(connection: Connection) -> float:
            connection.execute(self._introduce, {"name": name})
            connection.execute(self._lock, {"name": name})
            row = connection.execute(self._read, {"name": name}).one()  # the time after the lock was had
            seconds: float = max(0.0, row.left, decide(row.created, row.now))
            if not seconds:
                kept = [at for at in row.created if at > row.now - memory]
                values: dict[str, Any] = {"created": [*kept, row.now]}
                connection.execute(self._keep.values(**values), {"name": name})
            return seconds

        return self._database.write(taken)
