"""What is read from the database at a scrape, whichever database it is, and what is said while it is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from service.cron import Cron
from service.metrics import catalogue
from service.metrics.facts import Facts, FactsCollector, Reading
from service.model import AddLabels, IssueRef
from service.store.audits import AuditRun, Audits
from service.store.database import Database, StoreUnavailable
from service.store.journal import Journal
from service.store.webhooks import Fared, Webhooks
from service.work.jobs import Job, Turn
from service.work.queue import Queue
from service.work.schedule import Schedule
from service.work.timing import Timing
from tests.clock import START, Clock
from tests.databases import Place, opened
from tests.metrics.scrape import Scrape

Collect = Callable[..., CollectorRegistry]


def _fails(turn: Turn) -> None:
    raise KeyError(turn.at)


JOBS = (Job("nightly", Cron.parse("17 3 * * *"), Turn.go_on), Job("doomed", Cron.parse("30 9 * * *"), _fails))


def _issue(number: int) -> IssueRef:
    return IssueRef("github", "acme/shop", number)


@pytest.fixture
def database(place: Place, clock: Clock) -> Iterator[Database]:
    with opened(place, clock) as database:
        yield database


@pytest.fixture
def collect() -> Iterator[Collect]:
    made: list[FactsCollector] = []

    def register(read: Callable[[], Facts], **more: float) -> CollectorRegistry:
        registry = CollectorRegistry()
        made.append(FactsCollector(read, registry, **more))
        return registry

    yield register
    for collector in made:
        collector.close()


def scrape(registry: CollectorRegistry) -> Scrape:
    return Scrape(generate_latest(registry).decode())


def _reading(database: Database) -> Reading:
    return Reading(database, Schedule(database, JOBS), ("github", "gitlab"))


def test_the_last_audit_is_told_and_silence_shows(database: Database, clock: Clock, collect: Collect) -> None:
    """Nothing before the first; then its counts, a kind that nothing has included, and how long ago one went well."""
    audits, registry = Audits(database), collect(_reading(database))
    assert scrape(registry).values("closeout_audit_items") == {}
    audits.record(AuditRun(4.5, 20, 900, {"overdue": 30, "stale": 0}, requests=29, writes=7))
    clock.forward(days=1)
    audits.record(AuditRun(5, 19, 880, {"overdue": 31, "stale": 1}, requests=28, failures=1, errors=("no",)))
    found = scrape(registry)
    assert found.values("closeout_audit_success_age_seconds") == {(): pytest.approx(86400, abs=0.1)}
    assert found.values("closeout_audit_last_run_timestamp_seconds") == {
        (): pytest.approx(clock().timestamp(), abs=0.1)
    }
    single = ("last_run_seconds", "projects", "items", "requests", "writes", "failures")
    assert [found.total(f"closeout_audit_{name}") for name in single] == [5, 19, 880, 28, 0, 1]
    assert found.values("closeout_audit_problems") == {("overdue",): 31, ("stale",): 1}


def test_the_queue_is_told_by_what_an_operator_would_do(database: Database, clock: Clock, collect: Collect) -> None:
    """What waits is apart from what is planned or to be retried, and what was given up is seen."""
    queue, registry = Queue(database, Timing(debounce=0)), collect(_reading(database))
    for number in range(1, 6):
        queue.accept("github", f"d{number}", "issues.edited", [_issue(number)], b"{}")
        clock.forward(seconds=1)
    claims = [queue.claim() for _ in range(4)]
    running, failed, done, given_up = (claim for claim in claims if claim is not None)
    clock.forward(seconds=5)
    queue.fail(failed, "503", limit=9)
    queue.finish(done, revisit_in=365 * 86400)
    queue.fail(given_up, "403", limit=1)
    seen = scrape(registry)
    assert seen.values("closeout_queue_issues") == {
        ("waiting",): 1,
        ("retrying",): 1,
        ("planned",): 1,
        ("running",): 1,
        ("idle",): 0,
        ("dead",): 1,
    }
    assert seen.values("closeout_queue_oldest_waiting_seconds") == {(): pytest.approx(6, abs=0.1)}
    assert seen.values("closeout_last_delivery_timestamp_seconds") == {
        ("github",): pytest.approx(START.timestamp() + 4, abs=0.1)
    }
    assert running.ref == _issue(1)


def test_an_empty_database_is_all_zeroes(database: Database, collect: Collect) -> None:
    """Each state has its 0, so that an alert sees no gap; a forge that never delivered has no date."""
    seen = scrape(collect(_reading(database)))
    assert set(seen.values("closeout_queue_issues").values()) == {0}
    assert seen.values("closeout_queue_oldest_waiting_seconds") == {(): 0}
    assert seen.values("closeout_journal_entries") == {("ok",): 0, ("failed",): 0}
    assert seen.values("closeout_last_delivery_timestamp_seconds") == {}


def test_the_journal_is_counted_by_what_came_of_it(database: Database, collect: Collect) -> None:
    """Writes that went well apart from those that did not."""
    for result in ("ok", "ok", "Forbidden: needs Issues: write"):
        change = AddLabels(_issue(1), frozenset({"overdue"}))
        Journal(database).record(_issue(1), rule="labels", change=change, result=result)
    assert scrape(collect(_reading(database))).values("closeout_journal_entries") == {("ok",): 2, ("failed",): 1}


def test_webhooks_are_counted_by_how_they_fare(database: Database, clock: Clock, collect: Collect) -> None:
    """Each state of a forge that has any, so that an alert ends; one that nobody has seen for a day is gone."""
    registry, rows = collect(_reading(database)), Webhooks(database)
    rows.keep([Fared("github:acme/shop hook 1", "github", "failing"), Fared("github:acme hook 2", "github", "off")])
    clock.forward(hours=23)
    rows.keep([Fared("github:acme/shop hook 1", "github", "active")])
    told = {("github", "active"): 1, ("github", "failing"): 0, ("github", "paused"): 0, ("github", "off"): 1}
    assert scrape(registry).values("closeout_webhooks") == told
    clock.forward(hours=2)
    assert scrape(registry).values("closeout_webhooks") == {**told, ("github", "off"): 0}


def test_the_schedule_is_told_job_by_job(database: Database, clock: Clock, collect: Collect) -> None:
    """When each was last due, and whether it went well; before its first time, when it was first seen."""
    schedule, registry = Schedule(database, JOBS), collect(_reading(database))
    schedule.run_due()
    clock.forward(hours=1)
    assert schedule.run_due() == ["doomed"]
    seen = scrape(registry)
    assert seen.values("closeout_job_tick_timestamp_seconds") == {
        ("doomed",): pytest.approx(START.timestamp() + 1800, abs=0.1),
        ("nightly",): pytest.approx(START.timestamp(), abs=0.1),
    }
    states = {labels for labels, value in seen.values("closeout_job_state").items() if value == 1}
    assert states == {("doomed", "waiting"), ("nightly", "idle")}


def test_a_database_that_is_away_is_a_0_and_no_error(collect: Collect) -> None:
    """The scrape answers; what would have been read is named and has no value."""

    def away() -> Facts:
        raise StoreUnavailable("connection refused")

    seen = scrape(collect(away))
    assert seen.values("closeout_database_up") == {(): 0}
    assert seen.names == {metric.name for metric in catalogue.READ}
    assert seen.values("closeout_queue_issues") == {}


def test_a_database_that_hangs_delays_no_scrape_and_is_asked_once(collect: Collect) -> None:
    """A scrape waits its time only; the next waits for the same reading, and has it once it is there."""
    answer, asked = threading.Event(), list[int]()

    def slow() -> Facts:
        asked.append(1)
        assert answer.wait(60)
        return {catalogue.OLDEST: {(): 7.0}}

    registry = collect(slow, patience=0.01)
    assert [scrape(registry).values("closeout_database_up") for _ in range(3)] == [{(): 0}] * 3
    assert len(asked) == 1
    answer.set()
    patient = FactsCollector(slow, CollectorRegistry(), patience=60)
    assert next(f for f in patient.collect() if f.name == catalogue.OLDEST.name).samples[0].value == 7
    patient.close()
