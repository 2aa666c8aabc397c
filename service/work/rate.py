"""How long a request has to wait. Pure: what was before, what is left, and the time, are handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.providers.exchanges import Quota
from service.providers.limits import Budget


def wait(taken: Sequence[float], budgets: Sequence[Budget], now: float, share: float = 1.0) -> float:
    """Seconds until one more keeps within this share of each budget; 0.0: now."""
    return max((_wait(taken, budget, now, share) for budget in budgets), default=0.0)


def wait_for_people(quotas: Iterable[Quota], now: float, reserve: float) -> float:
    """Seconds until one may go on that nobody waits for: to the reset of each quota of which less than this share is
    left; 0.0: now. A forge that does not tell how much it grants, and until when, is not waited for.
    """
    return max((_until_reset(quota, now) for quota in quotas if _is_low(quota, reserve)), default=0.0)


def _is_low(quota: Quota, reserve: float) -> bool:
    return quota.limit is not None and quota.remaining < quota.limit * reserve


def _until_reset(quota: Quota, now: float) -> float:
    return 0.0 if quota.resets_at is None else max(0.0, quota.resets_at - now)


def _wait(taken: Sequence[float], budget: Budget, now: float, share: float) -> float:
    most = max(1, int(budget.most * share))
    counted = sorted(left for at in taken if (left := at + budget.seconds - now) > 0)
    return counted[-most] if len(counted) >= most else 0.0
