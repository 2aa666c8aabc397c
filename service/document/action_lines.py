"""One action as written on a line or two: which marks are its attributes, and which words are its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from service.document.blanks import bare, is_placeholder
from service.document.dates import Problem
from service.document.marks import Grammar, Mark, Token, masked
from service.document.pieces import left_over, words
from service.document.strikes import strikes, unstruck
from service.document.tokens import tokens
from service.model import IssueRef

_GLUE_WORDS = re.compile(r"\b(?:and|or|by|due|on|plus)\b", re.IGNORECASE)
_STRONG_BEFORE = re.compile(r"(?:[ \t][-–—|/][ \t]*|[–—|:;,(\[<>→•·\x1b]\s*|\n\s*|[ ]{3,})\Z")
_STRONG_AFTER = re.compile(r"\s*(?:[-–—|:;,)\]>→•·\n\x1b]|\Z)")
_LEANING = re.compile(
    r"\b(?:with|for|to|from|of|on|in|at|the|and|ask|via|see|after|since|per|like|about|related|relates|caused|blocked|depends"
    r"|duplicate|part|regression|incident|than|contact|ping|tell|cc|between|a|an|is|was|until|through|as)\W*\Z",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"\b(?:from|of|after|like|caused by|related(?: to)?|relates to|blocked by|depends on|duplicates?|since|per"
    r"|regression(?: from| in| of)?|see(?: also)?|similar to|follow[- ]?up (?:of|to|from)|part of|cf\.?"
    r"|unlike)[ \t]*:?[ \t]*\Z",
    re.IGNORECASE,
)


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
    pieces, is_struck, reason = unstruck(source, left_over(source, shape, attributes), strikes(source))
    chosen = frozenset(attributes)
    inline = [token for token in found if token not in chosen]
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
    for number, token in enumerate(run):
        if _apart(before, after, ends, token):
            return [*(t for t in run[:number] if t.keyed or t.mark in _ALWAYS), *run[number:]]
        following = run[number + 1].start if number + 1 < len(run) else token.end
        before, ends = shape[token.end : following], (False, ends[1])
    return [token for token in run if token.keyed or token.mark in _ALWAYS]


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


def _apart(before: str, after: str, ends: tuple[bool, bool], first: Token) -> bool:
    """Whether a run of marks that begins with this one stands apart."""
    strong_before = _STRONG_BEFORE.search(before[-100:]) is not None or first.mark is Mark.DONE
    strong_after = _STRONG_AFTER.match(after) is not None
    if ends[0] and not _WORD.search(before):
        bound = first.mark is Mark.DUE and not first.keyed and not strong_after
        return not bound and not (first.mark is Mark.BLANK and _WORD.search(after))
    line, broken, _ = after.partition("\n")
    if (ends[1] or broken) and not _WORD.search(line):
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
    r"[ \t]*[-–—|,)]*[ \t]*\Z"
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
    for token in (*attributes, *inline):
        if token.ref is not None and not _RELATED.search(shape[max(0, token.start - 30) : token.start]):
            yield token.ref
