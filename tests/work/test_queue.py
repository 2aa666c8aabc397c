"""The queue's promises: nothing lost, nothing looked at twice at once, nothing tried for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.model import IssueRef
from service.store.database import Database
from service.store.inbox import Inbox
from service.work.overview import Overview
from service.work.queue import Claim, Queue
from service.work.timing import Timing
from tests.clock import Clock

ISSUE = IssueRef("github", "acme/shop", 12)
OTHER = IssueRef("gitlab", "acme/shop", 12)


def _deliver(queue: Queue, delivery: str = "d1", *refs: IssueRef) -> bool:
    """Whether the delivery was a repetition of one that was processed."""
    return queue.accept("github", delivery, "issues.edited", refs or (ISSUE,), b'{"action":"edited"}').repeated


def _claimed(queue: Queue) -> Claim:
    claim = queue.claim()
    assert claim is not None
    return claim


def _due(queue: Queue, clock: Clock) -> Claim:
    """A claim of the one issue that a fresh delivery made due."""
    _deliver(queue)
    clock.forward(seconds=1)
    return _claimed(queue)


def test_a_delivery_makes_its_issue_due_after_the_debounce(queue: Queue, clock: Clock) -> None:
    """The issue waits for further events first, and is then claimed once."""
    _deliver(queue)
    assert queue.claim() is None
    clock.forward(seconds=1)
    claim = _claimed(queue)
    assert (claim.ref, claim.attempts, claim.by_delivery) == (ISSUE, 0, True)
    assert queue.claim() is None


def test_a_burst_is_one_look(queue: Queue, overview: Overview, clock: Clock) -> None:
    """Twenty deliveries on one issue are answered by one look."""
    for n in range(20):
        _deliver(queue, f"d{n}")
    clock.forward(seconds=1)
    queue.finish(_claimed(queue))
    clock.forward(hours=1)
    assert queue.claim() is None
    assert overview.busy() == 0


def test_a_stream_of_events_cannot_put_a_look_off_for_ever(queue: Queue, clock: Clock) -> None:
    """Each event restarts the debounce, but only up to the longest wait since the first."""
    waited = 0.0
    while queue.claim() is None:
        _deliver(queue, f"d{waited}")
        clock.forward(seconds=0.5)
        waited += 0.5
    assert waited == 5


def test_an_event_during_a_look_is_looked_at_again(queue: Queue, clock: Clock) -> None:
    """What arrives while the issue is held is not taken for seen, and not handed to a second worker."""
    claim = _due(queue, clock)
    _deliver(queue, "d2")
    clock.forward(seconds=2)
    assert queue.claim() is None
    assert queue.finish(claim)
    clock.forward(seconds=1)
    assert _claimed(queue).ref == ISSUE


def test_a_delivery_is_processed_only_once_its_look_succeeded(queue: Queue, database: Database, clock: Clock) -> None:
    """The inbox says `waiting` until the look that came after the delivery has finished."""
    inbox = Inbox(database)
    claim = _due(queue, clock)
    _deliver(queue, "d2")
    queue.finish(claim)
    assert {d.id: d.state for d in inbox.latest()} == {"d1": "processed", "d2": "waiting"}
    clock.forward(seconds=1)
    queue.finish(_claimed(queue))
    assert {d.id: d.state for d in inbox.latest()} == {"d1": "processed", "d2": "processed"}


def test_a_redelivery_of_a_processed_delivery_nudges_nothing(queue: Queue, clock: Clock) -> None:
    """The forge's own retry after a lost answer costs no look."""
    queue.finish(_due(queue, clock))
    assert _deliver(queue)
    clock.forward(hours=1)
    assert queue.claim() is None


def test_a_redelivery_of_a_delivery_that_was_given_up_tries_again(
    queue: Queue, database: Database, clock: Clock
) -> None:
    """GitHub's redelivery has the same id; it must help, not be dropped as seen."""
    queue.fail(_due(queue, clock), "broken", limit=1)
    assert [d.state for d in Inbox(database).latest()] == ["dead"]
    assert not _deliver(queue)
    clock.forward(seconds=1)
    queue.finish(_claimed(queue))
    assert [d.state for d in Inbox(database).latest()] == ["processed"]


def test_the_same_id_from_another_forge_is_another_delivery(queue: Queue, clock: Clock) -> None:
    """Two forges may count alike."""
    queue.finish(_due(queue, clock))
    assert not queue.accept("gitlab", "d1", "Issue Hook", (OTHER,), b"{}").repeated


def test_a_planned_revisit_comes_at_its_time(queue: Queue, clock: Clock) -> None:
    """An issue with a grace window or deadline is due again then, not sooner."""
    queue.finish(_due(queue, clock), 3 * 3600)
    clock.forward(hours=2.9)
    assert queue.claim() is None
    clock.forward(hours=0.2)
    claim = _claimed(queue)
    assert (claim.ref, claim.by_delivery) == (ISSUE, False)


