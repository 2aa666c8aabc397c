"""What a policy would have done to the issues there are: pure, on what was seen of them, and compared with another.

Each close is judged by the issue's text of today, as if the issue had been under Closeout from the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.audit.choices import Kind
from service.audit.classification import classify
from service.audit.rows import Row
from service.engine import decide
from service.gate import GateOptions
from service.model import Change, CreateActionItem, EnsureComment, Finding, Issue, IssueRef, Plan, Reopen, Snapshot
from service.policy import Policy
from service.rules import rules

_WARNED = "warned:"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A close that would not have stood, with what was missing. `title` is empty for a confidential issue."""

    ref: IssueRef
    title: str
    reasons: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one policy comes to. `comments` and `issues` count those that it would have made new."""

    looked_at: int = 0
    refused: tuple[Refusal, ...] = ()
    warned: int = 0
    overdue: tuple[Row, ...] = ()
    comments: int = 0
    issues: int = 0

    def __add__(self, other: Effect) -> Effect:
        return Effect(
            self.looked_at + other.looked_at,
            (*self.refused, *other.refused),
            self.warned + other.warned,
            (*self.overdue, *other.overdue),
            self.comments + other.comments,
            self.issues + other.issues,
        )


def simulate(seen: Sequence[Snapshot], listed: Iterable[Issue], policy: Policy, now: datetime) -> Effect:
    """`seen` are judged; deadlines are read from all that is `listed`, whenever it changed last."""
    plans = [(snapshot, decide(_from_the_start(snapshot, policy), policy)) for snapshot in seen]
    made = [change for _, plan in plans for change in plan.changes]
    rows = classify(listed, policy, now).rows
    return Effect(
        looked_at=len(plans),
        refused=tuple(_refusal(snapshot.issue, plan) for snapshot, plan in plans if _is_refused(plan)),
        warned=sum(isinstance(change, EnsureComment) and change.topic.startswith(_WARNED) for change in made),
        overdue=tuple(row for row in rows if row.has(Kind.OVERDUE)),
        comments=sum(_is_new(snapshot, change) for snapshot, plan in plans for change in plan.changes),
        issues=sum(isinstance(change, CreateActionItem) for change in made),
    )


def _from_the_start(snapshot: Snapshot, policy: Policy) -> Snapshot:
    """A close that came before Closeout is judged too, and one whose grace is not over yet.

    What makes it a post-mortem counts as there from the start.
    """
    issue = snapshot.issue
    if issue.closed_at is not None:
        judged_at = issue.closed_at + timedelta(seconds=max(gate.grace_seconds for gate in _gates(policy)))
        snapshot = replace(snapshot, observed_at=max(snapshot.observed_at, judged_at))
    if issue.created_at is None:
        return snapshot
    marks = {label: issue.created_at for label in issue.labels if policy.vocabulary.is_trigger((label,))}
    return replace(snapshot, issue=replace(issue, label_times={**issue.label_times, **marks}))


def _gates(policy: Policy) -> Iterator[GateOptions]:
    options: Iterator[object] = (policy.options(rule.id) for rule in rules())
    return (one for one in options if isinstance(one, GateOptions))


def _is_refused(plan: Plan) -> bool:
    return any(isinstance(change, Reopen) and change.ref == plan.ref for change in plan.changes)


def _refusal(issue: Issue, plan: Plan) -> Refusal:
    return Refusal(issue.ref, "" if issue.private else issue.title, plan.blockers)


def _is_new(snapshot: Snapshot, change: Change) -> bool:
    return isinstance(change, EnsureComment) and snapshot.comment(change.topic) is None
