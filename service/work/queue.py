"""Which issues to look at, and when. All state is in the database; any number of processes may share it.

A nudge raises an issue's counter. A worker claims the issue for the length of a lease, looks, and finishes with
the token it was given: whoever lost the lease meanwhile cannot finish. A counter raised meanwhile runs again.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, literal, null, select, update

from service.model import IssueRef
from service.store.database import Database
from service.store.inbox import known_nudges, packed, state_of
from service.store.tables import deliveries, work
from service.work.timing import Timing, retry_delay
from service.work.wakeup import Wakeup


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to look at one issue, until the lease ends. `by_delivery`: a forge's event asked for it."""

    ref: IssueRef
    owner: str
    claimed: int
    attempts: int  # failed looks before this one
    by_delivery: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    id: str
    repeated: bool  # this delivery was processed before; nothing was nudged


class Queue:
    """Every method raises `StoreUnavailable` where the database does not answer."""

    def __init__(self, database: Database, timing: Timing | None = None, chance: random.Random | None = None) -> None:
        self.timing = timing or Timing()
        self.wakeup = Wakeup()
        self._database = database
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing

    def accept(self, forge: str, delivery_id: str, event: str, refs: Iterable[IssueRef], body: bytes) -> Accepted:
        """Keeps the delivery and nudges its issues, in one transaction that is on disk on return.

        A delivery that was already processed nudges nothing; one that is still waiting, or was given up, does.
        """
        kept, issues = packed(body), tuple(dict.fromkeys(refs))
        repeated = self._database.write(lambda c: self._accept(c, (forge, delivery_id, event), issues, kept))
        if not repeated:
            self.wakeup.signal()
        return Accepted(delivery_id, repeated)

    def _accept(
        self, connection: Connection, name: tuple[str, str, str], refs: Sequence[IssueRef], body: bytes
    ) -> bool:
        forge, delivery_id, event = name
        before = known_nudges(connection, forge, delivery_id)
        if before is not None and state_of(connection, before) == "processed":
            return True
        nudges = {str(ref): self._nudge(connection, ref, delivered=True) for ref in refs}
        now = self._database.now()
        row = {
            "forge": forge,
            "id": delivery_id,
            "event": event,
            "body": body,
            "received_at": now,
            "nudges": nudges,
        }
        insert = self._database.dialect.insert(deliveries).values(**row)
        keys = [deliveries.c.forge, deliveries.c.id]
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_={"nudges": nudges}))
        return False

    def nudge(self, ref: IssueRef, not_before: datetime | None = None) -> None:
        """Look at this issue soon, or at the given time unless something asks for it sooner."""
        self._database.write(lambda c: self._nudge(c, ref, not_before=not_before))
        self.wakeup.signal()

    def _nudge(
        self,
        connection: Connection,
        ref: IssueRef,
        *,
        delivered: bool = False,
        not_before: datetime | None = None,
    ) -> int:
        """Returns the nudge's number. A dead issue gets one more try; a failed one still waits for its time."""
        now = self._database.now()
        fresh = {"state": "ready", "wanted": 1, "claimed": 0, "done": 0, "attempts": 0, "crashes": 0}
        due = now + self.timing.debounce if not_before is None else not_before.timestamp()
        stamps = {"due_at": due, "first_at": now, "changed_at": now}
        insert = self._database.dialect.insert(work).values(issue=str(ref), delivered=int(delivered), **fresh, **stamps)
        values = self._raised(now, not_before)
        if delivered:
            values["delivered"] = work.c.wanted + 1
        upsert = insert.on_conflict_do_update(index_elements=[work.c.issue], set_=values)
        return int(connection.execute(upsert.returning(work.c.wanted)).scalar_one())

    def _raised(self, now: Any, not_before: datetime | None) -> dict[str, Any]:
        """What a further nudge makes of a row that exists."""
        old = work.c
        first = func.coalesce(old.first_at, now)
        if not_before is None:
            when = _least(now + self.timing.debounce, first + self.timing.longest_wait)
        else:
            then = literal(not_before.timestamp())
            when = case((old.state == "ready", _least(old.due_at, then)), else_=then)
        later = _greatest(func.coalesce(old.hold_until, 0.0), when)
        return {
            "wanted": old.wanted + 1,
            "state": case((old.state == "running", "running"), else_="ready"),
            "due_at": case((old.state == "running", old.due_at), else_=later),
            "first_at": first,
            "changed_at": now,
        }

    def claim(self) -> Claim | None:
        """The issue that has been due longest, or None. Also takes over what a dead worker left behind."""
        while (row := self._database.write(self._claim)) is not None:
            claim = Claim(
                IssueRef.parse(row.issue),
                row.owner,
                row.claimed,
                row.attempts,
                by_delivery=row.delivered > row.done,
            )
            if row.crashes < self.timing.most_crashes:
                return claim
            self._bury(claim, f"given up: the worker that looked at it died, {row.crashes} times in a row")
        return None

    def _claim(self, connection: Connection) -> Row[Any] | None:
        now = self._database.now()
        old = work.c
        due = select(old.issue).where(old.due_at <= now).order_by(old.due_at).limit(1)
        due = self._database.dialect.skip_locked(due)
        return connection.execute(
            update(work)
            .where(old.issue == due.scalar_subquery())
            .values(
                state="running",
                owner=secrets.token_hex(16),
                claimed=old.wanted,
                due_at=now + self.timing.lease,
                first_at=null(),
                crashes=old.crashes + case((old.state == "running", 1), else_=0),
                changed_at=now,
            )
            .returning(old.issue, old.owner, old.claimed, old.attempts, old.crashes, old.delivered, old.done)
        ).first()

    def extend(self, claim: Claim) -> bool:
        """The lease lasts its full length from now. False: it was lost, and another may hold the issue."""
        return self._update(claim, {"due_at": self._database.now() + self.timing.lease})

    def finish(self, claim: Claim, revisit_at: datetime | None = None, related: Iterable[IssueRef] = ()) -> bool:
        """The look succeeded; the related issues are nudged with it. False: the lease was lost."""
        others = tuple(dict.fromkeys(ref for ref in related if ref != claim.ref))

        def done(connection: Connection) -> bool:
            held = connection.execute(self._finished(claim, revisit_at)).rowcount == 1
            for ref in others if held else ():
                self._nudge(connection, ref)
            return held

        return self._signalled(self._database.write(done))

    def _finished(self, claim: Claim, revisit_at: datetime | None) -> Any:
        now, old = self._database.now(), work.c
        again = old.wanted > claim.claimed
        soon = _least(now + self.timing.debounce, func.coalesce(old.first_at, now) + self.timing.longest_wait)
        later = null() if revisit_at is None else literal(revisit_at.timestamp())
        rest = "idle" if revisit_at is None else "ready"
        values = {
            "state": case((again, "ready"), else_=rest),
            "due_at": case((again, soon), else_=later),
            "done": claim.claimed,
            "attempts": 0,
            "crashes": 0,
            "hold_until": null(),
            "error": null(),
        }
        return self._fenced(claim, values)

    def fail(self, claim: Claim, error: str, *, limit: int) -> bool:
        """The look failed for the `attempts + 1`-th time in a row: try later, or give up at the limit."""
        attempts = claim.attempts + 1
        if attempts >= limit:
            return self._bury(claim, error)
        return self._hold(claim, error, retry_delay(self.timing, attempts, self._chance), attempts)

    def postpone(self, claim: Claim, error: str, seconds: float) -> bool:
        """The forge asked to wait. That is no failure, however often it happens."""
        return self._hold(claim, error, seconds, claim.attempts)

    def release(self, claim: Claim) -> bool:
        """Hands the issue back unlooked, for another worker to take at once."""
        now = self._database.now()
        return self._signalled(self._update(claim, {"state": "ready", "due_at": now, "owner": null()}))

    def _hold(self, claim: Claim, error: str, seconds: float, attempts: int) -> bool:
        until = self._database.now() + seconds
        values = {"state": "ready", "due_at": until, "hold_until": until, "attempts": attempts, "crashes": 0}
        return self._signalled(self._update(claim, values | {"error": error, "owner": null()}))

    def _bury(self, claim: Claim, error: str) -> bool:
        # At the limits: a new event gets the issue a single further try, a replay gets it all of them.
        values = {"state": "dead", "due_at": null(), "hold_until": null(), "owner": null(), "error": error}
        counts = {"attempts": claim.attempts + 1, "crashes": self.timing.most_crashes - 1}
        return self._signalled(self._update(claim, values | counts))

    def _update(self, claim: Claim, values: Mapping[str, Any]) -> bool:
        return self._database.write(lambda c: c.execute(self._fenced(claim, values)).rowcount == 1)

    def _fenced(self, claim: Claim, values: Mapping[str, Any]) -> Any:
        held = (work.c.issue == str(claim.ref)) & (work.c.owner == claim.owner) & (work.c.state == "running")
        return update(work).where(held).values(changed_at=self._database.now(), **values)

    def _signalled(self, held: bool) -> bool:  # noqa: FBT001 - passes the answer through
        self.wakeup.signal()
        return held

    def replay(self, ref: IssueRef) -> bool:
        """Gives a dead issue all its tries again, now. False: it is not dead."""
        values = {"state": "ready", "due_at": self._database.now(), "attempts": 0, "crashes": 0}
        revive = update(work).where(work.c.issue == str(ref), work.c.state == "dead").values(**values)
        return self._signalled(self._database.write(lambda c: c.execute(revive).rowcount == 1))


def _least(one: Any, other: Any) -> Any:
    return case((one <= other, one), else_=other)


def _greatest(one: Any, other: Any) -> Any:
    return case((one >= other, one), else_=other)
