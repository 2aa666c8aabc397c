"""Every action item is an issue of its own, linked to its post-mortem, with an owner and a deadline.

Why: a line in a document has no assignee, sends no reminder and shows on no board; what nobody owns, nobody does.

Remedy: a line with words, an owner and a date becomes a linked issue, and the line then names it. Name an existing
issue in the line and that one is adopted instead. A line that lacks something is listed with the exact fix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import Field

from service import document
from service.case import Case
from service.created import as_created, is_untouched
from service.deadlines import Deadlines
from service.document import ActionItem
from service.model import (
    AddLabels,
    CreateActionItem,
    Finding,
    Issue,
    ItemState,
    LinkChild,
    Marker,
    SetAssignees,
    SetBody,
    SetDue,
    Track,
    Verdict,
)
from service.rules import POST_MORTEM, Example, Options, Rule
from service.templates import fill
from service.vocabulary import ACTION_TYPES, Strict
from service.wording import item_name, plain, quoted, shortened, title_of


class Target(Strict):
    """Where action items of one owner, team, type or component are created; all that is given must fit."""

    project: str = Field(description="The project, such as `acme/monitoring`.")
    owner: str = Field("", description="A login or `org/team`, without the @.")
    type: str = Field("", description="An action type, such as `detection`.")
    label: str = Field("", description="A label of the post-mortem, such as `component-billing`.")

    def fits(self, item: ActionItem, labels: frozenset[str]) -> bool:
        """A target that gives no condition fits nothing."""
        conditions = [(self.owner, item.owners), (self.type, (item.type,)), (self.label, labels)]
        given = [(wanted, there) for wanted, there in conditions if wanted]
        return bool(given) and all(wanted in there for wanted, there in given)


class ActionItemsOptions(Options):
    spawn: Literal["at-once", "review", "command"] = Field(
        "at-once",
        description="When complete lines become issues: `at-once`, with the `review`, or on the `/pm actions` command.",
    )
    targets: tuple[Target, ...] = Field(
        (), description="The first that fits decides; otherwise the post-mortem's project."
    )
    deadlines: Deadlines = Field(Deadlines(), description="In how many days an action is due, by severity.")


def check(case: Case, options: ActionItemsOptions) -> Iterator[Verdict]:
    if case.state.template is None:
        return
    tracked = {item.key: item for item in case.state.items}
    for index, item in enumerate(case.document.items):
        child = case.children.get(index)
        if child is not None:
            yield from _tied(case, item, child)
        elif not item.settled and not item.optional:
            yield from _untied(case, options, index)
    yield from _removed_lines(case, tracked)


# --- a line and its issue -------------------------------------------------------------------------------------


def _tied(case: Case, item: ActionItem, child: Issue) -> Iterator[Verdict]:
    """The line names its issue, the issue is linked, and both are remembered as they agree now."""
    if child.ref not in item.refs and item.planned != child.key:
        body = document.name_issue(case.document, item, case.named(child))
        yield SetBody(case.issue.ref, case.issue.body, body)
    if not child.linked:
        yield LinkChild(case.issue.ref, child.ref)
    label = case.vocabulary.labels.action_item
    if (
        child.key is None
        and case.may_edit(child)
        and label.casefold() not in {name.casefold() for name in child.labels}
    ):
        yield AddLabels(child.ref, frozenset({label}))
    known = case.item_state(child)
    if known is not None and is_untouched(case, child):
        yield from as_created(child, _labels(case, item), case.assignable(item.owners))
    if known is None:
        yield from _as_intended(case, item, child)
        yield Track(_agreed(case, item, child))
    elif known.ref != case.named(child):
        yield Track(replace(known, ref=case.named(child)))


def _as_intended(case: Case, item: ActionItem, child: Issue) -> Iterator[Verdict]:
    """What a forge dropped in silence when the issue was created (our rights were too small then) is put right once."""
    if child.key is None or child.ref.number < 0:
        return
    there = {name.casefold() for name in child.labels}
    labels = frozenset(name for name in _labels(case, item) if name.casefold() not in there)
    if labels:
        yield AddLabels(child.ref, labels)
    assignees = case.assignable(item.owners)
    if not child.assignees and assignees:
        yield SetAssignees(child.ref, assignees)
    if case.snapshot.keeps_due(child) and child.due is None and item.due is not None:
        yield SetDue(child.ref, item.due)


def _agreed(case: Case, item: ActionItem, child: Issue) -> ItemState:
    return ItemState(
        key=child.key or case.named(child),
        ref=case.named(child),
        text=item.text,
        title=child.title,
        owners=item.owners,
        assigned=tuple(sorted(child.assignees)),
        due=item.due or case.due(child),
        done=item.done and child.state == "closed",
    )


# --- a line without an issue ----------------------------------------------------------------------------------


def _untied(case: Case, options: ActionItemsOptions, index: int) -> Iterator[Verdict]:
    item = case.document.items[index]
    yield from _dated(case, options, item)
    lacking = tuple(_lacking(case, options, item))
    yield from lacking
    if lacking:
        return
    sources = {case.issue.ref, *(review.ref for review in case.reviews)}  # "fix #12 for good", said in #12 itself
    named = tuple(ref for ref in item.refs if ref not in sources)
    if named:
        refs = ", ".join(case.ref_text(ref) for ref in named)
        message = f"What it names ({refs}) is no issue Closeout can see: deleted, moved, private or a pull request."
        fix = "Name an issue that exists; or write the reference as a full link, and a new issue is created."
        yield _finding(item, message, fix)
    elif _may_spawn(case, options):
        yield _create(case, options, index)
    else:
        how = "comment `/pm review`" if options.spawn == "review" else "comment `/pm actions`"
        yield _finding(item, "It has no issue yet.", f"When the list is ready, {how} and the issues are created.")


def _dated(case: Case, options: ActionItemsOptions, item: ActionItem) -> Iterator[Verdict]:
    """The severity's deadline, written where there is none and the policy says so."""
    wanted = options.deadlines.use == "apply" and case.severity is not None and case.issue.state == "open"
    if not wanted or item.due is not None or item.problem or not item.text.strip():
        return
    body = document.set_due(case.document, item, options.deadlines.proposed(case))
    if body != case.issue.body:
        yield SetBody(case.issue.ref, case.issue.body, body)


