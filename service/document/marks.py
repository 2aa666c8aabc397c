"""The marks an action's line may carry, and the vocabulary that all readers of them share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from service.document.dates import FoundDate, Problem
from service.document.parts import Dialect
from service.model import IssueRef


class Mark(StrEnum):
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
# Words behind an @ that stand for nobody in particular, or for everybody.
NOBODY = frozenset({
    "owner", "owners", "username", "user", "name", "assignee", "person", "someone", "somebody", "handle", "tbd",
    "todo", "team", "login", "mention", "xxx", "who", "you", "your-name", "yourname", "your-handle", "team-name",
    "github-username", "gitlab-username", "na", "n/a", "none", "nobody", "org/team", "all", "here", "channel",
    "everyone",
})  # fmt: skip
MENTION = re.compile(r"(?<![\w@./-])@(?P<name>[A-Za-z0-9_](?:[\w.-]{0,80}\w)?(?:/\w(?:[\w.-]{0,80}\w)?){0,8})")
_AND = re.compile(
    r"[ \t]*(?:,[ \t]*(?:and[ \t]+)?|&[ \t]*|\+[ \t]*|/[ \t]*|;[ \t]*|and[ \t]+|or[ \t]+|[ \t])(?=@)", re.IGNORECASE
)
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)([^`]+)\1(?!`)")
BLANK = re.compile(
    r"\[[^\[\]\n]{1,80}\](?![(\[:])|\{\{[^{}\n]{1,80}\}\}|<[A-Za-z][^<>\n]{0,40}>|(?<![\w@])(?:tb[dac]|todo|n/a|yyyy-mm-dd|\?{1,3})(?!\w)",
    re.IGNORECASE,
)
TICK = re.compile(r"(?:✅|☑|✔|✓)\ufe0f?|:white_check_mark:|:heavy_check_mark:")
DONE_WORDS = r"(?:done|completed?|fixed|resolved|closed|finished|shipped|deployed|implemented)"
DROPPED_WORDS = (
    r"(?:won[’']?t (?:do|fix)|wontfix|dropped|cancell?ed|obsolete|abandoned|not needed|no longer needed|rejected)"
)
_BARE_LOGIN = re.compile(r"(?=[a-z0-9_.-]*[a-z])[a-z0-9][a-z0-9_.-]{0,38}(?:/[a-z0-9][a-z0-9_.-]{0,38}){0,5}")


HIDDEN = "\x1a"  # stands for each character of a reference in a masked text
STRIKE = "\x1b\x1b"  # stands for `~~` in a masked text: a boundary, never a word


def masked(text: str) -> str:
    """The text with code, emphasis marks and the inside of URLs made harmless; every position stays."""
    text = _CODE.sub(lambda m: m[1] + "x" * len(m[2]) + m[1], text) if "`" in text else text
    text = text.replace("*", " ").replace("~~", STRIKE)
    return _UNDERLINE.sub(lambda m: " " * len(m[0]), text) if "_" in text else text


_UNDERLINE = re.compile(r"(?<![^\W_])_{1,3}|_{1,3}(?![^\W_])")


def mark_at(mark: Mark, start: int, end: int, *, text: str = "") -> Token:
    return Token(mark, start, end, start, end, text=text)


def mentions_at(text: str, at: int) -> tuple[tuple[str, ...], int]:
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


def dated(found: FoundDate, at: int, start: int, *, keyed: bool, hinted: bool) -> Token:
    first, end = at + found.start, at + found.end
    return Token(Mark.DUE, start, end, first, end, day=found.value, keyed=keyed, hinted=hinted, firm=found.firm)


def state_of(value: str) -> Mark | None:
    """What a status says: done, dropped, or (None) still open."""
    words = value.strip().strip("*_`[]().! ").lower()
    if TICK.match(words) or re.fullmatch(rf"{DONE_WORDS}(?:\W.*)?|x(?:\W.*)?|yes|y|100 ?%", words):
        return Mark.DONE
    return Mark.DROPPED if re.fullmatch(rf"{DROPPED_WORDS}(?:\W.*)?", words) else None


def bare_login(word: str) -> bool:
    """Whether a word under "Owner" is an account's name without its @, rather than a person's."""
    return _BARE_LOGIN.fullmatch(word) is not None
