"""The escalation ladder: which reminder stands for an action item at a moment. Pure, and one notion for whoever asks.

A step is taken once for each deadline. Only the last one that has come counts: after an outage nobody is reminded of
what has been overtaken, and a new deadline begins at the bottom.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from service.calendar import Calendar
from service.case import Case
from service.model import Decision
from service.vocabulary import Strict

NUDGE = "nudge:"


class Step(Strict):
    """One rung: when, whom to tell, and how."""

    offset: int = Field(ge=-366, le=366, description="Days after the deadline; below 0 before it.")
    days: Literal["calendar", "business"] = Field("calendar", description="Which days are counted.")
    tell: tuple[Annotated[str, StringConstraints(pattern=r"^@?[\w.-]+(/[\w.-]+)*$")], ...] = Field(
        ("owner",), description="`owner`, `post-mortem-owner`, a login, or a team such as `acme/leads`."
    )
    how: Literal["comment", "digest"] = Field(
        "comment", description="`comment`: on the item. `digest`: not there, but in the audit's summary."
    )

    @property
    def name(self) -> str:
        unit = "bd" if self.days == "business" else "d"
        return f"{self.offset:+}{unit}" if self.offset else "due"


LADDER = (
    Step(offset=-7, how="digest"),
    Step(offset=-2),
    Step(offset=0),
    Step(offset=3, days="business"),
    Step(offset=7, tell=("owner", "post-mortem-owner")),
    Step(offset=14, tell=("owner", "post-mortem-owner")),
)


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of one item's ladder. `at`: the first moment, on a working day, at which it may be taken."""

    step: Step
    deadline: date
    at: datetime

    @property
    def topic(self) -> str:
        """Names the comment that says it, which is the record that it was said."""
        return f"{NUDGE}{self.deadline}:{self.step.name}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an item stands on its ladder: the last rung that has come, and when to look again."""

    rung: Rung | None = None
    next_at: datetime | None = None


def rungs(steps: tuple[Step, ...], deadline: date, calendar: Calendar) -> tuple[Rung, ...]:
    """The ladder of one deadline, in the order in which its steps come."""
    days = [(calendar.shifted(deadline, step.offset, business=step.days == "business"), step) for step in steps]
    ordered = sorted(days, key=lambda pair: (pair[0], pair[1].offset))
    return tuple(Rung(step, deadline, calendar.opens(calendar.begins(day))) for day, step in ordered)


def standing(case: Case, steps: tuple[Step, ...]) -> Standing:
    """Where an action item stands. Nothing is due on one that is closed, paused, asleep or without a deadline."""
    if case.issue.state == "closed" or case.state.paused or case.deadline is None:
        return Standing()
    nap = sleeping(case)
    if nap is not None and nap.until is not None:
        return Standing(next_at=case.calendar.opens(case.calendar.begins(nap.until)))
    ladder = rungs(steps, case.deadline, case.calendar)
    come = [rung for rung in ladder if rung.at <= case.now]
    return Standing(come[-1] if come else None, next((rung.at for rung in ladder if rung.at > case.now), None))


def sleeping(case: Case) -> Decision | None:
    """The snooze that is in force; it ends by itself when its day begins."""
    naps = [made for made in case.state.decisions if made.what == "snooze" and made.until is not None]
    today = case.calendar.day(case.now)
    return next((nap for nap in reversed(naps) if nap.until is not None and nap.until > today), None)
