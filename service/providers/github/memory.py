"""What the last fetch saw, so that a change made right after it need not look again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.document import DEFAULT_DIALECT, Dialect
from service.model import IssueRef
from service.providers.github.mapping import DateField

_FRESH = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Ids:
    """An issue's two ids: GraphQL's, and the number REST wants for sub-issues (not the issue's number)."""

    node: str
    database: int


@dataclass(frozen=True, slots=True)
class Written:
    """A comment of ours: its id and what it says."""

    id: str
    body: str


@dataclass
class Memory:
    """One fetch's knowledge about `ref`, kept up as changes are applied, and distrusted after a minute.

    `comments` are ours by topic; `all_comments` says that a topic missing there does not exist. `children` are the
    action items by key. Ids do not change, so those of other issues are kept until the next fetch.
    """

    ref: IssueRef | None = None
    dialect: Dialect = DEFAULT_DIALECT  # how the team of this look writes
    at: datetime | None = None
    viewer: str = ""
    comments: dict[str, Written] = field(default_factory=dict)
    all_comments: bool = False
    children: dict[str, IssueRef] = field(default_factory=dict)
    sub_issues: int = 0
    ids: dict[IssueRef, Ids] = field(default_factory=dict)
    cards: dict[tuple[IssueRef, int], str] = field(default_factory=dict)
    dates: dict[IssueRef, DateField] = field(default_factory=dict)  # of the issues that were seen

    def holds(self, ref: IssueRef, now: datetime) -> bool:
        return ref == self.ref and self.at is not None and now - self.at < _FRESH

    def forget(self) -> None:
        """After a create whose outcome is unknown: the next change looks for itself."""
        self.at = None
