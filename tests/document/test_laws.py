"""What holds for every text: reading never fails, and an edit changes its own lines and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import document
from service.document import ActionItem, Document
from service.document.lines import Lines
from tests.document.texts import DAYS, HOME, NAMES, TODAY, action_lists, documents, reading
from tests.soaking import examples

laws = settings(max_examples=examples(150), deadline=None)


@laws
@given(documents())
def test_reading_never_fails(text: str) -> None:
    """Any text is read, and every part of it points into the text."""
    doc = reading(text)
    total = len(doc.layout.lines.texts)
    assert all(0 <= s.start < s.body <= s.end <= total for s in doc.sections)
    assert all(0 <= i.line < i.end <= total for i in doc.items)
    assert all(field.line is None or 0 <= field.line < total for field in doc.fields.values())
    assert all(0 <= entry.line < total for entry in doc.timeline)
    document.prose(text)
    document.command_lines(text)
    document.mentions(text)
    document.references(text, HOME)


@laws
@given(st.text())
def test_lines_keep_every_byte(text: str) -> None:
    """Cutting a text into lines and joining them gives the text back."""
    assert str(Lines.of(text)) == text


@laws
@given(documents())
def test_reading_is_deterministic(text: str) -> None:
    """The same text read twice, and read afresh, says the same."""
    assert reading(text) == reading(text)
    assert reading(text + "\n\n").items == reading(text + "\n\n\n").items


Edit = Callable[[Document, ActionItem], str]
EDITS: dict[str, tuple[Edit, Callable[[ActionItem], bool]]] = {
    "tick": (lambda d, i: document.tick(d, i, done=True, on=TODAY), lambda i: i.done and i.completed is not None),
    "tick without a day": (lambda d, i: document.tick(d, i, done=True, on=None), lambda i: i.done),
    "untick": (lambda d, i: document.tick(d, i, done=False, on=None), lambda i: not i.done and i.completed is None),
    "owners": (lambda d, i: document.set_owners(d, i, ["zoe", "acme/web"]), lambda i: i.owners == ("zoe", "acme/web")),
    "no owner": (lambda d, i: document.set_owners(d, i, []), lambda _: True),
    "due": (lambda d, i: document.set_due(d, i, date(2027, 1, 31)), lambda i: i.due == date(2027, 1, 31)),
    "no due": (lambda d, i: document.set_due(d, i, None), lambda _: True),
    "text": (
        lambda d, i: document.set_text(d, i, "Rotate the certificates"),
        lambda i: i.text == "Rotate the certificates",
    ),
    "issue": (lambda d, i: document.name_issue(d, i, "#88"), lambda i: any(r.number == 88 for r in i.refs)),
    "planned": (lambda d, i: document.name_issue(d, i, "#new-zz9"), lambda i: i.planned == "zz9"),
}


@pytest.mark.parametrize("name", EDITS)
@laws
@given(text=documents() | action_lists())
def test_edits_are_local(name: str, text: str) -> None:
    """Only lines of the item change, no line is added or lost, and all line endings stay."""
    edit, doc = EDITS[name][0], reading(text)
    for item in doc.items:
        before, after = doc.layout.lines, Lines.of(edit(doc, item))
        assert after.ends == before.ends
        differing = [n for n, pair in enumerate(zip(before.texts, after.texts, strict=True)) if pair[0] != pair[1]]
        assert all(item.line <= n < item.end for n in differing)


@pytest.mark.parametrize("name", EDITS)
@laws
@given(text=action_lists())
def test_an_edit_reads_back(name: str, text: str) -> None:
    """After an edit the line says what was wanted; everything else it said, and every other item, stays the same."""
    edit, holds = EDITS[name]
    doc = reading(text)
    for number, item in enumerate(doc.items):
        after = reading(edit(doc, item))
        assert len(after.items) == len(doc.items)
        assert holds(after.items[number]), doc.line(item.line)
        assert [i for n, i in enumerate(after.items) if n != number] == [
            i for n, i in enumerate(doc.items) if n != number
        ]


@pytest.mark.parametrize("name", EDITS)
@laws
@given(text=documents() | action_lists())
def test_a_second_edit_is_a_no_op(name: str, text: str) -> None:
    """Making the same edit again changes nothing."""
    edit, doc = EDITS[name][0], reading(text)
    for item in doc.items:
        once = edit(doc, item)
        again = reading(once)
        same = next((i for i in again.items if i.line == item.line), None)
        assert same is None or edit(again, same) == once


@laws
@given(action_lists(), st.lists(NAMES, min_size=1, max_size=3, unique=True), DAYS)
def test_owners_and_deadline_go_together(text: str, owners: list[str], due: date) -> None:
    """Writing owners and a deadline one after the other gives both."""
    for line in [item.line for item in reading(text).items]:
        doc = reading(text)
        item = next(i for i in doc.items if i.line == line)
        doc = reading(document.set_owners(doc, item, owners))
        item = next(i for i in doc.items if i.line == line)
        doc = reading(document.set_due(doc, item, due))
        item = next(i for i in doc.items if i.line == line)
        assert (item.owners, item.due) == (tuple(owners), due)


@laws
@given(action_lists())
def test_ticking_and_unticking_returns_the_text(text: str) -> None:
    """A tick taken back leaves no trace, whatever form the line has."""
    doc = reading(text)
    for item in doc.items:
        if not item.done:
            ticked = reading(document.tick(doc, item, done=True, on=TODAY))
            same = next(i for i in ticked.items if i.line == item.line)
            unticked = document.tick(ticked, same, done=False, on=None)
            assert unticked == text or "|" in doc.line(item.line)


FIELDS = st.sampled_from(("date", "severity", "duration", "impact", "owner", "deadline", "category", "started"))


@laws
@given(documents(), FIELDS, st.sampled_from(("2026-05-01", "high", "2h 15m", "many users", "2026-03-01 14:03 UTC")))
def test_a_field_edit_is_local_and_final(text: str, name: str, value: str) -> None:
    """At most one line changes, no line is added, and writing the value again changes nothing."""
    doc = reading(text)
    once = document.set_field(doc, name, value)
    after = Lines.of(once)
    assert after.ends == doc.layout.lines.ends
    assert sum(a != b for a, b in zip(after.texts, doc.layout.lines.texts, strict=True)) <= 1
    assert document.set_field(reading(once), name, value) == once


TEXTS = documents()


@laws
@given(TEXTS, TEXTS)
def test_merging_with_one_side_unchanged(base: str, other: str) -> None:
    """Where only one side changed, that side is the result."""
    assert document.merge(base, other, base) == other
    assert document.merge(base, base, other) == other
    assert document.merge(base, other, other) == other


LINE_TEXTS = st.lists(st.sampled_from("abcdef"), max_size=12)


@laws
@given(LINE_TEXTS, LINE_TEXTS, st.data())
def test_a_merge_keeps_both_sides(base: list[str], theirs: list[str], data: st.DataObject) -> None:
    """A merge holds our new line and every line of theirs but the one we replaced."""
    if not base:
        return
    at = data.draw(st.integers(0, len(base) - 1))
    ours = [*base[:at], "OURS", *base[at + 1 :]]
    merged = document.merge(*("".join(f"{line}\n" for line in side) for side in (base, ours, theirs)))
    if merged is not None and base != theirs:
        lines = merged.split()
        assert lines.count("OURS") == 1
        rest = [line for line in lines if line != "OURS"]
        assert len(lines) == len(theirs)
        assert _is_subsequence(rest, theirs)


def _is_subsequence(wanted: list[str], lines: list[str]) -> bool:
    remaining = iter(lines)
    return all(line in remaining for line in wanted)


TEMPLATE = """> Frame.

## Incident summary

<!-- What happened? -->

- **Date:** [YYYY-MM-DD]

## Root cause

<!-- Why? -->

### Five whys

1. [why]

## Lessons learned

### What went well

## Action items

<!-- - [ ] text - @owner - 2026-03-01 -->
"""


@laws
@given(documents() | action_lists())
def test_adding_sections_keeps_the_text_and_settles(text: str) -> None:
    """Every line of the text is still there in order, every section of the template is there, and a second time adds
    nothing.
    """
    once = document.add_missing_sections(text, TEMPLATE, dialect=document.DEFAULT_DIALECT)
    assert _is_subsequence(list(Lines.of(text).texts[:-1]), list(Lines.of(once).texts))
    assert {"summary", "root-cause", "lessons", "actions"} <= {s.id for s in reading(once).sections}
    assert document.add_missing_sections(once, TEMPLATE, dialect=document.DEFAULT_DIALECT) == once


@laws
@given(documents(), st.booleans())
def test_neutralising_is_idempotent(text: str, one_line: bool) -> None:
    """Text made harmless once stays as it is."""
    once = document.neutralise(text, one_line=one_line)
    assert document.neutralise(once, one_line=one_line) == once
    assert not one_line or "\n" not in once
