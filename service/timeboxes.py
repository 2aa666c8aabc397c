"""Milestones and iterations: whether the turn of an item is still running in the team's own planning. Pure.

Days are those of the team's calendar: a milestone that ends on the 13th ends with that day where the team works.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import Field

from service.calendar import Calendar
from service.model import Timebox
from service.vocabulary import Strict

_LONGEST = 366  # days


class Planned(Strict):
    """Whether the ladder waits for what a team has planned anyway."""

    wait: bool = Field(False, description="Nobody is reminded of an item while its milestone or iteration is current.")
    days: int = Field(
        31,
        ge=1,
        le=366,
        description="So many days a milestone lasts that has an end and no beginning, as all of GitHub's.",
    )


@dataclass(frozen=True, slots=True)
class Turn:
    """A milestone or iteration with its days, the last one included."""

    box: Timebox
    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def over(self, calendar: Calendar) -> datetime:
        """The first moment after it at which people may be spoken to."""
        return calendar.opens(calendar.begins(calendar.shifted(self.last, 1)))


def current(turns: Collection[Turn], at: datetime, calendar: Calendar) -> Turn | None:
    """The one that runs at this moment where the team works; of several the one that ends last."""
    running = (turn for turn in turns if turn.holds(calendar.day(at)))
    return max(running, key=lambda turn: turn.last, default=None)


def outside(turns: Collection[Turn], at: datetime, calendar: Calendar) -> datetime:
    """The moment itself, or the first one after it that is in none of them."""
    for _ in turns:
        turn = current(turns, at, calendar)
        if turn is None:
            break
        at = turn.over(calendar)
    return at


def turns(boxes: Collection[Timebox], planned: Planned, calendar: Calendar) -> tuple[Turn, ...]:
    """What the ladder waits for. What was closed is over; what has no end, or none within a year of its beginning, is
    no plan, and would be waited for for ever.
    """
    found = _turns(boxes, planned.days, calendar) if planned.wait else ()
    return tuple(turn for turn in found if (turn.last - turn.first).days <= _LONGEST)


def _turns(boxes: Collection[Timebox], days: int, calendar: Calendar) -> Iterator[Turn]:
    for box in boxes:
        if box.open and box.last is not None:
            yield Turn(box, box.first or calendar.shifted(box.last, 1 - days), box.last)
