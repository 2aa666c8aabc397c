"""What was seen: an issue and everything around it that a decision needs, at one moment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from service.model.remembered import SyncState

State: TypeAlias = Literal["open", "closed"]
TimeboxKind: TypeAlias = Literal["milestone", "iteration"]
StateReason: TypeAlias = Literal["completed", "not_planned", "duplicate", "moved"]

REVIEW = "review-"  # how the keys of follow-up reviews begin; an action item's is made of other signs
_REF = re.compile(r"(?P<forge>[A-Za-z0-9_.-]+):(?P<project>[^\s#:]+)#(?P<number>\d+)")


@dataclass(frozen=True, slots=True, order=True)
class IssueRef:
    """Where an issue lives. `number` is GitHub's number or GitLab's iid; below 0 while only planned."""

    forge: str
    project: str
    number: int

    def __str__(self) -> str:
        return f"{self.forge}:{self.project}#{self.number}"

    @classmethod
    def by_node(cls, forge: str, owner: str, node: str) -> IssueRef:
        """An issue of which only the forge's own id is known: to be named before it can be looked at."""
        return cls(forge, f"{owner}/@{node}", 0)

    @property
    def node(self) -> str | None:
        """The id of `by_node`. No forge lets a project's name begin with @."""
        _, _, node = self.project.partition("/@")
        return node or None

    @classmethod
    def parse(cls, text: str) -> IssueRef:
        """`github:acme/shop#12` → the ref. Raises ValueError with the expected form."""
        found = _REF.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is not an issue; write it as forge:project#number, like github:acme/shop#12")
        return cls(found["forge"], found["project"], int(found["number"]))

    def seen_from(self, project: str) -> str:
        """The reference both forges link: `#12`, or `acme/ops#12` from another project."""
        return f"#{self.number}" if project == self.project else f"{self.project}#{self.number}"


class Permission(StrEnum):
    """What a person may do in a project, weakest first. GitLab's Developer writes, Maintainer maintains."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def allows(self, needed: Permission) -> bool:
        ladder = list(Permission)
        return ladder.index(self) >= ladder.index(needed)


@dataclass(frozen=True, slots=True)
class Card:
    """An issue's place on a project board: the project's number, and the column's name (None: no column yet).

    `dated`: the board has a date field that stands for a deadline.
    """

    project: int
    column: str | None
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Timebox:
    """A milestone or an iteration that an issue is planned in. Days are plain days, as people typed them."""

    kind: TimeboxKind
    title: str
    first: date | None = None  # GitHub's milestones have none
    last: date | None = None
    open: bool = True


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue, as its forge shows it, in terms both forges share. Times are aware and in UTC."""

    ref: IssueRef
    title: str
    body: str = ""
    state: State = "open"
    state_reason: StateReason | None = None
    labels: frozenset[str] = frozenset()
    assignees: frozenset[str] = frozenset()
    due: date | None = None  # the forge's own field, or its board's; None where there is neither
    cards: tuple[Card, ...] = ()
    author: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    body_edited_at: datetime | None = None
    label_times: Mapping[str, datetime] = field(default_factory=dict)  # when a label was last put on, where known
    url: str = ""
    private: bool = False  # GitLab: confidential
    linked: bool = False  # seen as a child: a sub-issue (GitHub) or related item (GitLab) of the snapshot's issue
    timeboxes: tuple[Timebox, ...] = ()  # of the issue looked at or listed; of its relatives GitLab does not tell
    inactive: frozenset[str] = frozenset()  # assignees who left or cannot be assigned any more, where a listing tells

    @property
    def marker(self) -> Marker | None:
        return Marker.find(self.body)

    @property
    def key(self) -> str | None:
        """The stable key of an action item that Closeout created, read from its body's hidden marker."""
        return self.marker.key if self.marker else None

    @property
    def is_review(self) -> bool:
        """A follow-up review of its post-mortem, not one of its action items."""
        return self.key is not None and self.key.startswith(REVIEW)


@dataclass(frozen=True, slots=True)
class Marker:
    """The hidden line that ties an action-item issue to its post-mortem: the tracker itself keeps the record."""

    parent: IssueRef
    key: str

    def __str__(self) -> str:
        return f"<!-- closeout:action-item parent={self.parent} key={self.key} -->"

    @classmethod
    def find(cls, body: str) -> Marker | None:
        found = _MARKER.search(body)
        return cls(IssueRef.parse(found["parent"]), found["key"]) if found else None


_MARKER = re.compile(
    r"^<!-- closeout:action-item parent=(?P<parent>[\w.-]+:[^\s#:]+#\d+) key=(?P<key>[\w-]+) -->", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that matters: one of ours (`topic` names which), or one that holds a `/pm` line."""

    id: str
    author: str
    body: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    topic: str | None = None  # set only on our own comments, from author and hidden marker, never from wording
    permission: Permission | None = None  # the author's, looked up while a command of theirs is unanswered
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this forge, server and project can do; probed once by the provider."""

    native_due: bool = False  # every issue has a field for its deadline
    sub_issues: bool = False
    project_board: bool = False  # a board with columns of its own; otherwise columns are labels
    closed_is_a_column: bool = False  # GitLab: every closed issue sits in the built-in Closed list
    close_reasons: bool = True  # a close can say that it was not planned; otherwise a label says so
    reactions: bool = True
    max_assignees: int = 10
    max_body: int = 65_536


@dataclass(frozen=True, slots=True)
class Label:
    name: str
    color: str  # six hex digits, no '#'
    description: str = ""  # at most 100 characters (GitHub's limit)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a decision needs, seen at one moment. Complete and inert: deciding reads nothing else.

    `labels` are the names that exist in the project. `people` says of each login named in the text whether the
    forge lets it be assigned here; a login that is missing was not looked up and counts as not assignable.
    `invitations` are the addresses at which calendars find a meeting, by the id of the comment that called it; none
    where the service does not know its own.
    """

    issue: Issue
    observed_at: datetime
    viewer: str  # our own login
    parent: Issue | None = None
    children: tuple[Issue, ...] = ()
    comments: tuple[Comment, ...] = ()
    state: SyncState = field(default_factory=SyncState)
    capabilities: Capabilities = Capabilities()
    labels: frozenset[str] = frozenset()
    people: Mapping[str, bool] = field(default_factory=dict)
    invitations: Mapping[str, str] = field(default_factory=dict)

    def comment(self, topic: str) -> Comment | None:
        return next((c for c in self.comments if c.topic == topic), None)

    def child(self, ref: IssueRef) -> Issue | None:
        return next((c for c in self.children if c.ref == ref), None)

    def keeps_due(self, issue: Issue) -> bool:
        """Whether there is a field for this issue's deadline: the forge's, or that of the one board which has one.

        Of two such boards nobody can say which is meant.
        """
        return self.capabilities.native_due or sum(card.dated for card in issue.cards) == 1