def _lacking(case: Case, options: ActionItemsOptions, item: ActionItem) -> Iterator[Finding]:
    if not item.text.strip():
        yield _finding(item, "It does not say what to do.", "Write the action, beginning with a verb.")
    if not item.owners:
        written = f" ({quoted(item.owner_text)} is no account name)" if item.owner_text else ""
        yield _finding(item, f"It has no owner{written}.", f"Add a person: `- @{_someone(case)}`.")
    day = options.deadlines.proposed(case)
    if item.problem:
        yield _finding(item, plain(item.problem), f"Write the date as in `{day}`.")
    elif item.due is None:
        yield _finding(item, "It has no deadline.", f"Add a date: `- {day}`{options.deadlines.why(case)}.")


def _finding(item: ActionItem, message: str, fix: str) -> Finding:
    return Finding("action-items", "blocks", message, where=f"Action item {item_name(item)}", fix=fix, who=item.owners)


def _someone(case: Case) -> str:
    return case.issue.author or "login"


def _may_spawn(case: Case, options: ActionItemsOptions) -> bool:
    if case.issue.state == "closed":
        return False
    asked = {"at-once": True, "review": case.state.review, "command": False}[options.spawn]
    return asked or case.state.spawn


def _create(case: Case, options: ActionItemsOptions, index: int) -> CreateActionItem:
    item, key = case.document.items[index], case.keys[index]
    return CreateActionItem(
        ref=case.issue.ref,
        key=key,
        project=_project(case, options, item),
        title=title_of(item.text),
        body=_body(case, options, index),
        labels=_labels(case, item),
        assignees=case.assignable(item.owners),
        due=item.due if case.snapshot.capabilities.native_due else None,
        private=case.issue.private,
    )


def _body(case: Case, options: ActionItemsOptions, index: int) -> str:
    item, parent = (
        case.document.items[index],
        case.issue.ref.seen_from(_project(case, options, case.document.items[index])),
    )
    values = {
        "parent": parent,
        "title": document.neutralise(case.issue.title, one_line=True),
        "why": _why(case, parent),
        "what": document.neutralise(item.text, one_line=True, keep=frozenset(item.owners)),
        "owner": " ".join(f"@{owner}" for owner in item.owners),
        "deadline": item.due.isoformat() if item.due else "",
        "type": item.type or "",
        "created": case.today.isoformat(),
        "severity": case.severity or "",
    }
    marker = Marker(case.issue.ref, case.keys[index])
    return f"{marker}\n{fill(case.templates['action_item'].text, values)}"


def _why(case: Case, parent: str) -> str:
    """Where the action comes from, for whoever meets the issue on its own; never from a text they may not see."""
    severity = f", a {case.severity}-severity incident" if case.severity else ""
    why = f"Agreed in the post-mortem {quoted(case.issue.title)} ({parent}{severity})."
    cause = case.document.section("root-cause")
    if cause is None or not cause.filled:
        return why
    return f"{why}\n\nRoot cause as recorded there: {shortened(document.neutralise(cause.text, one_line=True), 400)}"


def _labels(case: Case, item: ActionItem) -> frozenset[str]:
    names = case.vocabulary.labels
    of_type = {getattr(names.action_type, str(item.type))} if item.type in ACTION_TYPES else set()
    return case.severity_labels | {names.action_item} | of_type


def _project(case: Case, options: ActionItemsOptions, item: ActionItem) -> str:
    """A private post-mortem's actions stay in its own project: another one may be open to more people."""
    home = case.issue.ref.project
    if case.issue.private:
        return home
    fitting = (target for target in options.targets if target.fits(item, case.issue.labels))
    return next((target.project for target in fitting), home)


# --- an issue without a line ----------------------------------------------------------------------------------


def _removed_lines(case: Case, tracked: dict[str, ItemState]) -> Iterator[Verdict]:
    tied = {child.ref for child in case.children.values()}
    for state in tracked.values():
        child = case.tracked_child(state)
        if state.dropped is not None or (child is not None and (child.ref in tied or child.state == "closed")):
            continue
        named = case.named(child) if child else state.ref
        yield Finding(
            "action-items",
            "blocks",
            f"The line of this action is gone from the list, and its issue {named} is still open."
            if child
            else f"The issue of this action ({named}) cannot be seen any more: deleted, moved, or closed to Closeout.",
            where=f"Action item {quoted(state.text)}",
            fix=f"Put the line back, or say why it was dropped: `/pm drop {named} <reason>`. The issue itself is kept.",
            who=state.owners,
        )


RULE = Rule(
    id="action-items",
    about=POST_MORTEM,
    options=ActionItemsOptions,
    check=check,
    doc=__doc__,
    examples=(
        Example(
            "a complete line becomes an issue",
            "## Action items\n\n- [ ] Page on queue depth over 1,000 - @bob - 2026-04-01 [detection]\n",
            frozenset({"post-mortem"}),
            changes=("CreateActionItem",),
        ),
        Example(
            "a line without owner and date is listed with the fix",
            "## Action items\n\n- [ ] Page on queue depth over 1,000\n",
            frozenset({"post-mortem"}),
            finds=("no owner", "no deadline"),
        ),
    ),
)
