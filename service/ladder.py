"""The escalation ladder: which reminder stands for an action item at a moment. Pure, and one notion for whoever asks.

A step is taken once for each deadline. Only the last one that has come counts: after an outage nobody is reminded of
what has been overtaken, and a new deadline begins at the bottom.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from service.calendar import Calendar
from service.case import Case
from service.model import Decision
from service.timeboxes import Planned, Turn, current, outside, turns
from service.vocabulary import Strict

NUDGE = "nudge:"
_ROUTE = "route:"
_WHOM = rf"^(@?[\w.-]+(/[\w.-]+)*|{_ROUTE}[a-z0-9][a-z0-9_-]*)$"
_WAITS_FOR_NOTHING = Planned()


class Step(Strict):
    """One rung: when, whom to tell, and how."""

    offset: int = Field(ge=-366, le=366, description="Days after the deadline; below 0 before it.")
    days: Literal["calendar", "business"] = Field("calendar", description="Which days are counted.")
    tell: tuple[Annotated[str, StringConstraints(pattern=_WHOM)], ...] = Field(
        ("owner",),
        description="`owner`, `post-mortem-owner`, `team-lead` (of `audit.leads`), a login, a team such as "
        "`acme/leads`, or a channel: `route:oncall` is the route `oncall` of the installation.",
    )
    how: Literal["comment", "digest", "notification"] = Field(
        "comment",
        description="`comment`: on the item. `digest`: not there, but in the audit's summary. `notification`: by "
        "message, and on the item where no route takes it.",
    )

    @property
    def people(self) -> tuple[str, ...]:
        """Whom it names, but for routes."""
        return tuple(who for who in self.tell if not who.startswith(_ROUTE))

    @property
    def routes(self) -> tuple[str, ...]:
        return tuple(who.removeprefix(_ROUTE) for who in self.tell if who.startswith(_ROUTE))

    @property
    def leaves(self) -> bool:
        """Whether taking it is worth a message: it says so, names a route, or comes after the deadline."""
        return self.how != "digest" and (self.how == "notification" or bool(self.routes) or self.offset > 0)

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
    def name(self) -> str:
        """The step of this deadline: `2026-03-16:+7d`."""
        return f"{self.deadline}:{self.step.name}"

    @property
    def topic(self) -> str:
        """Names the comment that says it, which is the record that it was said."""
        return f"{NUDGE}{self.name}"


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


def standing(case: Case, steps: tuple[Step, ...], planned: Planned = _WAITS_FOR_NOTHING) -> Standing:
    """Where an action item stands. Nothing is due on one that is closed, paused, asleep, without a deadline, or in a
    milestone or iteration that is waited for; a step that comes meanwhile comes when that is over.
    """
    if case.issue.state == "closed" or case.state.paused or case.is_paused(case.issue) or case.deadline is None:
        return Standing()
    nap = sleeping(case)
    if nap is not None and nap.until is not None:
        return Standing(next_at=case.calendar.opens(case.calendar.begins(nap.until)))
    if underway(case, planned) is not None:
        return Standing(next_at=outside(_turns(case, planned), case.now, case.calendar))
    ladder = [_waiting(rung, case, planned) for rung in rungs(steps, case.deadline, case.calendar)]
    come = [rung for rung in ladder if rung.at <= case.now and not rests(case)]
    return Standing(come[-1] if come else None, next((rung.at for rung in ladder if rung.at > case.now), None))


def underway(case: Case, planned: Planned) -> Turn | None:
    """The milestone or iteration that the item is in now, where it is waited for."""
    return current(_turns(case, planned), case.now, case.calendar)


def _waiting(rung: Rung, case: Case, planned: Planned) -> Rung:
    return replace(rung, at=outside(_turns(case, planned), rung.at, case.calendar))


def _turns(case: Case, planned: Planned) -> tuple[Turn, ...]:
    return turns(case.issue.timeboxes, planned, case.calendar)


def rests(case: Case) -> bool:
    """Its post-mortem is paused. Each step's moment comes all the same, to see whether it still is."""
    parent = case.snapshot.parent
    return parent is not None and case.is_paused(parent)


def sleeping(case: Case) -> Decision | None:
    """The snooze that is in force; it ends by itself when its day begins."""
    naps = [made for made in case.state.decisions if made.what == "snooze" and made.until is not None]
    today = case.calendar.day(case.now)
    return next((nap for nap in reversed(naps) if nap.until is not None and nap.until > today), None)


def told(case: Case, step: Step) -> tuple[str, ...]:
    """Whom the step names, by login or team, each once; the post-mortem's owner where nobody else is found.

    Nobody where it names routes alone.
    """
    found = [name for who in step.people for name in _people(case, who)]
    if not found and step.people:
        found = _people(case, "post-mortem-owner")
    return tuple({name.casefold(): name for name in found}.values())


def _people(case: Case, who: str) -> list[str]:
    parent = case.snapshot.parent
    match who:
        case "owner":
            return list(case.owners)
        case "post-mortem-owner":
            names = sorted(parent.assignees) or [parent.author] if parent is not None else []
            return [name for name in names if name and name != case.snapshot.viewer]
        case "team-lead":
            return list(case.teams.leads_of(case.owners))
        case _:
            return [who.removeprefix("@")]
