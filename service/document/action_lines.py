"""One action as written on a line or two: which marks are its attributes, and which words are its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from service.document.blanks import bare, is_placeholder
from service.document.dates import Problem
from service.document.tokens import Grammar, Mark, Token, masked, tokens
from service.model import IssueRef

_GLUE_WORDS = re.compile(r"\b(?:and|or|due|by|on|plus|owner|for|with|see|is)\b", re.IGNORECASE)
_STRONG_BEFORE = re.compile(r"(?:[ \t][-–—|/][ \t]*|[–—|:;,(\[<>→•·\x1b]\s*|\n\s*|[ ]{3,})\Z")
_STRONG_AFTER = re.compile(r"\s*(?:[-–—|:;,)\]>→•·\n\x1b]|\Z)")
_LEANING = re.compile(
    r"\b(?:with|for|to|from|of|on|in|at|the|and|ask|via|see|after|since|per|like|about|related|relates|caused|blocked|depends"
    r"|duplicate|part|regression|incident|than|contact|ping|tell|cc|between|a|an|is|was|until|through|as)\W*\Z",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"\b(?:from|of|after|like|caused by|related(?: to)?|relates to|blocked by|depends on|duplicates?|since|per"
    r"|regression(?: from)?|see(?: also)?|similar to|follow[- ]?up (?:of|to|from)|part of|in|by|cf\.?|unlike)\W*\Z",
    re.IGNORECASE,
)
_TRIM_LEFT = " \t\n-–—|:;,)]>→=•·.~&+/\x1b"
_TRIM_RIGHT = " \t\n-–—|:;,([<→=•·~&+/\x1b"
_LOOSE = re.compile(r"[\s,;:(–—-]+(?:and|due|by|on|for|owner|with|see|tracked in|is)[ \t]*\Z", re.IGNORECASE)
_AFTER_OWNER = re.compile(r"(?:to|will|should|is to|must|shall)[ ]+(?=\w)", re.IGNORECASE)
_STRIKE = re.compile(r"~~(?=\S)((?:(?!~~)[\s\S])+)~~")
_REASON = re.compile(
    r"\A\W*(?:reason|because|dropped|won[’']?t (?:do|fix)|cancell?ed|obsolete)\s*[:,–—-]?\s*", re.IGNORECASE
)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:[ \t]+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"\*\*|__(?=\S)|(?<=\S)__|~~|<!--.*?(?:-->|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of text taken apart. Positions are in the stretch; `pieces` hold the words, in order.

    `owners`, `dues` are the marks an edit may replace; mentions within the words are read but not listed there.
    """

    source: str
    pieces: tuple[tuple[int, int], ...]
    text: str
    owners: tuple[Token, ...]
    dues: tuple[Token, ...]
    inline_owners: tuple[str, ...]
    inline_due: Token | None
    marks: tuple[Token, ...]  # every other attribute that was recognised
    refs: tuple[IssueRef, ...]
    links: tuple[str, ...]
    struck: bool
    reason: str

    def first(self, mark: Mark) -> Token | None:
        return next((token for token in self.marks if token.mark is mark), None)

    @property
    def names(self) -> tuple[str, ...]:
        named = tuple(dict.fromkeys(name for token in self.owners for name in token.names))
        return named or self.inline_owners

    @property
    def owner_text(self) -> str:
        return "" if self.names else next((t.text for t in self.owners if t.text), "")

    @property
    def due(self) -> date | Problem | None:
        chosen = _chosen(self.dues) or self.inline_due
        return chosen.day if chosen else None


def _chosen(dues: Sequence[Token]) -> Token | None:
    """The deadline among several dates: one that says so, else the last."""
    told = [t for t in dues if t.keyed] or [t for t in dues if t.hinted] or list(dues)
    return told[-1] if told else None


@lru_cache(maxsize=4096)
def read_stretch(source: str, grammar: Grammar) -> Reading:
    shape = masked(source)
    found = tokens(source, grammar)
    attributes = _with_named_owner(shape, _placed(_attributes(shape, found)))
    struck = [(m.start(), m.end()) for m in _STRIKE.finditer(source)] if "~~" in source else []
    pieces, is_struck, reason = _unstruck(source, _pieces(source, shape, attributes), struck)
    inline = [token for token in found if token not in attributes]
    explicit = [t for t in attributes if t.mark is Mark.OWNER]
    mentioned = (
        ()
        if any(t.names or t.text for t in explicit)
        else tuple(n for t in inline if t.mark is Mark.OWNER for n in t.names)
    )
    dropped = next((t for t in attributes if t.mark is Mark.DROPPED), None)
    return Reading(
        source=source,
        pieces=pieces,
        text=words(source, pieces),
        owners=tuple(explicit),
        dues=tuple(t for t in attributes if t.mark is Mark.DUE),
        inline_owners=tuple(dict.fromkeys(mentioned)),
        inline_due=next((t for t in inline if t.mark is Mark.DUE and t.hinted), None),
        marks=tuple(t for t in attributes if t.mark not in {Mark.OWNER, Mark.DUE}),
        refs=tuple(dict.fromkeys(_refs(shape, attributes, inline))),
        links=tuple(dict.fromkeys(t.text for t in found if t.mark is Mark.REFERENCE and t.text)),
        struck=is_struck or dropped is not None,
        reason=reason or (dropped.text if dropped else ""),
    )


