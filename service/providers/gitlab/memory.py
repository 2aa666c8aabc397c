"""What the last fetch saw, so that a change made right after it need not look again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.document import DEFAULT_DIALECT, Dialect
from service.model import IssueRef, Marker

_FRESH = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Written:
    """A comment of ours: its id and what it says."""

    id: str
    body: str


@dataclass(frozen=True, slots=True)
class WorkItem:
    """An issue as GraphQL knows it: its id, and its type's."""

    id: str
    type: str
    type_name: str


@dataclass
class Memory:
    """One fetch's knowledge about `ref`, kept up as changes are applied, and distrusted after a minute.

    `comments` are ours by topic; a topic missing there does not exist. `linked` are the related issues. `created`
    are, by project, the action items our account created there lately, linked or not.
    """

    ref: IssueRef | None = None
    dialect: Dialect = DEFAULT_DIALECT  # how the team of this look writes
    at: datetime | None = None
    comments: dict[str, Written] = field(default_factory=dict)
    linked: set[IssueRef] = field(default_factory=set)
    items: dict[Marker, IssueRef] = field(default_factory=dict)
    work_item: WorkItem | None = None
    created: dict[str, dict[Marker, IssueRef]] = field(default_factory=dict)

    def holds(self, ref: IssueRef, now: datetime) -> bool:
        return ref == self.ref and self.at is not None and now - self.at < _FRESH

    def forget(self) -> None:
        """After a create whose outcome is unknown: the next change looks for itself."""
        self.at = None
