"""What calendars are given, read strictly by RFC 5545 and by the library's own parser."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from service.model import Appointment
from service.web.ics import calendar
from service.wording import harmless
from tests.build import appointment
from tests.icalendar_reading import Component, NotCalendar, read

HERE = "https://closeout.example.org"
MEETING = appointment(text="Called by alice.\nInvited: bob, eve; and “ünïcödé” \\ more.")
REVIEW = replace(MEETING, id="b1" * 16, kind="review", begins=date(2026, 4, 1), minutes=0, sequence=29_540_340)
# What a title, an account or a policy can hold once control characters are out of it; and line ends of our own.
WORDS = st.text(max_size=200).map(harmless)


def written(*entries: Appointment, name: str = "") -> bytes:
    return calendar(entries, publisher=HERE, name=name)


def read_both(data: bytes) -> Component:
    """By the strict reading, and by the library, which must find nothing to forgive."""
    parsed = Calendar.from_ical(data)
    assert [event.errors for event in parsed.walk()] == [[] for _ in parsed.walk()]
    return read(data)


def test_a_meeting_is_an_event_in_utc() -> None:
    """Everything that the standard asks for; nobody is an attendee, the words stand in the description."""
    [event] = read_both(written(MEETING)).events
    assert event.values == {
        "UID": f"{MEETING.id}@closeout",
        "DTSTAMP": MEETING.changed_at,
        "SEQUENCE": 0,
        "STATUS": "CONFIRMED",
        "SUMMARY": MEETING.summary,
        "ORGANIZER": HERE,
        "DTSTART": MEETING.begins,
        "DURATION": timedelta(hours=1),
        "DESCRIPTION": MEETING.text,
        "URL": MEETING.url,
    }


def test_a_review_takes_a_day_and_nobodys_time() -> None:
    """A date without a time is that day wherever one looks at it."""
    [event] = read_both(written(REVIEW)).events
    assert (event["DTSTART"], event["TRANSP"], event["SEQUENCE"]) == (date(2026, 4, 1), "TRANSPARENT", REVIEW.sequence)
    assert "DURATION" not in event.values


def test_what_is_called_off_says_so_under_the_same_name() -> None:
    """A calendar that holds it takes it out."""
    off = replace(MEETING, off=True, sequence=2, text="", url="", summary="Called off: post-mortem meeting")
    [event] = read_both(written(off)).events
    assert (event["UID"], event["STATUS"], event["SEQUENCE"]) == (f"{MEETING.id}@closeout", "CANCELLED", 2)
    assert not {"DESCRIPTION", "URL"} & event.values.keys()


def test_a_feed_has_a_name_and_says_when_to_come_again() -> None:
    """An empty one is a calendar, too."""
    feed = read_both(written(MEETING, REVIEW, name="Post-mortems of acme/shop"))
    assert (feed["NAME"], feed["X-WR-CALNAME"]) == ("Post-mortems of acme/shop",) * 2
    assert feed["REFRESH-INTERVAL"] == timedelta(hours=1)
    assert [event["UID"] for event in feed.events] == [f"{one.id}@closeout" for one in (MEETING, REVIEW)]
    empty = read_both(written(name="x"))
    assert (empty.events, [part.name for part in empty.parts]) == ([], ["VTIMEZONE"])


@example(summary=r"C:\New;\n, all", text=r"\N", name="\\")
@given(summary=WORDS, text=st.lists(WORDS, max_size=3).map("\n".join), name=WORDS)
def test_peoples_words_break_no_line(summary: str, text: str, name: str) -> None:
    """Whatever signs they are made of: nothing is lost, added, or longer than a line may be."""
    made = read_both(written(replace(MEETING, summary=summary, text=text), name=name))
    [event] = made.events
    assert event["SUMMARY"] == summary
    assert event.values.get("DESCRIPTION", "") == text
    assert made.values.get("NAME", "") == name


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"\r\n", b"\n", "does not end"),
        (b"DTSTART:20260304T140000Z", b"DTSTART:20260304T140000", "not in UTC"),
        (b"DTSTART:20260304T140000Z", b"DTSTART;TZID=Europe/Berlin:20260304T150000", "not in UTC"),
        (b"UID:", b"ATTENDEE:mailto:", "ATTENDEE is not expected"),
        (b"\\, eve", b", eve", "not escaped"),
        (b"SUMMARY:", b"SUMMARY:" + b"x" * 80, "octets"),
        (b"PRODID:", b"PRODID", "no content line"),
        (b"END:VEVENT\r\n", b"", "is ended as"),
        (b"STATUS:CONFIRMED", b"STATUS:MAYBE", "STATUS"),
    ],
)
def test_the_strict_reading_refuses_what_the_standard_does(old: bytes, new: bytes, says: str) -> None:
    """Or it would prove nothing."""
    data = written(MEETING)
    assert old in data
    with pytest.raises(NotCalendar, match=says):
        read(data.replace(old, new))
