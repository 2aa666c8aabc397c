"""An issue of ours as it was meant to be created. Pure.

A forge leaves out labels and people that our account may not set, without a word. Once it may, they are put on, as long
as nobody has touched the issue: what a person took away stays away.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from service.case import Case
from service.model import AddLabels, Issue, SetAssignees

_CREATING = timedelta(seconds=30)  # creating one, and linking it where that takes a request of its own


def is_untouched(case: Case, made: Issue) -> bool:
    """Nobody has changed it since we created it: what it lacks was dropped by the forge and not taken away."""
    ours = made.key is not None and made.author == case.snapshot.viewer and made.state == "open"
    if not ours or made.created_at is None or made.updated_at is None:
        return False
    return made.updated_at - made.created_at <= _CREATING


def as_created(made: Issue, labels: frozenset[str], assignees: frozenset[str]) -> Iterator[AddLabels | SetAssignees]:
    """For one that is untouched. Labels only where it has none: a forge drops all or none of them, and which ones are
    meant may have changed since.
    """
    if not made.labels and labels:
        yield AddLabels(made.ref, labels)
    if not made.assignees and assignees:
        yield SetAssignees(made.ref, assignees)
