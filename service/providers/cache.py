"""What rarely changes and is costly to ask again, remembered for a while and shared by a forge's providers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import TypeVar, cast

from service.providers.answers import Answers

T = TypeVar("T")
_MISSING = object()


class Cache:
    """Values by key, each with its own time to live. Safe to share among threads; forgets the oldest when full.

    `answers` are believed only once the forge says that they still hold.
    """

    def __init__(self, clock: Callable[[], datetime], *, limit: int = 10_000) -> None:
        self.answers = Answers()
        self._clock = clock
        self._limit = limit
        self._lock = threading.Lock()
        self._values: dict[Hashable, tuple[datetime, object]] = {}

    def cached(self, key: Hashable, seconds: float, make: Callable[[], T]) -> T:
        """The remembered value, else what `make` returns, remembered. An exception is not remembered.

        Two threads may both make a missing value: no lock is held while a forge is asked.
        """
        found = self._get(key)
        if found is not _MISSING:
            return cast("T", found)
        value = make()
        self.put(key, value, seconds)
        return value

    def get(self, key: Hashable, default: T) -> T:
        found = self._get(key)
        return default if found is _MISSING else cast("T", found)

    def put(self, key: Hashable, value: object, seconds: float) -> None:
        with self._lock:
            self._values.pop(key, None)
            while len(self._values) >= self._limit:
                del self._values[next(iter(self._values))]
            self._values[key] = (self._clock() + timedelta(seconds=seconds), value)

    def drop(self, key: Hashable) -> None:
        with self._lock:
            self._values.pop(key, None)

    def _get(self, key: Hashable) -> object:
        with self._lock:
            until, value = self._values.get(key, (None, _MISSING))
        return _MISSING if until is None or until <= self._clock() else value
