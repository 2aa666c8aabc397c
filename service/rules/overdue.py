"""An action item carries the overdue label exactly while it is open past its deadline.

Why: boards, filters and dashboards see labels, not dates in a text; a label that stays on cries wolf.

Remedy: the label comes on when the deadline's day has passed where its owner works, and goes off when the item is
closed or its deadline moved. Without a deadline nobody can say, and the label is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.case import Case
from service.marks import put_on, take_off
from service.model import Revisit, Verdict
from service.rules import ACTION_ITEM, Example, Options, Rule


class OverdueOptions(Options):
    pass


def check(case: Case, options: OverdueOptions) -> Iterator[Verdict]:  # noqa: ARG001 - every rule has this shape
    label = case.vocabulary.overdue_label
    if case.is_overdue:
        yield from put_on(case, label)
    elif case.issue.state == "closed" or case.deadline is not None:
        yield from take_off(case, label)
        if case.issue.state == "open" and case.deadline is not None:
            yield Revisit(case.calendar.begins(case.calendar.shifted(case.deadline, 1)))


_LABELS = frozenset({"type-action-item"})

RULE = Rule(
    id="overdue",
    about=ACTION_ITEM,
    options=OverdueOptions,
    check=check,
    doc=__doc__,
    examples=(
        Example("its deadline has passed", "**Deadline:** 2026-03-01\n", _LABELS, changes=("AddLabels",)),
        Example(
            "its deadline was moved", "**Deadline:** 2026-04-01\n", _LABELS | {"overdue"}, changes=("RemoveLabels",)
        ),
        Example("nobody can say", "", _LABELS | {"overdue"}),
    ),
)