def words(source: str, pieces: Sequence[tuple[int, int]]) -> str:
    """The pieces as one line, links reduced to their words and emphasis taken off; "" for a placeholder."""
    text = " ".join(" ".join(_LINK.sub(r"\1", source[start:end]).split()) for start, end in pieces)
    text = _EMPHASIS.sub("", text).strip()
    return "" if is_placeholder(text) else " ".join(text.split())


# --- which marks are attributes -------------------------------------------------------------------------------


def _attributes(shape: str, found: Sequence[Token]) -> list[Token]:
    """Marks that stand apart from the words: at either end of the line, or between separators or brackets."""
    kept: list[Token] = []
    runs = list(_runs(shape, found))
    for number, run in enumerate(runs):
        before = shape[runs[number - 1][-1].end if number else 0 : run[0].start]
        after = shape[run[-1].end : runs[number + 1][0].start if number + 1 < len(runs) else len(shape)]
        ends = (number == 0, number + 1 == len(runs))
        kept += _settled(shape, before, after, ends, run)
    return kept


def _settled(shape: str, before: str, after: str, ends: tuple[bool, bool], run: list[Token]) -> list[Token]:
    """The run without marks at its beginning that belong to the words ("regression from #12 - @alice - 2026-03-01")."""
    kept = [token for token in run if token.keyed or token.mark in _ALWAYS]
    while run:
        if _apart(before, after, ends, run):
            return [*(token for token in kept if token not in run), *run]
        first, *run = run
        before, ends = shape[first.end : run[0].start] if run else "", (False, ends[1])
    return kept


_ALWAYS = frozenset({Mark.PLANNED, Mark.OPTIONAL, Mark.DROPPED})


def _runs(shape: str, found: Sequence[Token]) -> Iterator[list[Token]]:
    """Marks with nothing but separators between them."""
    run: list[Token] = []
    for token in found:
        if run and not _is_glue(shape[run[-1].end : token.start]):
            yield run
            run = []
        run.append(token)
    if run:
        yield run


def _is_glue(text: str) -> bool:
    return len(text) < 60 and not re.search(r"\w", _GLUE_WORDS.sub("", text))


def _apart(before: str, after: str, ends: tuple[bool, bool], run: Sequence[Token]) -> bool:
    first = run[0]
    strong_before = _STRONG_BEFORE.search(before[-100:]) is not None or first.mark is Mark.DONE
    strong_after = _STRONG_AFTER.match(after) is not None
    if ends[0] and not _WORD.search(before):
        bound = first.mark is Mark.DUE and not first.keyed and not strong_after
        return not bound and not (first.mark is Mark.BLANK and _WORD.search(after))
    if ends[1] and not _WORD.search(after):
        return strong_before or not _leans(before, first)
    return strong_before and strong_after


_WORD = re.compile(r"\w")


def _leans(before: str, mark: Token) -> bool:
    """Whether a mark that follows words without a separator belongs to them: "sync with @bob", "Fix #57"."""
    if mark.mark is Mark.BLANK or (mark.mark is Mark.DUE and not (mark.firm or mark.hinted)):
        return True
    lone = mark.mark is Mark.REFERENCE and len(before.split()) < 2
    return lone or (not mark.hinted and _LEANING.search(before[-60:]) is not None)


def _placed(attributes: Sequence[Token]) -> list[Token]:
    """Placeholders become the owner or the date whose place they hold; an untold one is dropped as an aside."""
    named = any(t.mark is Mark.OWNER for t in attributes)
    dated = any(t.mark is Mark.DUE for t in attributes)
    result: list[Token] = []
    for token in attributes:
        if token.mark is not Mark.BLANK:
            result.append(token)
            continue
        about_date = re.search(r"date|deadline|due|yyyy|when|day", token.text, re.IGNORECASE)
        about_owner = re.search(r"owner|assignee|name|who|login|@|person|team", token.text, re.IGNORECASE)
        as_owner = not named and not about_date and is_placeholder(token.text.strip("[]{}<>"))
        as_date = about_date or (not dated and is_placeholder(token.text.strip("[]{}<>")))
        mark = Mark.OWNER if about_owner or as_owner else Mark.DUE if as_date else Mark.ASIDE
        named, dated = named or mark is Mark.OWNER, dated or mark is Mark.DUE
        result.append(Token(mark, token.start, token.end, token.start, token.end))
    return result


