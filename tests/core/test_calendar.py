"""When a team works: zones, clock changes, month ends, leap days, holidays and nights, all on simulated time."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calendar import Calendar, CalendarOf, Calendars
from service.policy import InvalidPolicy, Policy, load
from tests.core.strategies import calendars

MOMENTS = st.datetimes(datetime(2011, 12, 1), datetime(2027, 1, 31), timezones=st.just(UTC))  # noqa: DTZ001 - UTC it is


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def team(zone: str = "UTC", **more: Any) -> Calendar:
    return Calendar(zone=zone, **more)


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("UTC", "2026-03-01T23:59", "2026-03-01"),
        ("Europe/Berlin", "2026-03-01T23:00", "2026-03-02"),
        ("America/Los_Angeles", "2026-03-02T07:59", "2026-03-01"),
        ("Pacific/Kiritimati", "2026-03-01T10:00", "2026-03-02"),
        ("Pacific/Pago_Pago", "2026-03-02T10:59", "2026-03-01"),
        ("Europe/Berlin", "2026-03-28T23:00", "2026-03-29"),
        ("Europe/Berlin", "2026-03-29T21:59", "2026-03-29"),
        ("Europe/Berlin", "2026-03-29T22:00", "2026-03-30"),
        ("Pacific/Apia", "2011-12-30T09:59", "2011-12-29"),
        ("Pacific/Apia", "2011-12-30T10:00", "2011-12-31"),
    ],
)
def test_a_day_is_the_zones_own(zone: str, moment: str, day: str) -> None:
    """On both sides of the date line, through changes of the clocks, and where a whole day was left out."""
    assert team(zone).day(at(moment)).isoformat() == day


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00"),
        ("Europe/Berlin", "2026-03-30", "2026-03-29T22:00"),
        ("Europe/Berlin", "2026-10-26", "2026-10-25T23:00"),
        ("Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00"),  # midnight itself is skipped there
    ],
)
def test_a_day_begins_at_its_own_midnight(zone: str, day: str, begins: str) -> None:
    """The day on which the clocks change is an hour shorter or longer."""
    assert team(zone).begins(date.fromisoformat(day)) == at(begins)


@pytest.mark.parametrize(
    ("day", "count", "business", "wanted"),
    [
        ("2024-02-28", 1, False, "2024-02-29"),
        ("2024-02-29", 1, False, "2024-03-01"),
        ("2026-02-28", 1, False, "2026-03-01"),
        ("2026-01-31", 31, False, "2026-03-03"),
        ("2025-12-31", 7, False, "2026-01-07"),
        ("2026-03-06", 1, True, "2026-03-09"),
        ("2026-03-07", 1, True, "2026-03-09"),
        ("2026-03-09", -1, True, "2026-03-06"),
        ("2026-03-08", -2, True, "2026-03-05"),
        ("2026-03-07", 0, True, "2026-03-07"),
        ("2024-02-27", 3, True, "2024-03-01"),
        ("9999-12-31", 14, False, "9998-12-31"),
        ("0001-01-01", -7, True, "0002-01-01"),
    ],
)
def test_days_are_counted_as_the_calendar_has_them(day: str, count: int, business: bool, wanted: str) -> None:
    """Month ends, leap days and years; business days leave out weekends; the ends of time are no error."""
    assert team().shifted(date.fromisoformat(day), count, business=business).isoformat() == wanted


@pytest.mark.parametrize(
    ("places", "day", "works"),
    [
        (("DE",), "2026-10-02", True),
        (("DE",), "2026-12-25", False),
        (("DE",), "2026-03-09", True),
        (("DE-BE",), "2026-03-09", True),
        (("DE-BE",), "2027-03-08", False),
        (("US",), "2026-07-03", False),
        (("US", "JP"), "2026-05-04", False),
        ((), "2026-12-25", True),
    ],
)
def test_public_holidays_are_days_off(places: tuple[str, ...], day: str, works: bool) -> None:
    """Of a country, of a region alone, of several places; and the working day on which a Saturday's is kept."""
    assert team(holidays=places).is_working(date.fromisoformat(day)) is works


def test_further_days_off_and_another_weekend() -> None:
    """The policy names them."""
    calendar = team(weekend=("friday", "saturday"), days_off=(date(2026, 3, 8),))
    assert calendar.working_day(date(2026, 3, 6)) == date(2026, 3, 9)
    assert calendar.working_day(date(2026, 3, 8), -1) == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("zone", "quiet", "moment", "opens"),
    [
        ("UTC", "18:00-08:00", "2026-03-02T09:00", "2026-03-02T09:00"),
        ("UTC", "18:00-08:00", "2026-03-02T03:00", "2026-03-02T08:00"),
        ("UTC", "18:00-08:00", "2026-03-02T18:00", "2026-03-03T08:00"),
        ("UTC", "18:00-08:00", "2026-03-06T18:00", "2026-03-09T08:00"),
        ("UTC", "", "2026-03-07T09:00", "2026-03-09T00:00"),
        ("UTC", "12:00-13:00", "2026-03-02T12:30", "2026-03-02T13:00"),
        ("UTC", "18:00-08:00", "2026-02-28T09:00", "2026-03-02T08:00"),
        ("America/New_York", "18:00-08:00", "2026-03-06T23:30", "2026-03-09T12:00"),  # its clocks change that weekend
        ("Europe/Berlin", "18:00-02:30", "2026-03-30T00:00", "2026-03-30T00:30"),
        ("Pacific/Apia", "18:00-08:00", "2026-03-01T19:00", "2026-03-01T19:00"),  # Monday there already
        ("Pacific/Pago_Pago", "18:00-08:00", "2026-03-02T12:00", "2026-03-02T19:00"),  # and still Sunday here
    ],
)
def test_people_are_spoken_to_in_their_working_hours(zone: str, quiet: str, moment: str, opens: str) -> None:
    """The first such moment from now on: after nights, weekends and changes of the clocks."""
    assert team(zone, quiet=quiet).opens(at(moment)) == at(opens)


