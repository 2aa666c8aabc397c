"""Milestones and iterations: current or not, wherever the team works, on simulated time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.calendar import Calendar
from service.model import Timebox
from service.timeboxes import Planned, current, outside, turns
from tests.build import day

SPRINT = Timebox("iteration", "Sprint 12", day("2026-03-02"), day("2026-03-13"))
WAIT = Planned(wait=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "moment", "runs"),
    [
        ("UTC", "2026-03-01T23:59", False),
        ("UTC", "2026-03-02T00:00", True),
        ("UTC", "2026-03-13T23:59", True),
        ("UTC", "2026-03-14T00:00", False),
        ("Pacific/Kiritimati", "2026-03-01T09:59", False),
        ("Pacific/Kiritimati", "2026-03-01T10:00", True),
        ("Pacific/Kiritimati", "2026-03-13T10:00", False),
        ("Pacific/Pago_Pago", "2026-03-02T10:59", False),
        ("Pacific/Pago_Pago", "2026-03-02T11:00", True),
        ("Pacific/Pago_Pago", "2026-03-14T10:59", True),
        ("Pacific/Pago_Pago", "2026-03-14T11:00", False),
    ],
)
def test_a_sprint_begins_and_ends_with_its_days_where_the_team_works(zone: str, moment: str, *, runs: bool) -> None:
    """On both sides of the date line: the first and the last day belong to it."""
    calendar = Calendar(zone=zone)
    assert (current(turns((SPRINT,), WAIT, calendar), at(moment), calendar) is not None) is runs


@pytest.mark.parametrize(
    ("last", "days", "first"),
    [
        ("2028-03-15", 31, "2028-02-14"),  # over a leap day
        ("2027-03-15", 31, "2027-02-13"),
        ("2026-03-31", 31, "2026-03-01"),
        ("2026-03-31", 1, "2026-03-31"),
    ],
)
def test_a_milestone_without_a_beginning_lasts_so_many_days(last: str, days: int, first: str) -> None:
    """Counted back from its end, which is one of them."""
    box = Timebox("milestone", "v2", last=day(last))
    [turn] = turns((box,), Planned(wait=True, days=days), Calendar())
    assert (turn.first, turn.last) == (day(first), day(last))


def test_what_overlaps_is_waited_for_until_the_last_of_it_is_over() -> None:
    """A sprint inside a milestone, and the one after it: people are spoken to on the first working morning after all."""
    release = Timebox("milestone", "v2", day("2026-03-10"), day("2026-03-20"))
    calendar = Calendar(zone="Europe/Berlin")
    taken = turns((SPRINT, release), WAIT, calendar)
    assert outside(taken, at("2026-03-05T12:00"), calendar) == at("2026-03-23T07:00")
    assert outside(taken, at("2026-03-23T07:00"), calendar) == at("2026-03-23T07:00")


def test_a_sprint_over_a_change_of_the_clocks_ends_with_its_day() -> None:
    """The morning after is at eight on the new clock."""
    box = Timebox("iteration", "Sprint 13", day("2026-03-16"), day("2026-03-29"))
    calendar = Calendar(zone="Europe/Berlin")
    assert outside(turns((box,), WAIT, calendar), at("2026-03-20T12:00"), calendar) == at("2026-03-30T06:00")


def test_without_the_policys_word_nothing_is_waited_for() -> None:
    """Reminders come by default, whatever people plan."""
    assert turns((SPRINT,), Planned(), Calendar()) == ()
