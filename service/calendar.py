"""When a team works: its time zone, weekend, public holidays and quiet hours. Pure; every moment comes in as a value.

A deadline passes with its day in the team's zone. People are spoken to on their working days, outside quiet hours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from service.cron import time_zone
from service.vocabulary import Strict

Weekday: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_QUIET = re.compile(r"(?P<first>(?:[01]\d|2[0-3]):[0-5]\d) ?[-–] ?(?P<last>(?:[01]\d|2[0-3]):[0-5]\d)")
# Deadlines such as 9999-12-31 are meant as “never”: days are kept where neighbours and zones exist.
_FIRST, _LAST = date(2, 1, 1).toordinal(), date(9998, 12, 31).toordinal()
_YEAR = 366  # days; a calendar without one working day in so many is taken as one without days off


def known_zone(name: str) -> str:
    """The name of a time zone. Raises ValueError for anything else."""
    try:
        time_zone(name)
    except ValueError as error:
        raise ValueError("write a time zone such as Europe/Berlin") from error
    return name


def on_the_clock(at: datetime, zone: str) -> datetime:
    """The moment as clocks there show it; in UTC where this machine does not know the zone (any more)."""
    try:
        return at.astimezone(ZoneInfo(known_zone(zone)))
    except ValueError:
        return at.astimezone(UTC)


def _weekend(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    if len(set(days)) == len(_WEEKDAYS):
        raise ValueError("leave at least one day of the week")
    return days


def _place(name: str) -> str:
    try:
        _public_holidays(name, 2026)
    except NotImplementedError as error:
        raise ValueError("write a country such as DE, or one of its regions such as DE-BE") from error
    return name


def _hours(text: str) -> str:
    found = _QUIET.fullmatch(text)
    if text and (found is None or found["first"] == found["last"]):
        raise ValueError("write two different times such as 18:00-08:00")
    return text


Zone: TypeAlias = Annotated[str, AfterValidator(known_zone)]
Weekend: TypeAlias = Annotated[tuple[Weekday, ...], AfterValidator(_weekend)]
Place: TypeAlias = Annotated[str, AfterValidator(_place)]
Hours: TypeAlias = Annotated[str, AfterValidator(_hours)]


class Calendar(Strict):
    """One team's working days and hours."""

    zone: Zone = Field("UTC", description="The time zone, such as `Europe/Berlin`: a day begins and ends there.")
    weekend: Weekend = Field(("saturday", "sunday"), description="Days of the week without work.")
    holidays: tuple[Place, ...] = Field(
        (), description="Public holidays of countries and their regions, such as `DE` or `DE-BE`."
    )
    days_off: tuple[date, ...] = Field((), description="Further days without work, such as `2026-12-24`.")
    quiet: Hours = Field("18:00-08:00", description="Hours in which nobody is reminded of anything; empty for none.")

    def day(self, at: datetime) -> date:
        """The day it is there at this moment."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def is_working(self, day: date) -> bool:
        off = _WEEKDAYS[day.weekday()] in self.weekend or day in self.days_off
        return not off and not any(day in _public_holidays(place, day.year) for place in self.holidays)

    def working_day(self, day: date, step: Literal[1, -1] = 1) -> date:
        """The day itself if there is work on it, else the next one (or the one before)."""
        days = (_moved(day, step * count) for count in range(_YEAR))
        return next((found for found in days if self.is_working(found)), day)

    def shifted(self, day: date, count: int, *, business: bool = False) -> date:
        """So many days later; earlier below 0. Of business days, only those with work count."""
        if not business:
            return _moved(day, count)
        step: Literal[1, -1] = 1 if count > 0 else -1
        for _ in range(abs(count)):
            day = self.working_day(_moved(day, step), step)
        return day

    def begins(self, day: date) -> datetime:
        """When the day begins there, in UTC."""
        return self._moment(_moved(day, 0), time())

    def opens(self, at: datetime) -> datetime:
        """The first moment from `at` on, in UTC, at which people may be spoken to."""
        for later in self._closed_until(at):
            at = later
        return at.astimezone(UTC)

    def _closed_until(self, at: datetime) -> Iterator[datetime]:
        """One reason to wait after the other, until there is none. A day off and a night follow each other, so that
        a handful of steps is enough.
        """
        for _ in range(7):
            local = at.astimezone(ZoneInfo(self.zone))
            day = self.working_day(local.date())
            until = self._moment(day, time()) if day != local.date() else self._quiet_until(local)
            if until is None or until <= at:
                return
            at = until
            yield at

    def _quiet_until(self, local: datetime) -> datetime | None:
        found = _QUIET.fullmatch(self.quiet)
        if found is None:
            return None
        first, last, now = time.fromisoformat(found["first"]), time.fromisoformat(found["last"]), local.time()
        if first < last:
            return self._moment(local.date(), last, fold=local.fold) if first <= now < last else None
        if now < last:
            return self._moment(local.date(), last, fold=local.fold)
        return self._moment(_moved(local.date(), 1), last) if now >= first else None

    def _moment(self, day: date, at: time, *, fold: int = 0) -> datetime:
        """A time that a change of the clocks skips counts as the one after the gap."""
        return datetime.combine(day, at.replace(fold=fold), ZoneInfo(self.zone)).astimezone(UTC)


class CalendarOf(Strict):
    """What is different for one project, team or label; all the conditions that are given must fit."""

    project: str = Field("", description="A project, such as `acme/monitoring`.")
    owner: str = Field("", description="A login or `org/team` that owns the action item, without the @.")
    label: str = Field("", description="A label of the action item, such as `team-apac`.")
    zone: Zone | None = None
    weekend: Weekend | None = None
    holidays: tuple[Place, ...] | None = None
    days_off: tuple[date, ...] | None = None
    quiet: Hours | None = None

    def fits(self, project: str, owners: Collection[str], labels: Collection[str]) -> bool:
        """Compared without case. One that gives no condition fits nothing."""
        pairs = ((self.project, (project,)), (self.owner, owners), (self.label, labels))
        given = [(wanted.casefold(), {word.casefold() for word in there}) for wanted, there in pairs if wanted]
        return bool(given) and all(wanted in there for wanted, there in given)


class Calendars(Calendar):
    """A policy's calendar, and what single teams and projects do otherwise."""

    overrides: tuple[CalendarOf, ...] = Field(
        (), description="Tried in order; the first whose `project`, `owner` and `label` fit changes what it names."
    )

    def of(self, project: str, owners: Collection[str], labels: Collection[str]) -> Calendar:
        """The calendar of whoever has this to do."""
        found = next((one for one in self.overrides if one.fits(project, owners, labels)), None)
        return (
            self
            if found is None
            else self.model_copy(update=found.model_dump(include={*Calendar.model_fields}, exclude_none=True))
        )


def _moved(day: date, count: int) -> date:
    return date.fromordinal(min(max(day.toordinal() + count, _FIRST), _LAST))


@cache
def _public_holidays(place: str, year: int) -> frozenset[date]:
    """Raises NotImplementedError for a place that is not known. A value for each year: the library's own objects fill
    themselves while they are read, which threads must not share. Importing it takes a moment that only those pay who
    need it.
    """
    from holidays import country_holidays  # noqa: PLC0415 - see above

    country, _, region = place.partition("-")
    return frozenset(country_holidays(country, subdiv=region or None, years=year))
