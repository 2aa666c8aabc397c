"""The words of an action's line: what is left once its marks are taken out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.document.blanks import is_placeholder
from service.document.marks import Mark, Token

SEPARATORS_BEFORE = " \t\n-–—|:;,)]>→=•·\x1b"
_SEPARATORS_BEHIND = " \t\n-–—|:;,([<→=•·\x1b"
_LOOSE = re.compile(r"[\s,;:(–—-]+(?:and|due|by|on|for|owner|with|see|tracked in|is)[ \t]*\Z", re.IGNORECASE)
_AFTER_OWNER = re.compile(r"(?:to|will|should|is to|must|shall)[ ]+(?=\w)", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:[ \t]+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"\*\*|__(?=\S)|(?<=\S)__|~~|<!--.*?(?:-->|\Z)", re.DOTALL)


_ANNOUNCED = frozenset({Mark.OWNER, Mark.DUE, Mark.REFERENCE, Mark.ASIDE})  # what a word like "by" may lead up to


def words(source: str, pieces: Sequence[tuple[int, int]]) -> str:
    """The pieces as one line, links reduced to their words and emphasis taken off; "" for a placeholder."""
    text = " ".join(" ".join(_LINK.sub(r"\1", source[start:end]).split()) for start, end in pieces)
    text = _EMPHASIS.sub("", text).strip()
    return "" if is_placeholder(text) else " ".join(text.split())


def left_over(source: str, shape: str, attributes: Sequence[Token]) -> list[tuple[int, int]]:
    """What is left of the line without its attributes and the separators around them."""
    marks = sorted(attributes, key=lambda t: t.start)
    cuts = [(*cut, token.mark in _ANNOUNCED) for token in marks for cut in _cuts(token)]
    starts, ends = [0, *(cut[1] for cut in cuts)], [*(cut[0] for cut in cuts), len(source)]
    announced = [*(cut[2] for cut in cuts), False]
    found = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        piece = _trimmed(shape, start, end, after_cut=number > 0, announced=announced[number])
        if piece[0] < piece[1] and re.search(r"\w", source[slice(*piece)]):
            found.append(piece)
    return _without_details(source, found)


def _cuts(token: Token) -> list[tuple[int, int]]:
    """A reference that is a link around the action's own words keeps the words."""
    if (
        token.mark is Mark.REFERENCE
        and token.value_start < token.value_end <= token.end
        and token.value_start > token.start
    ):
        return [(token.start, token.value_start), (token.value_end, token.end)]
    return [(token.start, token.end)]


def _trimmed(shape: str, start: int, end: int, *, after_cut: bool, announced: bool) -> tuple[int, int]:
    text = shape[start:end]
    bare = text.lstrip(SEPARATORS_BEFORE if after_cut else " \t\n")
    bare = bare[1:].lstrip(SEPARATORS_BEFORE) if after_cut and bare.startswith((". ", "& ", "+ ", "/ ")) else bare
    left, text = len(text) - len(bare), bare
    if after_cut:
        lead = _AFTER_OWNER.match(text)
        left, text = (left + lead.end(), text[lead.end() :]) if lead else (left, text)
    if announced:
        loose = _LOOSE.search(text[-40:])
        text = text[: len(text) - len(loose[0])] if loose and len(loose[0]) < len(text) else text
    text = text.rstrip(_SEPARATORS_BEHIND)
    text = text[:-1].rstrip(_SEPARATORS_BEHIND) if text.endswith((" &", " +", " /")) else text
    return start + left, start + left + len(text)


def _without_details(source: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Once the attributes have closed the first line, further lines explain; they are not part of the action."""
    kept = pieces[:1]
    for piece in pieces[1:]:
        if "\n" in source[kept[-1][1] : piece[0]]:
            break
        kept.append(piece)
    return kept
