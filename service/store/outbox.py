"""Notifications on their way out: each kept until it was sent or given up, and once for each route.

One is held until the plan it belongs to was carried out. Should the process die meanwhile, the hold ends by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, null, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from service.store.database import Database, storable
from service.store.outcomes import moment
from service.store.tables import outbox

_STRANDED = 86400.0  # seconds
_HOLD = 120.0  # seconds; an issue whose worker died is looked at again before


@dataclass(frozen=True, slots=True)
class Letter:
    """A notification as it goes out by one route. `key` and `route` together are its name."""

    key: str
    route: str
    kind: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter in the outbox. `attempts`: how often it was tried so far."""

    letter: Letter
    state: str
    attempts: int
    error: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """How a route fares. `waiting` may go now, for `oldest` seconds already; `failed` were given up of late."""

    waiting: int = 0
    oldest: float = 0.0
    failed: int = 0
    error: str = ""  # of the last attempt that failed, among those
    sent_at: datetime | None = None


class Outbox:
    """Every method raises `StoreUnavailable` where the database does not answer. Times are the database's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, letters: Sequence[Letter], *, held: bool = False, later: float = 0.0) -> None:
        """Keeps the letters; one of the same name that is there already stays as it is, sent or not.

        They go in so many seconds, unless they are held.
        """
        now = self._database.now()
        state, due_at = ("held", now + _HOLD) if held else ("waiting", now + later)
        insert = self._database.dialect.insert(outbox).on_conflict_do_nothing()
        insert = insert.values(state=state, due_at=due_at, attempts=0, changed_at=now)
        rows = [{name: storable(text) for name, text in asdict(letter).items()} for letter in letters]
        if rows:
            self._database.write(lambda c: [c.execute(insert, row) for row in rows])

    def release(self, letters: Sequence[Letter]) -> None:
        """Those that are held may go."""
        self._held(letters, update(outbox).values(state="waiting", due_at=self._database.now()))

    def withdraw(self, letters: Sequence[Letter]) -> None:
        """Those that are held are taken out again."""
        self._held(letters, outbox.delete())

    def _held(self, letters: Sequence[Letter], statement: Any) -> None:
        named = tuple_(outbox.c.key, outbox.c.route).in_([(letter.key, letter.route) for letter in letters])
        self._database.write(lambda c: c.execute(statement.where(named, outbox.c.state == "held")))

    def due(self, route: str, limit: int) -> list[Posted]:
        """What may go by this route now, the oldest first."""
        query = select(outbox).where(outbox.c.route == route, outbox.c.due_at <= self._database.now())
        return self._listed(query.order_by(outbox.c.due_at, outbox.c.key).limit(limit))

    def sent_lately(self, route: str, seconds: float) -> int:
        """How many went by this route in the last so many seconds."""
        query = select(func.count()).where(
            outbox.c.route == route,
            outbox.c.state == "sent",
            outbox.c.changed_at > self._database.now() - seconds,
        )
        return self._database.read(lambda c: int(c.execute(query).scalar_one()))

    def begin(self, posted: Posted, *, again_in: float) -> bool:
        """Counts an attempt before it is made; without a further word the next is due in so many seconds.

        False: somebody else began it meanwhile.
        """
        now = self._database.now()
        values = {"state": "waiting", "attempts": posted.attempts + 1, "due_at": now + again_in, "changed_at": now}
        return self._set(posted, posted.attempts, **values)

    def sent(self, posted: Posted) -> None:
        self._set(posted, posted.attempts + 1, state="sent", due_at=null(), error=null())

    def failed(self, posted: Posted, error: str, *, for_good: bool) -> None:
        """The attempt that was begun came to nothing; `for_good`: there is no other."""
        given_up = {"state": "failed", "due_at": null()} if for_good else {}
        self._set(posted, posted.attempts + 1, error=storable(error), **given_up)

    def _set(self, posted: Posted, seen: int, **values: Any) -> bool:
        letter = posted.letter
        named = (outbox.c.key == letter.key) & (outbox.c.route == letter.route) & (outbox.c.attempts == seen)
        values.setdefault("changed_at", self._database.now())
        return self._database.write(lambda c: bool(c.execute(update(outbox).where(named).values(**values)).rowcount))

    def strand(self, routes: Collection[str]) -> int:
        """Gives up what has waited a day for a route that is none of these; says how many.

        While a new version is rolled out, another process may know the route already.
        """
        gone = outbox.c.route.not_in(routes) & (outbox.c.due_at < self._database.now() - _STRANDED)
        values = {"state": "failed", "due_at": null(), "error": "there is no such route any more"}
        statement = update(outbox).where(gone).values(**values, changed_at=self._database.now())
        return self._database.write(lambda c: c.execute(statement).rowcount)

    def mail(self, route: str, lately: float) -> Mail:
        """What became of this route's letters; of those that were given up, in the last so many seconds."""
        now, own = self._database.now(), outbox.c.route == route
        waiting = own & (outbox.c.state == "waiting") & ((outbox.c.due_at <= now) | (outbox.c.attempts > 0))
        failed = own & (outbox.c.state == "failed") & (outbox.c.changed_at > now - lately)
        counted = select(func.count(), func.coalesce(now - func.min(outbox.c.due_at), 0.0)).where(waiting)
        errors = select(outbox.c.error).where(waiting | failed, outbox.c.error.is_not(None))
        sent = select(func.max(outbox.c.changed_at)).where(own, outbox.c.state == "sent")
        with_errors = errors.order_by(outbox.c.changed_at.desc()).limit(1)
        count, oldest = self._database.read(lambda c: c.execute(counted).one())
        lost = self._database.read(lambda c: c.execute(select(func.count()).where(failed)).scalar_one())
        error = self._database.read(lambda c: c.execute(with_errors).scalar())
        at = self._database.read(lambda c: c.execute(sent).scalar())
        return Mail(int(count), max(0.0, float(oldest)), int(lost), error or "", None if at is None else moment(at))

    def latest(self, limit: int = 50) -> list[Posted]:
        """The last changed first."""
        return self._listed(select(outbox).order_by(outbox.c.changed_at.desc(), outbox.c.key).limit(limit))

    def forget(self, days: float) -> int:
        """Removes what was sent or given up more than so many days ago; says how many."""
        old: ColumnElement[bool] = outbox.c.due_at.is_(None) & (
            outbox.c.changed_at < self._database.now() - days * 86400
        )
        return self._database.write(lambda c: c.execute(outbox.delete().where(old)).rowcount)

    def _listed(self, query: Any) -> list[Posted]:
        return [_posted(row) for row in self._database.read(lambda c: c.execute(query).all())]


def _posted(row: Row[Any]) -> Posted:
    letter = Letter(row.key, row.route, row.kind, row.title, row.text)
    return Posted(letter, row.state, row.attempts, row.error or "", moment(row.changed_at))
