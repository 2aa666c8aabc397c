"""What was changed on which issue, and because of which rule: the record an operator asks for later."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select

from service.model import Change, IssueRef, made_by
from service.store.database import Database, storable
from service.store.tables import journal

_PAGE = 1000  # entries removed in one transaction
# For so many seconds a forge that does not show what was written is taken to lag behind, and not to have lost it. Where
# it never said whether it did it, that is not believed as long: what was not done has to be done.
_LAG, _DOUBT = 120.0, 20.0
_UNCLEAR = ("Unavailable", "ServerError", "MalformedReply")  # errors after which it may have happened


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries: every field that is given narrows them."""

    issue: IssueRef | None = None  # looked at, or written to
    forge: str | None = None
    rule: str | None = None
    since: datetime | None = None
    failed: bool = False  # only writes that did not succeed


ALL = EntryFilter()


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    issue: str
    rule: str
    change: str  # the change's name, like `AddLabels`
    target: str  # the issue that was written to: the issue itself, its post-mortem or an action item
    result: str  # "ok", or why not
    request: str  # the forge's own id of the request, where it gave one


class Journal:
    """Written after each change, by the reconciler."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str, request: str = "") -> None:
        """`ref` is the issue that was looked at. Raises `StoreUnavailable`."""
        row = {
            "issue": str(ref),
            "rule": rule,
            "change": type(change).__name__,
            "target": str(change.ref),
            "result": storable(result),
            "request": storable(request) or None,
            "made": made_by(change),
        }
        self._database.write(lambda c: c.execute(journal.insert().values(at=self._database.now(), **row)))

    def made_lately(self, target: IssueRef, names: Collection[str]) -> frozenset[str]:
        """Those of `made_by`'s names that were, or may have been, written on this issue just now, by any process."""
        age = self._database.now() - journal.c.at
        unclear = or_(*(journal.c.result.startswith(name) for name in _UNCLEAR))
        lately = ((journal.c.result == "ok") & (age < _LAG)) | (unclear & (age < _DOUBT))
        mine = (journal.c.target == str(target)) & journal.c.made.in_(names)
        query = select(journal.c.made).where(mine, lately)
        return frozenset(self._database.read(lambda c: c.execute(query).scalars().all()))

    def counts(self) -> dict[str, int]:
        """How many writes are on record that went well, and that did not: `ok` and `failed`."""
        ok = func.coalesce(func.sum(case((journal.c.result == "ok", 1), else_=0)), 0)
        good, everything = self._database.read(lambda c: c.execute(select(ok, func.count()).select_from(journal)).one())
        return {"ok": int(good), "failed": int(everything - good)}

    def reopened(self, since: datetime, until: datetime) -> dict[str, int]:
        """How often we opened which issues again, later than `since` and no later than `until`."""
        within = (journal.c.at > since.timestamp()) & (journal.c.at <= until.timestamp())
        done = within & (journal.c.change == "Reopen") & (journal.c.result == "ok")
        query = select(journal.c.target, func.count()).where(done).group_by(journal.c.target)
        return {target: int(count) for target, count in self._database.read(lambda c: c.execute(query).all())}

    def latest(self, only: EntryFilter = ALL, limit: int = 50) -> list[Entry]:
        """The newest first."""
        query = select(journal).where(*_conditions(only)).order_by(journal.c.id.desc()).limit(limit)
        return [_entry(row) for row in self._database.read(lambda c: c.execute(query).all())]

    def forget(self, days: float) -> int:
        """Removes entries older than this many days, some at a time; says how many."""
        old = select(journal.c.id).where(journal.c.at < self._database.now() - days * 86400).limit(_PAGE)
        removal = journal.delete().where(journal.c.id.in_(old.scalar_subquery()))
        removed = 0
        while gone := self._database.write(lambda c: c.execute(removal).rowcount):
            removed += gone
        return removed


def _conditions(only: EntryFilter) -> Iterator[ColumnElement[bool]]:
    if only.issue is not None:
        yield (journal.c.issue == str(only.issue)) | (journal.c.target == str(only.issue))
    if only.forge is not None:
        yield journal.c.issue.startswith(f"{only.forge}:", autoescape=True)
    if only.rule is not None:
        yield journal.c.rule.contains(only.rule, autoescape=True)  # an entry may name several
    if only.since is not None:
        yield journal.c.at >= only.since.timestamp()
    if only.failed:
        yield journal.c.result != "ok"


def _entry(row: Row[Any]) -> Entry:
    at = datetime.fromtimestamp(row.at, UTC)
    return Entry(at, row.issue, row.rule, row.change, row.target, row.result, row.request or "")
