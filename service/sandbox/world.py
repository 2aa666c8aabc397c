"""The world: everything the sandbox's forges know, and the acts of the simulated people in it.

`World` is the one object that both forges' APIs, the pages, the tests and the demo share. A test or the demo
acts as a person with `create_issue`, `edit_issue`, `comment`, `move_card` and so on, always naming the
`actor`; whether that person may do so is the forges' business, not the world's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.sandbox.account import describe
from service.sandbox.boards import Boards
from service.sandbox.ledger import Clock, system_clock
from service.sandbox.seed import UNSEEDED, plant


class World(Boards):
    """Real state, guarded by one re-entrant lock. Set `clock` to move time."""

    def __init__(self, clock: Clock = system_clock, seed: Mapping[str, Any] | None = None) -> None:
        super().__init__(clock)
        self._seed = UNSEEDED if seed is None else seed
        plant(self, self._seed)

    def reset(self, seed: Mapping[str, Any] | None = None) -> None:
        """Back to the beginning, or to another one. Deliveries that were not sent yet are dropped."""
        with self.lock:
            self.courier.forget()
            self._clear()
            plant(self, self._seed if seed is None else seed)

    def snapshot_json(self) -> dict[str, Any]:
        """The whole world as JSON, in the shape a seed file has."""
        with self.lock:
            return describe(self)
