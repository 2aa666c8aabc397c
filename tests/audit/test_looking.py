"""The looks of an audit: through the queue, so that nobody else looks at the same issue at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from service.audit.attention import Attention
from service.audit.looking import Looked, Waits, look_through
from service.audit.pace import Pace, in_haste
from service.model import AddLabels, IssueRef, Plan
from service.providers.base import Forbidden, RateLimited
from service.providers.limits import Budget
from service.store.database import Database
from service.store.limits import LimitRows
from service.work.jobs import Interrupted
from service.work.limiter import SharedLimits
from service.work.overview import Overview
from service.work.queue import Queue
from tests.clock import START, Clock
from tests.databases import Place, opened

AT = datetime(2026, 3, 1, tzinfo=UTC)
ONE, TWO, OTHER = (
    IssueRef("github", "acme/shop", 1),
    IssueRef("github", "acme/shop", 2),
    IssueRef("gitlab", "acme/a", 3),
)


@dataclass
class Shared:
    """A database that a worker and an audit share."""

    database: Database
    queue: Queue

    def audit(
        self,
        look: Callable[[IssueRef], Plan],
        *refs: IssueRef,
        step: Callable[[str], None] = lambda _: None,
        waits: Waits = in_haste,
    ) -> Looked:
        wanted = (Attention(ref, ("step due",), AT, AT, date(2026, 3, 1)) for ref in refs)
        return look_through(wanted, Queue(self.database), look, step, waits)

    def state(self, ref: IssueRef) -> str:
        return next(task.state for task in Overview(self.database).tasks() if task.issue == str(ref))


@pytest.fixture
def shared(place: Place, clock: Clock) -> Iterator[Shared]:
    with opened(place, clock) as database:
        yield Shared(database, Queue(database))


def _changing(ref: IssueRef) -> Plan:
    return Plan(ref, changes=(AddLabels(ref, frozenset({"overdue"})),), reasons=("overdue",))


def test_each_issue_is_looked_at_in_the_order_given(shared: Shared) -> None:
    """And what was changed is told."""
    found = shared.audit(_changing, TWO, ONE)
    assert [plan.ref for plan in found.plans] == [TWO, ONE]
    assert (len(found.changes), found.failures, found.left) == (2, (), ())
    assert shared.state(ONE) == "idle"


def test_a_worker_and_an_audit_never_look_at_one_issue_at_once(shared: Shared, clock: Clock) -> None:
    """Whoever comes second leaves it to the first, who will look again; either may be the first."""
    shared.queue.nudge(ONE)
    clock.forward(seconds=1)
    claim = shared.queue.claim()
    assert claim is not None
    assert shared.audit(_changing, ONE) == Looked()
    shared.queue.finish(claim)
    assert shared.state(ONE) == "ready"

    def look(ref: IssueRef) -> Plan:
        clock.forward(seconds=30)
        assert shared.queue.claim() is None
        assert shared.audit(_changing, ref) == Looked()
        return Plan(ref)

    assert len(shared.audit(look, ONE).plans) == 1


def test_a_plans_next_look_is_left_to_the_queue(shared: Shared, clock: Clock) -> None:
    """Workers, if there are any, remind in the morning what the audit found at night."""
    morning = clock().replace(day=3, hour=8)
    shared.audit(lambda ref: Plan(ref, revisit_at=morning, seen_at=clock()), ONE)
    clock.now = morning
    claim = shared.queue.claim()
    assert claim is not None
    assert claim.ref == ONE


def test_one_that_fails_does_not_stop_the_rest(shared: Shared) -> None:
    """It is listed with the reason, and tried again as the queue has it."""

    def look(ref: IssueRef) -> Plan:
        if ref == ONE:
            raise Forbidden("no permission to write")
        return _changing(ref)

    found = shared.audit(look, ONE, TWO)
    assert [(failed.where, failed.reason) for failed in found.failures] == [(str(ONE), "no permission to write")]
    assert [plan.ref for plan in found.plans] == [TWO]
    assert shared.state(ONE) == "ready"


def test_a_forge_that_asks_to_wait_is_asked_no_more(shared: Shared) -> None:
    """What is left of it waits for the next run; the other forges are looked at."""

    def look(ref: IssueRef) -> Plan:
        if ref.forge == "github":
            raise RateLimited("spent", retry_after=60)
        return _changing(ref)

    found = shared.audit(look, ONE, TWO, OTHER)
    assert ([failed.where for failed in found.failures], found.left) == ([str(ONE)], (TWO,))
    assert [plan.ref for plan in found.plans] == [OTHER]


def test_a_run_keeps_to_the_forges_minute_and_does_what_it_can(shared: Shared, clock: Clock) -> None:
    """Hundreds of reminders at the pace of the shared limiter, in one run: none is left, and no minute holds too many."""
    limiter = SharedLimits(LimitRows(shared.database), clock).of("github", (Budget(80, 60.0),))
    created: list[float] = []

    def sleep(seconds: float) -> None:
        clock.forward(seconds=seconds)

    def look(ref: IssueRef) -> Plan:
        limiter.before(creates=True)
        created.append(clock().timestamp())
        return _changing(ref)

    refs = [IssueRef("github", "acme/shop", number) for number in range(1, 121)]
    found = shared.audit(look, *refs, waits=Pace(sleep).waits)
    assert ([plan.ref for plan in found.plans], found.failures, found.left) == (refs, (), ())
    assert max(sum(begin <= at < begin + 60 for at in created) for begin in created) == 40
    assert clock() - START < timedelta(minutes=4)


def test_a_run_does_not_wait_for_ever(shared: Shared, clock: Clock) -> None:
    """An hour's limit, or a forge that goes on asking, is left to the next run."""
    waited: list[float] = []

    def asked(seconds: float) -> Callable[[IssueRef], Plan]:
        def look(ref: IssueRef) -> Plan:
            raise RateLimited(f"later than {ref}", retry_after=seconds)

        return look

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock.forward(seconds=seconds)

    assert shared.audit(asked(3600), ONE, TWO, waits=Pace(sleep).waits).left == (TWO,)
    assert waited == []
    assert shared.audit(asked(30), OTHER, waits=Pace(sleep).waits).failures != ()
    assert 800 < sum(waited) <= 900


