"""One block pass of markdown-it over a text: what each line is, and where headings, lists and tables stand.

Inline parsing is never run. Positions are those of the person's own lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from markdown_it import MarkdownIt
from markdown_it.token import Token

from service.document.lines import Lines, Span, blank_comments


class Kind(Enum):
    """What a line is to a reader of the rendered page."""

    TEXT = "text"
    CODE = "code"
    QUOTE = "quote"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Heading:
    line: int
    end: int
    level: int  # 1 to 6
    title: str


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A list item outside quotes. `end` is one past its last line that is not blank; `parent` an index or None."""

    line: int
    end: int
    parent: int | None
    depth: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table outside quotes: the header's line, and one line for each row."""

    header: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """`visible[n]` is line n with HTML comments turned into spaces; "" where the line is code or a quote."""

    lines: Lines
    kinds: tuple[Kind, ...]
    visible: tuple[str, ...]
    headings: tuple[Heading, ...]
    entries: tuple[ListEntry, ...]
    tables: tuple[Table, ...]
    prose: tuple[tuple[int, int], ...]  # every paragraph outside quotes


_MARKDOWN = MarkdownIt("commonmark").enable("table").disable("reference")


def lay_out(text: str) -> Layout:
    lines = Lines.of(text)
    tokens: list[Token] = []
    _MARKDOWN.block.parse("\n".join(lines.texts).replace("\0", "\ufffd"), _MARKDOWN, {}, tokens)
    return _Walk(lines).over(tokens)


_SHORT_TITLE = 80


class _Walk:
    """Collects the parts while walking the tokens once."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.kinds = [Kind.TEXT] * len(lines.texts)
        self.headings: list[Heading] = []
        self.entries: list[ListEntry] = []
        self.open: list[int] = []
        self.quotes = 0
        self.tables: list[tuple[int, list[int]]] = []
        self.prose: list[tuple[int, int]] = []

    def over(self, tokens: list[Token]) -> Layout:
        for token in tokens:
            self.take(token)
        return Layout(
            self.lines,
            tuple(self.kinds),
            self.visible(),
            tuple(self.headings),
            tuple(self.entries),
            tuple(Table(header, tuple(rows)) for header, rows in self.tables),
            tuple(self.prose),
        )

    def take(self, token: Token) -> None:
        if token.type == "blockquote_open":
            self.quotes += 1
            self.mark(token, Kind.QUOTE)
        elif token.type == "blockquote_close":
            self.quotes -= 1
        elif token.type in {"fence", "code_block"}:
            self.mark(token, Kind.CODE)
        elif self.quotes == 0:
            self.take_visible(token)

    def take_visible(self, token: Token) -> None:
        start, end = token.map or (0, 0)
        match token.type:
            case "html_block":
                self.mark(token, Kind.HTML)
            case "heading_open" if token.level == 0:
                self.heading(token, start, end)
            case "list_item_open":
                self.entry(start, end)
            case "list_item_close":
                self.open.pop()
            case "paragraph_open":
                self.prose.append((start, end))
            case "table_open":
                self.tables.append((start, []))
            case "tr_open" if start > self.tables[-1][0]:
                self.tables[-1][1].append(start)

    def mark(self, token: Token, kind: Kind) -> None:
        start, end = token.map or (0, 0)
        for line in range(start, min(end, len(self.kinds))):
            if self.kinds[line] is Kind.TEXT:
                self.kinds[line] = kind

    def heading(self, token: Token, start: int, end: int) -> None:
        """A long or many-lined paragraph that happens to stand on a line of dashes is prose to whoever wrote it."""
        title = self.lines.texts[start]
        if token.markup[:1] in "-=" and (end - start > 2 or len(title) > _SHORT_TITLE or _MARKED.match(title)):
            self.prose.append((start, end))
            return
        self.headings.append(Heading(start, end, int(token.tag[1:]), _atx_title(title)))

    def entry(self, start: int, end: int) -> None:
        while end > start + 1 and not self.lines.texts[end - 1].strip():
            end -= 1
        self.open.append(len(self.entries))
        parent = self.open[-2] if len(self.open) > 1 else None
        self.entries.append(ListEntry(start, end, parent, len(self.open)))

    def visible(self) -> tuple[str, ...]:
        hidden = (Kind.CODE, Kind.QUOTE)
        shown = ["" if kind in hidden else line for line, kind in zip(self.lines.texts, self.kinds, strict=True)]
        for start, end in self.commented() if any("<!--" in line for line in shown) else ():
            shown[start:end] = blank_comments("\n".join(shown[start:end])).split("\n")
        return tuple(shown)

    def commented(self) -> list[tuple[int, int]]:
        """Line ranges within which a comment may open and close: each paragraph, heading, table and HTML block."""
        spans = [*self.prose, *((h.line, h.end) for h in self.headings)]
        spans += [(row, row + 1) for header, rows in self.tables for row in (header, *rows)]
        return [*spans, *self.html_runs()]

    def html_runs(self) -> list[tuple[int, int]]:
        runs: list[tuple[int, int]] = []
        for line, kind in enumerate(self.kinds):
            if kind is not Kind.HTML:
                continue
            if runs and runs[-1][1] == line:
                runs[-1] = (runs[-1][0], line + 1)
            else:
                runs.append((line, line + 1))
        return runs


_MARKED = re.compile(r"\s*(?:\*\*[^*]+:\*\*|\*\*[^*]+\*\*:)")


def _atx_title(line: str) -> str:
    """The title of `## Title ##` or of an underlined line, without its hash marks."""
    title = line.strip()
    bare = title.lstrip("#").strip() if title.startswith("#") else title
    closed = bare.rstrip("#")
    return closed.rstrip() if closed != bare and (not closed or closed.endswith((" ", "\t"))) else bare


_BULLET = re.compile(r"(?:[ \t]*(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)[ \t]*)+")
_BOX = re.compile(r"\[(?P<mark>[ xX~✓✔✗-]?)\](?=[ \t]|$)[ \t]*")


@dataclass(frozen=True, slots=True)
class Opening:
    """How a list line begins. `mark` stands between the brackets; None: no checkbox. `start`: where words begin."""

    start: int
    box: Span | None
    mark: str


def opening(line: str, number: int) -> Opening:
    bullet = _BULLET.match(line)
    start = bullet.end() if bullet else len(line) - len(line.lstrip())
    box = _BOX.match(line, start)
    if box is None:
        return Opening(start, None, "")
    return Opening(box.end(), Span(number, start, start + len(box["mark"]) + 2), box["mark"])
