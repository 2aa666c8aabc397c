"""Where the lines of the log go: at once, or from an event loop with the others of the same turn.

Each write gives other threads the interpreter. A loop that answers sixty deliveries would wait for it sixty times.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections import deque
from typing import TextIO


class Lines:
    """A logger as structlog wraps them: it is given lines that are done."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._guard = threading.Lock()
        self._waiting: deque[str] = deque()
        self._turn: asyncio.AbstractEventLoop | None = None  # whose turn will write
        atexit.register(self.write)  # a loop that ends may have a turn left

    def msg(self, line: str) -> None:
        self._waiting.append(f"{line}\n")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.write()
        else:
            if self._turn is not loop:
                self._turn = loop
                loop.call_soon(self._end_turn)

    def _end_turn(self) -> None:
        self._turn = None
        self.write()

    def write(self) -> None:
        """What waits, in one piece and in order."""
        with self._guard:
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if lines:
                self._file.write("".join(lines))
                self._file.flush()

    debug = info = warning = error = critical = exception = msg
