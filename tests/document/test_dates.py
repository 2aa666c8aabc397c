"""Dates as people write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.document import Problem, read_date

TODAY = date(2026, 3, 2)  # a Monday


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01", "2026-03-01"), ("2026/3/1", "2026-03-01"), ("1 March 2026", "2026-03-01"), ("1st of March, 2026", "2026-03-01"),
        ("March 1, 2026", "2026-03-01"), ("Mar 1st 2026", "2026-03-01"), ("Sunday, March 1, 2026", "2026-03-01"), ("1/Mar/26", "2026-03-01"),
        ("1-Mar-2026", "2026-03-01"), ("Dec 31 '26", "2026-12-31"), ("25/12/2026", "2026-12-25"), ("12/25/2026", "2026-12-25"),
        ("25.12.2026", "2026-12-25"), ("04/04/2026", "2026-04-04"), ("Q3 2026", "2026-09-30"), ("2026-Q3", "2026-09-30"), ("Q3/2026", "2026-09-30"),
        ("end of Q3 2026", "2026-09-30"), ("H1 2027", "2027-06-30"), ("Q3", "2026-09-30"), ("Q1", "2026-03-31"), ("March 2026", "2026-03-31"),
        ("end of February 2028", "2028-02-29"), ("next Friday", "2026-03-06"), ("Monday", "2026-03-09"), ("this Monday", "2026-03-02"),
        ("in 2 weeks", "2026-03-16"), ("in two weeks", "2026-03-16"), ("within 10 days", "2026-03-12"), ("in a month", "2026-04-02"),
        ("in a year", "2027-03-02"), ("today", "2026-03-02"), ("tomorrow", "2026-03-03"), ("EOD", "2026-03-02"), ("EOD Friday", "2026-03-06"), ("end of day on Tuesday", "2026-03-03"), ("EOW", "2026-03-06"),
        ("end of month", "2026-03-31"), ("next week", "2026-03-13"), ("end of next quarter", "2026-06-30"), ("EOY", "2026-12-31"), ("**2026-03-01**", "2026-03-01"),
        ("(2026-03-01)", "2026-03-01"),
    ],
)  # fmt: skip
def test_dates_people_write(written: str, meant: str) -> None:
    """Each form means one day, the relative ones counted from the given day."""
    assert read_date(written, TODAY) == date.fromisoformat(meant)


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("03/04/2026", "2026-03-04 or 2026-04-03"), ("25/12/26", "2025-12-26 or 2026-12-25"), ("2026-02-30", "YYYY-MM-DD"), ("2026-13-01", "YYYY-MM-DD"),
        ("32/13/2026", "YYYY-MM-DD"), ("31 April 2026", "YYYY-MM-DD"), ("March 15", "2026-03-15"), ("1 March", "2027-03-01"), ("ASAP", "YYYY-MM-DD"),
        ("", "YYYY-MM-DD"), ("2026-03-01 or later", "YYYY-MM-DD"), ("H4 2026", "YYYY-MM-DD"), ("Q1 0000", "YYYY-MM-DD"), ("x" * 99, "…"),
    ],
)  # fmt: skip
def test_doubtful_dates_say_how_to_write_them(written: str, advice: str) -> None:
    """What can be read in two ways, or not at all, is a problem with a remedy and never a guess."""
    found = read_date(written, TODAY)
    assert isinstance(found, Problem)
    assert advice in found.reason


@given(st.dates(), st.dates(date(1000, 1, 1)))
def test_iso_dates_mean_themselves_whatever_the_day(day: date, today: date) -> None:
    """An ISO date does not depend on when it is read."""
    assert read_date(day.isoformat(), today) == day


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.sampled_from(("Mon", "Tuesday", "Fri", "sunday")))
def test_a_weekday_is_within_a_week(today: date, name: str) -> None:
    """A weekday's name is that day, one to seven days ahead."""
    found = read_date(f"next {name}", today)
    assert isinstance(found, date)
    assert timedelta(0) < found - today <= timedelta(7)
    assert found.strftime("%a").lower() == name[:3].lower()


@given(
    st.text(max_size=40)
    | st.from_regex(r"(in \d{1,4} (days|months|years)|Q[1-4] \d{4}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})"),
    st.dates(),
)
def test_reading_a_date_never_fails(text: str, today: date) -> None:
    """Any text on any day, the calendar's first and last included, is a date or a problem."""
    assert isinstance(read_date(text, today), (date, Problem))
