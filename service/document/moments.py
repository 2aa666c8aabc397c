"""Times of day, moments and durations as people write them. Times without an offset are UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from service.document.dates import Problem, find_dates

_TIME = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?(?!\d|:\d)"
    r"[ \t]{0,2}(?P<half>[ap]\.?m\.?(?!\w))?"
    r"[ \t]{0,2}\(?(?P<zone>(?:UTC|GMT|Z)(?![A-Za-z])(?:[ ]?[+-]\d{1,2}(?::?\d{2})?(?!\d))?"
    r"|[+-]\d{2}:?\d{2}(?!\d)|[+-]\d{1,2}(?![\d:/-])|(?:CES?T|EES?T|WES?T|BST|IST|[ECMPA][SD]T|JST|MSK|SGT|AE[SD]T|NZ[SD]T|HKT|KST|[ECMP]T)(?!\w))?\)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?")
_LATE, _EARLY = 18, 6  # a time of day this late followed by one this early has passed midnight


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day found in a text, at its place. `zone` None: one of the abbreviations that several zones share."""

    start: int
    end: int
    at: time
    zone: timezone | None
    written: str


def find_clock(text: str) -> Clock | Problem | None:
    """The first time of day in the text; None where there is none."""
    found = _TIME.search(text)
    if found is None:
        return None
    hour = _hour(int(found["hour"]), (found["half"] or "").lower())
    try:
        at = time(hour, int(found["minute"]), int(found["second"] or 0))
    except ValueError:
        return Problem(f"“{found[0].strip()}” is no time of day; write it as 14:03 UTC")
    return Clock(found.start(), found.end(), at, _zone(found["zone"] or ""), found["zone"] or "")


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    return hour % 12 + (12 if half.startswith("p") else 0) if 1 <= hour <= 12 else 99


def _zone(written: str) -> timezone | None:
    offset = _OFFSET.search(written)
    if offset is not None:
        ahead = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        if ahead > timedelta(hours=14):
            return None
        return timezone(-ahead if offset["sign"] == "-" else ahead)
    return UTC if written.upper() in {"", "UTC", "GMT", "Z"} else None


def read_moment(text: str, today: date, on: date | None, after: datetime | None = None) -> datetime | Problem:
    """An aware UTC datetime. A bare time of day is taken on the day `on`; past midnight where `after` was late and it
    is early. A moment that cannot be placed is a problem that says how to write it.
    """
    clock = find_clock(text)
    if isinstance(clock, Problem):
        return clock
    day = next(find_dates(text if clock is None else text[: clock.start].rstrip("Tt ") + " ", today), None)
    if day is None and clock is not None:
        day = next(find_dates(text[clock.end :], today), None)
    if day is not None and isinstance(day.value, Problem):
        return day.value
    if clock is None:
        return Problem(f"“{_short(text)}” names no time of day; write it as YYYY-MM-DD 14:03 UTC")
    if clock.zone is None:
        return Problem(f"the time zone “{clock.written}” is not clear; write the time in UTC or as 14:03+01:00")
    return _placed(clock, clock.zone, None if day is None else day.value, on, after)


def _placed(
    clock: Clock, zone: timezone, day: date | Problem | None, on: date | None, after: datetime | None
) -> datetime | Problem:
    known = day if isinstance(day, date) else (after.astimezone(zone).date() if after else on)
    if known is None:
        return Problem(f"“{clock.at:%H:%M}” has no day; write the date as well, or fill in the Date line")
    try:
        moment = datetime.combine(known, clock.at, zone).astimezone(UTC)
        if day is None and after is not None and after.hour >= _LATE and moment.hour < _EARLY and moment < after:
            moment += timedelta(days=1)
    except OverflowError:
        return Problem("that day is beyond the calendar; write it as YYYY-MM-DD HH:MM UTC")
    return moment


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else text[:39] + "…"


# --- durations ------------------------------------------------------------------------------------------------

_UNITS = {"w": 10080, "d": 1440, "h": 60, "m": 1, "s": 1 / 60}
_UNIT = r"(?P<unit>weeks?|wks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)"
_AMOUNT = re.compile(rf"(?P<number>\d{{1,6}}(?:[.,]\d{{1,4}})?)[ ]?{_UNIT}(?![A-Za-z])", re.IGNORECASE)
_BETWEEN = re.compile(r"[ \t,;&+]{0,4}(?:and[ ])?", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:about|approx(?:imately)?\.?|around|circa|ca\.?|roughly|nearly|almost|over|under|~|≈|<|>|\s){0,3}",
    re.IGNORECASE,
)
_ISO = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.\d{1,6})?S)?)?", re.IGNORECASE)
_HOURS_MINUTES = re.compile(r"(\d{1,3}):([0-5]\d)(?::[0-5]\d)?(?:[ ]?(?:h|hours?|hh:mm|h:mm))?")
_TRAILING_MINUTES = re.compile(r"[ ]?(\d{1,2})(?![\w:./-])")
_WORD_NUMBER = re.compile(r"(?:(?P<half>half an? )|(?P<one>an? |one ))(?=hour|day|minute|week)", re.IGNORECASE)
_ADVICE = "write it as 2h 15m"


def read_duration(text: str) -> timedelta | Problem:
    """`2h 15m`, `135 minutes`, `1 day 2 hours`, `PT2H`, `1:35`, `about 2.5 hours`, `14:03 – 16:18 UTC`."""
    words = _WORD_NUMBER.sub(lambda m: "0.5 " if m["half"] else "1 ", text.strip().strip("*_`"))
    words = words[_LEAD.match(words).end() :]  # type: ignore[union-attr]  # it matches the empty string
    iso = _ISO.fullmatch(words)
    if iso is not None and any(iso.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    plain = _HOURS_MINUTES.fullmatch(words)
    if plain is not None:
        return timedelta(hours=int(plain[1]), minutes=int(plain[2]))
    return _range(words) or _amounts(words, text)


def _range(words: str) -> timedelta | Problem | None:
    """From one time of day to another, past midnight where the second is earlier."""
    first = find_clock(words)
    if not isinstance(first, Clock) or first.start:
        return None
    gap = re.match(r"[ \t]*(?:-|–|—|to|until|→|->)[ \t]*", words[first.end :])
    second = find_clock(words[first.end :]) if gap else None
    if gap is None or not isinstance(second, Clock) or second.start != gap.end():
        return None
    minutes = [c.at.hour * 60 + c.at.minute for c in (first, second)]
    return timedelta(minutes=(minutes[1] - minutes[0]) % 1440)


def _amounts(words: str, text: str) -> timedelta | Problem:
    at, minutes, unit = 0, 0.0, ""
    while (found := _AMOUNT.match(words, at)) is not None:
        unit = found["unit"][0].lower()
        minutes += float(found["number"].replace(",", ".")) * _UNITS[unit]
        between = _BETWEEN.match(words, found.end())
        at = between.end() if between else found.end()
    tail = _TRAILING_MINUTES.match(words, at)
    if unit == "h" and tail is not None:
        minutes, at = minutes + int(tail[1]), tail.end()
    if at == 0 or re.match(r"(?:-|–|to[ ]|or[ ])[ ]?\d", words[at:]):
        return Problem(f"“{_short(text)}” is no single duration; {_ADVICE}")
    return timedelta(minutes=round(minutes * 60) / 60)
