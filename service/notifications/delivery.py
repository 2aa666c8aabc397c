"""Emptying the outbox: what is due goes, by each route at its own pace, and is tried again or given up visibly."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import structlog

from service.notifications.sending import NotSent
from service.settings import Route
from service.store.outbox import Letter, Outbox, Posted
from service.work.timing import Timing, retry_delay

Outcome: TypeAlias = Literal["sent", "failed", "given_up"]
Send: TypeAlias = Callable[[Route, Letter], None]
MOST_ATTEMPTS = 10  # over about five hours
_DEADLY = "whoever tried to send it died, each time"
_RETRIES = Timing(first_retry=60.0, longest_retry=3600.0)
_log = structlog.get_logger()


class Delivery:
    """Sends what is due. `told` hears of each attempt: the route's name and the outcome."""

    def __init__(
        self,
        outbox: Outbox,
        routes: Sequence[Route],
        send: Send,
        told: Callable[[str, Outcome], None] = lambda route, outcome: None,  # noqa: ARG005 - nobody counts
    ) -> None:
        self._outbox, self._routes = outbox, tuple(routes)
        self._send, self._told = send, told
        self._chance = random.Random()  # noqa: S311 - spreads retries, guards nothing

    def run(self, go_on: Callable[[], None]) -> None:
        """One round. `go_on` is called before each letter, and may raise. Raises `StoreUnavailable`.

        Sent is noted after the service took it: whoever dies in between sends that letter once more.
        """
        stranded = self._outbox.strand([route.name for route in self._routes])
        if stranded:
            _log.error("notifications_given_up", count=stranded, reason="their routes are not configured any more")
        for route in self._routes:
            self._empty(route, go_on)

    def _empty(self, route: Route, go_on: Callable[[], None]) -> None:
        """A route whose service fails is left alone until the next round."""
        left = route.per_minute - self._outbox.sent_lately(route.name, 60.0)
        for posted in self._outbox.due(route.name, left) if left > 0 else ():
            go_on()
            pause = retry_delay(_RETRIES, posted.attempts + 1, self._chance)
            if self._outbox.begin(posted, again_in=pause) and not self._sent(route, posted):
                return

    def _sent(self, route: Route, posted: Posted) -> bool:
        problem = _DEADLY if posted.attempts >= MOST_ATTEMPTS else self._problem(route, posted.letter)
        if problem is not None:
            self._failed(route, posted, problem)
            return False
        self._outbox.sent(posted)
        self._told(route.name, "sent")
        _log.info("notification_sent", **_about(route, posted))
        return True

    def _problem(self, route: Route, letter: Letter) -> str | None:
        """Sends it, and says why that came to nothing."""
        try:
            self._send(route, letter)
        except NotSent as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - one service's trouble must not keep the others waiting
            return type(error).__name__  # its words, which nobody foresaw, may hold secrets
        return None

    def _failed(self, route: Route, posted: Posted, reason: str) -> None:
        for_good = posted.attempts + 1 >= MOST_ATTEMPTS
        self._outbox.failed(posted, reason, for_good=for_good)
        self._told(route.name, "given_up" if for_good else "failed")
        if for_good:
            _log.error("notification_given_up", **_about(route, posted), reason=reason)
        else:
            _log.warning("notification_delayed", **_about(route, posted), reason=reason)


def _about(route: Route, posted: Posted) -> dict[str, object]:
    return {"route": route.name, "notice": posted.letter.key, "attempt": posted.attempts + 1}
