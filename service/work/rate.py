"""How long a creation has to wait. Pure: when the others were, and the time, are handed in."""

from __future__ import annotations

from collections.abc import Sequence

from service.providers.limits import Budget


def wait(taken: Sequence[float], budgets: Sequence[Budget], now: float, share: float = 1.0) -> float:
    """Seconds until one more keeps within this share of each budget; 0.0: now."""
    return max((_wait(taken, budget, now, share) for budget in budgets), default=0.0)


def _wait(taken: Sequence[float], budget: Budget, now: float, share: float) -> float:
    most = max(1, int(budget.most * share))
    counted = sorted(left for at in taken if (left := at + budget.seconds - now) > 0)
    return counted[-most] if len(counted) >= most else 0.0
