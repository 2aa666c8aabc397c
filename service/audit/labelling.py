"""Putting the overdue label on and off, each write on record; what is in step is not touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.audit.classification import AuditReport
from service.audit.gathering import Audited, Failure
from service.model import AddLabels, Change, EnsureLabel, IssueRef
from service.policy import Policy
from service.providers.base import Provider, ProviderError
from service.reconciler import Journal

RULE = "audit"


def changes(report: AuditReport, policies: Mapping[tuple[str, str], Policy]) -> Iterator[Change]:
    """What would bring the labels in step; a project's label itself comes before its first use."""
    ensured: set[tuple[str, str]] = set()
    for change in (row.change for row in report.items):
        if change is None:
            continue
        project = (change.ref.forge, change.ref.project)
        if isinstance(change, AddLabels) and project not in ensured:
            ensured.add(project)
            yield from _label(change.ref, policies[project])
        yield change


def keep_labels(
    audited: Audited, providers: Mapping[str, Provider], journal: Journal
) -> tuple[tuple[Change, ...], tuple[Failure, ...]]:
    """Makes the changes. Returns the labels put on and off, and what failed; a failure does not stop the rest."""
    made: list[Change] = []
    failures: list[Failure] = []
    for change in changes(audited.report, audited.policies):
        try:
            providers[change.ref.forge].apply(change)
        except ProviderError as error:
            journal.record(change.ref, rule=RULE, change=change, result=f"{type(error).__name__}: {error}")
            failures.append(Failure(str(change.ref), str(error)))
        else:
            journal.record(change.ref, rule=RULE, change=change, result="ok")
            made += [] if isinstance(change, EnsureLabel) else [change]
    return tuple(made), tuple(failures)


def _label(ref: IssueRef, policy: Policy) -> Iterator[Change]:
    vocabulary = policy.vocabulary
    yield from (EnsureLabel(ref, label) for label in vocabulary.taxonomy() if label.name == vocabulary.labels.overdue)
