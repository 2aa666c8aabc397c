"""An action's line and its issue say the same: done or not, words, owners and deadline.

Why: people plan in the document and work in the issue; whoever reads either one must not be misled.

Remedy: what a person changed on one side is carried over to the other; where both changed, the later change stands.
A closed issue ticks its line with the date, a reopened one unticks it. An issue is never closed or deleted for them.
On a GitHub project with a date field the deadline is there too; emptied by a person, the field stays empty until the
deadline moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from pydantic import Field

from service import document
from service.case import Case
from service.document import ActionItem
from service.marks import put_on
from service.model import Finding, Issue, ItemState, SetAssignees, SetBody, SetDue, SetTitle, Track, Verdict
from service.rules import POST_MORTEM, Example, Options, Rule
from service.wording import item_name, times, title_of


class ProgressOptions(Options):
    slips: int = Field(
        2,
        ge=1,
        description="From so many moves of a deadline to a later day on, advice says that the plan needs a look, and "
        "each puts the label `slipping` on the issue.",
    )


def check(case: Case, options: ProgressOptions) -> Iterator[Verdict]:
    for index, child in case.children.items():
        item, last = case.document.items[index], case.item_state(child)
        if last is None or child.ref.number < 0:
            continue
        yield from _done(case, item, child, last)
        yield from _struck(case, item, child, last)
        yield from _dated(case, child, last)
        yield from _words(case, item, child, last)
        yield from _owners(case, item, child, last)
        yield from _deadline(case, item, child, last, options)
        yield from _slipping(case, item, child, last, options)


# --- done -----------------------------------------------------------------------------------------------------


def _done(case: Case, item: ActionItem, child: Issue, last: ItemState) -> Iterator[Verdict]:
    """The issue leads: it is where the definition of done is checked."""
    closed = child.state == "closed"
    completed = closed and not case.given_up(child)
    if completed and not item.done and not last.done:
        on = (child.closed_at or case.now).date()
        yield SetBody(case.issue.ref, case.issue.body, document.tick(case.document, item, done=True, on=on))
    elif not closed and item.done and last.done:
        yield SetBody(case.issue.ref, case.issue.body, document.tick(case.document, item, done=False, on=None))
    elif not closed and item.done:
        fix = f"Close {case.named(child)}; its definition of done is checked there. Or untick the line."
        yield _about(
            case,
            child,
            item,
            Finding("progress", "advises", "The line is ticked, but its issue is still open.", fix=fix),
        )
    if last.done != completed and item.done == completed:
        yield Track(replace(last, done=completed))


def _struck(case: Case, item: ActionItem, child: Issue, last: ItemState) -> Iterator[Verdict]:
    if not item.struck or child.state == "closed" or last.dropped is not None or item.reason:
        return
    fix = f"Say why: `/pm drop {case.named(child)} <reason>`. Or close {case.named(child)} as not planned."
    yield _about(case, child, item, Finding("progress", "blocks", "The line is struck out without a reason.", fix=fix))


# --- words, owners, deadline: three-way ------------------------------------------------------------------------


def _line_is_later(case: Case, child: Issue) -> bool:
    line, issue = case.issue.body_edited_at, child.updated_at
    return issue is None or (line is not None and line >= issue)


def _words(case: Case, item: ActionItem, child: Issue, last: ItemState) -> Iterator[Verdict]:
    """An adopted issue keeps its own title: words travel only where title and line said the same before."""
    line_changed, title_changed = item.text != last.text, child.title != last.title
    if not line_changed and not title_changed:
        return
    alike = last.title == title_of(last.text)
    now = replace(last, text=item.text, title=child.title)
    if alike and line_changed and (not title_changed or _line_is_later(case, child)):
        if case.may_edit(child):
            now = replace(now, title=title_of(item.text))
        if now.title != child.title:
            yield SetTitle(child.ref, now.title)
    elif alike and title_changed:
        body = document.set_text(case.document, item, document.neutralise(child.title, one_line=True))
        now = replace(now, text=_text_in(case, item, body))
        yield SetBody(case.issue.ref, case.issue.body, body)
    yield Track(now)


def _text_in(case: Case, item: ActionItem, body: str) -> str:
    """What the line will read as once the body is written."""
    after = case.read(replace(case.issue, body=body))
    return next((other.text for other in after.items if other.line == item.line), item.text)


def _owners(case: Case, item: ActionItem, child: Issue, last: ItemState) -> Iterator[Verdict]:
    """Nobody on one side is not carried over: taking a name away is a question for people, and a finding asks it."""
    line_changed = bool(item.owners) and not _same(item.owners, last.owners)
    child_changed = bool(child.assignees) and not _same(child.assignees, last.assigned)
    if line_changed and (not child_changed or _line_is_later(case, child)):
        assigned = case.assignable(item.owners)
        if assigned and not _same(assigned, child.assignees) and case.may_edit(child):
            yield SetAssignees(child.ref, assigned)
        settled = assigned if assigned and case.may_edit(child) else child.assignees
        yield Track(replace(last, owners=item.owners, assigned=tuple(sorted(settled))))
    elif child_changed:
        there = {name.casefold() for name in child.assignees}
        kept = tuple(o for o in item.owners if o.casefold() in there or not case.snapshot.people.get(o))
        held = {name.casefold() for name in kept}
        owners = (*kept, *sorted(name for name in child.assignees if name.casefold() not in held))
        body = document.set_owners(case.document, item, owners)
        if body != case.issue.body:
            yield SetBody(case.issue.ref, case.issue.body, body)
        yield Track(replace(last, owners=owners, assigned=tuple(sorted(child.assignees))))


def _same(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether both name the same accounts: neither forge minds the case of a login."""
    return {name.casefold() for name in one} == {name.casefold() for name in other}


