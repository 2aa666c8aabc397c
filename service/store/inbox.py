"""Deliveries as they came in. Each is kept before the forge is told that it was taken."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, select, tuple_

from service.model import IssueRef
from service.store.database import Database
from service.store.outcomes import DeliveryState, Outcome, moment, outcomes
from service.store.tables import deliveries

_NAMED = (deliveries.c.forge == bindparam("forge_")) & (deliveries.c.id == bindparam("id_"))
_PLACE = (deliveries.c.received_at, deliveries.c.forge, deliveries.c.id)  # the order in which they came
_PAGE = 500  # deliveries looked at in one transaction
_KEPT = 1 << 20  # bytes of a body; a larger one is an attachment-like monster that nobody reads
_RECENT = 100  # deliveries; more would cost each look more than a millisecond


class _Place(NamedTuple):
    received_at: float
    forge: str
    id: str


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries: every field that is given narrows them."""

    forge: str | None = None
    issue: IssueRef | None = None
    state: DeliveryState | None = None
    since: datetime | None = None


ALL = DeliveryFilter()


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery in the inbox. `nudges` maps each issue (as text) to the number of the nudge it got."""

    forge: str
    id: str
    event: str
    received_at: datetime
    nudges: Mapping[str, int]
    outcome: Outcome
    body: bytes = b""

    @property
    def state(self) -> DeliveryState:
        return self.outcome.state

    @property
    def issues(self) -> tuple[str, ...]:
        return tuple(self.nudges)


class Named(NamedTuple):
    """By which a delivery is told from others: the forge, and its own id for it."""

    forge: str
    id: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified delivery on its way into the inbox."""

    forge: str
    id: str
    event: str
    body: bytes = field(repr=False)

    @property
    def packed(self) -> bytes:
        """Compressed, as it is kept. Asked for where it is written: other threads go on meanwhile."""
        return zlib.compress(self.body[:_KEPT], level=1)

    @property
    def named(self) -> Named:
        return Named(self.forge, self.id)


class Inbox:
    def __init__(self, database: Database) -> None:
        self._database = database
        # Two lists, where SQLite would read the whole table for a list of pairs; the pairs are told apart by who asks.
        any_of = (
            column.in_(bindparam(f"{column.name}s", expanding=True)) for column in (deliveries.c.forge, deliveries.c.id)
        )
        self._known = select(deliveries.c.forge, deliveries.c.id, deliveries.c.nudges).where(*any_of)
        insert = database.dialect.insert(deliveries).values(received_at=database.now())
        keys = [deliveries.c.forge, deliveries.c.id]
        self._keep = insert.on_conflict_do_update(index_elements=keys, set_={"nudges": insert.excluded.nudges})

    def processed(self, connection: Connection, arrivals: Iterable[Arrival]) -> set[Named]:
        """Which of them are here already, with everything that they nudged looked at since."""
        forges, ids = zip(*(arrival.named for arrival in arrivals), strict=True)
        rows = connection.execute(self._known, {"forges": tuple(set(forges)), "ids": ids}).all()
        found = outcomes(connection, [row.nudges for row in rows]) if rows else ()
        return {Named(row.forge, row.id) for row, one in zip(rows, found, strict=True) if one.state == "processed"}

    def keep(self, connection: Connection, arrivals: Iterable[tuple[Arrival, Mapping[str, int]]]) -> None:
        """Keeps each delivery with the nudges it gave; one that came again keeps its first time."""
        rows = [
            {"forge": one.forge, "id": one.id, "event": one.event, "body": one.packed, "nudges": nudges}
            for one, nudges in arrivals
        ]
        connection.execute(self._keep, rows)

    def latest(self, limit: int = 50, only: DeliveryFilter = ALL) -> list[Received]:
        """The newest first, without their bodies."""
        found: list[Received] = []
        after: _Place | None = None
        size = limit if only.state is None else _PAGE  # the state is not in the row
        while len(found) < limit:
            page = self._database.read(partial(_page, query=_newest(only, after).limit(size)))
            found += [one for one in page.received if only.state in (None, one.state)]
            if len(page.received) < size:
                break
            after = page.last
        return found[:limit]

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


class _Swept(NamedTuple):
    removed: int
    last: _Place | None  # None: there is no more


def _sweep(connection: Connection, *, before: float, after: _Place) -> _Swept:
    """Removes what is processed among the next deliveries in the order they came; the writer is free in between."""
    query = select(*_PLACE, deliveries.c.nudges).where(deliveries.c.received_at < before, tuple_(*_PLACE) > after)
    rows = connection.execute(query.order_by(*_PLACE).limit(_PAGE)).all()
    found = outcomes(connection, [row.nudges for row in rows])
    gone = [{"forge_": r.forge, "id_": r.id} for r, one in zip(rows, found, strict=True) if one.state == "processed"]
    if gone:
        connection.execute(deliveries.delete().where(_NAMED), gone)
    last = _Place(*rows[-1][:3]) if len(rows) == _PAGE else None
    return _Swept(len(gone), last)


def _newest(only: DeliveryFilter, after: _Place | None) -> Select[Any]:
    """Every column but the body, of what the filter lets through and comes after that place."""
    columns = [column for column in deliveries.c if column is not deliveries.c.body]
    query = select(*columns).order_by(*(column.desc() for column in _PLACE))
    if only.forge is not None:
        query = query.where(deliveries.c.forge == only.forge)
    if only.issue is not None:
        query = query.where(deliveries.c.nudges[str(only.issue)].as_integer().is_not(None))
    if only.since is not None:
        query = query.where(deliveries.c.received_at >= only.since.timestamp())
    return query if after is None else query.where(tuple_(*_PLACE) < after)


class _Page(NamedTuple):
    received: list[Received]
    last: _Place | None


def _page(connection: Connection, query: Select[Any]) -> _Page:
    rows = connection.execute(query).all()
    last = _Place(rows[-1].received_at, rows[-1].forge, rows[-1].id) if rows else None
    return _Page(_received(connection, rows), last)


def _received(connection: Connection, rows: Sequence[Row[Any]]) -> list[Received]:
    found = outcomes(connection, [row.nudges for row in rows])
    return [
        Received(row.forge, row.id, row.event, moment(row.received_at), row.nudges, outcome)
        for row, outcome in zip(rows, found, strict=True)
    ]
