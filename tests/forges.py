"""One sandbox server for many tests: its routes take longer to build than most tests take to run."""

from __future__ import annotations

from service.sandbox import Sandbox
from tests.clock import Clock


class Forges:
    """Hands out the server as new: an unseeded world, no faults, no listeners, and the test's own clock."""

    def __init__(self) -> None:
        self._running: Sandbox | None = None

    def fresh(self, clock: Clock) -> Sandbox:
        running = self._running = self._running or Sandbox.start(clock=clock)
        running.world.clock = clock
        running.observers.clear()
        running.reset()
        return running

    def settled(self) -> None:
        """After a test. A server that still holds a request back is given up: the next test must not see it."""
        if self._running is not None and self._running.faults.delaying:
            self.stop()

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None
