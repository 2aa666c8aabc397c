"""A post-mortem closes when its story is written, its causes are named and its follow-through is in place.

Why: a post-mortem that is closed half-way is how the same incident returns.

Remedy: the close is undone with one comment that lists each open point and its fix. Closing as not planned or as a
duplicate is always free, and a maintainer may say `/pm override <reason>`: such a close carries the label
`closed-by-override` until it is reopened, or somebody takes it off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from service.case import Case
from service.document import FieldState
from service.gate import GateOptions, Mode, hold
from service.marks import put_on, take_off
from service.model import Finding, Remember, Verdict
from service.rules import POST_MORTEM, Example, Options, Rule
from service.vocabulary import Strict
from service.wording import item_name, plain, quoted


class Modes(Strict):
    """The gate's mode for one severity, where it differs."""

    critical: Mode | None = None
    high: Mode | None = None
    medium: Mode | None = None
    low: Mode | None = None


class ClosureOptions(Options, GateOptions):
    modes: Modes = Field(Modes(), description="Another mode for single severities, such as `low: warn`.")
    actions: Literal["created", "done"] = Field(
        "created", description="`created`: every action has its issue; `done`: every action's issue is closed too."
    )
    required_sections: tuple[str, ...] = Field(
        (), description="Section ids required beyond those the template requires."
    )
    required_fields: tuple[str, ...] = Field(
        ("date", "severity", "impact"), description="Fields that must be recorded, where the template has them."
    )
    review_checklist: bool = Field(True, description="Whether the final review checklist must be ticked.")


def check(case: Case, options: ClosureOptions) -> Iterator[Verdict]:
    if case.closed_before_adoption:
        fix = "Reopen it to bring it under follow-through."
        yield Finding("closure", "skipped", "It was closed before it became a post-mortem.", fix=fix)
        return
    own = tuple(_open_points(case, options))
    blockers = (*(f for f in case.findings if f.level == "blocks"), *own)
    yield from _on_record(case, blockers)
    if case.state.overrides and blockers:
        last = case.state.overrides[-1]
        yield Finding(
            "closure",
            "skipped",
            f"@{last.by} decided that it may close with {len(blockers)} open points: {quoted(last.reason)}",
        )
        return
    yield from own
    mode = getattr(options.modes, case.severity or "", None) or options.mode
    yield from hold(case, blockers, options, mode)


def _on_record(case: Case, blockers: tuple[Finding, ...]) -> Iterator[Verdict]:
    """A close that an override lets be is labelled, once: a listing shows the label, and no comments."""
    label, was = case.vocabulary.overridden_label, case.state.overridden
    if case.issue.state == "open" and was:
        yield from take_off(case, label)
        yield Remember({"overridden": False})
    is_let = case.issue.state == "closed" and not case.given_up(case.issue) and case.state.overrides and blockers
    if is_let and not was:
        yield from put_on(case, label)
        yield Remember({"overridden": True})


def _open_points(case: Case, options: ClosureOptions) -> Iterator[Finding]:
    yield from _sections(case, options)
    yield from _fields(case, options)
    if not case.document.timeline and "timeline" in _required(case, options):
        yield from _timeline(case)
    if options.review_checklist:
        yield from _review(case)
    yield from _actions(case, options)


def _required(case: Case, options: ClosureOptions) -> tuple[str, ...]:
    return (*(case.template.required if case.template else ()), *options.required_sections)


def _sections(case: Case, options: ClosureOptions) -> Iterator[Finding]:
    for name in dict.fromkeys(_required(case, options)):
        section = case.document.section(name)
        title = section.title if section else _title(case, name)
        if section is not None and (section.filled or section.not_applicable):
            continue
        if name in {"actions", "timeline"} and section is not None:
            continue  # these have questions of their own
        if section is None:
            yield _finding("This section is missing.", title, "Add the heading, and a few sentences under it.")
        else:
            yield _finding(
                "Still empty.",
                title,
                "A few sentences are enough. If it does not apply, write “N/A” and why.",
            )


def _title(case: Case, name: str) -> str:
    """The heading as the template writes it."""
    if case.template is not None:
        section = case.document_of(case.template.text).section(name)
        if section is not None:
            return section.title
    return name.replace("-", " ").capitalize()


def _fields(case: Case, options: ClosureOptions) -> Iterator[Finding]:
    for name in options.required_fields:
        field = case.document.field(name)
        if name in case.missing_sections or (field.line is None and not _template_asks(case, name)):
            continue
        if field.state is FieldState.INVALID and name not in {"severity", "category"}:
            yield _finding(
                f"The {name} cannot be read: {plain(field.reason)}", _line_of(name), f"Write {_field_example(name)}."
            )
        elif field.state is FieldState.PENDING:
            yield _finding(f"The {name} is not recorded.", _line_of(name), f"Write {_field_example(name)}.")


def _template_asks(case: Case, name: str) -> bool:
    return case.template is not None and case.document_of(case.template.text).field(name).line is not None


def _line_of(name: str) -> str:
    return f"{name.capitalize()} line"


def _field_example(name: str) -> str:
    examples = {
        "date": "`**Date:** 2026-03-01`",
        "severity": "one of critical, high, medium, low: `**Severity:** high`",
        "impact": "who was affected and how much: `**Impact:** 1,200 users could not pay for 40 minutes`",
        "duration": "`**Duration:** 2h 15m`",
        "category": "`**Category:** code`",
    }
    return examples.get(name, f"`**{name.capitalize()}:** …`")


def _timeline(case: Case) -> Iterator[Finding]:
    section = case.document.section("timeline")
    if section is not None and section.not_applicable:
        return
    if section is None:
        return  # reported with the sections
    yield _finding(
        "The timeline has no entry.",
        section.title,
        "Add at least what happened first: `| 14:03 | Checkout returned errors |`.",
    )


def _review(case: Case) -> Iterator[Finding]:
    still = [c for c in case.document.review if not (c.done or c.optional or c.not_applicable)]
    if not still:
        return
    section = case.document.section("review")
    yield _finding(
        f"{len(still)} of {len(case.document.review)} points of the final review are not ticked.",
        section.title if section else "Final review",
        f"Tick what holds, beginning with {quoted(still[0].text)}; add `N/A` to a line that does not apply.",
    )


def _actions(case: Case, options: ClosureOptions) -> Iterator[Finding]:
    section = case.document.section("actions")
    if not case.document.items and not (section and section.not_applicable) and "actions" in _required(case, options):
        yield _finding(
            "No action item is listed.",
            section.title if section else "Action items",
            "Add a line such as `- [ ] Page on queue depth over 1,000 - @login - 2026-03-31`, or write “None” and why.",
        )
    if options.actions != "done":
        return
    for index, child in case.children.items():
        item = case.document.items[index]
        state = case.item_state(child)
        if child.state == "open" and not (state and state.dropped):
            yield Finding(
                "closure",
                "blocks",
                f"{case.named(child)} is still open.",
                where=f"Action item {item_name(item)}",
                fix=f"Finish and close {case.named(child)}, or close it as not planned.",
                who=item.owners,
            )


def _finding(message: str, where: str, fix: str) -> Finding:
    return Finding("closure", "blocks", message, where=where, fix=fix)


RULE = Rule(
    id="closure",
    about=POST_MORTEM,
    options=ClosureOptions,
    check=check,
    stage="judges",
    doc=__doc__,
    examples=(
        Example(
            "an untouched template lists what to write",
            "",
            frozenset({"post-mortem"}),
            finds=("is not recorded", "Still empty", "No action item is listed"),
        ),
    ),
)
