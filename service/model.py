"""What Closeout sees, concludes and intends, as inert values; standard library only.

An `Issue` and the `Snapshot` around it are what was seen. A `Finding` is a conclusion. A `Change` is an
intention whose whole meaning is `apply(snapshot, change) -> snapshot`: both real providers are tested against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, TypeAlias, assert_never

State: TypeAlias = Literal["open", "closed"]
StateReason: TypeAlias = Literal["completed", "not_planned", "duplicate", "moved"]
Level: TypeAlias = Literal["blocks", "advises", "done", "skipped", "error"]
NoticeKind: TypeAlias = Literal["opened", "review", "refused", "completed", "overdue"]

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
class Override:
    """A maintainer's decision to let a post-mortem close with open points."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided by command about an action item, as a verdict too: it is put on record.

    `until` is the day it sleeps to, or its new deadline.
    """

    what: Literal["snooze", "extend", "wont-do"]
    by: str
    at: datetime
    reason: str
    until: date | None = None
    before: date | None = None  # the deadline it replaced


@dataclass(frozen=True, slots=True)
class ItemState:
    """What line and child last agreed on; the base of each three-way comparison."""

    key: str
    ref: str  # the child as the line names it: `#57`, `acme/ops#57`, or a placeholder while it is only planned
    text: str  # of the line
    title: str = ""  # of the child
    owners: tuple[str, ...] = ()  # on the line
    assigned: tuple[str, ...] = ()  # on the child
    due: date | None = None
    done: bool = False
    dropped: str | None = None  # the reason given with `/pm drop`
    slips: int = 0  # how often the deadline was moved to a later day
    dated: bool = False  # its board's date field has held the deadline; whoever emptied it since meant to


@dataclass(frozen=True, slots=True)
class ReviewState:
    """A follow-up review that was opened. It is opened once, whatever becomes of it and of its link."""

    key: str
    ref: str  # as `ItemState.ref`


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting on a post-mortem: when it begins, in which time zone it was asked for, and by whom."""

    at: datetime
    zone: str
    by: str
    invited: tuple[str, ...] = ()
    attended: tuple[str, ...] = ()  # empty: nobody has said so yet


