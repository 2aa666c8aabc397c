"""What a lease lets its holder do: write to a forge as long as nobody else can have the issue, and no longer."""

from __future__ import annotations

import threading

import pytest

from service.model import IssueRef, Plan
from service.providers.permits import ask_permit
from service.work.overview import Overview
from service.work.queue import Claim, LeaseLost, Queue
from service.work.worker import Workers
from tests.clock import Clock

ISSUE = IssueRef("github", "acme/shop", 12)


def _claimed(queue: Queue, clock: Clock) -> Claim:
    queue.nudge(ISSUE)
    clock.forward(seconds=1)
    claim = queue.claim()
    assert claim is not None
    return claim


def test_who_lost_the_lease_is_told_so(queue: Queue, clock: Clock) -> None:
    """The one who took over may write, the one who was away may not."""
    lost = _claimed(queue, clock)
    clock.forward(seconds=61)
    taken = queue.claim()
    assert taken is not None
    with pytest.raises(LeaseLost, match="github:acme/shop#12"):
        queue.hold(lost)
    queue.hold(taken)


def test_a_lease_that_ran_out_unnoticed_begins_anew(queue: Queue, clock: Clock) -> None:
    """Nobody took the issue while its worker stood still: it goes on, and from then on nobody can."""
    claim = _claimed(queue, clock)
    clock.forward(seconds=61)
    queue.hold(claim)
    clock.forward(seconds=59)
    assert queue.claim() is None
    assert queue.finish(claim)


def test_what_is_left_of_a_lease_outlasts_a_request(queue: Queue, clock: Clock) -> None:
    """A heartbeat came late: the lease is extended before a write that would outlast it."""
    claim = _claimed(queue, clock)
    clock.forward(seconds=45)
    queue.hold(claim)
    clock.forward(seconds=20)
    assert queue.claim() is None


def test_a_worker_without_its_lease_gives_up_quietly(queue: Queue, overview: Overview, clock: Clock) -> None:
    """What it looked at is another's now: it counts no failure, and does not touch the issue."""
    refused = threading.Event()

    def look(ref: IssueRef) -> Plan:
        clock.forward(seconds=61)
        assert queue.claim() is not None
        try:
            ask_permit()
        except LeaseLost:
            refused.set()
            raise
        return Plan(ref)

    queue.nudge(ISSUE)
    clock.forward(seconds=1)
    workers = Workers(queue, overview, lambda: look, threads=1)
    workers.start()
    assert refused.wait(60)
    workers.stop()
    [task] = overview.tasks()
    assert (task.state, task.attempts, task.error) == ("running", 0, "")
