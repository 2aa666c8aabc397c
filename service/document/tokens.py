"""The marks people put on an action's line: owners, dates, types, references and states, each at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache

from service.document.blanks import is_placeholder
from service.document.dates import FoundDate, Problem, find_dates, read_date
from service.document.lines import folded
from service.document.parts import Dialect
from service.document.references import find_references
from service.model import IssueRef


class Mark(Enum):
    OWNER = "owner"
    DUE = "due"
    TYPE = "type"
    REFERENCE = "reference"
    PLANNED = "planned"
    DONE = "done"
    DROPPED = "dropped"
    OPTIONAL = "optional"
    BLANK = "blank"  # a placeholder that stands where an owner or a date belongs
    ASIDE = "aside"  # neither action nor attribute, such as the day it was created


@dataclass(frozen=True, slots=True)
class Token:
    """`start` to `end` is the mark with its key; `value_start` to `value_end` what an edit would replace.

    `keyed`: it names itself with a colon (`Owner: @x`). `hinted`: a word before it says what it is (`by Friday`).
    """

    mark: Mark
    start: int
    end: int
    value_start: int
    value_end: int
    names: tuple[str, ...] = ()
    text: str = ""
    day: date | Problem | None = None
    ref: IssueRef | None = None
    keyed: bool = False
    hinted: bool = False
    firm: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """What the reading of a line depends on beyond the line. Compared by identity, which makes it a cheap key."""

    today: date
    dialect: Dialect
    home: IssueRef | None

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(host.lower() for host in self.dialect.hosts)


TYPES = {
    "prevention": "prevention", "prevent": "prevention", "preventive": "prevention", "preventative": "prevention",
    "detection": "detection", "detect": "detection", "detective": "detection", "monitoring": "detection",
    "response": "response", "respond": "response", "mitigation": "response", "mitigate": "response",
    "mitigative": "response", "recovery": "response", "documentation": "documentation", "docs": "documentation",
    "document": "documentation", "process": "process", "learning": "learning", "training": "learning",
    "education": "learning",
}  # fmt: skip
NOBODY = frozenset(
    [
        "owner",
        "owners",
        "username",
        "user",
        "name",
        "assignee",
        "person",
        "someone",
        "somebody",
        "handle",
        "tbd",
        "todo",
        "team",
        "login",
        "mention",
        "xxx",
        "who",
        "you",
        "your-name",
        "yourname",
        "your-handle",
        "team-name",
        "github-username",
        "gitlab-username",
        "na",
        "n/a",
        "none",
        "nobody",
        "org/team",
        "all",
        "here",
        "channel",
        "everyone",
    ]
)
MENTION = re.compile(r"(?<![\w@./-])@(?P<name>[A-Za-z0-9_](?:[\w.-]{0,80}\w)?(?:/\w(?:[\w.-]{0,80}\w)?){0,8})")
_AND = re.compile(
    r"[ \t]*(?:,[ \t]*(?:and[ \t]+)?|&[ \t]*|\+[ \t]*|/[ \t]*|;[ \t]*|and[ \t]+|or[ \t]+|[ \t])(?=@)", re.IGNORECASE
)
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)([^`]+)\1(?!`)")
_MAY_REFER = re.compile(r"[#!]|://|\]\(|[Gg][Hh]-")
_PLANNED = re.compile(r"(?<![\w&])#new-(?P<key>[\w-]+)")
_TICK = re.compile(r"(?:✅|☑|✔|✓)\ufe0f?|:white_check_mark:|:heavy_check_mark:")
_DONE_WORDS = r"(?:done|completed?|fixed|resolved|closed|finished|shipped|deployed|implemented)"
_DROPPED_WORDS = (
    r"(?:won[’']?t (?:do|fix)|wontfix|dropped|cancell?ed|obsolete|abandoned|not needed|no longer needed|rejected)"
)
_STAMP = re.compile(
    rf"[(\[][ ]?(?:(?P<done>{_DONE_WORDS})|(?P<dropped>{_DROPPED_WORDS}))(?P<more>[^()\[\]]{{0,120}})[)\]](?!\()"
    r"|[(\[][ ]?(?P<optional>optional|nice to have)[ ]?[)\]]",
    re.IGNORECASE,
)
_SAID_DONE = re.compile(
    rf"(?:^|(?<=[\s:;,|–—-])){_DONE_WORDS}(?=[ ]?[:–—]|[ ]-[ ]|[ ]?[.!]?$|[ ](?:on[ ])?\d{{4}}-)", re.IGNORECASE
)
_TYPE = re.compile(rf"\[(?P<box>{'|'.join(TYPES)})\](?![(\[:])|#(?P<tag>{'|'.join(TYPES)})(?!\w)", re.IGNORECASE)
_LEAD = re.compile(rf"\W*(?P<type>{'|'.join(TYPES)})[ \t]*(?:\([^()]*\))?[ \t]*(?::|[–—]|-(?=[ ]))", re.IGNORECASE)
_BLANK = re.compile(
    r"\[[^\[\]\n]{1,80}\](?![(\[:])|\{\{[^{}\n]{1,80}\}\}|<[A-Za-z][^<>\n]{0,40}>|(?<![\w@])(?:tb[dac]|todo|n/a|yyyy-mm-dd|\?{1,3})(?!\w)",
    re.IGNORECASE,
)
_STOP = re.compile(r"[|;()\[\],\n]|[ ][-–—][ ]|—|–|[ ]{3,}")
_LONGEST = 120  # characters of a value that is no date and no login, such as a person's full name
_VAGUE = re.compile(
    r"(?<!\w)(?:asap|soon|immediately|ongoing|later|next sprint|someday|eventually)(?!\w)", re.IGNORECASE
)
_BARE_LOGIN = re.compile(r"(?=[a-z0-9_.-]*[a-z])[a-z0-9][a-z0-9_.-]{0,38}(?:/[a-z0-9][a-z0-9_.-]{0,38}){0,5}")


STRIKE = "\x1b\x1b"  # stands for `~~` in a masked text: a boundary, never a word


def masked(text: str) -> str:
    """The text with code, emphasis marks and the inside of URLs made harmless; every position stays."""
    text = _CODE.sub(lambda m: m[1] + "x" * len(m[2]) + m[1], text) if "`" in text else text
    text = text.replace("*", " ").replace("~~", STRIKE)
    return _UNDERLINE.sub(lambda m: " " * len(m[0]), text) if "_" in text else text


_UNDERLINE = re.compile(r"(?<![^\W_])_{1,3}|_{1,3}(?![^\W_])")


def tokens(text: str, grammar: Grammar) -> tuple[Token, ...]:
    """Every mark in the text, left to right, none overlapping. Where two would overlap, the more telling one stands."""
    shape = masked(text)
    references = tuple(_references(shape, grammar))
    hidden = _hide(shape, references)
    covered = bytearray(len(text))
    taken: list[Token] = []
    for found in (
        _lead(hidden),
        _keyed(hidden, grammar),
        _stamps(hidden, grammar),
        references,
        _loose(hidden, grammar),
    ):
        for token in found:
            if not any(covered[token.start : token.end]):
                covered[token.start : token.end] = b"\1" * (token.end - token.start)
                taken.append(token)
    return tuple(sorted(taken, key=lambda token: token.start))


def _references(shape: str, grammar: Grammar) -> Iterator[Token]:
    if not _MAY_REFER.search(shape):
        return
    for planned in _PLANNED.finditer(shape):
        yield _token(Mark.PLANNED, planned.start(), planned.end(), text=planned["key"])
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


def _token(mark: Mark, start: int, end: int, *, text: str = "") -> Token:
    return Token(mark, start, end, start, end, text=text)


def _hide(shape: str, references: tuple[Token, ...]) -> str:
    if not references:
        return shape
    hidden = list(shape)
    for token in references:
        hidden[token.start : token.end] = _HIDDEN * (token.end - token.start)
    return "".join(hidden)


_HIDDEN = "\x1a"


# --- marks that name themselves -------------------------------------------------------------------------------


def _keyed(hidden: str, grammar: Grammar) -> Iterator[Token]:
    keys, kinds = _keys(_words(grammar.dialect))
    for found in keys.finditer(folded(hidden)):
        mark, colon = kinds[" ".join(found["key"].lower().split())], found["colon"] is not None
        reader = {
            Mark.OWNER: _owner_at,
            Mark.DUE: _due_at,
            Mark.TYPE: _type_at,
            Mark.DONE: _state_at,
            Mark.ASIDE: _aside_at,
        }
        token = reader[mark](hidden, found, colon, grammar)
        if token is not None:
            yield token


def _owner_at(hidden: str, key: re.Match[str], colon: bool, _: Grammar) -> Token | None:  # noqa: FBT001
    at = key.end()
    names, end = _mentions_at(hidden, at)
    if names:
        real = tuple(name for name in names if name.lower() not in NOBODY)
        return Token(Mark.OWNER, key.start(), end, at, end, names=real, keyed=colon, hinted=True)
    if not colon:
        return None
    value, end = _until_stop(hidden, at)
    if is_placeholder(value) or value.lower() in NOBODY:
        return Token(Mark.OWNER, key.start(), end, at, end, keyed=True)
    logins = (value,) if _BARE_LOGIN.fullmatch(value) else ()
    return Token(Mark.OWNER, key.start(), end, at, end, names=logins, text="" if logins else value, keyed=True)


def _mentions_at(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """The run of mentions that begins here, and where it ends."""
    names, end = [], at
    while (found := MENTION.match(text, at)) is not None:
        names.append(found["name"])
        end = found.end()
        glue = _AND.match(text, end)
        if glue is None:
            break
        at = glue.end()
    return tuple(names), end


def _until_stop(text: str, at: int) -> tuple[str, int]:
    """The words up to the next separator, bracket or line end."""
    bracket = _BLANK.match(text, at)
    if bracket is not None:
        return bracket[0], bracket.end()
    stop = _STOP.search(text, at, at + _LONGEST)
    value = text[at : stop.start() if stop else at + _LONGEST].rstrip()
    return value.strip(), at + len(value)


def _due_at(hidden: str, key: re.Match[str], colon: bool, grammar: Grammar) -> Token | None:  # noqa: FBT001
    at = key.end()
    found = next(iter(find_dates(hidden[at : at + 60], grammar.today)), None)
    if found is not None and found.start == 0:
        return _dated(found, at, key.start(), keyed=colon, hinted=True)
    if not colon:
        return None
    value, end = _until_stop(hidden, at)
    if is_placeholder(value) or value.lower() in NOBODY:
        return Token(Mark.DUE, key.start(), end, at, end, keyed=True)
    return Token(Mark.DUE, key.start(), end, at, end, day=read_date(value, grammar.today), keyed=True)


def _dated(found: FoundDate, at: int, start: int, *, keyed: bool, hinted: bool) -> Token:
    first, end = at + found.start, at + found.end
    return Token(Mark.DUE, start, end, first, end, day=found.value, keyed=keyed, hinted=hinted, firm=found.firm)


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
    if not colon and not (key["key"].lower().startswith("track") and hidden.startswith(_HIDDEN, key.end())):
        return None
    found = next(iter(find_dates(hidden[key.end() : key.end() + 60], grammar.today)), None)
    end = key.end() + found.end if found is not None and found.start == 0 else key.end()
    is_reference = hidden[end : end + 1] == _HIDDEN
    return _token(Mark.ASIDE, key.start(), end) if end > key.end() or is_reference else None


def state_of(value: str) -> Mark | None:
    """What a status says: done, dropped, or (None) still open."""
    words = value.strip().strip("*_`[]().! ").lower()
    if _TICK.match(words) or re.fullmatch(rf"{_DONE_WORDS}(?:\W.*)?|x(?:\W.*)?|yes|y|100 ?%", words):
        return Mark.DONE
    return Mark.DROPPED if re.fullmatch(rf"{_DROPPED_WORDS}(?:\W.*)?", words) else None


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


# --- marks known by their form --------------------------------------------------------------------------------


def _lead(hidden: str) -> Iterator[Token]:
    """`Prevention: …` and `**Detection** – …`: the kind of action as the first word."""
    found = _LEAD.match(hidden)
    if found is not None:
        yield _token(Mark.TYPE, found.start("type"), found.end(), text=TYPES[found["type"].lower()])


def _stamps(hidden: str, grammar: Grammar) -> Iterator[Token]:
    for found in _STAMP.finditer(hidden):
        if found["optional"]:
            yield _token(Mark.OPTIONAL, found.start(), found.end())
        elif found["dropped"]:
            yield _token(Mark.DROPPED, found.start(), found.end(), text=found["more"].strip(" :,-–—"))
        elif not re.match(r"\w|[ ](?:by|when|if|before)\b", found["more"]):
            day = next((d.value for d in find_dates(found["more"], grammar.today) if isinstance(d.value, date)), None)
            yield Token(Mark.DONE, found.start(), found.end(), found.start(), found.end(), day=day)
    for found in _TICK.finditer(hidden):
        yield _token(Mark.DONE, found.start(), found.end())
    for found in _SAID_DONE.finditer(hidden):
        yield _token(Mark.DONE, found.start(), found.end())


def _loose(hidden: str, grammar: Grammar) -> Iterator[Token]:
    end = 0
    for found in MENTION.finditer(hidden):
        if found.start() >= end:
            names, end = _mentions_at(hidden, found.start())
            real = tuple(name for name in names if name.lower() not in NOBODY)
            yield Token(Mark.OWNER, found.start(), end, found.start(), end, names=real)
    for day in find_dates(hidden, grammar.today):
        yield _dated(day, 0, day.start, keyed=False, hinted=False)
    for found in _VAGUE.finditer(hidden):
        yield Token(Mark.DUE, *found.span(), *found.span(), day=read_date(found[0], grammar.today), firm=False)
    for found in _TYPE.finditer(hidden):
        said = (found["box"] or found["tag"]).lower()
        yield _token(Mark.TYPE, found.start(), found.end(), text=TYPES[said])
    for found in _BLANK.finditer(hidden):
        yield _token(Mark.BLANK, found.start(), found.end(), text=found[0])


def bare_login(word: str) -> bool:
    """Whether a word under "Owner" is an account's name without its @, rather than a person's."""
    return _BARE_LOGIN.fullmatch(word) is not None
