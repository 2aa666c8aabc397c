"""What one process created with each credential: all it has to go by where no database is shared, or it is away."""

from __future__ import annotations

import threading
from collections.abc import Callable

from service.store.limits import Decide


class OwnLimits:
    """In memory, and shared by the threads of this process. `now` gives seconds since 1970 UTC."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._guard = threading.Lock()
        self._created: dict[str, list[float]] = {}

    def take(self, name: str, decide: Decide, memory: float) -> float:
        """Counts one creation, unless it has to wait: then says how many seconds. Forgets those of `memory` ago."""
        with self._guard:
            seconds = decide(self._lately(name, memory), self._now())
            if not seconds:
                self._created[name].append(self._now())
            return seconds

    def note(self, name: str, memory: float) -> None:
        """One more was created, as was agreed elsewhere."""
        with self._guard:
            self._lately(name, memory).append(self._now())

    def _lately(self, name: str, memory: float) -> list[float]:
        kept = [at for at in self._created.get(name, ()) if at > self._now() - memory]
        self._created[name] = kept
        return kept
