"""An action item together with the places its parts are written at, which is what an edit needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from service.document.action_lines import Reading
from service.document.lines import Span
from service.document.marks import Mark, Token
from service.document.parts import ActionItem


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value stands. `named`: behind a label or in a column, so that an empty value leaves its place."""

    span: Span
    named: bool = False
    whole: Span | None = None  # with the word that announces it, as in "by Friday"


@dataclass(frozen=True, slots=True)
class Written:
    """`tail` is where a suffix goes; `words` hold the text; `dones` are marks that say done, apart from the box."""

    item: ActionItem
    tail: Span
    box: Span | None = None
    words: tuple[Span, ...] = ()
    owners: tuple[Slot, ...] = ()
    dues: tuple[Slot, ...] = ()
    dones: tuple[Span, ...] = ()
    planned: Span | None = None
    status: Slot | None = None
    issue: Slot | None = None
    row: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text joined from parts of lines by line feeds, so that it can be read as one."""

    source: str
    starts: tuple[tuple[int, int, int], ...] = field(default=())  # offset in the source, line, column

    @classmethod
    def of(cls, lines: Sequence[str], first: int, columns: Sequence[int]) -> Stretch:
        offset, starts, parts = 0, [], []
        for number, (line, column) in enumerate(zip(lines, columns, strict=True)):
            starts.append((offset, first + number, column))
            parts.append(line[column:].rstrip())
            offset += len(parts[-1]) + 1
        return cls("\n".join(parts), tuple(starts))

    def span(self, start: int, end: int) -> Span | None:
        """The place in the document; None for what runs over a line's end."""
        for offset, line, column in reversed(self.starts):
            if offset <= start:
                inside = "\n" not in self.source[start:end]
                return Span(line, column + start - offset, column + end - offset) if inside else None
        return None

    def slots(self, tokens: Sequence[Token]) -> tuple[Slot, ...]:
        found = ((self.span(t.value_start, t.value_end), t) for t in tokens)
        return tuple(Slot(span, t.keyed, self.span(t.start, t.end)) for span, t in found if span is not None)

    def spans(self, places: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
        found = [part for start, end in places for part in self.by_line(start, end)]
        return tuple(found)

    def by_line(self, start: int, end: int) -> Iterator[Span]:
        """The parts of a place that runs over several lines, one for each line."""
        at = start
        for part in self.source[start:end].split("\n"):
            span = self.span(at, at + len(part))
            if span is not None:
                yield span
            at += len(part) + 1

    def tail(self, pieces: Sequence[tuple[int, int]]) -> Span:
        """The end of the line on which the action's words end."""
        said = max((end for _, end in pieces), default=0)
        offset, line, column = next(start for start in reversed(self.starts) if start[0] <= said)
        end = column + len(self.source[offset:].partition("\n")[0])
        return Span(line, end, end)


def done_spans(stretch: Stretch, reading: Reading) -> tuple[Span, ...]:
    """Done marks with the space or separator before them, so that taking them out leaves no trace."""
    source, found = reading.source, []
    first = len(source) - len(source.lstrip(_SEPARATORS))
    for token in reading.marks:
        if token.mark is Mark.DONE:
            start, end = token.start, token.end
            before = _SEPARATORS if source[start].isalpha() else " \t"
            while start > first and source[start - 1] in before:
                start -= 1
            while start <= first and end < len(source) and source[end] in " \t:–—-":
                end += 1
            span = stretch.span(start, end)
            if span is not None:
                found.append(span)
    return tuple(found)


_SEPARATORS = " \t–—-:,"
