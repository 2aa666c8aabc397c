"""Which issues to look at, and when. All state is in the database; any number of processes may share it.

A nudge raises an issue's counter. A worker claims the issue for the length of a lease, looks, and finishes with the
token it was given: whoever lost the lease meanwhile cannot finish. A counter raised meanwhile runs again.
"""

from __future__ import annotations

import itertools
import random
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, null, update
from sqlalchemy.sql.base import Executable

from service.model import IssueRef
from service.store.database import Database, storable
from service.store.inbox import Inbox
from service.store.tables import work
from service.work.arrivals import Accepted, Arrivals, Arrived
from service.work.statements import Statements, fenced, whose
from service.work.timing import Timing, retry_delay
from service.work.wakeup import Wakeup

T = TypeVar("T")
_BY_AGE = 4  # of so many claims one takes what has been due longest, whatever asked for it


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to look at one issue, until the lease ends."""

    ref: IssueRef
    owner: str
    claimed: int
    attempts: int  # failed looks before this one
    delivered: int  # the last nudge that a forge's event gave
    done: int  # nudges answered before
    bulk: bool = False  # nobody waits for it

    @property
    def by_delivery(self) -> bool:
        """Whether a forge's event asked for it."""
        return self.delivered > self.done


class LeaseLost(Exception):
    """Another may be looking at the issue meanwhile; what was seen of it no longer counts."""


