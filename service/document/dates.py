"""Dates as people write them. A date that can be read in two ways is a problem with a remedy, never a guess."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from service.document.lines import folded


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something written cannot be read, and how to write it: one sentence for the person who wrote it."""

    reason: str


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in a longer text. `firm`: it can hardly be anything else (`2026-03-01`, unlike `Friday`)."""

    start: int
    end: int
    value: date | Problem
    firm: bool


_Reader: TypeAlias = Callable[["re.Match[str]", date], "date | Problem"]

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WEEKDAY = r"(?P<weekday>mon|tue(?:s)?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4}|'?\d{2})(?![\d:])"
_GAP = r"[ \t]{0,3}"
_END_OF = rf"(?:(?:the[ ])?end[ ]of[ ](?:the[ ])?)?{_GAP}"


def read_date(text: str, today: date) -> date | Problem:
    """The one date this text is. `next Friday`, `in 2 weeks` and a bare `Q3` count from `today`.

    `next Friday` and `Friday` are the first Friday after today; a month, quarter, half or year is its last day.
    """
    wanted = text.strip().strip("*_`()[]., ").strip()
    for found in find_dates(wanted, today):
        if found.start == 0 and not wanted[found.end :].strip(" \t.,;)"):
            return found.value
    return Problem(f"“{_short(wanted)}” is no date; write it as YYYY-MM-DD")


def find_dates(text: str, today: date) -> Iterator[FoundDate]:
    """Every date in the text, from left to right, none overlapping."""
    for found in _ANY.finditer(folded(text)):
        form = _FORMS[int(str(found.lastgroup)[1:])]
        exact = form.pattern.match(text, found.start())
        if exact is not None:
            yield FoundDate(exact.start(), exact.end(), form.read(exact, today), form.firm)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _make(found: re.Match[str], year: int, month: int, day: int) -> date | Problem:
    try:
        return date(year, month, day)
    except ValueError:
        return Problem(f"“{found[0]}” is no day of the calendar; write an existing one as YYYY-MM-DD")


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text.lstrip("'"))


def _iso(found: re.Match[str], _: date) -> date | Problem:
    return _make(found, int(found["year"]), int(found["m"]), int(found["d"]))


def _named(found: re.Match[str], _: date) -> date | Problem:
    month = _MONTH_NAMES.index(found["month"][:3].lower()) + 1
    return _make(found, _year(found["year"]), month, int(found["day"]))


def _yearless(found: re.Match[str], today: date) -> Problem:
    month = _MONTH_NAMES.index(found["month"][:3].lower()) + 1
    year = today.year if (month, int(found["day"])) >= (today.month, today.day) else today.year + 1
    example = f"{year:04}-{month:02}-{int(found['day']):02}"
    return Problem(f"“{found[0]}” has no year; write it as {example}")


def _numeric(found: re.Match[str], _: date) -> date | Problem:
    a, b, c = found["a"], found["b"], found["c"]
    readings = [(_year(c), int(b), int(a)), (_year(c), int(a), int(b))]
    if len(a) == len(c) == 2:
        readings.append((_year(a), int(b), int(c)))
    dates = sorted({d for d in (_make(found, *reading) for reading in readings) if isinstance(d, date)})
    if len(dates) == 1:
        return dates[0]
    if not dates:
        return Problem(f"“{found[0]}” is no day of the calendar; write an existing one as YYYY-MM-DD")
    return Problem(f"“{found[0]}” can be read in more than one way; write {' or '.join(map(str, dates))}")


def _period_end(found: re.Match[str], months: int, number: int, today: date) -> date | Problem:
    """The last day of the `number`-th period of so many months; without a year, the next one to end."""
    if number * months > 12 or number < 1:
        return Problem(f"“{found[0]}” does not exist; write the last day you mean as YYYY-MM-DD")
    written = found.groupdict().get("year") or found.groupdict().get("year2")
    year = _year(written) if written else today.year
    if year < 1:
        return _make(found, year, 1, 1)
    end = _month_end(year, number * months)
    return end if written or end >= today else _month_end(year + 1, number * months)


def _month_end(year: int, month: int) -> date:
    year, month = min(year + (month - 1) // 12, 9999), (month - 1) % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def _period(found: re.Match[str], today: date) -> date | Problem:
    months = 3 if found["letter"].lower() == "q" else 6
    return _period_end(found, months, int(found["number"]), today)


def _month_of_year(found: re.Match[str], today: date) -> date | Problem:
    return _period_end(found, 1, _MONTH_NAMES.index(found["month"][:3].lower()) + 1, today)


def _weekday(found: re.Match[str], today: date) -> date:
    wanted = _DAY_NAMES.index(found["weekday"][:3].lower())
    ahead = (wanted - today.weekday()) % 7
    this = (found["which"] or "").strip().lower() == "this"
    return _later(today, ahead if this or ahead else 7)


def _later(today: date, days: int) -> date:
    return today + timedelta(days=min(days, (date.max - today).days))


def _in(found: re.Match[str], today: date) -> date:
    count = found["count"].lower()
    amount = _NUMBERS.get(count) or (int(count) if count.isdigit() else 1)
    unit = found["unit"].lower()
    if unit.startswith(("day", "week")):
        return _later(today, amount * (7 if unit.startswith("week") else 1))
    month = today.month + amount * {"m": 1, "q": 3, "y": 12}[unit[0]]
    last = _month_end(today.year, month)
    return last.replace(day=min(today.day, last.day))


def _near(found: re.Match[str], today: date) -> date:
    return _later(today, {"today": 0, "eod": 0, "tomorrow": 1}.get(found[0].lower(), 0))


def _end_of(found: re.Match[str], today: date) -> date:
    """The last day of this or the next week (its Friday), month, quarter or year."""
    unit = (found["unit"] or found["unit2"] or found["letter"])[0].lower()
    further = 1 if (found["next"] or "").lower() == "next" else 0
    if unit == "w":
        return _later(today, max(4 - today.weekday(), 0) + 7 * further)
    size = {"m": 1, "q": 3, "y": 12}[unit]
    return _month_end(today.year, ((today.month - 1) // size + 1 + further) * size)


@dataclass(frozen=True, slots=True)
class _Form:
    pattern: re.Pattern[str]
    read: _Reader
    firm: bool = True


def _form(pattern: str, read: _Reader, *, firm: bool = True) -> _Form:
    return _Form(re.compile(rf"{pattern}(?=[Tt]\d|\W|\Z)", re.IGNORECASE), read, firm)


_FORMS = (
    _form(r"(?P<year>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})", _iso),
    _form(r"(?P<a>\d{1,2})[/.-](?P<b>\d{1,2})[/.-](?P<c>\d{4}|\d{2})", _numeric),
    _form(rf"{_DAY}(?:[ ]of)?[ /.-]?{_GAP}{_MONTH}[ ,/.-]?{_GAP}{_YEAR}", _named),
    _form(rf"(?:{_WEEKDAY},?[ ])?{_MONTH}[ -]?{_GAP}{_DAY},?[ -]{_GAP}{_YEAR}", _named),
    _form(rf"{_END_OF}(?P<letter>[qh])(?P<number>[1-4])[ ,/-]?{_GAP}(?:of[ ])?(?P<year>\d{{4}}|'\d\d)", _period),
    _form(rf"{_END_OF}(?P<year>\d{{4}})[ /-]?{_GAP}(?P<letter>[qh])(?P<number>[1-4])", _period),
    _form(rf"{_END_OF}(?P<letter>[qh])(?P<number>[1-4])", _period, firm=False),
    _form(rf"{_END_OF}{_MONTH},?[ /-](?P<year>\d{{4}})", _month_of_year, firm=False),
    _form(rf"{_DAY}(?:[ ]of)?[ /-]{_MONTH}", _yearless, firm=False),
    _form(rf"{_MONTH}[ ]{_DAY}", _yearless, firm=False),
    _form(
        rf"(?:(?:eod|cob|end[ ]of[ ](?:the[ ])?day),?[ ](?:on[ ])?)?(?P<which>(?:next|this|coming)[ ])?{_WEEKDAY}",
        _weekday,
        firm=False,
    ),
    _form(
        rf"(?:with)?in{_GAP}[ ](?P<count>\d{{1,4}}|an?|one|two|three|four|five|six|seven|eight|the[ ]next)[ ]?"
        r"(?P<unit>days?|weeks?|months?|quarters?|years?)",
        _in,
        firm=False,
    ),
    _form(r"(?:today|tomorrow|eod)", _near, firm=False),
    _form(
        r"(?:(?:(?:the[ ])?end[ ]of[ ])?(?:the[ ])?(?P<next>next|this)[ ](?P<unit>week|month|quarter|year)"
        r"|(?:the[ ])?end[ ]of[ ](?:the[ ])?(?P<unit2>week|month|quarter|year)|eo(?P<letter>[wmqy]))",
        _end_of,
        firm=False,
    ),
)

_NAMED_GROUP = re.compile(r"\(\?P<\w+>")
# Where a date may begin, and with what: most words are passed over at their second letter.
_BEGIN = (
    r"(?<![\w./])(?<!\w-)"
    r"(?=\d|a[pu]|co|de|e[no]|f[er]|h[1-4]|in|j[au]|m[ao]|n[eo]|oc|q[1-4]|s[aeu]|t[hou]|w[ei])"
)
_ANY = re.compile(
    _BEGIN
    + "(?:"
    + "|".join(f"(?P<f{n}>{_NAMED_GROUP.sub('(?:', form.pattern.pattern)})" for n, form in enumerate(_FORMS))
    + ")",
)
