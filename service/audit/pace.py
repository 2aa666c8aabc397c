"""How long one run of the audit waits for forges. Their limits are the limiter's; giving up or going on is ours."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from service.providers.base import RateLimited

_AT_ONCE = 90.0  # seconds: any minute of a forge's ends within it. An hour is left to the next run
_IN_ALL = 900.0
_MARGIN = 1.0  # the database's clock decides when an issue may be looked at again
_log = structlog.get_logger()


class Pace:
    """Of one run: a minute's limit is waited for and the run goes on, so that what it may do it does at that pace."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._left = _IN_ALL

    def waits(self, forge: str, refused: RateLimited) -> bool:
        """Waits as long as the forge asks; False, at once, where that is too long for one run."""
        seconds = max(refused.retry_after, 0.0) + _MARGIN
        if seconds > min(_AT_ONCE, self._left):
            return False
        self._left -= seconds
        _log.warning("audit_waits", forge=forge, seconds=round(seconds), reason=str(refused))
        self._sleep(seconds)
        return True


def in_haste(forge: str, refused: RateLimited) -> bool:
    """The pace of whoever waits for nothing."""
    del forge, refused
    return False
