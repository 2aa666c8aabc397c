"""How far something was read, by the clock of the forge it was read from; ours may be wrong without harm.

And up to which tick of the schedule the weekly message was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from service.store.database import Database
from service.store.outcomes import moment
from service.store.tables import watermarks


@dataclass(frozen=True, slots=True)
class Watermark:
    """`seen` is what lies close to it and was taken already: its name, and when it changed (seconds since 1970)."""

    at: datetime
    seen: Mapping[str, float] = field(default_factory=dict)


class Watermarks:
    """Every method raises `StoreUnavailable` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = database.dialect.insert(watermarks).values(changed_at=database.now())
        fresh = {name: insert.excluded[name] for name in ("at", "seen", "changed_at")}
        self._keep = insert.on_conflict_do_update(index_elements=[watermarks.c.name], set_=fresh)

    def find(self, name: str) -> Watermark | None:
        query = select(watermarks.c.at, watermarks.c.seen).where(watermarks.c.name == name)
        row = self._database.read(lambda c: c.execute(query).first())
        return None if row is None else Watermark(moment(row.at), row.seen)

    def keep(self, name: str, mark: Watermark) -> None:
        row = {"name": name, "at": mark.at.timestamp(), "seen": dict(mark.seen)}
        self._database.write(lambda c: c.execute(self._keep, row))

    def ages(self) -> dict[str, float]:
        """When each was last kept, by the database's clock."""
        query = select(watermarks.c.name, watermarks.c.changed_at)
        return {row.name: row.changed_at for row in self._database.read(lambda c: c.execute(query).all())}
