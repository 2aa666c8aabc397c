"""How much of its hourly allowance each caller has used. It is told on every reply and never enforced.

A test that wants to be refused asks for that as a fault.
"""

from __future__ import annotations

from service.sandbox.ledger import Ledger

ALLOWANCES = {"core": 5_000, "search": 30, "graphql": 5_000}
HOUR = 3_600


class Limits:
    def __init__(self, world: Ledger) -> None:
        self._world = world

    def _window(self) -> int:
        return int(self._world.clock().timestamp()) // HOUR

    def count(self, login: str | None, resource: str) -> dict[str, str]:
        """Counts one request and returns the headers that say what is left."""
        key = (login, resource, self._window())
        self._world.requests_used[key] += 1
        return self.told(login, resource)

    def told(self, login: str | None, resource: str) -> dict[str, str]:
        """The same headers for a request that does not count: an authenticated reader's who has the answer already."""
        shown = self.peek(login, resource)
        headers = {f"X-RateLimit-{name.title()}": str(value) for name, value in shown.items()}
        return {**headers, "X-RateLimit-Resource": resource}

    def peek(self, login: str | None, resource: str) -> dict[str, int]:
        limit, window = ALLOWANCES[resource], self._window()
        used = min(self._world.requests_used[login, resource, window], limit - 1)
        return {"limit": limit, "remaining": limit - used, "reset": (window + 1) * HOUR, "used": used}
