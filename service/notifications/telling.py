"""Keeping what a plan is worth telling, around its being carried out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import structlog

from service.model import Notice
from service.notifications.letters import Messages, letter
from service.routing import takes, unknown
from service.settings import Route
from service.store.database import StoreUnavailable
from service.store.outbox import Letter, Outbox

_log = structlog.get_logger()


class Telling:
    """Puts a plan's letters into the outbox before its first change, and lets them go after the last.

    A process that dies in between loses none: the plan is made again, or they go by themselves. A plan that fails takes
    back what it put there, since the next may say otherwise.
    """

    def __init__(self, outbox: Outbox, routes: Sequence[Route], messages: Messages | None = None) -> None:
        """`messages`: the words that the installation has chosen."""
        self._outbox = outbox
        self._routes = tuple(routes)
        self._messages = messages or {}

    @contextmanager
    def __call__(self, notices: Sequence[Notice]) -> Iterator[None]:
        """Raises `StoreUnavailable`, like the journal."""
        letters = [written for notice in notices for written in self._letters(notice)] if self._routes else []
        if not letters:
            yield
            return
        self._outbox.put(letters, held=True)
        try:
            yield
        except Exception:
            with suppress(StoreUnavailable):  # then they go when their hold ends
                self._outbox.withdraw(letters)
            raise
        self._outbox.release(letters)

    def _letters(self, notice: Notice) -> Iterator[Letter]:
        for name in unknown(notice.routes or (), self._routes):
            there = ", ".join(route.name for route in self._routes)
            _log.warning("notify_route_unknown", issue=str(notice.ref), kind=notice.kind, route=name, there_is=there)
        yield from (letter(notice, route.name, self._messages) for route in self._routes if takes(route, notice))
