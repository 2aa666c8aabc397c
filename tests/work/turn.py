"""A job's turn, as a test gives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.work.jobs import Interrupted
from tests.clock import START


@dataclass
class Turn:
    """Interrupted once it was asked more than `left` times."""

    at: datetime = START
    left: int = 10_000

    def go_on(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Interrupted
