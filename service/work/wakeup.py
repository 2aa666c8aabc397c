"""How threads of one process tell each other that the queue changed, without waiting for the next poll."""

from __future__ import annotations

import threading


class Wakeup:
    """A counter to wait on. Read `count` before looking; a wait returns at once if it has moved since.

    A signal wakes a single `worker` (who signals again if there is more to do), and every `onlooker`.
    """

    def __init__(self) -> None:
        guard = threading.Lock()
        self._workers = threading.Condition(guard)
        self._onlookers = threading.Condition(guard)
        self.count = 0

    def signal(self) -> None:
        with self._workers:
            self.count += 1
            self._workers.notify()
            self._onlookers.notify_all()

    def signal_all(self) -> None:
        with self._workers:
            self.count += 1
            self._workers.notify_all()
            self._onlookers.notify_all()

    def work(self, seen: int, timeout: float) -> None:
        with self._workers:
            if self.count == seen:
                self._workers.wait(timeout)

    def watch(self, seen: int, timeout: float) -> None:
        with self._onlookers:
            if self.count == seen:
                self._onlookers.wait(timeout)