class Queue:
    """Every method raises `StoreUnavailable` where the database does not answer.

    `expired` is called for each issue that is taken over from a worker whose lease ended.
    """

    def __init__(
        self,
        database: Database,
        timing: Timing | None = None,
        chance: random.Random | None = None,
        expired: Callable[[], None] = lambda: None,
    ) -> None:
        self.timing = timing or Timing()
        self.wakeup = Wakeup()
        self._database = database
        self._expired = expired
        self._claims = itertools.count(1)
        self._turn = ""  # the project that was served last, here
        self._inbox = Inbox(database)
        self._sql = Statements(database, self.timing)
        self._arrivals = Arrivals(database, self._inbox, self._sql)
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing

    def accept(self, forge: str, delivery_id: str, event: str, refs: Iterable[IssueRef], body: bytes) -> Accepted:
        """Keeps the delivery and nudges its issues, in one transaction that is on disk on return.

        A delivery that was already processed nudges nothing; one that is still waiting, or was given up, does.
        """
        return self._woken_by(self._arrivals.keep(Arrived.of(forge, delivery_id, event, refs, body)))

    async def accepting(
        self, forge: str, delivery_id: str, event: str, refs: Iterable[IssueRef], body: bytes
    ) -> Accepted:
        """As `accept`, for a coroutine: on SQLite it takes no thread while it waits for the disk."""
        return self._woken_by(await self._arrivals.keeping(Arrived.of(forge, delivery_id, event, refs, body)))

    def _woken_by(self, accepted: Accepted) -> Accepted:
        if not accepted.repeated:
            self.wakeup.signal()
        return accepted

    def nudge(self, ref: IssueRef, not_before: datetime | None = None) -> None:
        """Look at this issue soon, or at the given time unless something asks for it sooner."""
        if not_before is None:
            self._tell(lambda c: self._raise(c, self._sql.nudge, ref))
        else:
            self._tell(lambda c: self._raise(c, self._sql.plan, ref, then=not_before.timestamp()))

    def changed(self, refs: Iterable[IssueRef]) -> None:
        """These issues changed on their forge: as if it had said so in deliveries, but what else is due goes first."""
        issues = sorted(set(refs), key=str)
        if issues:
            self._tell(lambda c: [self._raise(c, self._sql.change, ref) for ref in issues])

    def known(self, ref: IssueRef, look_at: datetime | None = None) -> None:
        """The queue has this issue, to be looked at then at the latest; None: when something asks for it."""
        row: dict[str, str | float] = {"name": str(ref), "whose": whose(ref)}
        if look_at is None:
            self._database.write(lambda c: c.execute(self._sql.know, row))
        else:
            row["then"] = look_at.timestamp()
            self._tell(lambda c: c.execute(self._sql.expect, row))

    def listen(self) -> Callable[[], None]:
        """From now on workers also wake for what other processes put in; the result ends that."""
        return self._database.listen(self.wakeup.signal)

    def _tell(self, job: Callable[[Connection], T]) -> T:
        """Writes what makes issues due, and says so to the workers, those of other processes included."""

        def telling(connection: Connection) -> T:
            result = job(connection)
            self._database.dialect.tell(connection)
            return result

        written = self._database.write(telling)
        self.wakeup.signal()
        return written

    @staticmethod
    def _raise(connection: Connection, statement: Executable, ref: IssueRef, **values: float) -> int:
        return int(connection.execute(statement, {"name": str(ref), "whose": whose(ref), **values}).scalar_one())

    def claim(self) -> Claim | None:
        """The issue whose turn it is, or None. Also takes over what a dead worker left behind.

        Projects take turns, each with what has been due longest there. What came in bulk goes last, but for every
        fourth claim: that is by age alone, so that nothing waits for ever.
        """
        choose = self._fairly if next(self._claims) % _BY_AGE else self._by_age
        while True:
            tokens = _tokens()
            row = self._database.write(lambda c, t=tokens: choose(c, t))  # type: ignore[misc]
            if row is None:
                return None
            claim = self._claimed(row, tokens)
            if claim is not None:
                return claim

    def _fairly(self, connection: Connection, tokens: Mapping[str, str]) -> Row[Any] | None:
        level, project = connection.execute(self._sql.turn, {"after": self._turn}).one()
        self._turn = project or ""
        return connection.execute(self._sql.claim, {"level": level, "whose": project, **tokens}).first()

    def _by_age(self, connection: Connection, tokens: Mapping[str, str]) -> Row[Any] | None:
        return connection.execute(self._sql.claim_oldest, tokens).first()

    def take(self, ref: IssueRef) -> Claim | None:
        """Nudges this issue and claims it at once, for who looks by itself.

        None: another looks at it, and will again; or it failed a moment ago, and has to wait.
        """
        tokens = _tokens()

        def taking(connection: Connection) -> Row[Any] | None:
            self._raise(connection, self._sql.aside, ref)
            return connection.execute(self._sql.take, {"name": str(ref), **tokens}).first()

        row = self._database.write(taking)
        return None if row is None else self._claimed(row, tokens)

    def _claimed(self, row: Row[Any], tokens: Mapping[str, str]) -> Claim | None:
        """None: it was given up, because the workers that looked at it died."""
        if row.owner == tokens["heir"]:
            self._expired()
        ref = IssueRef.parse(row.issue)
        claim = Claim(ref, row.owner, row.claimed, row.attempts, row.delivered, row.done, bool(row.bulk))
        if row.crashes < self.timing.most_crashes:
            return claim
        self._bury(claim, f"given up: the worker that looked at it died, {row.crashes} times in a row")
        return None

    def causes(self, claim: Claim) -> tuple[str, ...]:
        """Ids of the deliveries that asked for this look, else of the last one before it; for the log.

        Deliveries that have been followed by hundreds of others are not found.
        """
        after = claim.done if claim.by_delivery else claim.delivered - 1
        return self._inbox.causes(str(claim.ref), after=after, upto=claim.claimed) if claim.delivered else ()

    def extend(self, claim: Claim) -> bool:
        """The lease lasts its full length from now. False: it was lost, and another may hold the issue."""
        return self._held(claim, self._sql.extend)

    def hold(self, claim: Claim) -> None:
        """Makes sure that nobody else takes the issue for a while: longer than a request takes. Raises `LeaseLost`.

        Writes only where the heartbeat fell behind, as after the process or its machine stood still.
        """
        left = self._database.read(lambda c: c.execute(self._sql.left, _names(claim)).scalar())
        if left is None or (left < self.timing.heartbeat and not self.extend(claim)):
            raise LeaseLost(f"the lease on {claim.ref} ended and another worker took it: nothing more is written")

    def finish(self, claim: Claim, revisit_in: float | None = None, related: Iterable[IssueRef] = ()) -> bool:
        """The look succeeded; the related issues are nudged with it. False: the lease was lost.

        The next look comes by itself after `revisit_in` seconds; None: when something happens.
        The event that told an issue's id alone was about the issue that is nudged once its name is known.
        """
        others = sorted({ref for ref in related if ref != claim.ref}, key=str)
        names = [str(claim.ref), *map(str, others)]
        values: dict[str, Any] = {"issue_": str(claim.ref), "owner_": claim.owner, "seen": claim.claimed}
        nudge = self._sql.nudge if claim.ref.node is None else self._sql.deliver
        statement = self._sql.finish
        if revisit_in is not None:
            statement, values["later"] = self._sql.revisit, revisit_in

        def done(connection: Connection) -> bool:
            if others:
                connection.execute(self._sql.hold, {"names": names})
            held = bool(connection.execute(statement, values).rowcount)
            for ref in others if held else ():
                self._raise(connection, nudge, ref)
            return held

        if others:
            return self._tell(done)
        held = self._database.write(done)
        self.wakeup.signal()
        return held

    def fail(self, claim: Claim, error: str, *, limit: int) -> bool:
        """The look failed for the `attempts + 1`-th time in a row: try later, or give up at the limit."""
        attempts = claim.attempts + 1
        if attempts >= limit:
            return self._bury(claim, error)
        return self._hold(claim, error, retry_delay(self.timing, attempts, self._chance), attempts)

    def postpone(self, claim: Claim, error: str, seconds: float) -> bool:
        """The forge asked to wait. That is no failure, however often it happens."""
        return self._hold(claim, error, seconds, claim.attempts)

    def put_off(self, claim: Claim, error: str, seconds: float) -> bool:
        """It waits so that people need not; what people do to it meanwhile does not wait."""
        later = self._database.now() + seconds
        return self._end(claim, error, state="ready", due_at=later, hold_until=null(), crashes=0)

    def release(self, claim: Claim) -> bool:
        """Hands the issue back unlooked, for another worker to take at once."""
        return self._tell(lambda c: bool(c.execute(self._sql.release, _names(claim)).rowcount))

    def replay(self, ref: IssueRef) -> bool:
        """Gives a dead issue all its tries again, now. False: it is not dead."""
        values = {"state": "ready", "due_at": self._database.now(), "attempts": 0, "crashes": 0}
        revive = update(work).where(work.c.issue == str(ref), work.c.state == "dead").values(**values)
        return self._tell(lambda c: bool(c.execute(revive).rowcount))

    def _hold(self, claim: Claim, error: str, seconds: float, attempts: int) -> bool:
        until = self._database.now() + seconds
        return self._end(claim, error, state="ready", due_at=until, hold_until=until, attempts=attempts, crashes=0)

    def _bury(self, claim: Claim, error: str) -> bool:
        # At the limits: a new event gets the issue a single further try, a replay gets it all of them.
        counts = {"attempts": claim.attempts + 1, "crashes": self.timing.most_crashes - 1}
        return self._end(claim, error, state="dead", due_at=null(), hold_until=null(), **counts)

    def _end(self, claim: Claim, error: str, **values: Any) -> bool:
        return self._held(claim, fenced(self._database, error=storable(error), owner=null(), **values))

    def _held(self, claim: Claim, statement: Executable) -> bool:
        held = self._database.write(lambda c: bool(c.execute(statement, _names(claim)).rowcount))
        self.wakeup.signal()
        return held


def _tokens() -> dict[str, str]:
    return {"token": secrets.token_hex(16), "heir": secrets.token_hex(16)}


def _names(claim: Claim) -> dict[str, str]:
    return {"issue_": str(claim.ref), "owner_": claim.owner}
