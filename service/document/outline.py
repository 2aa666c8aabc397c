"""Sections: by headings at any level and by bold lines that serve as headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.document.blanks import content, is_not_applicable
from service.document.blocks import Heading, Kind, Layout
from service.document.headings import Lexica, slug
from service.document.parts import Section
from service.document.tables import cells

BOLD = 7  # the level of a bold line that serves as a heading: below every real one
ONE_LINE = 8  # the level of a bold label with its answer on the same line: `**Root cause:** the cache had no bound`
ITEM_SECTIONS = frozenset({"actions", "customer-actions"})
_ACTION_TYPES = ("prevention", "detection", "response", "documentation", "process", "learning")
_BOLD_LINE = re.compile(r"(?:\*\*|__)(?P<title>[^*_]{1,80}?)(?P<colon>:?)(?:\*\*|__)[ \t]*(?P<late>:?)(?P<rest>.*)")
# What people answer in one line behind a bold label; the lines below belong to the section around it.
_ONE_LINERS = frozenset(
    {"root-cause", "contributing-factors", "went-well", "went-wrong", "lucky", "lessons", "ongoing", "links"}
)
_PARTS_OF = {
    "lessons": frozenset({"went-well", "went-wrong", "lucky"}),
    "review": frozenset({"disclosure"}),
}
_INSIDE_ACTIONS = frozenset({"detection", "verification", "what", "why", "impact", "root-cause", "summary"})


@dataclass(frozen=True, slots=True)
class Part:
    """A section before its text is read. `parent` is an index into the outline."""

    id: str
    known: bool
    title: str
    level: int
    start: int
    body: int
    end: int
    parent: int | None


@dataclass(frozen=True, slots=True)
class Outline:
    """All parts in order, and for each line the innermost part it stands in (None before the first heading)."""

    parts: tuple[Part, ...]
    at: tuple[int | None, ...]
    topics: tuple[Part | None, ...]  # for each part

    def topic(self, line: int) -> Part | None:
        """The nearest part around the line whose heading the dialect knows (see `_topics`)."""
        index = self.at[line] if line < len(self.at) else None
        return None if index is None else self.topics[index]

    def around(self, line: int) -> Iterator[Part]:
        """The parts this line stands in, innermost first."""
        index = self.at[line] if line < len(self.at) else None
        while index is not None:
            yield self.parts[index]
            index = self.parts[index].parent


def outline(layout: Layout, lexica: Lexica) -> Outline:
    parts = _nested(sorted(_marks(layout, lexica), key=lambda h: h.line), lexica, len(layout.lines.texts))
    at: list[int | None] = [None] * len(layout.lines.texts)
    for index, part in enumerate(parts):
        following = parts[index + 1].start if index + 1 < len(parts) else len(at)
        at[part.start : following] = [part.parent if part.level == ONE_LINE else index] * (following - part.start)
        at[part.start] = index
    return Outline(parts, tuple(at), _topics(parts))


def _topics(parts: Sequence[Part]) -> tuple[Part | None, ...]:
    """Under an action heading a heading such as "Detection" names the kind of action, so the topic is still the
    actions.
    """
    topics: list[Part | None] = []
    for part in parts:
        above = topics[part.parent] if part.parent is not None else None
        inside = above is not None and above.id in ITEM_SECTIONS and part.id in _INSIDE_ACTIONS
        topics.append(part if part.known and not inside else above)
    return tuple(topics)


def _marks(layout: Layout, lexica: Lexica) -> Iterator[Heading]:
    yield from layout.headings
    for start, end in layout.prose:
        for line in range(start, end):
            heading = _bold_heading(layout, lexica, line) if layout.visible[line].startswith(("**", "__")) else None
            if heading is not None:
                yield heading


def _bold_heading(layout: Layout, lexica: Lexica, line: int) -> Heading | None:
    """A bold line that names a section. `**Impact:**` could be a field as well: it is a heading only where prose
    follows. With an answer on the same line it is a section of one line.
    """
    found = _BOLD_LINE.fullmatch(layout.visible[line].strip())
    name = lexica.sections.exact(found["title"]) if found else None
    if found is None or name is None:
        return None
    labels, title = bool(found["colon"] or found["late"]), found["title"].strip()
    if found["rest"].strip():
        level = ONE_LINE if name in _ONE_LINERS else BOLD
        return Heading(line, line + 1, level, title) if labels and name in _ONE_LINERS | ITEM_SECTIONS else None
    as_field = labels and lexica.fields.exact(found["title"]) is not None
    return None if as_field and not _prose_follows(layout, line + 1) else Heading(line, line + 1, BOLD, title)


def _prose_follows(layout: Layout, line: int) -> bool:
    """Whether the next line that is not blank is a sentence or list, and not another label or heading."""
    for number in range(line, min(line + 3, len(layout.visible))):
        text = layout.visible[number].strip()
        if text:
            labelled = re.match(r"[-*+ ]*(?:\*\*|__)", text) or re.match(
                r"[^\s:]{1,20}(?: [^\s:]{1,20}){0,2}:(?:\s|$)", text
            )
            return not labelled and not text.startswith("#") and bool(content(text))
    return False


def _nested(marks: Sequence[Heading], lexica: Lexica, total: int) -> tuple[Part, ...]:
    """Each mark ends where the next one of its level or above begins."""
    ends = [mark.end if mark.level == ONE_LINE else total for mark in marks]
    parents: list[int | None] = [None] * len(marks)
    stack: list[int] = []
    for index, mark in enumerate(marks):
        while stack and marks[stack[-1]].level >= mark.level:
            ends[stack.pop()] = mark.line
        parents[index] = stack[-1] if stack else None
        if mark.level < ONE_LINE:
            stack.append(index)
    title = len(marks) > 1 and all(mark.level > marks[0].level for mark in marks[1:])
    names = [_name(mark, lexica, title=title and n == 0) for n, mark in enumerate(marks)]
    rows = zip(marks, names, ends, parents, strict=True)
    return tuple(
        Part(name or slug(m.title), name is not None, m.title, m.level, m.line, m.end, end, parent)
        for m, name, end, parent in rows
    )


def _name(mark: Heading, lexica: Lexica, *, title: bool) -> str | None:
    """The title over a whole document ("Incident: checkout was down") is a section only if it says just that."""
    return lexica.sections.exact(mark.title) if title else lexica.sections.find(mark.title)


# --- what a section says --------------------------------------------------------------------------------------


def sections(layout: Layout, outlined: Outline, lexica: Lexica) -> tuple[Section, ...]:
    said = spoken(layout, lexica)
    texts = [_text(outlined, index, said) for index in range(len(outlined.parts))]
    return tuple(_section(part, text) for part, text in zip(outlined.parts, texts, strict=True))


def _section(part: Part, lines: Sequence[str]) -> Section:
    nothing = len(lines) == 1 and is_not_applicable(lines[0])
    text = "\n".join(lines)
    return Section(
        part.id, part.title, part.level, part.start, part.body, part.end, text, bool(lines) and not nothing, nothing
    )


def _text(outlined: Outline, index: int, said: Sequence[str]) -> list[str]:
    """The part's own lines, with those of headings below it that are no topic of their own."""
    part, lines = outlined.parts[index], []
    if part.level == ONE_LINE and said[part.start]:
        return [said[part.start].partition(":")[2].strip("*_: \t")]
    belongs: dict[int | None, bool] = {index: True}
    for line in range(part.body, part.end):
        at = outlined.at[line]
        if at is None or at < index:
            continue
        if at not in belongs:
            belongs[at] = _belongs(outlined, at, index)
        if belongs[at] and said[line] and line != outlined.parts[at].start:
            lines.append(said[line])
    return lines


