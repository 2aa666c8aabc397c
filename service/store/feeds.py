"""The feeds that an operator has given out, each until it is taken back. With the database they are gone: a feed that
was taken back must never come to life again, so nothing can restore one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from service.store.database import Database
from service.store.outcomes import moment
from service.store.tables import feeds


@dataclass(frozen=True, slots=True)
class Feed:
    id: str
    forge: str
    project: str
    made_at: datetime


class Feeds:
    """Every method raises `StoreUnavailable` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, forge: str, project: str) -> str:
        """The id of a new feed of this project."""
        row = {"id": secrets.token_hex(16), "forge": forge, "project": project}
        self._database.write(lambda c: c.execute(feeds.insert().values(made_at=self._database.now(), **row)))
        return row["id"]

    def take_back(self, forge: str, project: str) -> int:
        """All feeds of the project; says how many there were."""
        same = (feeds.c.forge == forge) & (func.lower(feeds.c.project) == project.lower())
        return self._database.write(lambda c: c.execute(feeds.delete().where(same)).rowcount)

    def find(self, name: str) -> Feed | None:
        return next(iter(self._listed(feeds.c.id == name)), None)

    def given(self) -> list[Feed]:
        """The newest first."""
        return self._listed(feeds.c.id.is_not(None))

    def _listed(self, which: ColumnElement[bool]) -> list[Feed]:
        query = select(feeds).where(which).order_by(feeds.c.made_at.desc(), feeds.c.id)
        rows = self._database.read(lambda c: c.execute(query).all())
        return [Feed(row.id, row.forge, row.project, moment(row.made_at)) for row in rows]
