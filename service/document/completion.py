"""Adding what a template has and a text lacks, without losing a byte of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from service.document.lines import Lines
from service.document.outline import BOLD, Outline, Part
from service.document.parts import Dialect
from service.document.reading import read
from service.document.words import DEFAULT_DIALECT

_ANY_DAY = date(2000, 1, 1)  # an outline does not depend on the day
_HTML_ENDS = ("-->", "</pre>", "</script>", "</style>", "</textarea>", "?>", ">", "]]>")


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A section of the template that may be added: its lines, and its place among the others."""

    index: int
    part: Part
    lines: tuple[str, ...]


def add_missing_sections(text: str, template: str, *, dialect: Dialect = DEFAULT_DIALECT) -> str:
    """The text with each of the template's sections that it lacks, prompts included, where the template's order puts
    it: behind the nearest section before it that is there, else before the nearest one behind it, else at the end.
    """
    if not text.strip():
        return text + _as(template, Lines.of(text).eol) if text else template
    outlined = _outline(text, dialect)
    if not outlined.parts:
        return _appended(text, template, dialect) if _outline(template, dialect).parts else text
    for chunk in _chunks(template, dialect):
        outlined = _outline(text, dialect)
        if chunk.part.id not in {part.id for part in outlined.parts}:
            text = _inserted(text, chunk, template, dialect)
    return text


def _outline(text: str, dialect: Dialect) -> Outline:
    return read(text, today=_ANY_DAY, dialect=dialect).outlined


def _as(text: str, eol: str) -> str:
    return "".join(line + (eol if end else "") for line, end in zip(*_parts(text), strict=True))


def _parts(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lines = Lines.of(text)
    return lines.texts, lines.ends


def _appended(text: str, addition: str, dialect: Dialect) -> str:
    """The addition behind the text, an empty line between them; whatever block the text leaves open is closed."""
    eol = Lines.of(text).eol
    start = text if text.endswith(("\n", "\r")) else text + eol
    for closer in _closers(text):
        base = start + (closer + eol if closer else "")
        probe = _outline(f"{base}{eol}# probe", dialect).parts
        if probe and probe[-1].id == "probe" and probe[-1].level == 1:
            return f"{base}{eol}{_as(addition, eol)}"
    return text


def _closers(text: str) -> tuple[str, ...]:
    """What may have to be closed before a heading is a heading again. A fence is closed by one at least as long."""
    fences = (max((len(run) for run in re.findall(f"{mark}{{3,}}", text)), default=3) * mark for mark in "`~")
    return ("", *fences, *_HTML_ENDS)


# --- what to add ----------------------------------------------------------------------------------------------


def _chunks(template: str, dialect: Dialect) -> Iterator[_Chunk]:
    """The template's sections in order. A title over everything is no section; a heading below one counts by itself
    only where the dialect knows it.
    """
    outlined, texts = _outline(template, dialect), _parts(template)[0]
    title = _title(outlined.parts)
    for index, part in enumerate(outlined.parts):
        top = part.parent is None or part.parent == title
        if index != title and (top or part.known):
            yield _Chunk(index, part, texts[part.start : part.end])


def _title(parts: Sequence[Part]) -> int | None:
    """A lone first heading of a level above all others."""
    lone = len(parts) > 1 and all(part.level > parts[0].level for part in parts[1:])
    return 0 if lone and not parts[0].known else None


def _inserted(text: str, chunk: _Chunk, template: str, dialect: Dialect) -> str:
    wanted, outlined = _outline(template, dialect).parts, _outline(text, dialect)
    parent = chunk.part.parent
    over = None if parent is None or parent == _title(wanted) else wanted[parent].id
    siblings = [n for n, part in enumerate(wanted) if part.parent == parent]
    before = _nearest(outlined.parts, [wanted[n].id for n in reversed(siblings) if n < chunk.index] + [over or ""])
    if before is not None:
        level = _level(chunk.part, before, inside=before.id == over)
        return _placed(text, chunk, _end(outlined, before), level, dialect)
    real = [part for part in outlined.parts if part.level < BOLD]
    behind = _nearest(real, [wanted[n].id for n in siblings if n > chunk.index])
    if behind is None:
        return _placed(text, chunk, len(outlined.at), chunk.part.level, dialect)
    return _placed(text, chunk, behind.start, behind.level, dialect)


def _nearest(parts: Sequence[Part], ids: Sequence[str]) -> Part | None:
    """The section of the first of these ids that the text has; where it has several, the last of them."""
    for name in ids:
        found = [part for part in parts if part.id == name]
        if found:
            return found[-1]
    return None


def _level(part: Part, anchor: Part, *, inside: bool) -> int:
    if anchor.level >= BOLD:
        return part.level
    return min(anchor.level + 1, 6) if inside else anchor.level


def _end(outlined: Outline, anchor: Part) -> int:
    """Behind the anchor and everything below it. A bold line that serves as a heading cannot be followed by a
    heading of its own level: the addition goes before the next real one.
    """
    if anchor.level < BOLD:
        return anchor.end
    real = (part.start for part in outlined.parts if part.start > anchor.start and part.level < BOLD)
    return next(real, len(outlined.at))


def _placed(text: str, chunk: _Chunk, at: int, level: int, dialect: Dialect) -> str:
    """The chunk before line `at`, its headings moved to `level`."""
    lines = Lines.of(text)
    addition = _relevelled(chunk, level)
    if at >= len(lines.texts):
        return _appended(text, "\n".join(addition) + "\n", dialect)
    before = "".join(a + b for a, b in zip(lines.texts[:at], lines.ends[:at], strict=True))
    behind = text[len(before) :]
    gap = "" if at == 0 or not lines.texts[at - 1].strip() else lines.eol
    return before + gap + lines.eol.join(addition) + lines.eol * 2 + behind


def _relevelled(chunk: _Chunk, level: int) -> list[str]:
    """The chunk's lines without empty ones at the end. Its first heading gets the level; those below it follow."""
    lines = list(chunk.lines)
    while lines and not lines[-1].strip():
        lines.pop()
    shift = level - chunk.part.level
    return [_shifted(line, shift) if line.startswith("#") else line for line in lines]


def _shifted(line: str, shift: int) -> str:
    marks = len(line) - len(line.lstrip("#"))
    return "#" * min(max(marks + shift, 1), 6) + line[marks:]
