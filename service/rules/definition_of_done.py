"""An action item closes with an owner, a deadline and a definition of done that holds.

Why: "done" that nobody can check comes back as the next incident.

Remedy: the close is undone with a comment that lists what is missing. Tick the criteria that hold, mark those that
need not hold as optional or N/A, or close the issue as not planned.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.case import Case
from service.document import Criterion, FieldState
from service.gate import GateOptions, hold
from service.marks import take_off
from service.model import Finding, Verdict
from service.rules import ACTION_ITEM, Example, Options, Rule
from service.wording import plain, quoted


class DefinitionOfDoneOptions(Options, GateOptions):
    pass


def check(case: Case, options: DefinitionOfDoneOptions) -> Iterator[Verdict]:
    yield from _taken_up_again(case)
    own = tuple(_missing(case))
    yield from own
    blockers = (*(found for found in case.findings if found.level == "blocks"), *own)
    ours = case.issue.key is not None or case.document.section("definition-of-done") is not None
    yield from hold(case, blockers, options, options.mode if ours else "observe")


def _taken_up_again(case: Case) -> Iterator[Verdict]:
    """Who reopens what was given up by command wants it done: it is not closed freely a second time by its label."""
    if case.issue.state == "open" and any(made.what == "wont-do" for made in case.state.decisions):
        yield from take_off(case, case.vocabulary.wont_do_label)


def _missing(case: Case) -> Iterator[Finding]:
    issue = case.issue
    if not issue.assignees and case.document.field("owner").state is not FieldState.RECORDED:
        yield _finding("Nobody owns this action.", "Owner", "Assign a person, or write `**Owner:** @login`.")
    written = case.document.field("deadline")
    if issue.due is None and written.state is FieldState.INVALID:
        yield _finding(
            f"The deadline cannot be read: {plain(written.reason)}",
            "Deadline",
            "Write it as `**Deadline:** 2026-03-31`.",
        )
    elif issue.due is None and written.state is not FieldState.RECORDED:
        fix = "Set the due date." if case.snapshot.keeps_due(issue) else "Write `**Deadline:** 2026-03-31`."
        yield _finding("There is no deadline.", "Deadline", fix)
    yield from _criteria(case.document.criteria)


def _criteria(criteria: tuple[Criterion, ...]) -> Iterator[Finding]:
    where = "Definition of done"
    counted = [c for c in criteria if not c.not_applicable]
    if not any(c.done for c in counted):
        yield _finding(
            "No criterion of the definition of done is ticked.",
            where,
            "Write at least one line such as `- [x] The alert fired in the drill of 2 March`, and tick what holds.",
        )
    for criterion in counted:
        if not criterion.done and not criterion.optional:
            yield _finding(
                f"{quoted(criterion.text)} is still open.",
                where,
                "Tick it when it holds; if it need not hold, add `(optional)` or `N/A` to the line.",
            )


def _finding(message: str, where: str, fix: str) -> Finding:
    return Finding("definition-of-done", "blocks", message, where=where, fix=fix)


_DONE = "## Definition of done\n\n- [x] The alert fired in a drill\n"

RULE = Rule(
    id="definition-of-done",
    about=ACTION_ITEM,
    options=DefinitionOfDoneOptions,
    check=check,
    stage="judges",
    doc=__doc__,
    examples=(
        Example(
            "owner, deadline and a ticked criterion",
            f"**Owner:** @bob\n**Deadline:** 2026-04-01\n\n{_DONE}",
            frozenset({"type-action-item"}),
        ),
        Example(
            "a criterion is open",
            f"**Owner:** @bob\n**Deadline:** 2026-04-01\n\n{_DONE}- [ ] The runbook names it\n",
            frozenset({"type-action-item"}),
            finds=("is still open",),
        ),
        Example(
            "nothing is there",
            "",
            frozenset({"type-action-item"}),
            finds=("Nobody owns", "no deadline", "No criterion"),
        ),
    ),
)
