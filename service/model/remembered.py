"""What is remembered of an issue between two looks: the hidden block of its status comment, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Override:
    """A maintainer's decision to let a post-mortem close with open points."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided by command about an action item, as a verdict too: it is put on record.

    `until` is the day it sleeps to, or its new deadline.
    """

    what: Literal["snooze", "extend", "wont-do"]
    by: str
    at: datetime
    reason: str
    until: date | None = None
    before: date | None = None  # the deadline it replaced


@dataclass(frozen=True, slots=True)
class ItemState:
    """What line and child last agreed on; the base of each three-way comparison."""

    key: str
    ref: str  # the child as the line names it: `#57`, `acme/ops#57`, or a placeholder while it is only planned
    text: str  # of the line
    title: str = ""  # of the child
    owners: tuple[str, ...] = ()  # on the line
    assigned: tuple[str, ...] = ()  # on the child
    due: date | None = None
    done: bool = False
    dropped: str | None = None  # the reason given with `/pm drop`
    slips: int = 0  # how often the deadline was moved to a later day
    dated: bool = False  # its board's date field has held the deadline; whoever emptied it since meant to


@dataclass(frozen=True, slots=True)
class ReviewState:
    """A follow-up review that was opened. It is opened once, whatever becomes of it and of its link."""

    key: str
    ref: str  # as `ItemState.ref`


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting on a post-mortem: when it begins, in which time zone it was asked for, and by whom.

    `key` is the id of the comment that called it: moved or called off, it is still the same meeting.
    """

    at: datetime
    zone: str
    by: str
    invited: tuple[str, ...] = ()
    attended: tuple[str, ...] = ()  # empty: nobody has said so yet
    key: str = ""  # empty: called before meetings had one
    agenda: str = ""  # the id of the comment whose answer holds its agenda
    sequence: int = 0  # how often it was moved or called off
    changed_at: datetime | None = None  # when somebody last said so
    off: str = ""  # who called it off


@dataclass(frozen=True, slots=True)
class Told:
    """A reminder that went out by message: the step of which deadline, as `2026-03-16:+7d`, and when."""

    step: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SyncState:
    """What Closeout remembers about an issue, kept in the hidden block of its own status comment."""

    template: str | None = None  # the name of the template that was last applied
    pinned: str | None = None  # the template that `/pm template` asked for
    severity: str | None = None
    category: str | None = None
    column: str | None = None
    held: str | None = None  # the furthest column when a person chose an earlier one
    items: tuple[ItemState, ...] = ()
    answered: tuple[str, ...] = ()  # ids of the comments whose commands have had their effect
    overrides: tuple[Override, ...] = ()
    decisions: tuple[Decision, ...] = ()
    reviews: tuple[ReviewState, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    told: tuple[Told, ...] = ()
    slipping: int = 0  # at so many extensions it was last labelled as slipping: a label taken off by hand stays off
    overridden: bool = False  # its present close was labelled as one by override, which holds for the same reason
    paused: bool = False
    review: bool = False  # review was asked for
    spawn: bool = False  # `/pm actions` was given
    adopted: bool = False  # taken in without a word, and not looked at as usual since
