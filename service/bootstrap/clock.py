"""The wall clock: the only place that reads it. Everything else is handed the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
Sleep: TypeAlias = Callable[[float], None]

pause: Sleep = time.sleep


def wall_clock() -> datetime:
    return datetime.now(UTC)
