"""When to look again: the numbers behind debounce, leases and retries, all in seconds."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    debounce: float = 0.5  # wait for further events on the same issue
    longest_wait: float = 10.0  # but no longer than this since the first of them
    lease: float = 60.0  # a worker that says nothing for so long is taken for dead
    first_retry: float = 2.0
    longest_retry: float = 900.0
    most_crashes: int = 5  # an issue whose workers die is given up after so many of them

    @property
    def heartbeat(self) -> float:
        return self.lease / 3


def retry_delay(timing: Timing, attempts: int, chance: random.Random) -> float:
    """Doubles with each failure, up to a limit; spread by a quarter so that issues do not return all at once."""
    delay = min(timing.first_retry * 2.0 ** min(attempts - 1, 30), timing.longest_retry)
    return float(delay * chance.uniform(0.75, 1.25))
