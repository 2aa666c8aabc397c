"""Words that a person has struck out, and the reason given behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from service.document.pieces import SEPARATORS_BEFORE, words

_STRIKE = re.compile(r"~~(?=\S)((?:(?!~~)[\s\S])+)~~")
_REASON = re.compile(
    r"\A\W*(?:reason|because|dropped|won[’']?t (?:do|fix)|cancell?ed|obsolete)\s*[:,–—-]?\s*", re.IGNORECASE
)
_MOST = 20  # strikes looked at in one line


def strikes(source: str) -> list[tuple[int, int]]:
    """Where `~~…~~` stands, the marks included."""
    found = ((m.start(), m.end()) for m in _STRIKE.finditer(source)) if "~~" in source else iter(())
    return list(islice(found, _MOST))


def unstruck(
    source: str, pieces: list[tuple[int, int]], struck: Sequence[tuple[int, int]]
) -> tuple[tuple[tuple[int, int], ...], bool, str]:
    """Whether the words are struck out, and the reason that stands behind them. A correction ("~~Add~~ Extend …")
    strikes a part only, and the struck words are then no longer said.
    """
    if not struck or not pieces:
        return tuple(pieces), False, ""
    both = ((max(start, a + 2), min(end, b - 2)) for start, end in pieces for a, b in struck)
    inside = [place for place in both if place[0] < place[1]]
    outside = [p for piece in pieces for p in _outside(piece, struck)]
    rest = words(source, outside)
    if inside and (_is_withdrawn(source, pieces[0], inside, outside) or _REASON.match(rest)):
        return tuple(inside), True, _REASON.sub("", _whole_reason(source, outside, rest).strip(SEPARATORS_BEFORE + "("))
    return tuple(outside or pieces), False, ""


def _whole_reason(source: str, outside: Sequence[tuple[int, int]], rest: str) -> str:
    """With the issue that a reason names ("replaced by #9"), where nothing else stands behind it."""
    behind = source[outside[0][0] :] if outside else ""
    alone = "@" not in behind and not re.search(r"\d-\d|[(\[~|]", behind)
    return words(source, [(len(source) - len(behind), len(source))]) if alone else rest


def _is_withdrawn(
    source: str, first: tuple[int, int], inside: Sequence[tuple[int, int]], outside: Sequence[tuple[int, int]]
) -> bool:
    """Struck from its first word on, by two words or more or by half of the text; or throughout."""
    if not outside or not source[outside[0][0] : outside[0][1]].strip(" ~*"):
        return True
    begins = not source[first[0] : inside[0][0]].strip(" ~*_")
    told = source[slice(*inside[0])]
    half = len(told) * 2 >= sum(end - start for start, end in (*inside, *outside))
    return begins and (half or len(told.split()) > 1)


def _outside(piece: tuple[int, int], struck: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    at = piece[0]
    for start, end in struck:
        if at < min(start, piece[1]):
            yield at, min(start, piece[1])
        at = max(at, end)
    if at < piece[1]:
        yield at, piece[1]
