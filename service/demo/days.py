"""The demo's time: it begins at nine on the Monday of this week, runs like any clock, and skips days when told to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from service.bootstrap.clock import Clock, wall_clock


class Days:
    """A clock for the sandbox and the service, in UTC. People work on a Monday morning whenever the demo is run."""

    def __init__(self, wall: Clock = wall_clock) -> None:
        self._wall = wall
        self._started = wall()
        monday = self._started.date() - timedelta(days=self._started.weekday())
        self._began = datetime.combine(monday, time(9), UTC)
        self._passed = timedelta()

    def __call__(self) -> datetime:
        return self._began + self._passed + (self._wall() - self._started)

    def day(self, number: int) -> date:
        """The day so many days after the first."""
        return self._began.date() + timedelta(days=number)

    def passes(self, days: int) -> None:
        self._passed += timedelta(days=days)
