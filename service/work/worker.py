"""Threads that claim issues and look at them, for as long as the service runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

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
    Unavailable,
)
from service.store.database import StoreUnavailable
from service.work.overview import Overview
from service.work.queue import Claim, Queue
from service.work.reasons import reason_of

Look: TypeAlias = Callable[[IssueRef], Plan]
_log = structlog.get_logger()
_POLL = 1.0  # seconds between looks for what another process has put in without being heard
_PATIENT = 30  # tries while a forge does not answer: about five hours
_HOPELESS = 3  # tries where the forge refuses: permissions do get corrected
_PUZZLED = 5  # tries after an error of our own


class Workers:
    """A number of threads, each with a `Look` of its own, since providers cannot be shared.

    `make_look` is called once in each thread. An error that a look raises never ends its thread.
    """

    def __init__(self, queue: Queue, overview: Overview, make_look: Callable[[], Look], *, threads: int = 4) -> None:
        self._queue = queue
        self._overview = overview
        self._make_look = make_look
        self._held: set[Claim] = set()
        self._deafen: Callable[[], None] | None = None
        self._looking = 0  # threads that have made their look
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"closeout-worker-{n}", daemon=True) for n in range(threads)
        ]
        self._heart = threading.Thread(target=self._beat, name="closeout-heartbeat", daemon=True)

    def start(self) -> None:
        self._deafen = self._queue.listen()
        for thread in (*self._threads, self._heart):
            thread.start()

    def stop(self, patience: float = 20.0) -> None:
        """Finishes what is being looked at; what takes longer than `patience` seconds is handed back."""
        self._stopping.set()
        self._queue.wakeup.signal_all()
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(patience / len(self._threads))
        with self._guard:
            left = tuple(self._held)
        for claim in left:
            self._hand_back(claim)
        self._stopped.set()
        if self._heart.is_alive():
            self._heart.join()
        if self._deafen is not None:
            self._deafen()

    def _hand_back(self, claim: Claim) -> None:
        try:
            self._queue.release(claim)
        except StoreUnavailable as error:  # its lease ends by itself
            _log.warning("issue_not_handed_back", issue=str(claim.ref), reason=str(error))
        else:
            _log.warning("issue_handed_back", issue=str(claim.ref))

    @property
    def alive(self) -> bool:
        """Whether every thread has what it needs to look, and is at work."""
        return all(thread.is_alive() for thread in self._threads) and self._looking == len(self._threads)

    def _run(self) -> None:
        try:
            look = self._make_look()
        except Exception:
            _log.exception("worker_not_started")
            raise
        with self._guard:
            self._looking += 1
        while not self._stopping.is_set():
            seen = self._queue.wakeup.count
            try:
                if not self._work_on_one(look):
                    self._queue.wakeup.work(seen, self._pause())
            except StoreUnavailable as error:
                _log.error("database_unavailable", reason=str(error))
                self._stopping.wait(_POLL)

    def _pause(self) -> float:
        due = self._overview.due_in()
        return _POLL if due is None else min(max(due, 0.0), _POLL)

    def _work_on_one(self, look: Look) -> bool:
        due = self._overview.due_in()
        claim = self._queue.claim() if due is not None and due <= 0 else None
        if claim is None:
            return False
        self._queue.wakeup.signal()  # another may take what else is due
        with self._guard:
            self._held.add(claim)
        try:
            with bound_contextvars(**self._context(claim)):
                self._look_at(claim, look)
        finally:
            with self._guard:
                self._held.discard(claim)
        return True

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

    def _look_at(self, claim: Claim, look: Look) -> None:
        try:
            plan = look(claim.ref)
        except Exception as error:  # noqa: BLE001 - one issue's trouble must not end the thread
            held = self._failed(claim, error)
        else:
            held = self._planned(claim, plan)
        if not held:
            _log.warning("lease_lost")

    def _planned(self, claim: Claim, plan: Plan) -> bool:
        _log.info("plan_applied", **summary(plan))
        # Issues that are related to each other would nudge one another for ever if an idle look passed it on.
        related = plan.related if plan.changes or claim.by_delivery else ()
        return self._queue.finish(claim, plan.revisit_at, related)

    def _failed(self, claim: Claim, error: Exception) -> bool:
        reason = reason_of(error)
        log = _log.bind(error=type(error).__name__, reason=reason, attempt=claim.attempts + 1)
        # A forge may say "not found" for a moment, while it moves or restores things: that is asked again.
        settled = isinstance(error, Gone) or claim.attempts + 1 >= _HOPELESS
        if isinstance(error, NotFound) and settled:
            log.info("issue_gone")
            return self._queue.finish(claim)
        if isinstance(error, RateLimited):
            log.warning("forge_asked_to_wait", seconds=error.retry_after)
            return self._queue.postpone(claim, reason, error.retry_after)
        log.error("look_failed")
        return self._queue.fail(claim, reason, limit=_limit(error))

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