_NAME = re.compile(
    r"[ \t]*(?P<sep>[-–—|][ \t]+|[–—|,(][ \t]*)(?P<name>[A-Z][\w.'’-]{0,30}(?: [A-Z][\w.'’-]{0,30}){0,2})"
    r"[ \t]*[-–—|,)(]*[ \t]*\Z"
)


def _with_named_owner(shape: str, attributes: list[Token]) -> list[Token]:
    """`text - Alice Smith - 2026-03-01`: a capitalised name right before the date, where no owner is given."""
    if any(t.mark is Mark.OWNER for t in attributes):
        return attributes
    due = next((t for t in reversed(attributes) if t.mark is Mark.DUE), None)
    floor = max((t.end for t in attributes if due and t.end <= due.start), default=0)
    from_ = max(floor, (due.start if due else 0) - 110)
    found = _NAME.search(shape, from_, due.start) if due else None
    if found is None or not re.search(r"\w", shape[: found.start()]) or found.end("name") == due.start:  # type: ignore[union-attr]
        return attributes
    start, end = found.span("name")
    owner = Token(Mark.OWNER, start, end, start, end, text=bare(found["name"]))
    return sorted([*attributes, owner], key=lambda t: t.start)


def _refs(shape: str, attributes: Sequence[Token], inline: Sequence[Token]) -> Iterator[IssueRef]:
    """The issues the line names as its own come first; those it only relates to ("regression from #12") never."""
    for token in attributes:
        if token.ref is not None and not _RELATED.search(shape[max(0, token.start - 30) : token.start]):
            yield token.ref
    for token in inline:
        if token.ref is not None and not _RELATED.search(shape[max(0, token.start - 30) : token.start]):
            yield token.ref


# --- which words are the text ---------------------------------------------------------------------------------


def _pieces(source: str, shape: str, attributes: Sequence[Token]) -> list[tuple[int, int]]:
    """What is left of the line without its attributes and the separators around them."""
    cuts = [cut for token in sorted(attributes, key=lambda t: t.start) for cut in _cuts(token)]
    bounds = [0, *(n for cut in cuts for n in cut), len(source)]
    found = []
    for number, (start, end) in enumerate(zip(bounds[::2], bounds[1::2], strict=True)):
        piece = _trimmed(
            shape, start, end, after_cut=number > 0, before_cut=end < len(source) or (bool(cuts) and end != len(source))
        )
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


def _trimmed(shape: str, start: int, end: int, *, after_cut: bool, before_cut: bool) -> tuple[int, int]:
    text = shape[start:end]
    left = len(text) - len(text.lstrip(_TRIM_LEFT if after_cut else " \t\n"))
    text = text[left:]
    if after_cut:
        lead = _AFTER_OWNER.match(text)
        left, text = (left + lead.end(), text[lead.end() :]) if lead else (left, text)
    if before_cut:
        loose = _LOOSE.search(text[-40:])
        text = text[: len(text) - len(loose[0])] if loose and len(loose[0]) < len(text) else text
        text = text.rstrip(_TRIM_RIGHT)
    else:
        text = text.rstrip()
    return start + left, start + left + len(text)


def _without_details(source: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Once the attributes have closed the first line, further lines explain; they are not part of the action."""
    kept = pieces[:1]
    for piece in pieces[1:]:
        if "\n" in source[kept[-1][1] : piece[0]]:
            break
        kept.append(piece)
    return kept


def _unstruck(
    source: str, pieces: list[tuple[int, int]], struck: Sequence[tuple[int, int]]
) -> tuple[tuple[tuple[int, int], ...], bool, str]:
    """Whether the words are struck out, and the reason that stands behind them. A correction ("~~Add~~ Extend …")
    strikes a part only, and the struck words are then no longer said.
    """
    if not struck or not pieces:
        return tuple(pieces), False, ""
    inside = [p for piece in pieces for s in struck if (p := (max(piece[0], s[0]), min(piece[1], s[1])))[0] < p[1]]
    outside = [p for piece in pieces for p in _outside(piece, struck)]
    rest = words(source, outside)
    if inside and (_is_withdrawn(source, pieces[0], inside, outside) or _REASON.match(rest)):
        return tuple(inside), True, _REASON.sub("", rest.strip(_TRIM_LEFT + "("))
    return tuple(outside or pieces), False, ""


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
