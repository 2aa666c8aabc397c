"""The marks people put on an action's line: owners, dates, types, references and states, each at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain

from service.document.dates import find_dates, read_date
from service.document.labelled import labelled
from service.document.marks import (
    BLANK,
    DONE_WORDS,
    DROPPED_WORDS,
    HIDDEN,
    MENTION,
    NOBODY,
    TICK,
    TYPES,
    Grammar,
    Mark,
    Token,
    dated,
    mark_at,
    masked,
    mentions_at,
)
from service.document.references import find_references

_MAY_REFER = re.compile(r"[#!]|://|\]\(|gh-|[pm]r\b|request", re.IGNORECASE)
_PLANNED = re.compile(r"(?<![\w&])#new-(?P<key>[\w-]+)")
_STAMP = re.compile(
    rf"[(\[][ ]?(?:(?P<done>{DONE_WORDS})|(?P<dropped>{DROPPED_WORDS}))(?P<more>[^()\[\]]{{0,120}})[)\]](?!\()"
    r"|[(\[][ ]?(?P<optional>optional|nice to have)[ ]?[)\]]",
    re.IGNORECASE,
)
_STAMP_WORDS = (
    "done", "complete", "fixed", "resolved", "closed", "finished", "shipped", "deployed", "implemented", "won", "drop",
    "cancel", "obsolete", "abandon", "need", "reject", "optional", "nice",
)  # fmt: skip
_SAID_DONE = re.compile(
    rf"(?:^[ ]?|(?<=[|–—][ ])|(?<=[ ]-[ ])|(?<=[:;,][ ])){DONE_WORDS}"
    r"(?=[ ]?[:–—]|[ ]-[ ]|[ ]?[.!]?$|[ ](?:on[ ])?\d{4}-)",
    re.IGNORECASE,
)
_TYPE = re.compile(rf"\[(?P<box>{'|'.join(TYPES)})\](?![(\[:])|#(?P<tag>{'|'.join(TYPES)})(?!\w)", re.IGNORECASE)
_LEAD = re.compile(
    rf"\W*(?P<type>{'|'.join(TYPES)})[ \t]*(?:\([^()]*\))?[ \t]*(?::|[–—]|-(?=[ ]))(?!\s*[@\d])", re.IGNORECASE
)
_VAGUE_WORDS = ("asap", "soon", "immediately", "ongoing", "later", "next sprint", "someday", "eventually")
_VAGUE = re.compile(rf"(?<!\w)(?:{'|'.join(_VAGUE_WORDS)})(?!\w)", re.IGNORECASE)


def tokens(text: str, grammar: Grammar) -> tuple[Token, ...]:
    """Every mark in the text, left to right, none overlapping. Where two would overlap, the more telling one stands."""
    shape = masked(text)
    references = tuple(_references(shape, grammar))
    hidden = _hide(shape, references)
    covered = bytearray(len(text))
    taken: list[Token] = []
    telling = chain(_lead(hidden), labelled(hidden, grammar), _stamps(hidden, grammar), references)
    for token in chain(telling, _loose(hidden, grammar)):
        if not any(covered[token.start : token.end]):
            covered[token.start : token.end] = b"\1" * (token.end - token.start)
            taken.append(token)
    return tuple(sorted(taken, key=lambda token: token.start))


def _references(shape: str, grammar: Grammar) -> Iterator[Token]:
    if not _MAY_REFER.search(shape):
        return
    for planned in _PLANNED.finditer(shape):
        yield mark_at(Mark.PLANNED, planned.start(), planned.end(), text=planned["key"])
    for found in find_references(shape, grammar.home, grammar.hosts):
        if found.label is None or found.ref is not None:
            yield Token(
                Mark.REFERENCE,
                found.start,
                found.end,
                *(found.label or (found.end, found.end)),
                text=found.link,
                ref=found.ref,
            )


def _hide(shape: str, references: tuple[Token, ...]) -> str:
    if not references:
        return shape
    hidden = list(shape)
    for token in references:
        hidden[token.start : token.end] = HIDDEN * (token.end - token.start)
    return "".join(hidden)


# --- marks known by their form --------------------------------------------------------------------------------


def _lead(hidden: str) -> Iterator[Token]:
    """`Prevention: …` and `**Detection** – …`: the kind of action as the first word."""
    found = _LEAD.match(hidden)
    if found is not None:
        yield mark_at(Mark.TYPE, found.start("type"), found.end(), text=TYPES[found["type"].lower()])


def _stamps(hidden: str, grammar: Grammar) -> Iterator[Token]:
    said = says_any(hidden, _STAMP_WORDS)
    for found in _STAMP.finditer(hidden) if said else ():
        if found["optional"]:
            yield mark_at(Mark.OPTIONAL, found.start(), found.end())
        elif found["dropped"]:
            yield mark_at(Mark.DROPPED, found.start(), found.end(), text=found["more"].strip(" :,-–—"))
        elif not re.match(r"\w|[ ](?:by|when|if|before)\b", found["more"]):
            day = next((d.value for d in find_dates(found["more"], grammar.today) if isinstance(d.value, date)), None)
            yield Token(Mark.DONE, found.start(), found.end(), found.start(), found.end(), day=day)
    for found in TICK.finditer(hidden):
        yield mark_at(Mark.DONE, found.start(), found.end())
    for found in _SAID_DONE.finditer(hidden) if said else ():
        yield mark_at(Mark.DONE, found.start(), found.end())


def _loose(hidden: str, grammar: Grammar) -> Iterator[Token]:
    end = 0
    for found in MENTION.finditer(hidden):
        if found.start() >= end:
            names, end = mentions_at(hidden, found.start())
            real = tuple(name for name in names if name.lower() not in NOBODY)
            yield Token(Mark.OWNER, found.start(), end, found.start(), end, names=real)
    for day in find_dates(hidden, grammar.today):
        yield dated(day, 0, day.start, keyed=False, hinted=False)
    for found in _VAGUE.finditer(hidden) if says_any(hidden, _VAGUE_WORDS) else ():
        yield Token(Mark.DUE, *found.span(), *found.span(), day=read_date(found[0], grammar.today), firm=False)
    for found in _TYPE.finditer(hidden):
        said = (found["box"] or found["tag"]).lower()
        yield mark_at(Mark.TYPE, found.start(), found.end(), text=TYPES[said])
    for found in BLANK.finditer(hidden) if says_any(hidden, _BLANK_SIGNS) else ():
        yield mark_at(Mark.BLANK, found.start(), found.end(), text=found[0])


def says_any(text: str, words: Sequence[str]) -> bool:
    """Whether one of the words (in lower case) occurs at all: looking for them costs a fraction of a pattern."""
    lower = text.casefold()
    return any(word in lower for word in words)


_BLANK_SIGNS = ("]", "}}", ">", "tbd", "tba", "tbc", "todo", "n/a", "yyyy-mm-dd", "?")
