"""Points in time, as cron writes them, in a time zone. Pure: the moments to look between are handed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_UTC = ZoneInfo("UTC")
_FIELDS = 5
_ANY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """Minute, hour, day of the month, month, day of the week. `L` is a month's last day, `MON#1` its first Monday.

    Where clocks change it does what Debian's cron does: a time that is skipped comes right after the gap, and one that
    is passed twice comes once; only where hour or minute begin with `*` does it follow the clock.
    """

    expression: str
    zone: ZoneInfo = _UTC

    @classmethod
    def parse(cls, expression: str, zone: str = "UTC") -> Cron:
        """Raises ValueError with what is wrong, where one of the two is not what it should be."""
        cron = cls(expression, time_zone(zone))
        problem = cron._problem()
        if problem:
            raise ValueError(f"{expression!r} is no cron expression ({problem}); write it like '0 9 * * MON-FRI'")
        return cron

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every tick later than `after` and no later than `until`, the earliest first."""
        for tick in self._from(after):
            if tick > until:
                return
            yield tick

    def first(self, after: datetime) -> datetime:
        """The next tick later than `after`."""
        return next(self._from(after))

    def last(self, after: datetime, until: datetime) -> datetime | None:
        """The latest of `between`, without passing all the others where there are many."""
        span = timedelta(hours=1)
        while True:
            start = max(after, until - span)
            ticks = list(self.between(start, until))
            if ticks or start == after:
                return ticks[-1] if ticks else None
            span *= 24

    def _from(self, after: datetime) -> Iterator[datetime]:
        # Compared in UTC: datetimes of one zone compare as clocks show them, and clocks are set back.
        ticks = (tick.astimezone(UTC) for tick in CronSim(self.expression, after.astimezone(self.zone)))
        return (tick for tick in ticks if tick > after)

    def _problem(self) -> str:
        if len(self.expression.split()) != _FIELDS:
            return "it needs five fields"
        try:
            return "" if next(self._from(_ANY), None) else "there is no such day"
        except CronSimError as error:
            return str(error).lower()


def time_zone(name: str) -> ZoneInfo:
    """Raises ValueError where there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"{name!r} is no time zone; write it like Europe/Berlin or UTC") from None
