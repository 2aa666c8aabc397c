"""Deliveries as they came in. Each is kept before the forge is told that it was taken."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, Row, bindparam, select

from service.store.database import Database
from service.store.tables import deliveries, work

DeliveryState: TypeAlias = Literal["processed", "waiting", "dead"]
_KEPT = 1 << 20  # bytes of a body; a larger one is an attachment-like monster that nobody reads


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery in the inbox. `nudges` maps each issue (as text) to the number of the nudge it got."""

    forge: str
    id: str
    event: str
    received_at: datetime
    nudges: Mapping[str, int]
    state: DeliveryState
    body: bytes = b""

    @property
    def issues(self) -> tuple[str, ...]:
        return tuple(self.nudges)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified delivery on its way into the inbox; `packed` is its body, compressed."""

    forge: str
    id: str
    event: str
    packed: bytes

    @classmethod
    def of(cls, forge: str, delivery_id: str, event: str, body: bytes) -> Arrival:
        return cls(forge, delivery_id, event, zlib.compress(body[:_KEPT], level=1))


class Inbox:
    def __init__(self, database: Database) -> None:
        self._database = database
        which = (deliveries.c.forge == bindparam("forge_")) & (deliveries.c.id == bindparam("id_"))
        self._known = select(deliveries.c.nudges).where(which)
        insert = database.dialect.insert(deliveries).values(received_at=database.now())
        keys = [deliveries.c.forge, deliveries.c.id]
        self._keep = insert.on_conflict_do_update(index_elements=keys, set_={"nudges": insert.excluded.nudges})

    def processed(self, connection: Connection, arrival: Arrival) -> bool:
        """Whether a delivery of this name is here already, and everything it nudged has been looked at since."""
        names = {"forge_": arrival.forge, "id_": arrival.id}
        nudges = connection.execute(self._known, names).scalar_one_or_none()
        return nudges is not None and state_of(connection, nudges) == "processed"

    def keep(self, connection: Connection, arrival: Arrival, nudges: Mapping[str, int]) -> None:
        """Keeps the delivery with the nudges it gave; one that came again keeps its first time."""
        row = {"forge": arrival.forge, "id": arrival.id, "event": arrival.event, "body": arrival.packed}
        connection.execute(self._keep, {**row, "nudges": nudges})

    def latest(self, limit: int = 50) -> list[Received]:
        """The newest first, without their bodies."""
        columns = [column for column in deliveries.c if column is not deliveries.c.body]
        query = select(*columns).order_by(deliveries.c.received_at.desc()).limit(limit)
        return self._database.read(lambda c: [_received(c, row) for row in c.execute(query).all()])

    def find(self, delivery_id: str, forge: str | None = None) -> Received | None:
        query = select(deliveries).where(deliveries.c.id == delivery_id)
        if forge is not None:
            query = query.where(deliveries.c.forge == forge)

        def one(connection: Connection) -> Received | None:
            row = connection.execute(query).first()
            return None if row is None else _received(connection, row, body=zlib.decompress(row.body))

        return self._database.read(one)

    def forget(self, days: float) -> int:
        """Removes processed deliveries older than this many days; says how many."""

        def sweep(connection: Connection) -> int:
            query = select(deliveries.c.forge, deliveries.c.id, deliveries.c.nudges)
            old = connection.execute(query.where(deliveries.c.received_at < self._database.now() - days * 86400)).all()
            gone = [row for row in old if state_of(connection, row.nudges) == "processed"]
            for row in gone:
                which = (deliveries.c.forge == row.forge) & (deliveries.c.id == row.id)
                connection.execute(deliveries.delete().where(which))
            return len(gone)

        return self._database.write(sweep)


def state_of(connection: Connection, nudges: Mapping[str, int]) -> DeliveryState:
    """`processed` once every issue it nudged has been looked at since; `dead` where that was given up."""
    query = select(work.c.issue, work.c.state, work.c.done).where(work.c.issue.in_(list(nudges)))
    open_rows = [row for row in connection.execute(query).all() if row.done < nudges[row.issue]]
    if not open_rows:
        return "processed"
    return "dead" if any(row.state == "dead" for row in open_rows) else "waiting"


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _received(connection: Connection, row: Row[Sequence[Any]], body: bytes = b"") -> Received:
    at = moment(row.received_at)
    return Received(row.forge, row.id, row.event, at, row.nudges, state_of(connection, row.nudges), body)