def test_an_event_comes_before_a_planned_revisit(queue: Queue, clock: Clock) -> None:
    """A delivery does not wait for the deadline that was planned."""
    queue.finish(_due(queue, clock), 30 * 86400)
    _deliver(queue, "d2")
    clock.forward(seconds=1)
    assert _claimed(queue).ref == ISSUE


def test_a_nudge_for_later_does_not_delay_what_is_due_sooner(queue: Queue, clock: Clock) -> None:
    """`not_before` plans a look; it does not postpone one."""
    _deliver(queue)
    queue.nudge(ISSUE, clock() + timedelta(hours=1))
    queue.nudge(OTHER, clock() + timedelta(hours=1))
    clock.forward(seconds=1)
    assert _claimed(queue).ref == ISSUE
    assert queue.claim() is None
    clock.forward(hours=1)
    assert _claimed(queue).ref in (OTHER, ISSUE)


def test_failures_wait_longer_each_time_and_end(queue: Queue, overview: Overview, clock: Clock) -> None:
    """Retries double, spread by a quarter, and at the limit the issue is given up with its reason."""
    claim = _due(queue, clock)
    waits = []
    for _ in range(4):
        assert queue.fail(claim, "the forge is down", limit=5)
        due = overview.due_in()
        assert due is not None
        waits.append(due)
        clock.forward(seconds=due + 0.001)
        claim = _claimed(queue)
    queue.fail(claim, "the forge is still down", limit=5)
    assert [0.75 * 2**n <= wait <= 1.25 * 2**n for n, wait in enumerate(waits, 1)] == [True] * 4
    assert [(t.issue, t.state, t.error) for t in overview.tasks()] == [(str(ISSUE), "dead", "the forge is still down")]
    assert overview.due_in() is None


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "x" * 100_000])
def test_any_reason_can_be_kept(queue: Queue, overview: Overview, clock: Clock, text: str) -> None:
    """What a forge said may hold anything; it must not be the reason that an issue stays held."""
    assert queue.fail(_due(queue, clock), text, limit=1)
    (task,) = overview.tasks()
    assert (task.state, task.error[0], len(task.error)) == ("dead", text[0], len(text))


def test_success_forgets_earlier_failures(queue: Queue, clock: Clock) -> None:
    """Only failures in a row count towards the limit."""
    queue.fail(_due(queue, clock), "once", limit=5)
    clock.forward(seconds=10)
    queue.finish(_claimed(queue))
    _deliver(queue, "d2")
    clock.forward(seconds=1)
    assert _claimed(queue).attempts == 0


def test_an_event_does_not_cut_a_retry_short(queue: Queue, clock: Clock) -> None:
    """While the forge asked to wait, further events on the issue wait too."""
    queue.postpone(_due(queue, clock), "rate limited", 60)
    _deliver(queue, "d2")
    clock.forward(seconds=59)
    assert queue.claim() is None
    clock.forward(seconds=1)
    assert _claimed(queue).attempts == 0


def test_a_new_event_gives_a_dead_issue_one_more_try(queue: Queue, overview: Overview, clock: Clock) -> None:
    """One, not all of them: a poisonous issue must not come back to life whole with every edit."""
    queue.fail(_due(queue, clock), "broken", limit=1)
    _deliver(queue, "d2")
    clock.forward(seconds=1)
    queue.fail(_claimed(queue), "still broken", limit=2)
    assert [t.state for t in overview.tasks()] == ["dead"]


def test_a_replayed_issue_gets_all_its_tries(queue: Queue, overview: Overview, clock: Clock) -> None:
    """An operator who mended the cause starts the count anew; an issue that is not dead is left alone."""
    queue.fail(_due(queue, clock), "broken", limit=1)
    assert queue.replay(ISSUE)
    assert not queue.replay(ISSUE)
    assert not queue.replay(OTHER)
    claim = _claimed(queue)
    assert claim.attempts == 0
    queue.fail(claim, "again", limit=2)
    assert [t.state for t in overview.tasks()] == ["ready"]


def test_a_lease_that_ends_is_taken_over_and_fenced(queue: Queue, clock: Clock) -> None:
    """The worker that lost it can neither finish, extend, fail nor release what another holds now."""
    lost = _due(queue, clock)
    clock.forward(seconds=60)
    held = _claimed(queue)
    assert held.ref == lost.ref
    assert not any([queue.finish(lost), queue.extend(lost), queue.fail(lost, "x", limit=9), queue.release(lost)])
    assert queue.finish(held)
    assert not queue.finish(held)