def _deadline(
    case: Case, item: ActionItem, child: Issue, last: ItemState, options: ProgressOptions
) -> Iterator[Verdict]:
    there = case.due(child)
    line_changed = item.due is not None and item.due != last.due
    child_changed = there is not None and there != last.due
    wanted = item.due if line_changed and (not child_changed or _line_is_later(case, child)) else there
    if not (line_changed or child_changed) or wanted is None:
        wanted = last.due
    if wanted is None:
        return
    if child_changed or (there is not None and there != wanted) or (there is None and line_changed):
        yield from _set_due(case, child, wanted)
    if (item.due is not None and item.due != wanted) or (item.due is None and child_changed):
        yield SetBody(case.issue.ref, case.issue.body, document.set_due(case.document, item, wanted))
    if last.due != wanted:
        is_later = last.due is not None and wanted > last.due
        now = replace(last, due=wanted, slips=last.slips + is_later)
        yield Track(now)
        if is_later and now.slips >= options.slips and child.state == "open" and case.may_edit(child):
            yield from put_on(case, case.vocabulary.slipping_label, child)


def _dated(case: Case, child: Issue, last: ItemState) -> Iterator[Verdict]:
    """A card on a board with a date field is given the deadline once: whoever empties the field later means to."""
    seen, due = case.snapshot, case.due(child) or last.due
    is_on_board = seen.keeps_due(child) and not seen.capabilities.native_due
    if last.dated or child.state == "closed" or not is_on_board or due is None:
        return
    if child.due is None and child.key is not None:
        yield SetDue(child.ref, due)
    yield Track(replace(last, dated=True))


def _set_due(case: Case, child: Issue, due: date) -> Iterator[Verdict]:
    if not case.may_edit(child):
        return
    if case.snapshot.keeps_due(child) and child.due != due:
        yield SetDue(child.ref, due)
    written = case.read(child)
    body = document.set_field(written, "deadline", due.isoformat())
    if body != child.body and written.field("deadline").value != due:  # a day is a day, however a person wrote it
        yield SetBody(child.ref, child.body, body)


def _slipping(
    case: Case, item: ActionItem, child: Issue, last: ItemState, options: ProgressOptions
) -> Iterator[Verdict]:
    if last.slips >= options.slips and child.state == "open":
        fix = "Make it smaller, hand it over, or decide that it will not be done."
        said = Finding("progress", "advises", f"Its deadline was moved {times(last.slips)}.", fix=fix)
        yield _about(case, child, item, said)


def _about(case: Case, child: Issue, item: ActionItem, finding: Finding) -> Finding:
    return replace(finding, where=f"Action item {case.named(child)} {item_name(item)}", who=item.owners)


RULE = Rule(
    id="progress",
    about=POST_MORTEM,
    options=ProgressOptions,
    check=check,
    doc=__doc__,
    examples=(Example("a list without issues has nothing to keep in step", "", frozenset({"post-mortem"})),),
)
