"""What was changed on which issue, and because of which rule: the record an operator asks for later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import case, func, select

from service.model import Change, IssueRef
from service.store.database import Database, storable
from service.store.tables import journal

_PAGE = 1000  # entries removed in one transaction


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    issue: str
    rule: str
    change: str  # the change's name, like `AddLabels`
    target: str  # the issue that was written to: the issue itself, its post-mortem or an action item
    result: str  # "ok", or why not


class Journal:
    """Written after each change, by the reconciler."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str) -> None:
        """`ref` is the issue that was looked at. Raises `StoreUnavailable`."""
        row = {
            "issue": str(ref),
            "rule": rule,
            "change": type(change).__name__,
            "target": str(change.ref),
            "result": storable(result),
        }
        self._database.write(lambda c: c.execute(journal.insert().values(at=self._database.now(), **row)))

    def counts(self) -> dict[str, int]:
        """How many writes are on record that went well, and that did not: `ok` and `failed`."""
        ok = func.coalesce(func.sum(case((journal.c.result == "ok", 1), else_=0)), 0)
        good, everything = self._database.read(lambda c: c.execute(select(ok, func.count()).select_from(journal)).one())
        return {"ok": int(good), "failed": int(everything - good)}

    def latest(self, issue: IssueRef | None = None, limit: int = 50) -> list[Entry]:
        """The newest first."""
        query = select(journal).order_by(journal.c.id.desc()).limit(limit)
        if issue is not None:
            query = query.where(journal.c.issue == str(issue))
        rows = self._database.read(lambda c: c.execute(query).all())
        return [Entry(datetime.fromtimestamp(r.at, UTC), r.issue, r.rule, r.change, r.target, r.result) for r in rows]

    def forget(self, days: float) -> int:
        """Removes entries older than this many days, some at a time; says how many."""
        old = select(journal.c.id).where(journal.c.at < self._database.now() - days * 86400).limit(_PAGE)
        removal = journal.delete().where(journal.c.id.in_(old.scalar_subquery()))
        removed = 0
        while gone := self._database.write(lambda c: c.execute(removal).rowcount):
            removed += gone
        return removed
