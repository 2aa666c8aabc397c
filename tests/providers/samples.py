"""A sample of every change, as functions of what was seen. A change without one fails `test_every_change_is_sampled`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from service.hidden import issue_marker, state_block, topic_marker
from service.model import (
    Acknowledge,
    AddLabels,
    Change,
    CloseAsNotPlanned,
    CreateActionItem,
    EnsureComment,
    EnsureIssue,
    EnsureLabel,
    Issue,
    ItemState,
    Label,
    LinkChild,
    Marker,
    MoveCard,
    RemoveLabels,
    Reopen,
    SetAssignees,
    SetBody,
    SetDue,
    SetTitle,
    Snapshot,
    SyncState,
)

NEW_KEY = "n3w1"
DUE = date(2026, 4, 1)
Sample: TypeAlias = Callable[[Snapshot, Issue], Change]


def create(seen: Snapshot, _: Issue) -> CreateActionItem:
    """An action item with everything an issue can be given."""
    marker = Marker(seen.issue.ref, NEW_KEY)
    return CreateActionItem(
        ref=seen.issue.ref,
        key=NEW_KEY,
        project=seen.issue.ref.project,
        title="Begrenze die Verbindungen – 上限",
        body=f"From the post-mortem.\n\n- [ ] The limit is in the load test\n\n{marker}\n",
        labels=frozenset({"learning"}),
        assignees=frozenset({"bob"}),
        due=DUE if seen.capabilities.native_due else None,
        private=seen.issue.private,
    )


def named(seen: Snapshot) -> SetBody:
    """The line that names the new action item, as a plan writes it."""
    body = seen.issue.body.replace("\n## Lessons", f"- [ ] Limit connections #new-{NEW_KEY} - @bob\n\n## Lessons")
    return SetBody(seen.issue.ref, seen.issue.body, body)


def comment(seen: Snapshot, _: Issue) -> EnsureComment:
    items = (ItemState(key="k7e2", ref="#2", text="Alert on pool usage -->", owners=("bob",), due=DUE),)
    state = SyncState(template="full_incident", severity="high", items=items)
    body = f"{topic_marker('status')}\n\n### 2 things before this can close\n\n{state_block(state)}\n"
    return EnsureComment(seen.issue.ref, "status", body, state)


def own_issue(seen: Snapshot, _: Issue) -> EnsureIssue:
    """An issue of ours beside the post-mortem."""
    ref, labels = replace(seen.issue.ref, number=0), frozenset({"learning"})
    body = f"{issue_marker('audit')}\n\n/close the loop, {NEW_KEY} – 上限\n"
    return EnsureIssue(ref, "audit", "Post-mortem audit", body, labels)


def _acknowledge(seen: Snapshot, _: Issue) -> Acknowledge:
    pending = next(c for c in seen.comments if c.topic is None)
    return Acknowledge(seen.issue.ref, pending.id)


# For the issue itself, or for a child of it where `at` says so.
EDITS: Mapping[type, Sample] = {
    AddLabels: lambda _, at: AddLabels(at.ref, frozenset({"learning", "post-mortem"})),
    RemoveLabels: lambda _, at: RemoveLabels(at.ref, frozenset({"outage", "learning"})),
    SetTitle: lambda _, at: SetTitle(at.ref, "Überlast 🚨 <b>&amp;"),
    SetBody: lambda _, at: SetBody(
        at.ref, at.body, at.body.replace("\n", "\n> noted\n", 1) + "\nOne line more: 上限.\n"
    ),
    SetAssignees: lambda _, at: SetAssignees(at.ref, frozenset({"alice"})),
    SetDue: lambda _, at: SetDue(at.ref, DUE),
    Reopen: lambda _, at: Reopen(at.ref),
    CloseAsNotPlanned: lambda _, at: CloseAsNotPlanned(at.ref),
}
OTHERS: Mapping[type, Sample] = {
    EnsureLabel: lambda _, at: EnsureLabel(at.ref, Label("severity-high", "d93f0b", "Many users, no way around")),
    CreateActionItem: create,
    EnsureIssue: own_issue,
    LinkChild: lambda seen, _: LinkChild(seen.issue.ref, next(c.ref for c in seen.children if c.ref.number == 3)),
    MoveCard: lambda _, at: MoveCard(at.ref, 1, "Review"),
    EnsureComment: comment,
    Acknowledge: _acknowledge,
}


def can(seen: Snapshot, change: Change) -> bool:
    """Whether a plan may ask this where such a snapshot was seen."""
    match change:
        case SetDue(ref=ref):
            return any(seen.keeps_due(issue) for issue in (seen.issue, *seen.children) if issue.ref == ref)
        case MoveCard():
            return seen.capabilities.project_board
        case Acknowledge():
            return seen.capabilities.reactions
        case _:
            return True
