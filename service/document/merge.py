"""Carrying our edits over to a text that a person has changed meanwhile: three-way, by lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_MOST_CHANGES = 400  # lines added or removed between two versions; beyond that it is another text


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines `start` to `end` of the base become `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]


def merge(base: str, ours: str, theirs: str) -> str | None:
    """`theirs` with our edits (base to ours) made in it; None where a line we edited was changed or removed there,
    or where the two versions have too little in common.
    """
    if base in {ours, theirs} or ours == theirs:
        return theirs if base == ours else ours
    before, mine, yours = (text.splitlines(keepends=True) for text in (base, ours, theirs))
    my_pairs, your_pairs = _same(before, mine), _same(before, yours)
    if my_pairs is None or your_pairs is None:
        return None
    edits = list(_hunks(my_pairs, len(before), mine))
    changes = {(h.start, h.end): h.lines for h in _hunks(your_pairs, len(before), yours)}
    carried = [edit for edit in edits if changes.get((edit.start, edit.end)) != edit.lines]
    return _made(yours, carried, dict(your_pairs), len(before))


def _made(yours: list[str], edits: Sequence[_Hunk], at: dict[int, int], total: int) -> str | None:
    """The edits, from the last to the first, where the lines they touch now stand."""
    at = {**at, -1: -1, total: len(yours)}
    result = list(yours)
    for edit in reversed(edits):
        place = _place(edit, at)
        if place is None:
            return None
        result[slice(*place)] = edit.lines
    return "".join(result)


def _place(edit: _Hunk, at: dict[int, int]) -> tuple[int, int] | None:
    """Where an edit goes: over the very lines it replaces, or next to a neighbour that is still there."""
    if edit.start == edit.end:
        if edit.start - 1 in at:
            return at[edit.start - 1] + 1, at[edit.start - 1] + 1
        return (at[edit.start], at[edit.start]) if edit.start in at else None
    places = [at.get(line) for line in range(edit.start, edit.end)]
    known = [place for place in places if place is not None]
    if len(known) < len(places) or known[-1] - known[0] != len(known) - 1:
        return None
    return known[0], known[-1] + 1


def _hunks(pairs: Sequence[tuple[int, int]], total: int, other: Sequence[str]) -> Iterator[_Hunk]:
    """What lies between the lines that both versions share."""
    for (a, b), (c, d) in pairwise([(-1, -1), *pairs, (total, len(other))]):
        if c - a > 1 or d - b > 1:
            yield _Hunk(a + 1, c, tuple(other[b + 1 : d]))


def _same(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]] | None:
    """Pairs of lines that stay the same, by Myers' shortest edit script; None beyond the bound on changes."""
    head = 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    tail = 0
    while tail < min(len(one), len(other)) - head and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    a, b = one[head : len(one) - tail], other[head : len(other) - tail]
    middle = _script(a, b)
    if middle is None:
        return None
    ends = ((len(one) - tail + n, len(other) - tail + n) for n in range(tail))
    return [*((n, n) for n in range(head)), *((x + head, y + head) for x, y in middle), *ends]


def _script(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]] | None:
    furthest, trace = {1: 0}, []
    for distance in range(min(_MOST_CHANGES, len(a) + len(b)) + 1):
        trace.append(dict(furthest))
        for diagonal in range(-distance, distance + 1, 2):
            x = _start(furthest, diagonal, distance)
            while x < len(a) and x - diagonal < len(b) and a[x] == b[x - diagonal]:
                x += 1
            furthest[diagonal] = x
            if x >= len(a) and x - diagonal >= len(b):
                return _back(trace, len(a), len(b))
    return None


def _start(furthest: dict[int, int], diagonal: int, distance: int) -> int:
    down = diagonal == -distance or (
        diagonal != distance and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
    )
    return furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1


def _back(trace: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for distance in range(len(trace) - 1, -1, -1):
        furthest, diagonal = trace[distance], x - y
        start = _start(furthest, diagonal, distance)
        while x > start and y > start - diagonal:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        down = diagonal == -distance or (
            diagonal != distance and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
        )
        x, y = (start, start - diagonal - 1) if down else (start - 1, start - diagonal)
    return pairs[::-1]
