"""Deliveries on their way into the queue: those that arrive at the same moment are written together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from service.model import IssueRef
from service.store.database import Database
from service.store.inbox import Arrival, Inbox
from service.work.statements import Statements, whose


@dataclass(frozen=True, slots=True)
class Accepted:
    id: str
    repeated: bool  # this delivery was processed before; nothing was nudged


@dataclass(frozen=True, slots=True)
class Arrived:
    delivery: Arrival
    refs: tuple[IssueRef, ...]  # in the order in which people read them

    @classmethod
    def of(cls, forge: str, delivery_id: str, event: str, refs: Iterable[IssueRef], body: bytes) -> Arrived:
        return cls(Arrival(forge, delivery_id, event, body), tuple(sorted(set(refs), key=str)))


class Arrivals:
    """Keeps each delivery, and nudges its issues, in one transaction. Raises `StoreUnavailable`."""

    def __init__(self, database: Database, inbox: Inbox, statements: Statements) -> None:
        self._database, self._inbox, self._sql = database, inbox, statements

    def keep(self, arrived: Arrived) -> Accepted:
        return Accepted(arrived.delivery.id, self._database.write_together(self.write, arrived))

    async def keeping(self, arrived: Arrived) -> Accepted:
        return Accepted(arrived.delivery.id, await self._database.written_together(self.write, arrived))

    def write(self, connection: Connection, arrived: Sequence[Arrived]) -> list[bool]:
        """Which of them were processed before. Deliveries on one issue, all of which come now, share a nudge."""
        before = self._inbox.processed(connection, (one.delivery for one in arrived))
        fresh = [one for one in arrived if one.delivery.named not in before]
        # In one order everywhere: two deliveries on the same issues then wait for, not block, each other.
        homes = {str(ref): whose(ref) for one in fresh for ref in one.refs}
        if homes:
            wanted = [{"name": name, "whose": home} for name, home in sorted(homes.items())]
            rows = connection.execute(self._sql.deliveries, wanted).all()
            given = {row.issue: row.wanted for row in rows}
            kept = ((one.delivery, {str(ref): given[str(ref)] for ref in one.refs}) for one in fresh)
            self._inbox.keep(connection, kept)
            self._database.dialect.tell(connection)
        return [one.delivery.named in before for one in arrived]
