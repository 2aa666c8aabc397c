"""What nobody waits for gives way: its looks leave room, and what people do meanwhile is looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.model import IssueRef, Plan
from service.providers.base import Reserved
from service.providers.limits import is_background
from service.work.looks import Look, Looks
from service.work.overview import Overview
from service.work.queue import Queue
from tests.clock import Clock
from tests.databases import ON_SQLITE

pytestmark = ON_SQLITE
ISSUE = IssueRef("github", "acme/shop", 12)


def _looked(queue: Queue, look: Look) -> Exception | None:
    claim = queue.claim()
    assert claim is not None
    return Looks(queue).at(claim, look)


@pytest.mark.parametrize("asked", ["by a resync", "by a person"])
def test_a_look_knows_whether_somebody_waits_for_it(queue: Queue, clock: Clock, asked: str) -> None:
    """Limiters ask for it, wherever the request is sent from."""
    seen: list[bool] = []

    def look(ref: IssueRef) -> Plan:
        seen.append(is_background())
        return Plan(ref)

    if asked == "by a resync":
        queue.changed([ISSUE])
    else:
        queue.nudge(ISSUE)
    clock.forward(seconds=1)
    assert _looked(queue, look) is None
    assert (seen, is_background()) == ([asked == "by a resync"], False)


def test_what_is_put_off_for_people_does_not_put_people_off(queue: Queue, overview: Overview, clock: Clock) -> None:
    """It counts as no failure; a close that comes meanwhile is looked at at once, and otherwise it waits its time."""

    def look(_: IssueRef) -> Plan:
        raise Reserved("kept for people", retry_after=1800)

    queue.changed([ISSUE])
    clock.forward(seconds=1)
    assert isinstance(_looked(queue, look), Reserved)
    (task,) = overview.tasks()
    assert (task.state, task.attempts, task.due_at) == ("ready", 0, clock() + timedelta(seconds=1800))
    clock.forward(seconds=60)
    assert queue.claim() is None
    queue.accept("github", "d1", "issues.closed", [ISSUE], b"{}")
    clock.forward(seconds=1)
    claim = queue.claim()
    assert claim is not None
    assert not claim.bulk
