"""How threads of one process tell each other that the queue changed, without waiting for the next poll."""

from __future__ import annotations

import threading


class Wakeup:
    """A counter to wait on. Read `count` before looking; `wait` returns at once if it has moved since."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self.count = 0

    def signal(self) -> None:
        with self._moved:
            self.count += 1
            self._moved.notify_all()

    def wait(self, seen: int, timeout: float) -> None:
        with self._moved:
            self._moved.wait_for(lambda: self.count != seen, timeout)
