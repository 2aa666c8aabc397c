"""The overdue label, on and off; what is in step is not touched."""

from __future__ import annotations

from collections.abc import Iterator

from service.audit.gathering import Audited, Project
from service.model import AddLabels, Change, EnsureLabel


def changes(audited: Audited) -> Iterator[Change]:
    """What would bring the labels in step; a project's label itself comes before its first use."""
    ensured: set[Project] = set()
    for row in audited.report.items:
        change = row.change
        if isinstance(change, AddLabels) and row.project not in ensured:
            ensured.add(row.project)
            yield EnsureLabel(change.ref, audited.policies[row.project].vocabulary.overdue_label)
        if change is not None:
            yield change
