"""Cron expressions in a time zone: what people write, where months end, and where clocks are set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cron import Cron

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def _days(expression: str, zone: str, first: str, last: str) -> list[str]:
    """The ticks as the zone's clocks show them."""
    cron = Cron.parse(expression, zone)
    start, end = (datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) for day in (first, last))
    return [f"{tick.astimezone(ZoneInfo(zone)):%m-%d %H:%M%z}" for tick in cron.between(start, end)]


def test_ticks_lie_after_the_start_and_up_to_the_end() -> None:
    """The start itself belongs to the look before; the end to this one. No tick falls between two looks."""
    cron = Cron.parse("0 * * * *")
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    hours = [start + timedelta(hours=n) for n in (1, 2, 3)]
    assert list(cron.between(start, hours[-1])) == hours
    assert cron.first(start) == hours[0]
    assert cron.last(start, hours[-1]) == hours[-1]
    assert cron.last(start, start + timedelta(minutes=59)) is None


def test_a_working_day_is_the_zones() -> None:
    """Nine o'clock in Berlin, whatever UTC says."""
    assert _days("0 9 * * MON-FRI", BERLIN, "2026-03-06", "2026-03-10") == ["03-06 09:00+0100", "03-09 09:00+0100"]


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 9 L * *", ["01-31", "02-28", "03-31", "04-30"]),
        ("0 9 31 * *", ["01-31", "03-31"]),
        ("0 9 LW * *", ["01-30", "02-27", "03-31", "04-30"]),
        ("0 9 * * MON#1", ["01-05", "02-02", "03-02", "04-06"]),
        ("0 9 1 */3 *", ["01-01", "04-01"]),
    ],
)
def test_months_end_where_they_do(expression: str, days: list[str]) -> None:
    """The last day, the last working day, the first Monday; a month without a 31st has none."""
    assert [tick[:5] for tick in _days(expression, "UTC", "2026-01-01", "2026-05-01")] == days


def test_a_leap_day_comes_every_four_years() -> None:
    """It is found however far away it is."""
    cron = Cron.parse("0 0 29 2 *")
    assert cron.first(datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2028, 2, 29, tzinfo=UTC)
    assert cron.last(datetime(2020, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)) == datetime(
        2024, 2, 29, tzinfo=UTC
    )


def test_a_time_that_is_skipped_comes_after_the_gap() -> None:
    """On 29 March 2026 Berlin's clocks go from 02:00 to 03:00; the nightly job of 02:30 is not lost."""
    assert _days("30 2 * * *", BERLIN, "2026-03-28", "2026-03-31") == [
        "03-28 02:30+0100",
        "03-29 03:00+0200",
        "03-30 02:30+0200",
    ]


def test_a_time_that_is_passed_twice_comes_once() -> None:
    """On 1 November 2026 New York's clocks show 01:30 twice; the nightly job runs the first time."""
    assert _days("30 1 * * *", NEW_YORK, "2026-10-31", "2026-11-03") == [
        "10-31 01:30-0400",
        "11-01 01:30-0400",
        "11-02 01:30-0500",
    ]


def test_what_comes_every_hour_follows_the_clock() -> None:
    """An hour that is there twice has two ticks, and one that is not there has none."""
    assert len(_days("0 * * * *", NEW_YORK, "2026-11-01", "2026-11-02")) == 25
    assert len(_days("0 * * * *", BERLIN, "2026-03-29", "2026-03-30")) == 23


@given(
    expression=st.sampled_from(["30 2 * * *", "*/20 * * * *", "*/30 1-3 * * *", "15 1,2 * * SUN", "0 0 L * *"]),
    zone=st.sampled_from([BERLIN, NEW_YORK, "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
    day=st.sampled_from([datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 8), (3, 29), (4, 5), (10, 25), (11, 1))]),
    minutes=st.lists(st.integers(-2000, 2000), min_size=3, max_size=3).map(sorted),
)  # fmt: skip
def test_looks_that_follow_each_other_miss_nothing(
    expression: str, zone: str, day: datetime, minutes: list[int]
) -> None:
    """However the time is cut into pieces, around any change of clocks: the same ticks, in order, none twice."""
    cron = Cron.parse(expression, zone)
    start, cut, end = (day + timedelta(minutes=minute) for minute in minutes)
    ticks = list(cron.between(start, end))
    assert ticks == [*cron.between(start, cut), *cron.between(cut, end)]
    assert ticks == sorted(set(ticks))
    assert cron.last(start, end) == (ticks[-1] if ticks else None)


def test_the_latest_of_very_many_is_found_at_once() -> None:
    """A service that was away for ten years does not count its five million minutes."""
    start, end = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
    assert Cron.parse("* * * * *", BERLIN).last(start, end) == end.replace(second=0)


@pytest.mark.parametrize(
    ("expression", "zone", "problem"),
    [
        ("0 9 * *", "UTC", "'0 9 \\* \\*' is no cron expression \\(it needs five fields\\); write it like"),
        ("0 0 9 * * *", "UTC", "it needs five fields"),
        ("0 25 * * *", "UTC", "bad hour"),
        ("0 9 * * MOO", "UTC", "bad day-of-week"),
        ("0 9 31 2 *", "UTC", "bad day-of-month"),
        ("0 9 */20 * MON#5", "UTC", "there is no such day"),
        ("0 9 * * *", "Europe/Berln", "'Europe/Berln' is no time zone; write it like Europe/Berlin"),
        ("0 9 * * *", "", "'' is no time zone"),
        ("0 9 * * *", "../etc/passwd", "is no time zone"),
    ],
)
def test_a_mistake_is_a_sentence(expression: str, zone: str, problem: str) -> None:
    """What is wrong, and how to write it."""
    with pytest.raises(ValueError, match=problem):
        Cron.parse(expression, zone)
