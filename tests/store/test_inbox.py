"""Looking through the inbox: by forge, issue, time and what became of a delivery, however many there are."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest

from service.model import IssueRef
from service.store.database import Database
from service.store.inbox import DeliveryFilter, Inbox
from service.store.tables import deliveries
from service.work.queue import Queue
from service.work.timing import Timing
from tests.clock import START, Clock
from tests.databases import Place, opened

DONE, DEAD, OTHER = IssueRef("github", "acme/shop", 1), IssueRef("github", "acme/shop", 2), IssueRef("gitlab", "a/b", 1)
MANY = 1200


@pytest.fixture
def database(place: Place, clock: Clock) -> Iterator[Database]:
    with opened(place, clock) as database:
        yield database


@pytest.fixture
def inbox(database: Database, clock: Clock) -> Inbox:
    """A dead delivery, then hundreds that were processed within the same second, then one that waits."""
    queue = Queue(database, Timing(debounce=0))
    for delivery, ref in (("dead", DEAD), ("first", DONE)):
        queue.accept("github", delivery, "issues.edited", [ref], b"{}")
        claim = queue.claim()
        assert claim is not None
        queue.finish(claim) if ref == DONE else queue.fail(claim, "needs Issues: write", limit=1)
    row = {"forge": "github", "event": "issues.edited", "body": zlib.compress(b"{}"), "nudges": {str(DONE): 1}}
    rows = [row | {"id": f"d{n:04}", "received_at": START.timestamp() + 1} for n in range(MANY)]
    database.write(lambda c: c.execute(deliveries.insert(), rows))
    clock.forward(seconds=2)
    queue.accept("gitlab", "waits", "Issue Hook", [OTHER, DONE], b"{}")
    return Inbox(database)


def test_what_is_rare_is_found_below_what_is_not(inbox: Inbox) -> None:
    """The dead one lies under more than one page of others, and none of those is passed over or told twice."""
    assert [one.id for one in inbox.latest(5, DeliveryFilter(state="dead"))] == ["dead"]
    processed = [one.id for one in inbox.latest(5000, DeliveryFilter(state="processed"))]
    assert processed == [*(f"d{n:04}" for n in reversed(range(MANY))), "first"]


def test_each_filter_narrows(inbox: Inbox, clock: Clock) -> None:
    """Alone and together."""
    assert [one.id for one in inbox.latest(5, DeliveryFilter(forge="gitlab"))] == ["waits"]
    assert [one.id for one in inbox.latest(5, DeliveryFilter(issue=OTHER))] == ["waits"]
    assert [one.id for one in inbox.latest(2, DeliveryFilter(issue=DONE))] == ["waits", f"d{MANY - 1:04}"]
    assert [one.id for one in inbox.latest(5, DeliveryFilter(since=clock()))] == ["waits"]
    assert inbox.latest(5, DeliveryFilter(forge="gitlab", state="dead")) == []


def test_each_state_has_its_reason(inbox: Inbox) -> None:
    """The issues that are unanswered are named, with when or why not."""
    (waits,) = inbox.latest(1)
    assert waits.outcome.reason == (
        "github:acme/shop#1 is due at 2026-03-02 09:00:02Z; gitlab:a/b#1 is due at 2026-03-02 09:00:02Z"
    )
    (dead,) = inbox.latest(1, DeliveryFilter(issue=DEAD))
    assert dead.outcome == ("dead", "github:acme/shop#2 was given up: needs Issues: write")
