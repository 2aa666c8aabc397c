"""What is intended: each change names the wanted state, not the step. `service.model.meaning` says what each means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from service.model.remembered import SyncState
from service.model.seen import IssueRef, Label


def placeholder(key: str) -> str:
    return f"#new-{key}"


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


def made_by(change: Change) -> str | None:
    """The name of what the change brings into being where it is not there yet; an issue has one of each name."""
    match change:
        case CreateActionItem(key=key):
            return f"item {key}"
        case EnsureComment(topic=topic):
            return f"comment {topic}"
        case _:
            return None
