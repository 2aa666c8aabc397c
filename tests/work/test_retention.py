"""What is kept, and for how long."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from service.bootstrap import Service
from service.model import IssueRef, Reopen
from service.settings import Settings
from service.store.database import Database
from service.store.inbox import Inbox
from service.store.tables import deliveries, journal
from service.work.queue import Queue
from tests.clock import Clock
from tests.databases import Place

DONE, WAITS, DEAD = (IssueRef("github", "acme/shop", n) for n in (1, 2, 3))


@pytest.fixture
def service(place: Place, clock: Clock) -> Iterator[Service]:
    settings = Settings(
        database_url=SecretStr(place.url), keep_deliveries=10, keep_journal=20, resync="", redelivery=""
    )
    with Service(settings, clock=clock) as made:
        yield made


def _deliver(queue: Queue, delivery: str, *refs: IssueRef) -> None:
    queue.accept("github", delivery, "issues.edited", refs, b"{}")


def test_old_rows_go_every_night(service: Service, clock: Clock) -> None:
    """Processed deliveries after their time, the journal after its own, and nothing before."""
    service.schedule.run_due()
    _deliver(service.queue, "old", DONE)
    clock.forward(seconds=1)
    claim = service.queue.claim()
    assert claim is not None
    service.queue.finish(claim)
    service.journal.record(DONE, rule="closure", change=Reopen(DONE), result="ok")
    kept = []
    for _ in range(3):
        clock.forward(days=9)
        assert service.schedule.run_due() == ["retention"]
        kept.append((len(service.inbox.latest()), len(service.journal.latest())))
    assert kept == [(1, 1), (0, 1), (0, 0)]


def test_what_is_unanswered_stays(database: Database, queue: Queue, clock: Clock) -> None:
    """However old it is, and wherever it lies between hundreds that go."""
    inbox = Inbox(database)
    for delivery, refs in (("waits", (WAITS,)), ("dead", (DEAD,)), ("half", (DONE, WAITS))):
        _deliver(queue, delivery, *refs)
    row = {"forge": "github", "event": "issues.edited", "body": zlib.compress(b"{}"), "nudges": {str(DONE): 1}}
    rows = [row | {"id": f"d{n}", "received_at": clock().timestamp() + n - 600} for n in range(1200)]
    database.write(lambda c: c.execute(deliveries.insert(), rows))
    clock.forward(seconds=1)
    for claim in iter(queue.claim, None):
        if claim.ref == DONE:
            queue.finish(claim)
        elif claim.ref == DEAD:
            queue.fail(claim, "broken", limit=1)
    clock.forward(days=31)
    assert inbox.forget(30) == 1200
    assert {(d.id, d.state) for d in inbox.latest()} == {("waits", "waiting"), ("dead", "dead"), ("half", "waiting")}
    assert inbox.forget(30) == 0


def test_a_long_journal_is_shortened_in_steps(service: Service, clock: Clock) -> None:
    """More than one transaction's worth."""
    database = service.database
    row = {"at": 0.0, "issue": str(DONE), "rule": "r", "change": "c", "target": str(DONE), "result": "ok"}
    database.write(lambda c: c.execute(journal.insert(), [row] * 2500))
    service.journal.record(DONE, rule="closure", change=Reopen(DONE), result="ok")
    assert service.journal.forget(1) == 2500
    assert len(service.journal.latest()) == 1
