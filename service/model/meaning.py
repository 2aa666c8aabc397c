"""The meaning of each change, in pure code: both real providers are tested against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias, assert_never

from service.model.changes import (
    Acknowledge,
    AddLabels,
    Change,
    CloseAsNotPlanned,
    CreateActionItem,
    EnsureComment,
    EnsureIssue,
    EnsureLabel,
    LinkChild,
    MoveCard,
    RemoveLabels,
    Reopen,
    SetAssignees,
    SetBody,
    SetDue,
    SetTitle,
    placeholder,
)
from service.model.seen import Card, Comment, Issue, IssueRef, Snapshot, StateReason


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