def test_each_take_over_is_told_once(database: Database, clock: Clock) -> None:
    """Whoever counts hears of leases that ended, and not of claims, releases or failures."""
    told: list[int] = []
    queue = Queue(database, Timing(debounce=0, lease=60), expired=lambda: told.append(1))
    _deliver(queue)
    queue.release(_claimed(queue))
    _claimed(queue)
    clock.forward(seconds=61)
    queue.release(_claimed(queue))
    queue.fail(_claimed(queue), "503", limit=9)
    assert told == [1]


def test_a_heartbeat_keeps_the_lease(queue: Queue, clock: Clock) -> None:
    """A long look is not taken over as long as its worker says that it lives."""
    claim = _due(queue, clock)
    for _ in range(5):
        clock.forward(seconds=40)
        assert queue.extend(claim)
        assert queue.claim() is None
    assert queue.finish(claim)


def test_an_issue_that_kills_its_workers_is_given_up(queue: Queue, overview: Overview, clock: Clock) -> None:
    """Leases that end without a word count, and after five of them nobody takes the issue again."""
    _due(queue, clock)
    crashes = 1
    clock.forward(seconds=60)
    while queue.claim() is not None:
        crashes += 1
        clock.forward(seconds=60)
    (task,) = overview.tasks()
    assert (crashes, task.state) == (5, "dead")
    assert "died, 5 times" in task.error


def test_a_poisonous_issue_does_not_hide_the_one_behind_it(queue: Queue, clock: Clock) -> None:
    """The claim that gives one issue up goes on to the next."""
    _due(queue, clock)
    for _ in range(4):
        clock.forward(seconds=60)
        _claimed(queue)
    clock.forward(seconds=59)
    queue.nudge(OTHER)
    clock.forward(seconds=1)
    assert _claimed(queue).ref == OTHER


def test_a_released_issue_is_due_at_once(queue: Queue, clock: Clock) -> None:
    """What a stopping worker hands back, another takes without waiting for the lease, and it is no crash."""
    queue.release(_due(queue, clock))
    assert _claimed(queue).attempts == 0


def test_related_issues_are_nudged_with_the_finish(queue: Queue, overview: Overview, clock: Clock) -> None:
    """They become due; the issue itself is never its own relation; a lost lease nudges nobody."""
    claim = _due(queue, clock)
    queue.finish(claim, related=(ISSUE, OTHER, OTHER))
    clock.forward(seconds=1)
    other = _claimed(queue)
    assert (other.ref, other.by_delivery, queue.claim()) == (OTHER, False, None)
    third = IssueRef("github", "acme/ops", 1)
    assert not queue.finish(claim, related=(third,))
    assert overview.depth() == {"ready": 0, "running": 1, "idle": 1, "dead": 0}


def test_an_issue_that_an_event_told_by_its_id_counts_as_told_of(queue: Queue, clock: Clock) -> None:
    """Once its name is known it is looked at as if the event had named it, and passes on to those related to it."""
    _deliver(queue, "d1", IssueRef.by_node("github", "acme", "I_kwDOA1b2=="))
    clock.forward(seconds=1)
    queue.finish(_claimed(queue), related=(OTHER,))
    clock.forward(seconds=1)
    other = _claimed(queue)
    assert (other.ref, other.by_delivery) == (OTHER, True)


def test_a_delivery_on_several_issues_is_processed_when_all_are(queue: Queue, database: Database, clock: Clock) -> None:
    """A comment that concerns parent and child waits for both."""
    _deliver(queue, "d1", ISSUE, OTHER)
    clock.forward(seconds=1)
    queue.finish(_claimed(queue))
    assert [d.state for d in Inbox(database).latest()] == ["waiting"]
    queue.finish(_claimed(queue))
    assert [d.state for d in Inbox(database).latest()] == ["processed"]


def test_the_longest_due_comes_first(queue: Queue, clock: Clock) -> None:
    """No issue is overtaken for ever by busier ones."""
    refs = [IssueRef("github", "acme/shop", n) for n in (3, 1, 2)]
    for ref in refs:
        queue.nudge(ref)
        clock.forward(seconds=0.1)
    clock.forward(seconds=1)
    assert [_claimed(queue).ref for _ in refs] == refs


def test_what_came_in_bulk_goes_last_and_is_not_forgotten(queue: Queue, clock: Clock) -> None:
    """A resync of many issues does not keep a refused close waiting; of four looks one is at what is oldest."""
    many = [IssueRef("gitlab", "acme/shop", n) for n in range(100, 140)]
    planned = many[0]
    _deliver(queue, "d0", planned)
    clock.forward(seconds=1)
    queue.finish(_claimed(queue), revisit_in=86400)
    queue.changed(many)
    clock.forward(seconds=10)
    people = [IssueRef("github", "acme/shop", n) for n in range(1, 7)]
    for ref in people:
        _deliver(queue, f"d{ref.number}", ref)
        clock.forward(seconds=0.1)
    clock.forward(seconds=1)
    order = [_claimed(queue).ref for _ in range(8)]
    assert [ref for ref in order if ref in people] == people
    assert [ref in many for ref in order] == [False, False, True, False, False, False, True, False]


