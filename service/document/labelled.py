"""Marks that name themselves: `Owner: @x`, `due by Friday`, `(type: detection)`, `Status: done`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from service.document.blanks import is_placeholder
from service.document.dates import find_dates, read_date
from service.document.lines import folded
from service.document.marks import (
    BLANK,
    HIDDEN,
    NOBODY,
    TYPES,
    Grammar,
    Mark,
    Token,
    bare_login,
    dated,
    mark_at,
    mentions_at,
    state_of,
)
from service.document.parts import Dialect

_STOP = re.compile(r"[|;()\[\],\n]|[ ][-–—][ ]|—|–|[ ]{3,}")
_LONGEST = 120  # characters of a value that is no date and no login, such as a person's full name


def labelled(hidden: str, grammar: Grammar) -> Iterator[Token]:
    keys, kinds = _keys_of(grammar)
    for found in keys.finditer(folded(hidden)):
        mark, colon = kinds[" ".join(found["key"].lower().split())], found["colon"] is not None
        token = _READERS[mark](hidden, found, colon, grammar)
        if token is not None:
            yield token


def _owner_at(hidden: str, key: re.Match[str], colon: bool, _: Grammar) -> Token | None:  # noqa: FBT001
    at = key.end()
    names, end = mentions_at(hidden, at)
    if names:
        real = tuple(name for name in names if name.lower() not in NOBODY)
        return Token(Mark.OWNER, key.start(), end, at, end, names=real, keyed=colon, hinted=True)
    if not colon:
        return None
    value, end = _until_stop(hidden, at)
    if is_placeholder(value) or value.lower() in NOBODY:
        return Token(Mark.OWNER, key.start(), end, at, end, keyed=True)
    logins = (value,) if bare_login(value) else ()
    return Token(Mark.OWNER, key.start(), end, at, end, names=logins, text="" if logins else value, keyed=True)


def _until_stop(text: str, at: int) -> tuple[str, int]:
    """The words up to the next separator, bracket or line end."""
    bracket = BLANK.match(text, at)
    if bracket is not None:
        return bracket[0], bracket.end()
    stop = _STOP.search(text, at, at + _LONGEST)
    value = text[at : stop.start() if stop else at + _LONGEST].rstrip()
    return value.strip(), at + len(value)


def _due_at(hidden: str, key: re.Match[str], colon: bool, grammar: Grammar) -> Token | None:  # noqa: FBT001
    at = key.end()
    found = next(iter(find_dates(hidden[at : at + 60], grammar.today)), None)
    if found is not None and found.start == 0:
        return dated(found, at, key.start(), keyed=colon, hinted=True)
    if not colon:
        return None
    value, end = _until_stop(hidden, at)
    if is_placeholder(value) or value.lower() in NOBODY:
        return Token(Mark.DUE, key.start(), end, at, end, keyed=True)
    return Token(Mark.DUE, key.start(), end, at, end, day=read_date(value, grammar.today), keyed=True)


def _type_at(hidden: str, key: re.Match[str], colon: bool, _: Grammar) -> Token | None:  # noqa: FBT001
    if not colon:
        return None
    value, end = _until_stop(hidden, key.end())
    said = "" if is_placeholder(value) and value.strip("[]").lower() not in TYPES else value.strip("[]").lower()
    return Token(Mark.TYPE, key.start(), end, key.end(), end, text=TYPES.get(said, said), keyed=True)


def _state_at(hidden: str, key: re.Match[str], colon: bool, grammar: Grammar) -> Token | None:  # noqa: FBT001
    """`Status: done`; `completed: 2026-03-01`."""
    if not colon:
        return None
    value, end = _until_stop(hidden, key.end())
    day = next((d.value for d in find_dates(value, grammar.today) if isinstance(d.value, date)), None)
    status = key["key"].lower().startswith("stat")
    mark = state_of(value) or (Mark.DONE if day and not status else Mark.ASIDE if status else None)
    if mark is None:
        return None
    return Token(mark, key.start(), end, key.end(), end, day=day, keyed=True)


def _aside_at(hidden: str, key: re.Match[str], colon: bool, grammar: Grammar) -> Token | None:  # noqa: FBT001
    """Dates of other things, and the words before a reference."""
    if not colon and not (key["key"].lower().startswith("track") and hidden.startswith(HIDDEN, key.end())):
        return None
    found = next(iter(find_dates(hidden[key.end() : key.end() + 60], grammar.today)), None)
    end = key.end() + found.end if found is not None and found.start == 0 else key.end()
    is_reference = hidden[end : end + 1] == HIDDEN
    return mark_at(Mark.ASIDE, key.start(), end) if end > key.end() or is_reference else None


_READERS = {
    Mark.OWNER: _owner_at,
    Mark.DUE: _due_at,
    Mark.TYPE: _type_at,
    Mark.DONE: _state_at,
    Mark.ASIDE: _aside_at,
}
_STATIC = {
    Mark.TYPE: ("type", "action type", "kind"),
    Mark.DONE: ("status", "state", "done", "completed", "completed on", "closed", "finished"),
    Mark.ASIDE: (
        "created", "created on", "opened", "raised", "issue", "ticket", "tracking issue", "tracking", "tracked in",
        "tracked by", "tracker", "link", "pr", "mr", "merge request", "pull request", "ref",
    ),
}  # fmt: skip
_HINTS = {
    Mark.OWNER: ("assigned to", "owned by", "assignee", "owner", "owner is", "led by", "@"),
    Mark.DUE: (
        "due", "due by", "due on", "due date", "by", "before", "until", "deadline", "no later than", "not later than",
        "target", "target date", "eta", "till", "on or before", "complete by", "to be done by", "done by", "by end of",
    ),
}  # fmt: skip


def _words(dialect: Dialect) -> tuple[tuple[str, ...], tuple[str, ...]]:
    owner = (*dialect.fields.get("owner", ()), *dialect.columns.get("owner", ()), *_HINTS[Mark.OWNER][:-1])
    due = (*dialect.fields.get("deadline", ()), *dialect.columns.get("due", ()), *_HINTS[Mark.DUE])
    return owner, due


@lru_cache(maxsize=64)
def _keys_of(grammar: Grammar) -> tuple[re.Pattern[str], dict[str, Mark]]:
    return _keys(_words(grammar.dialect))


@lru_cache(maxsize=16)
def _keys(words: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[re.Pattern[str], dict[str, Mark]]:
    """One pattern for every key, and what each is about. Longer keys are tried first."""
    kinds = {name: mark for mark, names in _STATIC.items() for name in names}
    kinds |= {
        " ".join(w.lower().split()): mark
        for mark, names in zip((Mark.OWNER, Mark.DUE), words, strict=True)
        for w in names
    }
    ordered = sorted((w for w in kinds if w), key=len, reverse=True)
    names = "|".join(re.escape(w).replace(r"\ ", "[ ]{1,3}") for w in ordered)
    pattern = rf"(?<![\w@/#.-])(?P<key>{names})(?:\(s\)|(?!\w))[ \t]{{0,4}}(?P<colon>[:=](?![/=]))?[ \t]{{0,4}}"
    return re.compile(pattern), kinds
