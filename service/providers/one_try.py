"""Several requests that count as one: tried again together, from the first on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class OneTry:
    """For requests of which one writes what another has read: what was read before a wait may not be there after it, so
    while `is_on` no request is repeated alone. For one thread.
    """

    def __init__(self) -> None:
        self.is_on = False

    def of(self, act: Callable[[], T]) -> Callable[[], T]:
        def whole() -> T:
            self.is_on = True
            try:
                return act()
            finally:
                self.is_on = False

        return whole
