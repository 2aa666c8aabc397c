"""What people arrange by command about the meeting on a post-mortem: when it is, its agenda, and who was there.

One meeting at a time. Moved, it stays the same meeting: calendars that know it follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service import document
from service.calendar import known_zone, on_the_clock
from service.case import Case
from service.command import REPLY, Asked, Mistaken
from service.model import Fold, Meeting, Remember, Say, Verdict
from service.templates import fill
from service.wording import quoted

TEMPLATE = "meeting_agenda"
MOST = 50  # people in one meeting
KEPT = 12  # meetings on record
_AHEAD = timedelta(days=366)
_SCHEDULE = "`/pm schedule 2026-03-02 15:00 Europe/Berlin @login`"
_ATTENDED = "`/pm attended @login @login`"
_TIME = re.compile(r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)")
_PERSON = re.compile(r"@(?P<name>\w[\w.-]*(?:/[\w.-]+)*),?")
_SLOT = re.compile(r"^\| \{\{at\}\} \| (?P<minutes>\d+) \|", re.MULTILINE)


def schedule(case: Case, asked: Asked) -> Iterator[Verdict]:
    """One meeting at a time: another time for one that is still to come moves it."""
    people, words = _told_apart(asked.words, _SCHEDULE)
    comment, now = asked.comment, _said_at(case, asked)
    day, clock, zone = _when(case, words)
    at = _moment(day, clock, zone, case.calendar.day(now))
    if not now < at <= now + _AHEAD:
        away = "has passed" if at <= now else "is more than a year away"
        raise Mistaken(f"{day} {clock} {away}. Write a time that is still to come, like {_SCHEDULE}.")
    before = _to_come(case, now) or _called_by(case, comment.id)
    meeting = Meeting(at, zone, comment.author, people, key=comment.id, agenda=comment.id, changed_at=now)
    if before is not None:
        meeting = replace(
            meeting,
            invited=people or before.invited,
            key=before.key or comment.id,
            sequence=before.sequence + 1,
        )
        yield from _put_away(before, f"Moved to {_shown(at, zone)}")
    yield _remembered(case, before, meeting)
    yield Say("schedule", _agenda(case, meeting), None)


def unschedule(case: Case, asked: Asked) -> Iterator[Verdict]:
    """Whoever was called by the command that invited them hears of our answer too: both forges see to that."""
    now, by = _said_at(case, asked), asked.comment.author
    meeting = _to_come(case, now)
    if meeting is None:
        raise Mistaken(f"there is no meeting to come. {_SCHEDULE} calls one.")
    off = replace(meeting, off=by, sequence=meeting.sequence + 1, changed_at=now)
    yield _remembered(case, meeting, off)
    yield from _put_away(meeting, f"Called off by {by}")
    people = f" Invited were {_named(meeting.invited)}." if meeting.invited else ""
    yield Say("unschedule", f"The meeting of {_shown(meeting.at, meeting.zone)} is called off by `{by}`.{people}")


def _to_come(case: Case, now: datetime) -> Meeting | None:
    coming = [one for one in case.state.meetings if one.at > now and not one.attended and not one.off]
    return coming[-1] if coming else None


def _called_by(case: Case, comment: str) -> Meeting | None:
    """One comment calls one meeting, however many lines it has."""
    return next((one for one in case.state.meetings if one.key == comment), None)


def _remembered(case: Case, before: Meeting | None, meeting: Meeting) -> Remember:
    others = (one for one in case.state.meetings if one is not before)
    return Remember({"meetings": (*others, meeting)[-KEPT:]})


def _put_away(meeting: Meeting, why: str) -> Iterator[Fold]:
    """Its agenda stands no longer."""
    if meeting.agenda:
        yield Fold(f"{REPLY}{meeting.agenda}", f"{why}: this agenda stands no longer")


def _said_at(case: Case, asked: Asked) -> datetime:
    return asked.comment.created_at or case.now


def attended(case: Case, asked: Asked) -> Iterator[Verdict]:
    """Of the last meeting that has begun; one that nobody had planned is put on record too. Names are added up."""
    people, words = _told_apart(asked.words, _ATTENDED)
    if words or not people:
        raise Mistaken(f"write who was there, like {_ATTENDED}.")
    now = _said_at(case, asked)
    begun = [meeting for meeting in case.state.meetings if meeting.at <= now and not meeting.off]
    last = begun[-1] if begun else Meeting(now, case.calendar.zone, asked.comment.author)
    there = _once((*last.attended, *people))
    others = (meeting for meeting in case.state.meetings if meeting is not last)
    meetings = (*others, replace(last, attended=there))
    yield Remember({"meetings": tuple(sorted(meetings, key=lambda meeting: meeting.at))[-KEPT:]})


# --- what was asked for ---------------------------------------------------------------------------------------


def _told_apart(words: tuple[str, ...], form: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """People, each once, and the other words."""
    called = {word: _PERSON.fullmatch(word) for word in words if word.startswith("@")}
    strange = [word for word, found in called.items() if found is None]
    if strange:
        raise Mistaken(f"{quoted(strange[0])} is no account's name. Write {form}.")
    people = _once(found["name"] for found in called.values() if found)
    return people, tuple(word for word in words if word not in called)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    """Each as it was written first."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MOST]


