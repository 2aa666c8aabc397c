"""Fields: where `**Severity:** high` and its like stand. What their values mean is in `service.document.values`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.document.blanks import is_placeholder
from service.document.blocks import Kind, Layout, Table, opening
from service.document.headings import Lexica, slug
from service.document.lines import Span
from service.document.outline import Outline, Part
from service.document.tables import Cell, cells

_BOLD = re.compile(r"(?:\*\*|__)(?P<name>[^*\n]{1,60}?)(?::(?:\*\*|__)|(?:\*\*|__)[ \t]{0,2}:)")
_PLAIN = re.compile(r"[^\w*_`\[<|]{0,4}(?P<name>[^\W_][^:|*`\[\]<>\n]{0,50}?)[ \t]?:(?=[ \t]|$)")
_CLOSING = " \t|,;·•"
_NOT_FIELDS = frozenset({"actions", "customer-actions", "timeline", "definition-of-done", "review", "disclosure"})


_BY_HEADING = frozenset(
    {"date", "duration", "severity", "category", "started", "detected", "mitigated", "resolved", "owner", "deadline"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """A field as written: its value's text, and the span that holds it (None: it is not ours to edit)."""

    name: str
    raw: str
    line: int
    span: Span | None


def places(layout: Layout, outlined: Outline, lexica: Lexica) -> Iterator[Place]:
    """Every field line in the document, in order; a name may come more than once."""
    open_lines = _open_lines(layout, outlined)
    headings = {part.start for part in outlined.parts}
    in_tables = {n for t in layout.tables for n in range(t.header, max((t.header + 1, *t.rows)) + 1)}
    found: list[Place] = []
    for line, is_open in enumerate(open_lines):
        if is_open and line not in headings and line not in in_tables:
            found += _continued(layout, headings, _on_line(layout.visible[line], line, lexica))
    for table in layout.tables:
        if open_lines[table.header]:
            found += _in_table(layout, table, lexica)
    found += _under_headings(layout, outlined, lexica)
    yield from sorted(found, key=lambda place: place.line)


def _open_lines(layout: Layout, outlined: Outline) -> list[bool]:
    """Which lines may hold fields: plain text outside action items, the timeline and checklists."""
    barred: dict[int | None, bool] = {None: False}
    for line, at in enumerate(outlined.at):
        if at not in barred:
            topic = outlined.topic(line)
            barred[at] = topic is not None and topic.id in _NOT_FIELDS
    kinds = zip(layout.kinds, outlined.at, strict=True)
    return [kind is Kind.TEXT and not barred[at] for kind, at in kinds]


def _on_line(text: str, line: int, lexica: Lexica) -> list[Place]:
    if ":" not in text:
        return []
    start = opening(text, line).start
    labels = list(_BOLD.finditer(text, start))
    if labels:
        ends = [*(label.start() for label in labels[1:]), len(text)]
        return [_bold(text, line, label, end, lexica) for label, end in zip(labels, ends, strict=True)]
    plain = _PLAIN.match(text, start)
    name = lexica.fields.find(plain["name"]) if plain else None
    return [_place(name, text, line, plain.end(), len(text))] if plain and name else []


def _bold(text: str, line: int, label: re.Match[str], end: int, lexica: Lexica) -> Place:
    name = lexica.fields.find(label["name"]) or slug(label["name"])
    return _place(name, text, line, label.end(), end)


def _place(name: str, text: str, line: int, start: int, end: int) -> Place:
    value = text[start:end].rstrip(_CLOSING)
    left = start + len(value) - len(value.lstrip())
    if value.strip():
        return Place(name, value.strip(), line, Span(line, left, left + len(value.strip())))
    at = start + 1 if text[start : start + 1] == " " else start
    return Place(name, "", line, Span(line, at, at))


def _continued(layout: Layout, headings: Iterable[int], found: list[Place]) -> list[Place]:
    """A label alone on its line speaks of the next line, where that is plain text of the same paragraph."""
    if len(found) != 1 or found[0].raw:
        return found
    place, line = found[0], found[0].line + 1
    if line >= len(layout.visible) or line in headings or layout.kinds[line] is not Kind.TEXT:
        return found
    text = layout.visible[line]
    begins = opening(text, line).start == len(text) - len(text.lstrip())
    labelled = _BOLD.search(text) or _PLAIN.match(text.strip())
    if not text.strip() or not begins or labelled or text.lstrip().startswith(("|", "#", ">")):
        return found
    left = len(text) - len(text.lstrip())
    return [Place(place.name, text.strip(), line, Span(line, left, len(text.rstrip())))]


def _in_table(layout: Layout, table: Table, lexica: Lexica) -> Iterator[Place]:
    """`| Severity | high |` row by row; or names in the header and values in the first row."""
    header = cells(layout.visible[table.header])
    names = [lexica.fields.exact(cell.text) for cell in header]
    if len([name for name in names if name]) > 1:
        values = cells(layout.visible[table.rows[0]]) if table.rows else ()
        yield from (_cell_place(n, c, table.rows[0]) for n, c in zip(names, values, strict=False) if n)
        return
    for row in (table.header, *table.rows):
        found = cells(layout.visible[row])
        name = lexica.fields.find(found[0].text.strip("*_: ")) if len(found) > 1 else None
        if name:
            yield _cell_place(name, found[1], row)


def _cell_place(name: str, cell: Cell, line: int) -> Place:
    return Place(name, cell.text, line, Span(line, cell.start, cell.end))


def _under_headings(layout: Layout, outlined: Outline, lexica: Lexica) -> Iterator[Place]:
    """`### Severity` with the value on the next line, as issue forms write it."""
    for index, part in enumerate(outlined.parts):
        name = lexica.fields.exact(part.title) or ""
        if name not in _BY_HEADING or part.known or part.level == 1 or _inside(outlined, part):
            continue
        for line in range(part.body, part.end):
            text = layout.visible[line]
            if outlined.at[line] == index and text.strip() and layout.kinds[line] is Kind.TEXT:
                left = opening(text, line).start
                raw = text[left:].rstrip()
                yield Place(name, "" if is_placeholder(raw) else raw, line, Span(line, left, left + len(raw)))
                break


def _inside(outlined: Outline, part: Part) -> bool:
    return any(around.id in _NOT_FIELDS for around in outlined.around(part.start))
