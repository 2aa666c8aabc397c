"""What time it is on a forge. Its issues carry times by its own clock, and ours may be minutes away from it.

Everything that is decided compares times of the forge with each other: when an issue was closed with when it was seen
so. How far the clocks are apart shows in each answer: https://www.rfc-editor.org/rfc/rfc9110#field.date
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from service.providers.exchanges import Exchange, Observer

_TRIFLE = timedelta(seconds=30)  # the date has whole seconds, and an answer takes its time
_MOST = timedelta(days=1)  # that is no clock that is wrong, but a date that means something else


class ForgeTime:
    """One forge's clock: ours, put right where its answers show that it is wrong. For one thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._clock() + self._ahead

    def hearing(self, observer: Observer) -> Observer:
        """The same observer; on its way each exchange tells what time it was there."""

        def heard(exchange: Exchange) -> None:
            if exchange.date is not None:
                ahead = exchange.date - self._clock()
                if abs(ahead) <= _MOST:
                    self._ahead = ahead if abs(ahead) > _TRIFLE else timedelta()
            observer(exchange)

        return heard
