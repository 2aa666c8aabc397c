"""Labels that say one thing about an issue: put on together with their making, taken off in whatever case they are."""

from __future__ import annotations

from collections.abc import Iterator

from service.case import Case
from service.model import AddLabels, EnsureLabel, Issue, Label, RemoveLabels, Verdict


def put_on(case: Case, label: Label, child: Issue | None = None) -> Iterator[Verdict]:
    """On the issue of the case, or on one of its children. A child may live where we do not know what labels there
    are; both forges make one that is missing.
    """
    issue = child or case.issue
    if issue.ref.project == case.issue.ref.project and not case.exists(label):
        yield EnsureLabel(case.issue.ref, label)
    if not case.carries(issue, label.name):
        yield AddLabels(issue.ref, frozenset({label.name}))


def take_off(case: Case, label: Label) -> Iterator[Verdict]:
    on = case.carries(case.issue, label.name)
    if on:
        yield RemoveLabels(case.issue.ref, on)
