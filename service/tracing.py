"""Spans: which step of the work is under way, for whoever follows traces. Without a follower they cost nothing.

Whoever follows says so around the whole work. What lies between need not pass it on, as with what is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol, TypeAlias

Fact: TypeAlias = str | int


class Span(Protocol):
    def tell(self, **facts: Fact) -> None:
        """Facts that were not known when the span began."""


Spans: TypeAlias = Callable[[str, Mapping[str, Fact]], AbstractContextManager[Span]]


class _Untold:
    """The span that nobody follows."""

    def tell(self, **facts: Fact) -> None:
        del facts


_UNTOLD = nullcontext(_Untold())


def untold(*_: object) -> AbstractContextManager[Span]:
    """The spans of whoever follows nothing."""
    return _UNTOLD


_spans: ContextVar[Spans] = ContextVar("spans", default=untold)


@contextmanager
def followed_by(spans: Spans) -> Iterator[None]:
    """Inside, each span of this thread is made by `spans`."""
    before = _spans.set(spans)
    try:
        yield
    finally:
        _spans.reset(before)


def span(name: str, **facts: Fact) -> AbstractContextManager[Span]:
    """Surrounds a step. No fact is anybody's words, name or project: traces leave the machine."""
    return _spans.get()(name, facts)