def _when(case: Case, words: tuple[str, ...]) -> tuple[str, str, str]:
    """Day, time and zone; without a zone, that of the team's calendar."""
    match words:
        case [day, clock]:
            return day, clock, case.calendar.zone
        case [day, clock, zone]:
            return day, clock, zone
        case _:
            raise Mistaken(f"write day, time and time zone, and people with an @, like {_SCHEDULE}.")


def _moment(day: str, clock: str, zone: str, today: date) -> datetime:
    """In UTC. A time that a change of the clocks skips counts as the one after the gap."""
    read, found = document.read_date(day, today), _TIME.fullmatch(clock)
    if not isinstance(read, date):
        raise Mistaken(read.reason)
    if found is None:
        raise Mistaken(f"{quoted(clock)} is no time of day. Write {_SCHEDULE}.")
    try:
        local = datetime.combine(read, time(int(found["hour"]), int(found["minute"])), ZoneInfo(known_zone(zone)))
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Mistaken(f"{quoted(f'{day} {zone}')} is no day in a time zone that I know. Write {_SCHEDULE}.") from error


# --- the agenda -----------------------------------------------------------------------------------------------


def _agenda(case: Case, meeting: Meeting) -> str:
    """The template with its clock set. Whoever is invited was called by the command itself, and is only named here."""
    text = case.templates[TEMPLATE].text
    address = case.snapshot.invitations.get(meeting.key)
    values = {
        "parent": f"{case.ref_text(case.issue.ref)} {quoted(case.issue.title)}",
        "when": f"{_shown(meeting.at, meeting.zone)}, {minutes(case)} minutes"
        + (f" ([for your calendar]({address}))" if address else ""),
        "who": _named(meeting.invited) or "[whoever was on call, felt it, or owns the system]",
        "facilitator": _facilitator(case, meeting),
    }
    return fill(_timed(text, meeting), values).strip()


def minutes(case: Case) -> int:
    """How long a meeting takes."""
    return sum(int(slot["minutes"]) for slot in _SLOT.finditer(case.templates[TEMPLATE].text))


def _timed(text: str, meeting: Meeting) -> str:
    at = meeting.at
    for slot in _SLOT.findall(text):
        text = text.replace("{{at}}", f"{on_the_clock(at, meeting.zone):%H:%M}", 1)
        at += timedelta(minutes=int(slot))
    return text


def _facilitator(case: Case, meeting: Meeting) -> str:
    """Whoever of the invited has no part in it: neither wrote it nor owns any of it."""
    involved = {case.issue.author, *case.owners, *(name for item in case.document.items for name in item.owners)}
    known = {name.casefold() for name in involved}
    free = tuple(name for name in meeting.invited if name.casefold() not in known)
    return f"{_named(free)} could" if free else "[name]; everybody invited has a part in it, so ask somebody else"


def _named(people: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in people)


def _shown(at: datetime, zone: str) -> str:
    return f"{on_the_clock(at, zone):%A, %Y-%m-%d %H:%M} {zone} ({at:%H:%M} UTC)"
