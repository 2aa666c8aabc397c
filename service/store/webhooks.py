"""How our webhooks fared when they were looked at last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias, get_args

from sqlalchemy import Connection, func, select

from service.store.database import Database
from service.store.tables import webhooks

State: TypeAlias = Literal["active", "failing", "paused", "off"]
_DAY = 24 * 3600.0  # seconds after which one that nobody has seen since is taken for gone


@dataclass(frozen=True, slots=True)
class Fared:
    """`name` says whose it is. `failing`: the newest try to deliver failed."""

    name: str
    forge: str
    state: State


class Webhooks:
    """Every method raises `StoreUnavailable` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = database.dialect.insert(webhooks).values(seen_at=database.now())
        fresh = {name: insert.excluded[name] for name in ("forge", "state", "seen_at")}
        self._keep = insert.on_conflict_do_update(index_elements=[webhooks.c.name], set_=fresh)
        self._gone = webhooks.c.seen_at < database.now() - _DAY

    def keep(self, seen: Iterable[Fared]) -> None:
        """As they are now. What was not seen for a day is forgotten."""
        rows = [asdict(one) for one in sorted(seen, key=lambda one: one.name)]

        def kept(connection: Connection) -> None:
            for row in rows:
                connection.execute(self._keep, row)
            connection.execute(webhooks.delete().where(self._gone))

        self._database.write(kept)

    def counts(self) -> dict[tuple[str, State], int]:
        """How many of each forge are in each state; every state of a forge that has any."""
        query = select(webhooks.c.forge, webhooks.c.state, func.count()).where(~self._gone)
        rows = self._database.read(lambda c: c.execute(query.group_by(webhooks.c.forge, webhooks.c.state)).all())
        found: dict[tuple[str, State], int] = {(row[0], row[1]): int(row[2]) for row in rows}
        return {(forge, state): found.get((forge, state), 0) for forge, _ in found for state in get_args(State)}
