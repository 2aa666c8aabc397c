"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday


class Clock:
    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, *, seconds: float = 0, hours: float = 0, days: float = 0) -> datetime:
        self.now += timedelta(seconds=seconds, hours=hours, days=days)
        return self.now