def test_an_interrupted_run_leaves_nothing_held(shared: Shared) -> None:
    """Each step is the chance to stop; a run after it goes on with the rest."""

    def step(name: str) -> None:
        if name == str(TWO):
            raise Interrupted

    with pytest.raises(Interrupted):
        shared.audit(_changing, ONE, TWO, step=step)
    assert shared.state(ONE) == "idle"
    assert len(shared.audit(_changing, TWO).plans) == 1


def test_the_queue_remembers_what_was_looked_at(shared: Shared, clock: Clock) -> None:
    """Also what was given up; not what is tried again, what is due, or what was never looked at."""
    overview = Overview(shared.database)
    refs = [IssueRef("github", "acme/shop", number) for number in range(1, 5)]
    settled, planned, failed, nudged = refs

    def look(ref: IssueRef) -> Plan:
        if ref == failed:
            raise Forbidden("no")
        return Plan(ref, revisit_at=clock().replace(hour=12) if ref == planned else None, seen_at=clock())

    shared.audit(look, settled, planned, failed)
    shared.queue.nudge(nudged)
    at = clock()
    assert overview.looked_at(refs * 200) == {settled: at, planned: at}
    clock.forward(hours=4)
    assert overview.looked_at(refs) == {settled: at}
    for _ in range(2):
        shared.audit(look, failed)
        clock.forward(hours=1)
    assert overview.looked_at((failed,)) == {failed: clock() - timedelta(hours=1)}