def _belongs(outlined: Outline, inner: int, outer: int) -> bool:
    """Whether what stands under a heading further in still counts as the outer section's own words."""
    whole = outlined.parts[outer].id
    at: int | None = inner
    while at is not None and at != outer:
        part = outlined.parts[at]
        transparent = part.id == whole or part.id in _PARTS_OF.get(whole, ())
        inside_actions = whole in ITEM_SECTIONS and part.id in _INSIDE_ACTIONS
        if part.known and not transparent and not inside_actions:
            return False
        at = part.parent
    return True


def spoken(layout: Layout, lexica: Lexica) -> tuple[str, ...]:
    """For each line what a person has said on it; "" for headings, prompts, placeholders and bare labels."""
    said = [content(line) if line.strip() else "" for line in layout.visible]
    for number, kind in enumerate(layout.kinds):
        line = layout.lines.texts[number].strip()
        if kind is Kind.CODE and not line.startswith(("```", "~~~")):
            said[number] = line
    for heading in layout.headings:
        said[heading.line : heading.end] = [""] * (heading.end - heading.line)
    for table in layout.tables:
        said[table.header] = said[min(table.header + 1, len(said) - 1)] = ""
        for row in table.rows:
            said[row] = _row_content(layout.visible[row], lexica)
    return tuple(said)


def _row_content(row: str, lexica: Lexica) -> str:
    """A row that only names a field, such as `| Severity | |`, says nothing."""
    values = [cell.text for cell in cells(row)]
    kept = [value for n, value in enumerate(values) if content(value) and not (n == 0 and lexica.fields.exact(value))]
    return " | ".join(kept)
