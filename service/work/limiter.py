"""One limiter a credential, shared by all processes that share the database.

What a forge tells one of them holds back all, and creations are counted together. The row is read once a second at
most, and written only for a refusal and for a creation that is counted. Where the database does not answer, or there is
none to share, a process goes by what it knows itself, and by the forge's own refusals.

What is left of a forge's quota each process learns from its own answers: the forge counts for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from service.providers.base import RateLimited, Reserved
from service.providers.exchanges import Endpoints, Quota
from service.providers.limits import Budget, is_background
from service.store.database import StoreUnavailable
from service.store.limits import LimitRows
from service.work.own_limits import OwnLimits
from service.work.rate import wait, wait_for_people

T = TypeVar("T")
_log = structlog.get_logger()
_FRESH = 1.0  # seconds for which a hold that was read is believed
_AWAY = 10.0  # seconds for which a database that did not answer is not asked again
_LONGEST = 3600.0  # seconds of a hold, as long as any window of the forges: one odd answer must not stop us for days
_MODEST = 0.5  # of each budget, for work that nobody waits for: the rest stays free for people
_RESERVE = 0.2  # of each quota of the forge, which such work leaves untouched until the quota resets


@dataclass
class _Known:
    """What this process knows of a credential, in seconds of its own clock."""

    held_until: float = 0.0
    asked_again: float = 0.0  # when the row is read again
    away_until: float = 0.0
    quotas: dict[str, Quota] = field(default_factory=dict)  # by resource, as the last answer told


class SharedLimits:
    """Of one process; its threads share what was read. `rows`: what it shares with others, if anything."""

    def __init__(self, rows: LimitRows | None, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock
        self._own = OwnLimits(lambda: clock().timestamp())
        self._known: dict[str, _Known] = {}

    def of(self, credential: str, creations: Sequence[Budget]) -> SharedLimiter:
        known = self._known.setdefault(credential, _Known())
        return SharedLimiter(credential, tuple(creations), known, self._own, self._rows, self._clock)


@dataclass(frozen=True)
class SharedLimiter:
    """A `Limiter` of `service.providers.limits`. Work in the background leaves half of the budgets, and the last fifth
    of the forge's quota, to the rest.
    """

    credential: str
    _creations: tuple[Budget, ...]
    _known: _Known = field(repr=False)
    _own: OwnLimits = field(repr=False)
    _rows: LimitRows | None = field(repr=False)
    _clock: Callable[[], datetime] = field(repr=False)

    def before(self, *, creates: bool) -> None:
        self._read()
        held = self._known.held_until - self._now()
        if held > 0:
            raise RateLimited(f"{self.credential} asked to wait {held:.0f} s more, here or elsewhere", retry_after=held)
        if is_background():
            self._leave_the_rest()
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
            if self._rows is not None:
                self._asking(partial(self._rows.hold, self.credential, held))

    def saw(self, quota: Quota) -> None:
        if quota.resource != Endpoints.OTHER:
            self._known.quotas[quota.resource] = quota

    def _leave_the_rest(self) -> None:
        seconds = min(_LONGEST, wait_for_people(tuple(self._known.quotas.values()), self._now(), _RESERVE))
        if seconds:
            raise Reserved(
                f"the last {_RESERVE:.0%} of what {self.credential} may ask are kept for people, {seconds:.0f} s more",
                retry_after=seconds,
            )

    def _read(self) -> None:
        now, known = self._now(), self._known
        if now >= known.asked_again and self._rows is not None:
            known.asked_again = now + _FRESH
            self._held(self._asking(partial(self._rows.left, self.credential)) or 0.0)

    def _take(self) -> float:
        memory = max(budget.seconds for budget in self._creations)
        share = _MODEST if is_background() else 1.0  # asked for here: the database may have a thread of its own

        def decide(taken: Sequence[float], now: float) -> float:
            return wait(taken, self._creations, now, share)

        take = partial(self._rows.take, self.credential, decide, memory) if self._rows is not None else None
        seconds = self._asking(take) if take is not None else None
        if seconds is None:
            return self._own.take(self.credential, decide, memory)
        if not seconds:
            self._own.note(self.credential, memory)
        return seconds

    def _held(self, seconds: float) -> None:
        if seconds > 0:
            self._known.held_until = max(self._known.held_until, self._now() + seconds)

    def _asking(self, ask: Callable[[], T]) -> T | None:
        """What the database says, else None: a limiter that is away must not stop the work."""
        if self._now() < self._known.away_until:
            return None
        try:
            return ask()
        except StoreUnavailable as error:
            self._known.away_until = self._now() + _AWAY
            _log.warning("limiter_alone", credential=self.credential, seconds=_AWAY, reason=str(error))
            return None

    def _now(self) -> float:
        return self._clock().timestamp()
