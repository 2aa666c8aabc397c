"""Reading a document: one block pass, then line work. Nothing here raises on any text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from service.document.actions import Scope, action_items
from service.document.blocks import Layout, lay_out
from service.document.checklists import criteria
from service.document.fields import Place, places
from service.document.headings import Lexica, lexica
from service.document.marks import Grammar
from service.document.outline import Outline, outline, sections
from service.document.parts import (
    ActionItem,
    Criterion,
    Dialect,
    Field,
    FieldState,
    Section,
    TimelineEntry,
)
from service.document.timeline import timeline
from service.document.values import read_fields
from service.document.words import DEFAULT_DIALECT
from service.document.written import Written
from service.model import IssueRef


@dataclass(frozen=True)
class Document:
    """A text as read on a given day. Equal texts read alike; the parts below `grammar` serve the edits."""

    text: str
    eol: str
    sections: tuple[Section, ...]
    fields: Mapping[str, Field]
    timeline: tuple[TimelineEntry, ...]
    items: tuple[ActionItem, ...]
    criteria: tuple[Criterion, ...]  # the definition of done of an action item
    review: tuple[Criterion, ...]  # the final review of a post-mortem
    grammar: Grammar = field(repr=False, compare=False)
    layout: Layout = field(repr=False, compare=False)
    outlined: Outline = field(repr=False, compare=False)
    written: tuple[Written, ...] = field(repr=False, compare=False)
    places: tuple[Place, ...] = field(repr=False, compare=False)

    def section(self, name: str) -> Section | None:
        """The section of this id (or of any spelling of its heading). Of several, the first that says something."""
        known = self.lexica.sections.exact(name) or name
        found = [section for section in self.sections if section.id in {name, known}]
        return next((s for s in found if s.filled or s.not_applicable), found[0] if found else None)

    def field(self, name: str) -> Field:
        """The field of this canonical name; PENDING on no line where the document does not have it."""
        return self.fields.get(name) or Field(name, FieldState.PENDING)

    def line(self, number: int) -> str:
        """A line's text without its ending, as the person wrote it; "" beyond the end."""
        lines = self.layout.lines.texts
        return lines[number] if 0 <= number < len(lines) else ""

    @property
    def lexica(self) -> Lexica:
        return lexica(self.grammar.dialect)

    def written_at(self, line: int) -> Written | None:
        return next((written for written in self.written if written.item.line == line), None)


def read(text: str, *, today: date, dialect: Dialect = DEFAULT_DIALECT, home: IssueRef | None = None) -> Document:
    """The document as a reader on the day `today` understands it. `home` is the issue it belongs to: `#12` means an
    issue of the same project.
    """
    key = _Key(dialect)
    return _read(text, today, key, home)


class _Key:
    """A dialect as a cache key: by its words, worked out once for each dialect object."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.words = (
            tuple(dialect.sections.items()),
            tuple(dialect.fields.items()),
            tuple(dialect.columns.items()),
            dialect.hosts,
        )

    def __hash__(self) -> int:
        return hash(self.words[3])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.words == other.words


@lru_cache(maxsize=64)
def _read(text: str, today: date, key: _Key, home: IssueRef | None) -> Document:
    layout, known = lay_out(text), lexica(key.dialect)
    outlined = outline(layout, known)
    grammar = _grammar(today, key, home)
    found = tuple(places(layout, outlined, known))
    own_sections = sections(layout, outlined, known)
    fields = _with_impact(read_fields(found, today), own_sections)
    day = fields["date"].value if "date" in fields else None
    written = action_items(Scope(layout, outlined, known, grammar))
    return Document(
        text=text,
        eol=layout.lines.eol,
        sections=own_sections,
        fields=fields,
        timeline=timeline(layout, outlined, known, today, day if isinstance(day, date) else None),
        items=tuple(w.item for w in written),
        criteria=tuple(criteria(layout, outlined, frozenset({"definition-of-done"}))),
        review=tuple(criteria(layout, outlined, frozenset({"review"}))),
        grammar=grammar,
        layout=layout,
        outlined=outlined,
        written=written,
        places=found,
    )


@lru_cache(maxsize=64)
def _grammar(today: date, key: _Key, home: IssueRef | None) -> Grammar:
    """One object for equal readings, so that lines read before need no second reading."""
    return Grammar(today, key.dialect, home)


def _with_impact(fields: Mapping[str, Field], found: tuple[Section, ...]) -> dict[str, Field]:
    """An impact told in its own section needs no Impact line."""
    told = next((s for s in found if s.id == "impact" and (s.filled or s.not_applicable)), None)
    if "impact" in fields or told is None:
        return dict(fields)
    state = FieldState.NOT_APPLICABLE if told.not_applicable else FieldState.RECORDED
    value = None if told.not_applicable else told.text
    return {**fields, "impact": Field("impact", state, value, told.text, line=told.start)}


def again(doc: Document, text: str) -> Document:
    """Another text read as this one was."""
    grammar = doc.grammar
    return read(text, today=grammar.today, dialect=grammar.dialect, home=grammar.home)


def placed(doc: Document, name: str) -> Place | None:
    """Where the field that counts is written."""
    line = doc.field(name).line
    return next((place for place in doc.places if place.name == name and place.line == line), None)
