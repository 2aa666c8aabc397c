"""What the sandbox holds, as plain rows. Both forges share them; each shows them in its own shapes.

Ids are unique in the whole sandbox. Times are aware and in UTC. `actor`, `author` and the like are logins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

from service.model import Permission
from service.sandbox.timeboxes import TimeboxRow

State: TypeAlias = Literal["open", "closed"]


class Missing(LookupError):
    """There is no such thing in the sandbox."""


class DeletedIssue(Missing):
    """The issue was there and is deleted for good."""


class Refused(ValueError):
    """The sandbox does not take this value; `code` and `field` say why in GitHub's words."""

    def __init__(self, message: str, *, code: str = "invalid", field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.field = field


@dataclass(slots=True)
class Person:
    id: int
    login: str
    name: str
    kind: Literal["User", "Bot"] = "User"
    blocked: bool = False  # GitLab: an administrator's word for who has left


@dataclass(slots=True)
class LabelRow:
    id: int
    name: str
    color: str = "ededed"  # six hex digits, no '#'
    description: str = ""
    created_at: datetime | None = None


@dataclass(slots=True)
class ReactionRow:
    id: int
    content: str  # the forge's own word, such as `+1` or `thumbsup`
    actor: str
    at: datetime


@dataclass(slots=True)
class CommentRow:
    id: int
    issue_id: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime
    editor: str | None = None
    minimized: str | None = None  # the reason it was folded away for (GitHub)
    internal: bool = False  # for members only (GitLab)
    system: bool = False  # written by the forge itself (GitLab)
    reactions: list[ReactionRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened. Rows of one request share `batch`, so that a forge may report them as one.

    `kind` and the keys of `detail`: opened · edited {title|body: {from, to}} · labeled, unlabeled {label,
    label_id, color} · assigned, unassigned {assignee} · closed, reopened {reason} · due_changed,
    privacy_changed, kind_changed, field_changed {from, to, [field]} · milestoned, demilestoned,
    iteration_changed {timebox, title} · locked, unlocked · deleted ·
    commented {comment} · comment_edited {comment, from} · comment_deleted {comment} · child_added,
    child_removed {child} (on the parent) · parent_added, parent_removed {parent} (on the child) · linked,
    unlinked {link, target} · card_added, card_moved, card_dated {board, item, from, to} · label_created,
    label_edited, label_deleted {label_id, label, [name: {from}]} · reacted {reaction, content, on}.
    """

    id: int
    at: datetime
    actor: str
    forge: str
    path: str
    number: int | None
    kind: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    batch: int = 0


@dataclass(slots=True)
class LinkRow:
    """A relation between two issues (GitLab); `kind` is relates_to, blocks or is_blocked_by."""

    id: int
    source: int
    target: int
    kind: str = "relates_to"


@dataclass(slots=True)
class IssueRow:
    id: int
    forge: str
    path: str
    number: int
    title: str
    author: str
    created_at: datetime
    updated_at: datetime
    body: str = ""
    state: State = "open"
    state_reason: str | None = None
    labels: list[str] = field(default_factory=list)  # names, in the order they were put on
    assignees: list[str] = field(default_factory=list)
    closed_at: datetime | None = None
    closed_by: str | None = None
    body_edited_at: datetime | None = None
    body_editor: str | None = None
    due: date | None = None
    private: bool = False
    locked: bool = False
    kind: str = "issue"  # GitLab also: incident, task
    parent: int | None = None
    children: list[int] = field(default_factory=list)
    moved_to: int | None = None  # the id of the issue that continues this one (GitLab)
    milestone: TimeboxRow | None = None
    iteration: TimeboxRow | None = None
    field_values: dict[int, str] = field(default_factory=dict)  # the organisation's issue fields, by field id
    comments: list[CommentRow] = field(default_factory=list)
    reactions: list[ReactionRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)


@dataclass(slots=True)
class DeliveryRow:
    """One webhook delivery and what became of it. `status` 0: it got no answer, and `error` says why."""

    id: int
    guid: str
    event: str
    action: str | None
    body: bytes
    created_at: datetime
    chain: str = ""  # shared by all that one request set off (GitLab's X-Gitlab-Event-UUID)
    redelivery: bool = False
    request_headers: dict[str, str] = field(default_factory=dict)
    delivered_at: datetime | None = None
    duration: float = 0.0
    status: int = 0
    error: str = ""
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def answered(self) -> bool:
        return self.delivered_at is not None


@dataclass(slots=True)
class HookRow:
    """`events` are the forge's own names of what is subscribed to; `options` what else its API keeps."""

    id: int
    url: str
    created_at: datetime
    secret: str = ""
    signing_token: str = ""
    events: list[str] = field(default_factory=list)
    active: bool = True
    failures: int = 0  # in a row
    disabled_until: datetime | None = None
    options: dict[str, Any] = field(default_factory=dict)
    deliveries: list[DeliveryRow] = field(default_factory=list)


@dataclass(slots=True)
class RequestRow:
    """A request to merge one branch into another: a pull request, or a merge request."""

    id: int
    number: int
    title: str
    body: str
    author: str
    source: str
    target: str
    created_at: datetime
    state: Literal["open", "merged", "closed"] = "open"
    ended_at: datetime | None = None
    last_tip: str = ""  # of a source branch that is gone
    comments: list[CommentRow] = field(default_factory=list)


@dataclass(slots=True)
class ColumnRow:
    id: int
    name: str


@dataclass(slots=True)
class CardRow:
    id: int
    issue_id: int
    column: str | None = None  # the column's name
    values: dict[int, str] = field(default_factory=dict)  # other fields of the project, by field id


@dataclass(slots=True)
class BoardRow:
    """A GitHub project (cards stand on their own) or a GitLab board (columns are labels; cards follow them).

    `closed_column`: the built-in workflow "item closed" moves a card there.
    """

    id: int
    number: int
    title: str
    columns: list[ColumnRow] = field(default_factory=list)
    cards: list[CardRow] = field(default_factory=list)
    field_id: int = 0  # the Status field
    date_field: str | None = None  # the name of its date field
    date_field_id: int = 0
    closed_column: str | None = None
    readme: str = ""


@dataclass(slots=True)
class IssueFieldRow:
    """An organisation's issue field (GitHub)."""

    id: int
    name: str
    data_type: str = "date"


@dataclass(slots=True)
class Group:
    """A GitHub organisation or a GitLab group."""

    id: int
    forge: str
    path: str
    created_at: datetime
    labels: list[LabelRow] = field(default_factory=list)
    hooks: list[HookRow] = field(default_factory=list)
    boards: list[BoardRow] = field(default_factory=list)
    fields: list[IssueFieldRow] = field(default_factory=list)


@dataclass(slots=True)
class Project:
    id: int
    forge: str
    path: str
    created_at: datetime
    private: bool = False
    archived: bool = False
    description: str = ""
    default_branch: str = "main"
    permissions: dict[str, Permission] = field(default_factory=dict)
    planners: set[str] = field(default_factory=set)  # GitLab's role between Guest and Reporter; lower-case logins
    labels: list[LabelRow] = field(default_factory=list)
    issues: dict[int, IssueRow] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)  # numbers of deleted issues
    links: list[LinkRow] = field(default_factory=list)
    boards: list[BoardRow] = field(default_factory=list)
    hooks: list[HookRow] = field(default_factory=list)
    timeboxes: list[TimeboxRow] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # on the default branch
    branches: dict[str, dict[str, str]] = field(default_factory=dict)  # the files of the others, by name
    requests: list[RequestRow] = field(default_factory=list)
    former_paths: list[str] = field(default_factory=list)
    last_number: int = 0

    @property
    def owner(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]
