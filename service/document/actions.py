"""Action items: from lists and tables under the headings that hold them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from service.document.action_lines import Reading, read_stretch
from service.document.action_tables import rows
from service.document.blanks import is_not_applicable, is_placeholder
from service.document.blocks import Kind, Layout, ListEntry, Opening, opening
from service.document.dates import Problem
from service.document.headings import Lexica
from service.document.marks import TYPES, Grammar, Mark
from service.document.outline import ITEM_SECTIONS, Outline
from service.document.parts import ActionItem
from service.document.written import Stretch, Written, done_spans

_DONE_MARKS = frozenset("xX✓✔✗")


@dataclass(frozen=True)
class Scope:
    """Everything the reading of action items looks at."""

    layout: Layout
    outlined: Outline
    lexica: Lexica
    grammar: Grammar

    @cached_property
    def open_lines(self) -> frozenset[int]:
        """The lines that stand under a heading for actions."""
        asked: dict[int | None, bool] = {None: False}
        found = []
        for line, at in enumerate(self.outlined.at):
            if at not in asked:
                topic = self.outlined.topic(line)
                asked[at] = topic is not None and topic.id in ITEM_SECTIONS
            if asked[at] and self.layout.kinds[line] is Kind.TEXT:
                found.append(line)
        return frozenset(found)

    @cached_property
    def paragraphs(self) -> dict[int, int]:
        return dict(self.layout.prose)

    @cached_property
    def part_starts(self) -> tuple[int, ...]:
        return tuple(part.start for part in self.outlined.parts)

    def clipped(self, line: int, end: int) -> int:
        """`end`, or where a heading cuts in: for Markdown alone a bold line right below a list is part of its item."""
        at = bisect_right(self.part_starts, line)
        return min(end, self.part_starts[at]) if at < len(self.part_starts) else end

    @cached_property
    def children(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, entry in enumerate(self.layout.entries):
            if entry.parent is not None:
                found.setdefault(entry.parent, []).append(number)
        return found

    def heading_type(self, line: int) -> str | None:
        """The kind of action that a heading below the action heading names."""
        for part in self.outlined.around(line):
            kind = kind_in(part.title)
            if kind is not None or part.id in ITEM_SECTIONS:
                return kind
        return None


def kind_in(title: str) -> str | None:
    """The kind of action that a heading or a bullet above a list names."""
    return next((TYPES[word] for word in re.findall(r"[a-z]+", title.casefold()) if word in TYPES), None)


def action_items(scope: Scope) -> tuple[Written, ...]:
    found: list[Written] = []
    for number, entry in enumerate(scope.layout.entries):
        if entry.parent is None and entry.line in scope.open_lines:
            found += _from_entry(scope, number, None)
    for table in scope.layout.tables:
        if table.header in scope.open_lines:
            kind = scope.heading_type(table.header)
            found += rows(scope.layout, table, scope.lexica.action_columns, scope.grammar, kind)
    return tuple(sorted(found, key=lambda written: written.item.line))


# --- list items -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    """A list item read by itself: its first paragraph."""

    number: int
    entry: ListEntry
    opening: Opening
    stretch: Stretch
    reading: Reading

    @property
    def told(self) -> bool:
        """It has an owner, a deadline or an issue of its own."""
        reading = self.reading
        return bool(reading.names or reading.owner_text or reading.due or reading.refs or reading.first(Mark.PLANNED))

    @property
    def only_attributes(self) -> bool:
        """`- Owner: @x`: it speaks of the item above it."""
        return _speaks_of_another(self.reading)


def _speaks_of_another(reading: Reading) -> bool:
    keyed = any(
        t.keyed and not reading.source[: t.start].strip(" *_") for t in (*reading.owners, *reading.dues, *reading.marks)
    )
    return keyed or (not reading.text and bool(reading.owners or reading.dues or reading.marks))


def _read_entry(scope: Scope, number: int) -> _Entry:
    entry = scope.layout.entries[number]
    begin = opening(scope.layout.visible[entry.line], entry.line)
    end = scope.clipped(entry.line, scope.paragraphs.get(entry.line, entry.line + 1))
    lines = scope.layout.visible[entry.line : end]
    columns = [begin.start, *(len(line) - len(line.lstrip()) for line in lines[1:])]
    stretch = Stretch.of(lines, entry.line, columns)
    return _Entry(number, entry, begin, stretch, read_stretch(stretch.source, scope.grammar))


def _from_entry(scope: Scope, number: int, kind: str | None) -> Iterator[Written]:
    own = _read_entry(scope, number)
    if scope.layout.kinds[own.entry.line] is not Kind.TEXT:
        return
    inner = [_read_entry(scope, n) for n in scope.children.get(number, ())]
    below = [child for child in inner if not child.only_attributes]
    if _is_group(own, below):
        typed = own.reading.first(Mark.TYPE)
        named = typed.text if typed else kind_in(own.reading.text) or kind
        for child in below:
            yield from _from_entry(scope, child.number, named)
        return
    separate = [child for child in below if child.opening.box is not None and (own.opening.box is None or child.told)]
    written = _item(scope, own, separate, kind)
    if written is not None:
        yield written
    for child in separate:
        yield from _from_entry(scope, child.number, written.item.type if written else kind)


def _is_group(own: _Entry, below: Sequence[_Entry]) -> bool:
    """`- Prevention:` above a list of actions: a heading in all but name."""
    if own.opening.box is not None or own.told or not below:
        return False
    named = own.stretch.source.strip().strip("*_").strip().endswith(":") or own.reading.text.casefold() in TYPES
    return named or any(child.opening.box is not None or child.told for child in below)


def _item(scope: Scope, own: _Entry, separate: Sequence[_Entry], kind: str | None) -> Written | None:
    end = scope.clipped(own.entry.line, min([own.entry.end, *(child.entry.line for child in separate)]))
    reading, stretch = own.reading, own.stretch
    said = reading.text and not (is_not_applicable(stretch.source) or is_placeholder(stretch.source))
    if not (said or own.told):
        return None
    written = _basic(own, end, kind or scope.heading_type(own.entry.line))
    for line in _further_lines(scope, own, end):
        written = _with_line(scope, written, line)
    return written


def _basic(own: _Entry, end: int, kind: str | None) -> Written:
    reading, stretch, mark = own.reading, own.stretch, own.opening.mark
    typed, planned = reading.first(Mark.TYPE), reading.first(Mark.PLANNED)
    finished = reading.first(Mark.DONE)
    due = reading.due
    item = ActionItem(
        line=own.entry.line,
        end=end,
        text=reading.text,
        done=(mark in _DONE_MARKS and mark != "") or finished is not None,
        struck=reading.struck or mark == "~",
        reason=reading.reason,
        owners=reading.names,
        owner_text=reading.owner_text,
        due=due if isinstance(due, date) else None,
        problem=due.reason if isinstance(due, Problem) else "",
        type=(typed.text or None) if typed else kind,
        refs=reading.refs,
        planned=planned.text if planned else None,
        links=reading.links,
        completed=_completed(reading),
        checkbox=own.opening.box is not None,
        optional=reading.first(Mark.OPTIONAL) is not None,
    )
    return Written(
        item=item,
        tail=stretch.tail(reading.pieces),
        box=own.opening.box,
        words=stretch.spans(reading.pieces),
        owners=stretch.slots(reading.owners),
        dues=stretch.slots(reading.dues),
        dones=done_spans(stretch, reading),
        planned=stretch.span(planned.start, planned.end) if planned else None,
    )


def _completed(reading: Reading) -> date | None:
    return next((t.day for t in reading.marks if t.mark is Mark.DONE and isinstance(t.day, date)), None)


# --- `- Owner: @x` below an item ------------------------------------------------------------------------------


def _further_lines(scope: Scope, own: _Entry, end: int) -> Iterator[int]:
    """The lines of the item behind its first paragraph that are text."""
    start = scope.clipped(own.entry.line, scope.paragraphs.get(own.entry.line, own.entry.line + 1))
    for line in range(start, end):
        if scope.layout.kinds[line] is Kind.TEXT and scope.layout.visible[line].strip():
            yield line


def _with_line(scope: Scope, written: Written, line: int) -> Written:
    text = scope.layout.visible[line]
    stretch = Stretch.of((text,), line, (opening(text, line).start,))
    reading = read_stretch(stretch.source, scope.grammar)
    if not _speaks_of_another(reading):
        return written
    item, due, typed = written.item, reading.due, reading.first(Mark.TYPE)
    planned = reading.first(Mark.PLANNED)
    if reading.owners and not (item.owners or item.owner_text):
        item = replace(item, owners=reading.names, owner_text=reading.owner_text)
        written = replace(written, owners=stretch.slots(reading.owners))
    if reading.dues and item.due is None and not item.problem:
        item = replace(
            item, due=due if isinstance(due, date) else None, problem=due.reason if isinstance(due, Problem) else ""
        )
        written = replace(written, dues=stretch.slots(reading.dues))
    if reading.first(Mark.DONE) is not None:
        item = replace(item, done=True, completed=item.completed or _completed(reading))
        written = replace(written, dones=(*written.dones, *done_spans(stretch, reading)))
    if planned is not None and item.planned is None:
        item = replace(item, planned=planned.text)
        written = replace(written, planned=stretch.span(planned.start, planned.end))
    item = replace(
        item,
        type=(typed.text if typed else "") or item.type,
        refs=tuple(dict.fromkeys((*item.refs, *reading.refs))),
        links=tuple(dict.fromkeys((*item.links, *reading.links))),
    )
    return replace(written, item=item)