def test_with_nobody_else_there_it_is_taken_at_once(queue: Queue, clock: Clock) -> None:
    """Less urgent is no delay: idle workers take whatever there is."""
    queue.changed([ISSUE, OTHER])
    clock.forward(seconds=1)
    assert {_claimed(queue).ref, _claimed(queue).ref} == {ISSUE, OTHER}


@pytest.mark.parametrize("first", ["delivered", "resynced"])
def test_what_somebody_waits_for_stays_urgent(first: str, queue: Queue, clock: Clock) -> None:
    """Whichever was there first, the delivery or the resync that saw the same change."""
    queue.changed([OTHER])
    clock.forward(seconds=2)
    if first == "resynced":
        queue.changed([ISSUE])
    _deliver(queue)
    if first == "delivered":
        queue.changed([ISSUE])
    clock.forward(seconds=1)
    assert _claimed(queue).ref == ISSUE


def test_an_issue_is_less_urgent_until_it_was_looked_at(queue: Queue, clock: Clock) -> None:
    """What was planned after that look, the end of a grace period say, is urgent like any other."""
    queue.changed([ISSUE])
    clock.forward(seconds=1)
    queue.finish(_claimed(queue), revisit_in=7200)
    clock.forward(hours=1)
    queue.changed([OTHER])
    clock.forward(hours=2)
    assert _claimed(queue).ref == ISSUE


def test_a_delivery_is_kept_whole(queue: Queue, database: Database, clock: Clock) -> None:
    """Its payload and time can be looked at later."""
    _deliver(queue)
    found = Inbox(database).find("d1")
    assert found is not None
    assert (found.body, found.event, found.received_at, found.issues) == (
        b'{"action":"edited"}',
        "issues.edited",
        clock(),
        (str(ISSUE),),
    )
    assert Inbox(database).find("d2") is None


@pytest.mark.parametrize(("finished", "left"), [(True, 0), (False, 1)])
def test_only_processed_deliveries_are_forgotten(
    queue: Queue, database: Database, clock: Clock, finished: bool, left: int
) -> None:
    """An old delivery that was never answered stays until it is."""
    claim = _due(queue, clock)
    if finished:
        queue.finish(claim)
    clock.forward(days=31)
    Inbox(database).forget(days=30)
    assert len(Inbox(database).latest()) == left


def test_the_projects_of_all_issues_are_known(queue: Queue, overview: Overview) -> None:
    """Each once, by forge and path; a number at the end of a project's name belongs to it."""
    for name in ("github:acme/shop2#7", "github:acme/shop2#12", "gitlab:acme/ops/deep#3"):
        queue.nudge(IssueRef.parse(name))
    assert overview.projects() == [("github", "acme/shop2"), ("gitlab", "acme/ops/deep")]


def test_an_issue_that_is_known_waits_for_an_event(queue: Queue, overview: Overview, clock: Clock) -> None:
    """It has its row, so that its project is known; it is looked at when something asks for it, and not before."""
    queue.known(ISSUE)
    clock.forward(days=400)
    assert (queue.claim(), overview.busy(), overview.projects()) == (None, 0, [("github", "acme/shop")])
    assert overview.looked_at([ISSUE]) == {}
    assert _due(queue, clock).ref == ISSUE


def test_a_known_look_comes_when_it_was_planned(queue: Queue, overview: Overview, clock: Clock) -> None:
    """Once; nobody waits for it meanwhile, and what was planned for sooner stays so."""
    queue.known(ISSUE, clock() + timedelta(days=2))
    queue.known(ISSUE, clock() + timedelta(days=3))
    queue.known(ISSUE)
    assert overview.busy() == 0
    clock.forward(days=2)
    claim = _claimed(queue)
    assert (claim.ref, claim.by_delivery) == (ISSUE, False)
    queue.finish(claim)
    clock.forward(days=5)
    assert queue.claim() is None


def test_what_is_known_disturbs_no_look(queue: Queue, overview: Overview, clock: Clock) -> None:
    """An issue that is being looked at, waits after a failure or was given up is left as it is."""
    claim = _due(queue, clock)
    queue.known(ISSUE, clock())
    assert queue.claim() is None
    queue.fail(claim, "403", limit=5)
    [before] = overview.tasks()
    queue.known(ISSUE, clock())
    assert overview.tasks() == [before]
    clock.forward(hours=1)
    queue.fail(_claimed(queue), "403", limit=1)
    queue.known(ISSUE, clock())
    assert [task.state for task in overview.tasks()] == ["dead"]
