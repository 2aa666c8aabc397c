"""What a credential's requests are held to. How it is shared with other processes is up to who hands in the limiter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from service.providers.base import RateLimited

T = TypeVar("T")


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


class Limits(Protocol):
    def __call__(self, credential: str, creations: Sequence[Budget]) -> Limiter:
        """The limiter of the credential of this name, which holds no secret. No budgets: creations are not counted."""


class Unlimited:
    """The limiter of whoever shares the credential with nobody: the forge's refusals are limit enough."""

    def before(self, *, creates: bool) -> None:
        del creates

    def told_to_wait(self, seconds: float) -> None:
        del seconds


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
