"""Deliveries that arrive at the same moment are written together, and are as good as if they had come one by one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service.model import IssueRef
from service.store.database import Database
from service.store.inbox import Arrival, Inbox
from service.work.arrivals import Arrived
from service.work.overview import Overview
from service.work.queue import Queue
from tests.clock import Clock

Accept = Callable[..., list[bool]]
SHOP = IssueRef("github", "acme/shop", 12)
OPS = IssueRef("github", "acme/ops", 3)


def _arrived(delivery: str, *refs: IssueRef, forge: str = "github") -> Arrived:
    return Arrived(Arrival(forge, delivery, "issues.edited", b"{}"), refs)


@pytest.fixture
def accept(queue: Queue, database: Database) -> Accept:
    """Takes these deliveries in one transaction; which of them were processed before."""
    return lambda *arrived: database.write(lambda connection: queue._arrivals.write(connection, arrived))


def test_each_is_kept_with_its_issues(accept: Accept, database: Database) -> None:
    """What one is about has nothing to do with the others; those on the same issue share its nudge."""
    assert accept(_arrived("d1", SHOP), _arrived("d2", OPS, SHOP), _arrived("d3", OPS)) == [False, False, False]
    kept = {one.id: dict(one.nudges) for one in Inbox(database).latest()}
    assert kept == {"d1": {str(SHOP): 1}, "d2": {str(SHOP): 1, str(OPS): 1}, "d3": {str(OPS): 1}}


def test_one_look_at_each_issue_answers_all(
    accept: Accept, queue: Queue, database: Database, overview: Overview, clock: Clock
) -> None:
    """They are processed once their issues were looked at, and the look knows all that asked for it."""
    accept(_arrived("d1", SHOP), _arrived("d2", SHOP))
    clock.forward(seconds=1)
    claim = queue.claim()
    assert claim is not None
    assert (claim.by_delivery, queue.causes(claim)) == (True, ("d1", "d2"))
    queue.finish(claim)
    assert [one.state for one in Inbox(database).latest()] == ["processed", "processed"]
    assert overview.busy() == 0


def test_a_repetition_among_them_nudges_nobody(accept: Accept, queue: Queue, overview: Overview, clock: Clock) -> None:
    """It is said to be one; the same id of another forge is another delivery, and a doubled one is kept once."""
    accept(_arrived("d1", SHOP))
    clock.forward(seconds=1)
    claim = queue.claim()
    assert claim is not None
    queue.finish(claim)
    again = (_arrived("d1", SHOP), _arrived("d1", OPS, forge="gitlab"), _arrived("d2", OPS), _arrived("d2", OPS))
    assert accept(*again) == [True, False, False, False]
    assert {task.issue: task.state for task in overview.tasks()} == {str(SHOP): "idle", str(OPS): "ready"}
    assert accept(_arrived("d1", SHOP)) == [True]