def test_a_quiet_time_that_ends_in_a_skipped_or_repeated_hour() -> None:
    """Half past two does not exist on one Sunday of the year in Berlin, and twice on another."""
    sundays = team("Europe/Berlin", weekend=(), quiet="18:00-02:30")
    assert sundays.opens(at("2026-03-29T00:00")) == at("2026-03-29T01:30")
    assert sundays.opens(at("2026-10-25T00:10")) == at("2026-10-25T00:30")
    assert sundays.opens(at("2026-10-25T01:10")) == at("2026-10-25T01:30")


def test_holidays_and_nights_follow_each_other() -> None:
    """From the evening before Easter to the Tuesday after it."""
    berlin = team("Europe/Berlin", holidays=("DE",))
    assert berlin.opens(at("2026-04-02T17:00")) == at("2026-04-07T06:00")


@given(calendars(), MOMENTS)
def test_an_opening_is_not_before_and_is_open(calendar: Calendar, moment: datetime) -> None:
    """For any calendar and moment: waiting leads forward, to a time that needs no more waiting."""
    opens = calendar.opens(moment)
    assert opens >= moment
    assert calendar.opens(opens) == opens
    assert calendar.is_working(calendar.day(opens))


@given(calendars(), st.dates(date(2020, 1, 1), date(2027, 12, 31)), st.integers(-40, 40))
def test_business_days_are_working_days_and_come_back(calendar: Calendar, day: date, count: int) -> None:
    """So many forward from a working day and as many back is where one began."""
    begin = calendar.working_day(day)
    there = calendar.shifted(begin, count, business=True)
    assert calendar.is_working(there)
    assert calendar.shifted(there, -count, business=True) == begin


def test_a_year_without_work_ends_the_search() -> None:
    """A policy that leaves no day is not waited for: its days off are then not believed."""
    days = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(800))
    assert team(days_off=days).working_day(date(2026, 1, 1)) == date(2026, 1, 1)


def test_teams_and_projects_have_their_own() -> None:
    """The first override that fits changes what it names; the rest is the policy's."""
    policy = load(
        """\
version: 1
calendar:
  zone: Europe/Berlin
  holidays: [DE-BE]
  quiet: 17:00-09:00
  days_off: [2026-12-24]
  overrides:
    - {owner: acme/apac, zone: Asia/Tokyo, holidays: [JP]}
    - {project: acme/ops, label: on-call, quiet: ""}
""",
        "closeout.yml",
    )
    assert isinstance(policy, Policy)
    apac = policy.calendars.of("acme/shop", ("Acme/APAC",), ())
    assert (apac.zone, apac.holidays, apac.quiet) == ("Asia/Tokyo", ("JP",), "17:00-09:00")
    assert apac.days_off == (date(2026, 12, 24),)
    assert policy.calendars.of("acme/ops", ("bob",), ("On-Call",)).quiet == ""
    assert policy.calendars.of("acme/ops", ("bob",), ()).quiet == "17:00-09:00"
    assert Calendars(overrides=(CalendarOf(zone="Asia/Tokyo"),)).of("acme/shop", (), ()).zone == "UTC"


def test_what_is_no_calendar_is_told_with_its_line() -> None:
    """A zone, a country, hours and a week that cannot be."""
    text = """\
version: 1
calendar:
  zone: Mars/Olympus
  holidays: [XX]
  quiet: 18-8
  weekend: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
  overrides:
    - {owner: acme/apac, holidays: [DE-ZZ]}
"""
    read = load(text, "closeout.yml")
    assert isinstance(read, InvalidPolicy)
    zone, holidays, quiet, weekend, region = read.errors
    assert "closeout.yml:3: calendar.zone: value error, write a time zone such as Europe/Berlin" in zone
    assert "closeout.yml:4: calendar.holidays.0: value error, write a country such as DE" in holidays
    assert "closeout.yml:5: calendar.quiet: value error, write two different times such as 18:00-08:00" in quiet
    assert "closeout.yml:6: calendar.weekend: value error, leave at least one day of the week" in weekend
    assert "closeout.yml:8: calendar.overrides.0.holidays.0" in region


def test_who_needs_no_holidays_does_not_wait_for_them() -> None:
    """The library takes a moment to import; the command line must not."""
    code = "import sys, service.policy, service.engine; print('holidays' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"