@dataclass(frozen=True, slots=True)
class SyncState:
    """What Closeout remembers about an issue, kept in the hidden block of its own status comment."""

    template: str | None = None  # the name of the template that was last applied
    pinned: str | None = None  # the template that `/pm template` asked for
    severity: str | None = None
    category: str | None = None
    column: str | None = None
    held: str | None = None  # the furthest column when a person chose an earlier one
    items: tuple[ItemState, ...] = ()
    answered: tuple[str, ...] = ()  # ids of the comments whose commands have had their effect
    overrides: tuple[Override, ...] = ()
    decisions: tuple[Decision, ...] = ()
    reviews: tuple[ReviewState, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    paused: bool = False
    review: bool = False  # review was asked for
    spawn: bool = False  # `/pm actions` was given


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
    """

    issue: Issue
    observed_at: datetime
    viewer: str  # our own login
    parent: Issue | None = None
    children: tuple[Issue, ...] = ()
    comments: tuple[Comment, ...] = ()
    state: SyncState = SyncState()
    capabilities: Capabilities = Capabilities()
    labels: frozenset[str] = frozenset()
    people: Mapping[str, bool] = field(default_factory=dict)

    def comment(self, topic: str) -> Comment | None:
        return next((c for c in self.comments if c.topic == topic), None)

    def child(self, ref: IssueRef) -> Issue | None:
        return next((c for c in self.children if c.ref == ref), None)

    def keeps_due(self, issue: Issue) -> bool:
        """Whether there is a field for this issue's deadline: the forge's, or that of the one board which has one.

        Of two such boards nobody can say which is meant.
        """
        return self.capabilities.native_due or sum(card.dated for card in issue.cards) == 1


# --- changes: each names the wanted state, not the step -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EnsureLabel:
    """The label exists in the project. An existing one, under any colour, is left as it is."""

    ref: IssueRef
    label: Label


@dataclass(frozen=True, slots=True)
class AddLabels:
    ref: IssueRef
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class RemoveLabels:
    ref: IssueRef
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class SetTitle:
    ref: IssueRef
    title: str


@dataclass(frozen=True, slots=True)
class SetBody:
    """The lines that differ between `base` (as observed) and `body` are changed; a provider carries them over
    to the text it finds when it writes, so that a person's edit made meanwhile survives.
    """

    ref: IssueRef
    base: str
    body: str


@dataclass(frozen=True, slots=True)
class SetAssignees:
    """Exactly these people are assigned."""

    ref: IssueRef
    assignees: frozenset[str]


@dataclass(frozen=True, slots=True)
class SetDue:
    ref: IssueRef
    due: date | None


@dataclass(frozen=True, slots=True)
class CreateActionItem:
    """An issue with this key exists, is labelled and assigned, and is linked to `ref`, its post-mortem."""

    ref: IssueRef
    key: str
    project: str
    title: str
    body: str
    labels: frozenset[str] = frozenset()
    assignees: frozenset[str] = frozenset()
    due: date | None = None
    private: bool = False

    @property
    def placeholder(self) -> str:
        """Stands for the new issue's reference in the texts of the same plan, until its number is known."""
        return placeholder(self.key)


@dataclass(frozen=True, slots=True)
class EnsureIssue:
    """An issue of ours on this topic is in the project of `ref` (a ref of number 0), open or closed.

    `body` holds the topic's hidden marker (see `service.hidden`). One that is there is left as it is: what it says is
    changed with `SetBody`. It stands beside what a snapshot shows.
    """

    ref: IssueRef
    topic: str
    title: str
    body: str
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LinkChild:
    """The existing issue `child` is a sub-issue (GitHub) or related item (GitLab) of `ref`."""

    ref: IssueRef
    child: IssueRef


@dataclass(frozen=True, slots=True)
class MoveCard:
    """The issue is on the project board and its card is in this column."""

    ref: IssueRef
    project: int
    column: str


@dataclass(frozen=True, slots=True)
class Reopen:
    ref: IssueRef


@dataclass(frozen=True, slots=True)
class CloseAsNotPlanned:
    """The issue is closed, and as something that will not be done where the forge can say so. A close by somebody else
    stands as it is. Only ever a person's command asks for this.
    """

    ref: IssueRef


@dataclass(frozen=True, slots=True)
class EnsureComment:
    """Our comment on this topic exists with exactly this body: edited in place if it is there, else created.

    `body` is complete: it begins with the topic's hidden marker (see `service.report`). `state` is what that
    body's hidden block says, for the simulation.
    """

    ref: IssueRef
    topic: str
    body: str
    state: SyncState | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The person's comment carries our reaction as a receipt."""

    ref: IssueRef
    comment_id: str


Change: TypeAlias = (
    EnsureLabel
    | AddLabels
    | RemoveLabels
    | SetTitle
    | SetBody
    | SetAssignees
    | SetDue
    | CreateActionItem
    | EnsureIssue
    | LinkChild
    | MoveCard
    | Reopen
    | CloseAsNotPlanned
    | EnsureComment
    | Acknowledge
)


# --- conclusions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about an issue: what, where, and exactly how to put it right."""

    rule: str
    level: Level
    message: str
    where: str = ""  # a section's heading or a line, as a person would find it
    fix: str = ""
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remember:
    """A rule's note to itself: these fields of the sync state take these values."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Revisit:
    """Nothing to do yet: look again at this time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Track:
    """A rule's note on one action item: what its line and its issue now agree on."""

    item: ItemState


@dataclass(frozen=True, slots=True)
class Say:
    """A rule's message to people, posted once per topic as a comment of its own, so that it notifies.

    `text` is Markdown. `findings` are listed under it; None lists whatever blocks closing when all is settled.
    """

    topic: str
    text: str
    findings: tuple[Finding, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """Our earlier message on this topic has had its day: it is folded in place, every word of it kept."""

    topic: str


Verdict: TypeAlias = Finding | Change | Remember | Track | Decision | Say | Fold | Revisit


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth telling outside the tracker, once for each `key`.

    `routes` are those that the policy names, or None where the routes themselves say what they take. `points` are in
    the words of people where the kind is `completed`: its lessons learned.
    """

    kind: NoticeKind
    key: str
    ref: IssueRef
    title: str
    url: str = ""
    severity: str | None = None
    owners: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    confidential: bool = False
    due: date | None = None
    points: tuple[str, ...] = ()
    by_decision: bool = False  # completed, with points that a maintainer let stand open
    routes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to change and why. `related` are issues to look at once this plan is applied, `overrides` are new ones,
    `notices` are worth telling whoever is not in the tracker.
    """

    ref: IssueRef
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()  # for each change, the ids of the rules that asked for it
    revisit_at: datetime | None = None
    related: tuple[IssueRef, ...] = ()
    overrides: tuple[Override, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.level == "blocks")


def placeholder(key: str) -> str:
    return f"#new-{key}"


# --- the meaning of a change ----------------------------------------------------------------------------------


def apply(snapshot: Snapshot, change: Change) -> Snapshot:  # noqa: C901, PLR0911, PLR0912 - one case a variant
    """The snapshot as it would be seen after the change. Applying twice equals applying once.

    Times the forge stamps (`updated_at` and the like) are not simulated, apart from `closed_at`.
    """
    match change:
        case EnsureLabel(label=label):
            return replace(snapshot, labels=snapshot.labels | {label.name})
        case AddLabels(ref=ref, labels=labels):
            return _edit(snapshot, ref, lambda issue: replace(issue, labels=issue.labels | labels))
        case RemoveLabels(ref=ref, labels=labels):
            return _edit(snapshot, ref, lambda issue: replace(issue, labels=issue.labels - labels))
        case SetTitle(ref=ref, title=title):
            return _edit(snapshot, ref, lambda issue: replace(issue, title=title))
        case SetBody(ref=ref, body=body):
            return _edit(snapshot, ref, lambda issue: replace(issue, body=body))
        case SetAssignees(ref=ref, assignees=assignees):
            return _edit(snapshot, ref, lambda issue: replace(issue, assignees=assignees))
        case SetDue(ref=ref, due=due):
            return _edit(snapshot, ref, lambda issue: replace(issue, due=due))
        case CreateActionItem():
            return _create(snapshot, change)
        case EnsureIssue():
            return snapshot
        case LinkChild(child=child):
            return _edit(snapshot, child, lambda issue: replace(issue, linked=True))
        case MoveCard(ref=ref, project=project, column=column):
            return _edit(snapshot, ref, lambda issue: replace(issue, cards=_moved(issue.cards, project, column)))
        case Reopen(ref=ref):
            return _edit(snapshot, ref, _reopened)
        case CloseAsNotPlanned(ref=ref):
            return _edit(snapshot, ref, lambda issue: _given_up(issue, snapshot))
        case EnsureComment():
            return _commented(snapshot, change)
        case Acknowledge(comment_id=comment_id):
            seen = tuple(replace(c, acknowledged=True) if c.id == comment_id else c for c in snapshot.comments)
            return replace(snapshot, comments=seen)
        case _:
            assert_never(change)


def apply_all(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    for change in changes:
        snapshot = apply(snapshot, change)
    return snapshot


def difference(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """The changes that lead from one snapshot to the other, in the order they are safe to make.

    What is created comes before what names it, and a refusal is explained before it is carried out: whoever is
    interrupted half-way finds on the next look everything needed to go on. Comments are the engine's to word and
    are not part of this.
    """
    ref = after.issue.ref
    known = {child.ref for child in before.children}
    acknowledged = [
        c.id for c, old in zip(after.comments, before.comments, strict=False) if c.acknowledged != old.acknowledged
    ]
    changes: list[Change] = [Acknowledge(ref, comment_id) for comment_id in acknowledged]
    changes += [_created(ref, child) for child in after.children if child.ref not in known]
    for old in before.children:
        new = after.child(old.ref)
        if new is not None and new.linked and not old.linked:
            changes.append(LinkChild(ref, new.ref))
    pairs = [(before.issue, after.issue), *((old, after.child(old.ref)) for old in before.children)]
    if before.parent is not None:
        pairs.append((before.parent, after.parent))
    for old, changed in pairs:
        if changed is not None and changed != old:
            changes += _edits(old, changed)
    return tuple(changes)


def _created(parent: IssueRef, child: Issue) -> CreateActionItem:
    return CreateActionItem(
        ref=parent,
        key=child.key or "",
        project=child.ref.project,
        title=child.title,
        body=child.body,
        labels=child.labels,
        assignees=child.assignees,
        due=child.due,
        private=child.private,
    )


def _edits(old: Issue, new: Issue) -> Iterable[Change]:
    """The text comes right after the labels: what a forge answers to these shows the text as it is then."""
    if new.title != old.title:
        yield SetTitle(new.ref, new.title)
    if new.assignees != old.assignees:
        yield SetAssignees(new.ref, new.assignees)
    if new.due != old.due:
        yield SetDue(new.ref, new.due)
    if new.labels - old.labels:
        yield AddLabels(new.ref, new.labels - old.labels)
    if old.labels - new.labels:
        yield RemoveLabels(new.ref, old.labels - new.labels)
    if new.body != old.body:
        yield SetBody(new.ref, old.body, new.body)
    for card in new.cards:
        if card not in old.cards and card.column is not None:
            yield MoveCard(new.ref, card.project, card.column)
    if old.state != new.state:
        yield Reopen(new.ref) if new.state == "open" else CloseAsNotPlanned(new.ref)


def resolve(change: Change, created: Mapping[str, IssueRef]) -> Change:
    """The change with each placeholder of an issue created meanwhile replaced by its reference."""
    if not created or not isinstance(change, (SetBody, EnsureComment)):
        return change
    body = change.body
    for key, ref in created.items():
        body = body.replace(placeholder(key), ref.seen_from(change.ref.project))
    state = change.state if isinstance(change, EnsureComment) else None
    if isinstance(change, SetBody):
        return replace(change, body=body)
    return replace(change, body=body, state=state)


_Edit: TypeAlias = Callable[[Issue], Issue]


def _edit(snapshot: Snapshot, ref: IssueRef, edit: _Edit) -> Snapshot:
    if snapshot.issue.ref == ref:
        return replace(snapshot, issue=edit(snapshot.issue))
    if snapshot.parent is not None and snapshot.parent.ref == ref:
        return replace(snapshot, parent=edit(snapshot.parent))
    if snapshot.child(ref) is None:
        raise LookupError(f"{ref} is not part of the snapshot of {snapshot.issue.ref}")
    return replace(snapshot, children=tuple(edit(c) if c.ref == ref else c for c in snapshot.children))


def _create(snapshot: Snapshot, change: CreateActionItem) -> Snapshot:
    if any(child.key == change.key for child in snapshot.children):
        return snapshot
    child = Issue(
        ref=IssueRef(change.ref.forge, change.project, -1 - len(snapshot.children)),
        title=change.title,
        body=change.body,
        labels=change.labels,
        assignees=change.assignees,
        due=change.due,
        author=snapshot.viewer,
        private=change.private,
        linked=True,
    )
    return replace(snapshot, children=(*snapshot.children, child))


def _moved(cards: tuple[Card, ...], project: int, column: str) -> tuple[Card, ...]:
    old = next((card for card in cards if card.project == project), Card(project, None))
    return (*(card for card in cards if card is not old), replace(old, column=column))


def _reopened(issue: Issue) -> Issue:
    return replace(issue, state="open", state_reason=None, closed_at=None, closed_by=None)


def _given_up(issue: Issue, snapshot: Snapshot) -> Issue:
    if issue.state == "closed":
        return issue
    reason: StateReason = "not_planned" if snapshot.capabilities.close_reasons else "completed"
    return replace(
        issue, state="closed", state_reason=reason, closed_at=snapshot.observed_at, closed_by=snapshot.viewer
    )


def _commented(snapshot: Snapshot, change: EnsureComment) -> Snapshot:
    state = snapshot.state if change.state is None else change.state
    old = snapshot.comment(change.topic)
    if old is None:
        new = Comment(id=f"new-{change.topic}", author=snapshot.viewer, body=change.body, topic=change.topic)
        return replace(snapshot, comments=(*snapshot.comments, new), state=state)
    edited = replace(old, body=change.body)
    return replace(snapshot, comments=tuple(edited if c is old else c for c in snapshot.comments), state=state)
