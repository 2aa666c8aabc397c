"""Answers that a forge gave before, each with the tag by which it says that nothing has changed since.

Never an answer by themselves: the forge is asked each time, and what is kept counts once it said so.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

_MOST = 8_000_000  # bytes, in each process and for each forge
_LARGEST = 1_000_000  # bytes of one answer: a hundred long issues fit


@dataclass(frozen=True, slots=True)
class Tagged:
    """One answer. Header names are in lower case."""

    tag: str
    headers: Mapping[str, str]
    text: str

    @property
    def size(self) -> int:
        return sys.getsizeof(self.text) + 2_000  # with what else is kept of it


class Answers:
    """By what was asked, and with which credential: the key says both. Safe to share among threads; when it holds too
    much, it forgets what was not asked for longest.
    """

    def __init__(self, most: int = _MOST, largest: int = _LARGEST) -> None:
        self._most, self._largest = most, largest
        self._guard = threading.Lock()
        self._kept: OrderedDict[Hashable, Tagged] = OrderedDict()
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes, by and large."""
        return self._size

    def find(self, key: Hashable) -> Tagged | None:
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Hashable, answer: Tagged) -> None:
        """Instead of what was kept before; too large an answer is not kept at all."""
        with self._guard:
            before = self._kept.pop(key, None)
            self._size -= before.size if before else 0
            if answer.size > self._largest:
                return
            self._kept[key] = answer
            self._size += answer.size
            while self._size > self._most:
                self._size -= self._kept.popitem(last=False)[1].size
