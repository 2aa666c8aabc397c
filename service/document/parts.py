"""The parts a document is read into. Lines are 0-based; ranges are half-open; text is as the person wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from service.model import IssueRef


class FieldState(StrEnum):
    """What a field says. The four states are what "is it filled in?" really asks."""

    RECORDED = "recorded"
    PENDING = "pending"  # empty, or still the template's placeholder
    NOT_APPLICABLE = "not applicable"
    INVALID = "invalid"  # written, but it cannot be read; `reason` says why and how to write it


FieldValue = str | date | datetime | timedelta | None


@dataclass(frozen=True, slots=True)
class Field:
    """A named value such as `**Severity:** high`.

    Values by name: `date` date · `duration` timedelta · `severity`, `category` lower-case word · `impact` str ·
    `started`, `detected`, `mitigated`, `resolved` aware UTC datetime · `owner` str · `deadline` date · others str.
    """

    name: str
    state: FieldState
    value: FieldValue = None
    raw: str = ""
    reason: str = ""
    line: int | None = None  # None: the document has no such line


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, up to the next heading of the same or a higher level.

    `id` is the canonical id where the dialect knows the heading (`root-cause`), else the heading's slug.
    `text` is what a reader would call content: without comments, placeholders, prompts and sub-headings.
    """

    id: str
    title: str
    level: int
    start: int  # the heading's line
    body: int  # the first line after the heading
    end: int
    text: str
    filled: bool
    not_applicable: bool = False


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    line: int
    text: str
    at: datetime | None  # aware UTC; None where only a time of day is given and no date is known


@dataclass(frozen=True, slots=True)
class ActionItem:
    """One committed action, whatever form it was written in.

    `owners` are logins or teams (`org/team`) without `@`. `owner_text` holds an owner that is no login ("Alice
    Smith"). `problem` says what is wrong with the deadline as written (an ambiguous or impossible date) and how
    to write it. `refs` are the issues the line names; `planned` the key in a `#new-KEY` placeholder.
    `reason` is why the action was struck out, where the line says so. `checkbox`: the line has `[ ]` or `[x]`.
    """

    line: int
    end: int  # one past the item's last line (sub-bullets such as `- Owner: @x` belong to it)
    text: str
    done: bool = False
    struck: bool = False
    reason: str = ""
    owners: tuple[str, ...] = ()
    owner_text: str = ""
    due: date | None = None
    problem: str = ""
    type: str | None = None  # prevention, detection, response, documentation, process, learning, or as written
    refs: tuple[IssueRef, ...] = ()
    planned: str | None = None
    links: tuple[str, ...] = ()  # URLs that are no issue references: pull requests, dashboards
    completed: date | None = None  # the completion date stamped on the line
    checkbox: bool = True
    optional: bool = False

    @property
    def settled(self) -> bool:
        """Done or struck out: nothing left to do for this line itself."""
        return self.done or self.struck


@dataclass(frozen=True, slots=True)
class Criterion:
    """A line of a definition of done or of the final review checklist."""

    line: int
    text: str
    done: bool
    optional: bool = False
    not_applicable: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a reader should look at, where it stands: an advisory rule's raw material."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words a team uses. Each maps a canonical name to further spellings, compared without case, numbering,
    emoji, bold, plural `(s)` and trailing colons. Policy adds to the shipped ones (`service.document.words`).
    """

    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dates: tuple[str, ...] = ()  # names of a board's date field that stands for a deadline, the first one there counts
    hosts: tuple[str, ...] = ()  # web hosts whose issue URLs are references on this forge
