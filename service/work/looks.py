"""Looking at issues that were claimed: the lease is kept while it lasts, and the queue is told what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Self, TypeAlias

import structlog
from structlog.contextvars import bound_contextvars

from service.model import IssueRef, Plan
from service.providers.base import (
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    RateLimited,
    Rejected,
    Reserved,
    Unavailable,
)
from service.providers.limits import in_background
from service.providers.permits import permitted_by
from service.store.database import StoreUnavailable
from service.work.queue import Claim, LeaseLost, Queue
from service.work.reasons import reason_of

Look: TypeAlias = Callable[[IssueRef], Plan]
_log = structlog.get_logger()
_PATIENT = 30  # tries while a forge does not answer: about five hours
_HOPELESS = 3  # tries where the forge refuses: permissions do get corrected
_PUZZLED = 5  # tries after an error of our own


class Looks:
    """Safe to share among threads, each with a `Look` of its own. An error that a look raises ends nothing.

    A look whose lease was lost writes nothing more: its next write raises `LeaseLost`.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._held: set[Claim] = set()
        self._guard = threading.Lock()
        self._stopped = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="closeout-heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._heart.start()

    def stop(self) -> None:
        """Hands back what is still being looked at."""
        with self._guard:
            left = tuple(self._held)
        for claim in left:
            self._hand_back(claim)
        self._stopped.set()
        if self._heart.is_alive():
            self._heart.join()

    def at(self, claim: Claim, look: Look) -> Exception | None:
        """Looks, and returns what went wrong; that an issue is gone is nothing wrong."""
        with self._guard:
            self._held.add(claim)
        try:
            quietly = in_background() if claim.bulk else nullcontext()
            with bound_contextvars(**self._context(claim)), permitted_by(partial(self._queue.hold, claim)), quietly:
                return self._look_at(claim, look)
        finally:
            with self._guard:
                self._held.discard(claim)

    def _hand_back(self, claim: Claim) -> None:
        try:
            self._queue.release(claim)
        except StoreUnavailable as error:  # its lease ends by itself
            _log.warning("issue_not_handed_back", issue=str(claim.ref), reason=str(error))
        else:
            _log.warning("issue_handed_back", issue=str(claim.ref))

    def _context(self, claim: Claim) -> dict[str, object]:
        """What each line that is logged during the look says of it: the issue, and the deliveries that caused it.

        A look that was planned, or that another issue asked for, names the last delivery before it.
        """
        try:
            causes = self._queue.causes(claim)
        except StoreUnavailable:  # the look itself will meet and tell it
            causes = ()
        if not causes:
            return {"issue": str(claim.ref)}
        told = {"deliveries": list(causes)} if claim.by_delivery else {"last_delivery": causes[-1]}
        return {"issue": str(claim.ref), **told}

    def _look_at(self, claim: Claim, look: Look) -> Exception | None:
        wrong: Exception | None = None
        try:
            plan = look(claim.ref)
        except LeaseLost as error:  # whoever has the issue now sees to it
            held, wrong = False, error
        except Exception as error:  # noqa: BLE001 - one issue's trouble must not end the thread
            held, wrong = self._failed(claim, error)
        else:
            held = self._planned(claim, plan)
        if not held:
            _log.warning("lease_lost")
        return wrong

    def _planned(self, claim: Claim, plan: Plan) -> bool:
        _log.info("plan_applied", **summary(plan))
        # Issues that are related to each other would nudge one another for ever if an idle look passed it on.
        related = plan.related if plan.changes or claim.by_delivery else ()
        return self._queue.finish(claim, plan.revisit_in, related)

    def _failed(self, claim: Claim, error: Exception) -> tuple[bool, Exception | None]:
        """Whether the lease was still held, and what is wrong."""
        reason = reason_of(error)
        log = _log.bind(error=type(error).__name__, reason=reason, attempt=claim.attempts + 1)
        # A forge may say "not found" for a moment, while it moves or restores things: that is asked again.
        settled = isinstance(error, Gone) or claim.attempts + 1 >= _HOPELESS
        if isinstance(error, NotFound) and settled:
            log.info("issue_gone")
            return self._queue.finish(claim), None
        if isinstance(error, Reserved):
            log.info("look_put_off", seconds=error.retry_after)
            return self._queue.put_off(claim, reason, error.retry_after), error
        if isinstance(error, RateLimited):
            log.warning("forge_asked_to_wait", seconds=error.retry_after)
            return self._queue.postpone(claim, reason, error.retry_after), error
        log.error("look_failed")
        return self._queue.fail(claim, reason, limit=_limit(error)), error

    def _beat(self) -> None:
        """Extends every lease that is held here. A thread that hangs keeps its issue: requests have time limits."""
        while not self._stopped.wait(self._queue.timing.heartbeat):
            with self._guard:
                held = tuple(self._held)
            for claim in held:
                self._extend(claim)

    def _extend(self, claim: Claim) -> None:
        try:
            self._queue.extend(claim)
        except StoreUnavailable as error:
            _log.warning("lease_not_extended", issue=str(claim.ref), reason=str(error))


def summary(plan: Plan) -> dict[str, object]:
    """A plan in one log line: each change with the rule that asked for it, and what still blocks."""
    changes = [f"{rule}:{type(change).__name__}" for change, rule in zip(plan.changes, plan.reasons, strict=True)]
    return {"changes": changes, "blockers": len(plan.blockers)}


def _limit(error: Exception) -> int:
    match error:
        case Forbidden() | Rejected():
            return _HOPELESS
        case Unavailable() | Conflict() | StoreUnavailable():
            return _PATIENT
        case _:
            return _PUZZLED
