"""The workers: every kind of error ends in the right place, and no error ends a worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import structlog
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from service.model import AddLabels, Finding, IssueRef, Plan
from service.providers.base import Conflict, Forbidden, Gone, NotFound, RateLimited, Rejected, Unavailable
from service.store.database import Database
from service.work.looks import Look
from service.work.overview import Overview, Task
from service.work.queue import Queue
from service.work.timing import Timing
from service.work.worker import Workers
from tests.databases import Place, opened

ISSUE = IssueRef("github", "acme/shop", 12)
CHILD = IssueRef("github", "acme/shop", 13)


@dataclass
class Shop:
    """A queue on a real database and clock, and workers that are stopped when the test ends."""

    database: Database
    queue: Queue
    overview: Overview
    running: list[Workers] = field(default_factory=list)

    def work(self, look: Look, threads: int = 2) -> Workers:
        workers = Workers(self.queue, self.overview, lambda: look, threads=threads)
        self.running.append(workers)
        workers.start()
        return workers

    def until(self, true: Callable[[], bool]) -> None:
        """Waits for what the workers bring about, told by the queue itself."""
        for _ in range(400):
            seen = self.queue.wakeup.count
            if true():
                return
            self.queue.wakeup.watch(seen, 0.05)
        raise AssertionError(f"it never came: {self.overview.tasks()}")

    def settle(self) -> None:
        self.until(lambda: not self.overview.busy())

    def task(self) -> Task:
        return next(task for task in self.overview.tasks() if task.issue == str(ISSUE))


@pytest.fixture
def shop(place: Place) -> Iterator[Shop]:
    timing = Timing(debounce=0, lease=30, first_retry=0.001, longest_retry=0.002)
    with opened(place) as database:
        made = Shop(database, Queue(database, timing), Overview(database))
        yield made
        for workers in made.running:
            workers.stop()


def _deliver(shop: Shop, *refs: IssueRef) -> None:
    shop.queue.accept("github", "d1", "issues.edited", refs or (ISSUE,), b"{}")


class Script:
    """A look that does the next thing of a list each time, and notes what it was asked about."""

    def __init__(self, *outcomes: Exception | Plan) -> None:
        self.asked: list[IssueRef] = []
        self._outcomes = list(outcomes)

    def __call__(self, ref: IssueRef) -> Plan:
        self.asked.append(ref)
        outcome = self._outcomes.pop(0) if self._outcomes else Plan(ref)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_a_nudge_is_looked_at(shop: Shop) -> None:
    """An issue that becomes due while the workers wait is looked at without a poll's delay."""
    look = Script()
    shop.work(look)
    _deliver(shop)
    shop.settle()
    assert look.asked == [ISSUE]


@pytest.mark.parametrize("error", [Unavailable("503"), Conflict("edited"), KeyError("ours"), Forbidden("not yet")])
def test_a_passing_trouble_is_tried_again(shop: Shop, error: Exception) -> None:
    """After the trouble has passed the issue settles as if nothing had been."""
    look = Script(error)
    shop.work(look)
    _deliver(shop)
    shop.settle()
    assert look.asked == [ISSUE, ISSUE]
    assert (shop.task().state, shop.task().error) == ("idle", "")


@pytest.mark.parametrize(("error", "tries"), [(NotFound("404"), 3), (Gone("410"), 1)])
def test_an_issue_that_is_gone_is_done(shop: Shop, error: Exception, tries: int) -> None:
    """There is nothing to look at; but a mere "not found" may pass, so it is asked again before it is believed."""
    look = Script(*[error] * tries)
    shop.work(look)
    _deliver(shop)
    shop.settle()
    assert look.asked == [ISSUE] * tries
    assert shop.task().state == "idle"


@pytest.mark.parametrize(
    ("error", "tries"), [(Forbidden("needs Issues: write"), 3), (Rejected("422"), 3), (ZeroDivisionError("a/b"), 5)]
)
def test_what_cannot_succeed_is_given_up(shop: Shop, error: Exception, tries: int) -> None:
    """After a few tries the issue is a dead letter that says why, and the worker goes on with others."""
    look = Script(*[error] * tries)
    shop.work(look, threads=1)
    _deliver(shop)
    shop.until(lambda: shop.task().state == "dead")
    assert len(look.asked) == tries
    assert str(error) in shop.task().error
    shop.queue.nudge(CHILD)
    shop.settle()
    assert look.asked[-1] == CHILD


def test_an_unexpected_error_says_where_it_happened(shop: Shop) -> None:
    """The dead letter names the error's type and the line, enough to report it."""
    shop.work(Script(*[ZeroDivisionError("a/b")] * 5))
    _deliver(shop)
    shop.until(lambda: shop.task().state == "dead")
    assert shop.task().error.startswith("ZeroDivisionError: a/b (")
    assert "test_worker.py:" in shop.task().error


def test_a_rate_limit_is_waited_out_and_counts_for_nothing(shop: Shop) -> None:
    """However often the forge says to wait, the issue is not given up."""
    look = Script(*[RateLimited("slow down", retry_after=0.001)] * 40)
    shop.work(look)
    _deliver(shop)
    shop.settle()
    assert len(look.asked) == 41
    assert shop.task().state == "idle"


