"""Whether the thread that looks at an issue may still write: asked at the last moment, right before a request leaves.

Whoever holds the issue says so around the whole look. What lies between need not pass it on, as with what is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

Permit: TypeAlias = Callable[[], None]  # raises where nothing may be written any more


def _alone() -> None:
    """The permit of whoever shares the issue with nobody."""


_permit: ContextVar[Permit] = ContextVar("permit", default=_alone)


@contextmanager
def permitted_by(permit: Permit) -> Iterator[None]:
    """Inside, each request of this thread that writes to a forge leaves only after `permit` was asked."""
    before = _permit.set(permit)
    try:
        yield
    finally:
        _permit.reset(before)


def ask_permit() -> None:
    """For the gateways: right before each request that writes. Raises what the permit raises."""
    _permit.get()()
