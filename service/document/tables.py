"""Table rows cut into cells, with the place of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_PIPE = re.compile(r"(?<!\\)(?:\\\\)*\|")


@dataclass(frozen=True, slots=True)
class Cell:
    """`start` to `end` is the cell's text in its row, without the spaces around it (empty cells: a point)."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def cells(row: str) -> tuple[Cell, ...]:
    """GitHub's tables cut at every pipe without a backslash before it, also within code."""
    bounds = [found.end() - 1 for found in _PIPE.finditer(row)]
    first = len(row) - len(row.lstrip())
    last = len(row.rstrip())
    inner = [b for b in bounds if b != first]
    starts = [first + 1 if row[first : first + 1] == "|" else first, *(b + 1 for b in inner)]
    ends = [*inner, last]
    found = [_cell(row, start, max(start, end)) for start, end in zip(starts, ends, strict=True)]
    closed = bool(inner) and inner[-1] == last - 1
    return tuple(found[:-1] if closed else found)


def _cell(row: str, start: int, end: int) -> Cell:
    text = row[start:end]
    left = start + len(text) - len(text.lstrip())
    if not text.strip():
        middle = min(start + 1, end)
        return Cell("", middle, middle)
    return Cell(text.strip(), left, left + len(text.strip()))