def test_a_deliverys_look_passes_on_to_related_issues_once(shop: Shop) -> None:
    """Issues that name each other do not nudge one another for ever."""
    asked: list[IssueRef] = []

    def look(ref: IssueRef) -> Plan:
        asked.append(ref)
        return Plan(ref, related=(CHILD,) if ref == ISSUE else (ISSUE,))

    shop.work(look)
    _deliver(shop)
    shop.settle()
    assert asked == [ISSUE, CHILD]


def test_a_look_that_changed_something_passes_on(shop: Shop) -> None:
    """A change to the child, found on a planned revisit, reaches its parent."""
    change = AddLabels(CHILD, frozenset({"overdue"}))
    look = Script(Plan(CHILD, changes=(change,), reasons=("overdue",), related=(ISSUE,)))
    shop.work(look)
    shop.queue.nudge(CHILD)
    shop.settle()
    assert look.asked == [CHILD, ISSUE]


def test_one_log_line_says_what_changed_and_why(shop: Shop) -> None:
    """An operator reads issue, rule, change and the delivery behind it from a single line."""
    change = AddLabels(ISSUE, frozenset({"severity-high"}))
    findings = (Finding("closure", "blocks", "no root cause"),)
    with capture_logs([merge_contextvars]) as lines:
        shop.work(Script(Plan(ISSUE, findings, (change,), ("labels",))))
        _deliver(shop)
        shop.settle()
    assert [line for line in lines if line["event"] == "plan_applied"] == [
        {
            "event": "plan_applied",
            "log_level": "info",
            "issue": str(ISSUE),
            "deliveries": ["d1"],
            "changes": ["labels:AddLabels"],
            "blockers": 1,
        }
    ]


def test_every_line_of_a_look_names_its_issue_and_deliveries(shop: Shop) -> None:
    """Those of the forge's adapter and of a failure too, until a look succeeds; a look that nobody delivered names the last one."""

    def look(ref: IssueRef) -> Plan:
        structlog.get_logger().info("seen_from_inside")
        looks.append(ref)
        if len(looks) == 1:
            raise Unavailable("503")
        return Plan(ref)

    looks: list[IssueRef] = []
    with capture_logs([merge_contextvars]) as lines:
        for delivery, ref in (("d1", ISSUE), ("d2", ISSUE), ("d3", CHILD)):
            shop.queue.accept("github", delivery, "issues.edited", (ref,), b"{}")
        shop.work(look, threads=1)
        shop.settle()
        shop.queue.nudge(CHILD)
        shop.settle()
    told = [(line["event"], line["issue"], line.get("deliveries")) for line in lines]
    first = ("seen_from_inside", str(ISSUE), ["d1", "d2"])
    assert told[:2] == [first, ("look_failed", str(ISSUE), ["d1", "d2"])]
    assert told.count(first) == 2
    assert ("plan_applied", str(CHILD), ["d3"]) in told
    assert told[-1] == ("plan_applied", str(CHILD), None)
    assert lines[-1]["last_delivery"] == "d3"


def test_one_issue_is_never_looked_at_by_two_threads(shop: Shop) -> None:
    """Whatever arrives meanwhile, and however many threads there are."""
    guard = threading.Lock()
    inside: set[IssueRef] = set()
    overlaps: list[IssueRef] = []
    looks: list[IssueRef] = []

    def look(ref: IssueRef) -> Plan:
        with guard:
            overlaps.extend([ref] if ref in inside else [])
            inside.add(ref)
            looks.append(ref)
        shop.queue.nudge(ref) if len(looks) < 150 else None
        with guard:
            inside.discard(ref)
        return Plan(ref)

    shop.work(look, threads=8)
    for n in range(5):
        shop.queue.nudge(IssueRef("github", "acme/shop", n))
    shop.settle()
    assert overlaps == []
    assert len(looks) >= 150


def test_stopping_finishes_what_is_under_way(shop: Shop) -> None:
    """A look that ends in time is counted; nothing is left running."""
    entered, leave = threading.Event(), threading.Event()

    def look(ref: IssueRef) -> Plan:
        entered.set()
        assert leave.wait(10)
        return Plan(ref)

    workers = shop.work(look)
    _deliver(shop)
    assert entered.wait(10)
    stopping = threading.Thread(target=workers.stop)
    stopping.start()
    leave.set()
    stopping.join(10)
    assert shop.overview.depth() == {"ready": 0, "running": 0, "idle": 1, "dead": 0}


def test_stopping_hands_back_what_takes_too_long(shop: Shop) -> None:
    """Another worker takes the issue at once, and the late look cannot finish it any more."""
    entered, leave = threading.Event(), threading.Event()

    def look(ref: IssueRef) -> Plan:
        entered.set()
        assert leave.wait(10)
        return Plan(ref)

    workers = shop.work(look, threads=1)
    _deliver(shop)
    assert entered.wait(10)
    workers.stop(patience=0.01)
    claim = shop.queue.claim()
    assert claim is not None
    leave.set()
    workers._threads[0].join(10)
    assert shop.queue.finish(claim)


def test_a_worker_that_cannot_start_is_noticed(shop: Shop) -> None:
    """The readiness check asks `alive`; a broken set-up must not look like an idle service."""
    workers = Workers(shop.queue, shop.overview, Script, threads=1)
    assert not workers.alive
    workers.start()
    shop.until(lambda: workers.alive)
    workers.stop()
    assert not workers.alive
