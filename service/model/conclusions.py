"""What is concluded: findings, what rules note and say, and the plan they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID, uuid5

from service.model.changes import Change
from service.model.remembered import Decision, ItemState, Override
from service.model.seen import IssueRef

Level: TypeAlias = Literal["blocks", "advises", "done", "skipped", "error"]
NoticeKind: TypeAlias = Literal["opened", "review", "refused", "completed", "due", "overdue"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about an issue: what, where, and exactly how to put it right."""

    rule: str
    level: Level
    message: str
    where: str = ""  # a section's heading or a line, as a person would find it
    fix: str = ""
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remember:
    """A rule's note to itself: these fields of the sync state take these values."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Revisit:
    """Nothing to do yet: look again at this time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Track:
    """A rule's note on one action item: what its line and its issue now agree on."""

    item: ItemState


@dataclass(frozen=True, slots=True)
class Say:
    """A rule's message to people, posted once per topic as a comment of its own, so that it notifies.

    `text` is Markdown. `findings` are listed under it; None lists whatever blocks closing when all is settled.
    """

    topic: str
    text: str
    findings: tuple[Finding, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Tell:
    """A reminder that goes out by message, once for each step of a deadline (`2026-03-16:+7d`).

    Where no route of the installation would take it, `otherwise` is said on the item: nothing is lost in silence.
    """

    step: str
    otherwise: Say


@dataclass(frozen=True, slots=True)
class Fold:
    """Our earlier message on this topic has had its day: it is folded in place under `title`, every word of it kept."""

    topic: str
    title: str


Verdict: TypeAlias = Finding | Change | Remember | Track | Decision | Say | Tell | Fold | Revisit


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth telling outside the tracker, once for each `key`.

    `routes` are those that the policy names, or None where the routes themselves say what they take. `points` are in
    the words of people where the kind is `completed`: its lessons learned.
    """

    kind: NoticeKind
    key: str
    ref: IssueRef
    title: str
    url: str = ""
    severity: str | None = None
    owners: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    told: tuple[str, ...] = ()  # whom a step of the ladder names: people and teams, the owners perhaps among them
    confidential: bool = False
    due: date | None = None
    points: tuple[str, ...] = ()
    by_decision: bool = False  # completed, with points that a maintainer let stand open
    routes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """Something that calendars may show. `begins`: a moment in UTC, or the whole day where `minutes` is 0.

    It holds no more of the post-mortem than may leave the tracker. `sequence` rises with each change that matters.
    """

    id: str  # stays the same when it is moved
    kind: Literal["meeting", "review"]
    begins: datetime | date
    summary: str
    text: str
    url: str
    changed_at: datetime
    minutes: int = 0
    sequence: int = 0
    off: bool = False
    confidential: bool = False


def calendar_id(ref: IssueRef, key: str) -> str:
    """Of an appointment: without a word of what it is about, and no other issue can have the same.

    Forges find a project however its name is written, and so do people who type it.
    """
    return uuid5(_CALENDAR, f"{str(ref).lower()} {key}").hex


_CALENDAR = UUID("5b0c0c53-9f0a-4f7e-8a55-6c1f0f1f3c4e")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to change and why. `related` are issues to look at once this plan is applied, `overrides` are new ones,
    `notices` are worth telling whoever is not in the tracker, `appointments` are all that calendars may show of the
    issue (None: not known this time).
    """

    ref: IssueRef
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()  # for each change, the ids of the rules that asked for it
    revisit_at: datetime | None = None
    related: tuple[IssueRef, ...] = ()
    overrides: tuple[Override, ...] = ()
    notices: tuple[Notice, ...] = ()
    appointments: tuple[Appointment, ...] | None = None
    seen_at: datetime | None = None  # by the clock that `revisit_at` goes by

    @property
    def revisit_in(self) -> float | None:
        """Seconds from the look to the next one. Clocks that disagree on the time agree on that."""
        if self.revisit_at is None or self.seen_at is None:
            return None
        return (self.revisit_at - self.seen_at).total_seconds()

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.level == "blocks")
