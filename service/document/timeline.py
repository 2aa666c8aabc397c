"""The timeline: table rows and bullets that begin with a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from service.document.blanks import content, is_placeholder
from service.document.blocks import Kind, Layout, Table, opening
from service.document.dates import Problem, find_dates
from service.document.headings import Lexica
from service.document.moments import find_clock, read_moment
from service.document.outline import Outline
from service.document.parts import TimelineEntry
from service.document.tables import Cell, cells

_NEAR = 24  # a time further into a line than this belongs to its story


@dataclass(slots=True)
class _Clock:
    """The last moment read: a later line that gives only a time of day is on that day, or the next."""

    today: date
    day: date | None
    last: datetime | None = None

    def read(self, text: str) -> datetime | None:
        moment = read_moment(text, self.today, self.day, self.last)
        if isinstance(moment, Problem):
            return None
        self.last = moment
        return moment


def timeline(
    layout: Layout, outlined: Outline, lexica: Lexica, today: date, day: date | None
) -> tuple[TimelineEntry, ...]:
    clock = _Clock(today, day)
    rows = {row: table for table in layout.tables for row in table.rows}
    headers = {n for table in layout.tables for n in (table.header, table.header + 1)}
    found = (
        _row(layout, rows[line], line, lexica, clock) if line in rows else _line(layout, line, clock)
        for line in _lines(layout, outlined)
        if line not in headers
    )
    return tuple(entry for entry in found if entry is not None)


def _lines(layout: Layout, outlined: Outline) -> Iterator[int]:
    topics: dict[int | None, bool] = {None: False}
    for line, at in enumerate(outlined.at):
        if at not in topics:
            topic = outlined.topic(line)
            topics[at] = topic is not None and topic.id == "timeline"
        if topics[at] and layout.kinds[line] is Kind.TEXT and line != outlined.parts[at or 0].start:
            yield line


def _row(layout: Layout, table: Table, line: int, lexica: Lexica, clock: _Clock) -> TimelineEntry | None:
    values = cells(layout.visible[line])
    names = [lexica.timeline_columns.find(cell.text) for cell in cells(layout.visible[table.header])]
    times = [v.text for v, name in zip(values, names, strict=False) if name == "time"] or [v.text for v in values[:1]]
    events = [c for c in _events(values, names) if content(c.text)]
    written = " ".join(times)
    if not events or not _is_time(written, clock.today):
        return None
    return TimelineEntry(line, " - ".join(c.text for c in events), clock.read(written))


def _events(values: tuple[Cell, ...], names: list[str | None]) -> Iterator[Cell]:
    """Every cell but the times; the first cell is the time where no column is named so."""
    timed = "time" in names
    for number, cell in enumerate(values):
        name = names[number] if number < len(names) else None
        if name != "time" and (timed or number > 0):
            yield cell


def _is_time(text: str, today: date) -> bool:
    """A time or date that a person has written, however badly."""
    return not is_placeholder(text) and (
        find_clock(text) is not None or next(find_dates(text, today), None) is not None
    )


def _line(layout: Layout, line: int, clock: _Clock) -> TimelineEntry | None:
    """A bullet or a line that begins with a time, a date or both. A line with a date alone sets the day."""
    text = layout.visible[line]
    words = text[opening(text, line).start :].strip()
    lead = words[:_NEAR].replace("*", " ").replace("`", " ").replace("[", " ").replace("]", " ")
    first = find_clock(lead)
    if first is None:
        return _dated(line, words, clock)
    if isinstance(first, Problem):
        return TimelineEntry(line, words, None)
    whole = words.replace("*", " ").replace("`", " ").replace("[", " ").replace("]", " ")
    exact = find_clock(whole)
    end = exact.end if not isinstance(exact, Problem) and exact is not None else first.end
    said = words[end:].strip(" \t*`])-–—:|,").strip()
    return TimelineEntry(line, said, clock.read(whole[:end])) if content(said) else None


def _dated(line: int, words: str, clock: _Clock) -> TimelineEntry | None:
    found = next((d for d in find_dates(words[:_NEAR], clock.today) if d.start < 3 and d.firm), None)
    if found is None or isinstance(found.value, Problem):
        return None
    clock.day, clock.last = found.value, None
    said = words[found.end :].strip(" \t*`])-–—:|,").strip()
    return TimelineEntry(line, said, None) if content(said) else None
