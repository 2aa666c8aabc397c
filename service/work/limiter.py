"""One limiter a credential, shared by all processes that share the database.

What a forge tells one of them holds back all, and creations are counted together. The row is read once a second at
most, and written only for a refusal and for a creation that is counted. Where the database does not answer, a process
goes by what it knows itself, and by the forge's own refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from service.providers.base import RateLimited
from service.providers.limits import Budget
from service.store.database import Database, StoreUnavailable
from service.store.limits import LimitRows
from service.work.rate import wait

T = TypeVar("T")
_log = structlog.get_logger()
_FRESH = 1.0  # seconds for which a hold that was read is believed
_AWAY = 10.0  # seconds for which a database that did not answer is not asked again
_LONGEST = 3600.0  # seconds of a hold, as long as any window of the forges: one odd answer must not stop us for days
_MODEST = 0.5  # of each budget, for work that nobody waits for: the rest stays free for people


@dataclass
class _Known:
    """What this process knows of a credential, in seconds of its own clock."""

    held_until: float = 0.0
    asked_again: float = 0.0  # when the row is read again
    away_until: float = 0.0


class SharedLimits:
    """Of one process; its threads share what was read."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._rows = LimitRows(database)
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def of(self, credential: str, creations: Sequence[Budget], *, modest: bool = False) -> SharedLimiter:
        """`modest`: for work that nobody waits for; it leaves half of the budgets to the rest."""
        known = self._known.setdefault(credential, _Known())
        share = _MODEST if modest else 1.0
        return SharedLimiter(credential, tuple(creations), share, known, self._rows, self._clock)


@dataclass(frozen=True)
class SharedLimiter:
    """A `Limiter` of `service.providers.limits`."""

    credential: str
    _creations: tuple[Budget, ...]
    _share: float
    _known: _Known = field(repr=False)
    _rows: LimitRows = field(repr=False)
    _clock: Callable[[], datetime] = field(repr=False)

    def before(self, *, creates: bool) -> None:
        self._read()
        held = self._known.held_until - self._now()
        if held > 0:
            raise RateLimited(f"{self.credential} asked to wait {held:.0f} s more, here or elsewhere", retry_after=held)
        seconds = self._take() if creates and self._creations else 0.0
        if seconds:
            limit = ", ".join(f"{budget.most} in {budget.seconds:g} s" for budget in self._creations)
            raise RateLimited(
                f"{self.credential} may create no more for {seconds:.0f} s (its limits: {limit})", retry_after=seconds
            )

    def told_to_wait(self, seconds: float) -> None:
        held = min(seconds, _LONGEST)
        if held > 0:
            self._held(held)
            self._asking(partial(self._rows.hold, self.credential, held), None)

    def _read(self) -> None:
        now, known = self._now(), self._known
        if now >= known.asked_again:
            known.asked_again = now + _FRESH
            self._held(self._asking(partial(self._rows.left, self.credential), 0.0))

    def _take(self) -> float:
        memory = max(budget.seconds for budget in self._creations)
        return self._asking(partial(self._rows.take, self.credential, self._decide, memory), 0.0)

    def _decide(self, taken: Sequence[float], now: float) -> float:
        return wait(taken, self._creations, now, self._share)

    def _held(self, seconds: float) -> None:
        if seconds > 0:
            self._known.held_until = max(self._known.held_until, self._now() + seconds)

    def _asking(self, ask: Callable[[], T], otherwise: T) -> T:
        """What the database says, else `otherwise`: a limiter that is away must not stop the work."""
        if self._now() < self._known.away_until:
            return otherwise
        try:
            return ask()
        except StoreUnavailable as error:
            self._known.away_until = self._now() + _AWAY
            _log.warning("limiter_alone", credential=self.credential, seconds=_AWAY, reason=str(error))
            return otherwise

    def _now(self) -> float:
        return self._clock().timestamp()
