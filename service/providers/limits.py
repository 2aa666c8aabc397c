"""What a credential's requests are held to. How it is shared with other processes is up to who hands in the limiter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol, TypeVar

from service.providers.base import RateLimited
from service.providers.exchanges import Exchange, Observer, Quota

T = TypeVar("T")
PATIENCE = 10.0  # seconds that a thread waits for a limit; longer waits are the work queue's, since a thread is dear


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many creations in any so many seconds in a row."""

    most: int
    seconds: float


class Limiter(Protocol):
    """One credential's, for one thread."""

    def before(self, *, creates: bool) -> None:
        """To be called before each request. Raises `RateLimited` where it has to wait; then nothing was counted."""

    def told_to_wait(self, seconds: float) -> None:
        """The forge wants no request with this credential for so long."""

    def saw(self, quota: Quota) -> None:
        """What an answer said of how many requests are left."""


class Limits(Protocol):
    def __call__(self, credential: str, creations: Sequence[Budget]) -> Limiter:
        """The limiter of the credential of this name, which holds no secret. No budgets: creations are not counted."""


class Unlimited:
    """The limiter of whoever shares the credential with nobody: the forge's refusals are limit enough."""

    def before(self, *, creates: bool) -> None:
        del creates

    def told_to_wait(self, seconds: float) -> None:
        del seconds

    def saw(self, quota: Quota) -> None:
        del quota


def unlimited(credential: str, creations: Sequence[Budget]) -> Limiter:
    del credential, creations
    return Unlimited()


def limited(limiter: Limiter, send: Callable[[], T], *, creates: bool) -> T:
    """Sends when the limiter lets it, and tells it what the forge says of waiting. Raises what `send` raises."""
    limiter.before(creates=creates)
    try:
        return send()
    except RateLimited as refused:
        limiter.told_to_wait(refused.retry_after)
        raise


def noting(limiter: Limiter, observer: Observer) -> Observer:
    """The same observer, and the limiter hears of each quota that an answer told."""

    def both(exchange: Exchange) -> None:
        if exchange.quota is not None:
            limiter.saw(exchange.quota)
        observer(exchange)

    return both


_background: ContextVar[bool] = ContextVar("background", default=False)


@contextmanager
def in_background() -> Iterator[None]:
    """Inside, this thread does what nobody waits for: limiters leave room for the rest. Good as a decorator, too."""
    before = _background.set(True)
    try:
        yield
    finally:
        _background.reset(before)


def is_background() -> bool:
    return _background.get()
