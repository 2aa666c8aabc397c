"""Outcomes of threads, awaited by coroutines: a loop is woken once for all that were told at the same moment."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Awaiting:
    """What coroutines of one event loop wait for.

    `asyncio.wrap_future` does the same, with a wake-up for each outcome: where a commit tells sixty of them, the thread
    that commits would hand the interpreter over sixty times.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._told: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._woken = False

    async def outcome(self, of: Future[T]) -> T:
        """Its result or its error. Whoever gives up waiting has cancelled it, if it had not begun."""
        waiting: asyncio.Future[T] = self.loop.create_future()
        of.add_done_callback(lambda done: self._tell(waiting, done))
        try:
            return await waiting
        except asyncio.CancelledError:
            of.cancel()
            raise

    def _tell(self, waiting: asyncio.Future[T], done: Future[T]) -> None:
        """In the thread that has the outcome. Put there before looking: the loop takes the mark off before it reads."""
        self._told.append((waiting, done))
        if not self._woken:
            self._woken = True
            self.loop.call_soon_threadsafe(self._pass_on)

    def _pass_on(self) -> None:
        self._woken = False
        while self._told:
            waiting, done = self._told.popleft()
            if waiting.done():
                continue  # nobody waits any more
            error = done.exception()
            if error is not None:
                waiting.set_exception(error)
            else:
                waiting.set_result(done.result())
