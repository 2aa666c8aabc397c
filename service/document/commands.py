"""What a person said in so many words: command lines, and prose for the advisory rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.document.blocks import Kind, Layout, lay_out, opening
from service.document.parts import Remark
from service.document.reading import Document

_COMMAND = re.compile(r"/(?:pm|postmortem)(?:[ \t]+(?P<words>.*))?", re.IGNORECASE)


def command_lines(text: str) -> tuple[tuple[int, str], ...]:
    """`(line, words)` for each line that begins with `/pm` or `/postmortem`, outside code, quotes and comments."""
    layout = lay_out(text)
    found = ((n, _COMMAND.fullmatch(line.rstrip())) for n, line in enumerate(layout.visible) if line[:1] == "/")
    return tuple((n, (m["words"] or "").strip()) for n, m in found if m is not None and layout.kinds[n] is Kind.TEXT)


def prose(text: str | Document) -> tuple[Remark, ...]:
    """Lines a person wrote as sentences, list items or table rows: without code, quotes and comments, and without
    what stands in backticks.
    """
    layout = text.layout if isinstance(text, Document) else lay_out(text)
    return tuple(_lines(layout))


def _lines(layout: Layout) -> Iterator[Remark]:
    for number, line in enumerate(layout.visible):
        said = without_code(line[opening(line, number).start :]).strip()
        if layout.kinds[number] is Kind.TEXT and said.strip("|-: =#"):
            yield Remark(number, said)


def without_code(line: str) -> str:
    """The line without what stands in backticks; the rest keeps its order. One pass over the backticks."""
    if "`" not in line:
        return line
    runs = [(m.start(), m.end()) for m in re.finditer(r"`+", line)]
    pieces, at, number = [], 0, 0
    while number < len(runs):
        start, end = runs[number]
        close = next((k for k in range(number + 1, len(runs)) if runs[k][1] - runs[k][0] == end - start), None)
        if close is None:
            number += 1
            continue
        pieces.append(line[at:start])
        at, number = runs[close][1], close + 1
    return "".join([*pieces, line[at:]])


def place(doc: Document, line: int) -> str:
    """Where a line stands, as a person would find it: its heading and number."""
    around = next(iter(doc.outlined.around(line)), None)
    return f"{around.title}, line {line + 1}" if around is not None else f"Line {line + 1}"
