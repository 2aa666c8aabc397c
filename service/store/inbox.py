"""Deliveries as they came in. Each is kept before the forge is told that it was taken."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, Row, bindparam, select, tuple_

from service.store.database import Database
from service.store.tables import deliveries, work

DeliveryState: TypeAlias = Literal["processed", "waiting", "dead"]
_NAMED = (deliveries.c.forge == bindparam("forge_")) & (deliveries.c.id == bindparam("id_"))
_PAGE = 500  # deliveries looked at in one transaction
_KEPT = 1 << 20  # bytes of a body; a larger one is an attachment-like monster that nobody reads
_RECENT = 100  # deliveries; more would cost each look more than a millisecond


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
        self._known = select(deliveries.c.nudges).where(_NAMED)
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
        return self._database.read(lambda c: _received(c, c.execute(query).all()))

    def last_received(self, forge: str) -> datetime | None:
        """When the forge's newest delivery came, None if there is none."""
        newest = select(deliveries.c.received_at).where(deliveries.c.forge == forge)
        query = newest.order_by(deliveries.c.received_at.desc()).limit(1)
        at = self._database.read(lambda c: c.execute(query).scalar_one_or_none())
        return None if at is None else moment(at)

    def causes(self, issue: str, *, after: int, upto: int) -> tuple[str, ...]:
        """Ids of deliveries that gave the issue a nudge of these numbers, the oldest first.

        Looks among the newest deliveries only: this is asked for each look, and no look depends on it.
        """
        newest = select(deliveries.c.id, deliveries.c.nudges, deliveries.c.received_at)
        recent = newest.order_by(deliveries.c.received_at.desc()).limit(_RECENT).subquery()
        nudge = recent.c.nudges[issue].as_integer()
        query = select(recent.c.id).where(nudge > after, nudge <= upto).order_by(recent.c.received_at, recent.c.id)
        return tuple(self._database.read(lambda c: c.execute(query).scalars().all()))

    def find(self, delivery_id: str, forge: str | None = None) -> Received | None:
        query = select(deliveries).where(deliveries.c.id == delivery_id)
        if forge is not None:
            query = query.where(deliveries.c.forge == forge)

        def one(connection: Connection) -> Received | None:
            row = connection.execute(query).first()
            if row is None:
                return None
            return replace(_received(connection, [row])[0], body=zlib.decompress(row.body))

        return self._database.read(one)

    def forget(self, days: float) -> int:
        """Removes processed deliveries older than this many days, some at a time; says how many."""
        before = (
            self._database.read(lambda c: float(c.execute(select(self._database.now())).scalar_one())) - days * 86400
        )
        removed, last = 0, _Place(0.0, "", "")
        while True:
            page = self._database.write(partial(_sweep, before=before, after=last))
            removed += page.removed
            if page.last is None:
                return removed
            last = page.last


def state_of(connection: Connection, nudges: Mapping[str, int]) -> DeliveryState:
    """`processed` once every issue it nudged has been looked at since; `dead` where that was given up."""
    return _states(connection, [nudges])[0]


def _states(connection: Connection, nudges: Sequence[Mapping[str, int]]) -> list[DeliveryState]:
    issues = {issue for one in nudges for issue in one}
    query = select(work.c.issue, work.c.state, work.c.done).where(work.c.issue.in_(issues))
    rows = {row.issue: (row.state, row.done) for row in connection.execute(query)}
    return [_state(one, rows) for one in nudges]


def _state(nudges: Mapping[str, int], rows: Mapping[str, tuple[str, int]]) -> DeliveryState:
    unanswered = {rows[issue][0] for issue, number in nudges.items() if issue in rows and rows[issue][1] < number}
    if not unanswered:
        return "processed"
    return "dead" if "dead" in unanswered else "waiting"


class _Place(NamedTuple):
    received_at: float
    forge: str
    id: str


class _Swept(NamedTuple):
    removed: int
    last: _Place | None  # None: there is no more


def _sweep(connection: Connection, *, before: float, after: _Place) -> _Swept:
    """Removes what is processed among the next deliveries in the order they came; the writer is free in between."""
    place = (deliveries.c.received_at, deliveries.c.forge, deliveries.c.id)
    query = select(*place, deliveries.c.nudges).where(deliveries.c.received_at < before, tuple_(*place) > after)
    rows = connection.execute(query.order_by(*place).limit(_PAGE)).all()
    states = _states(connection, [row.nudges for row in rows])
    gone = [{"forge_": r.forge, "id_": r.id} for r, state in zip(rows, states, strict=True) if state == "processed"]
    if gone:
        connection.execute(deliveries.delete().where(_NAMED), gone)
    last = _Place(*rows[-1][:3]) if len(rows) == _PAGE else None
    return _Swept(len(gone), last)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _received(connection: Connection, rows: Sequence[Row[Any]]) -> list[Received]:
    states = _states(connection, [row.nudges for row in rows])
    return [
        Received(row.forge, row.id, row.event, moment(row.received_at), row.nudges, state)
        for row, state in zip(rows, states, strict=True)
    ]
