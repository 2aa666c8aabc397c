"""One limiter a credential, on a real database of each kind, whose clock the test moves: each fixture is a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from structlog.testing import capture_logs

from service.providers.base import RateLimited, Reserved
from service.providers.exchanges import Quota
from service.providers.limits import Budget, Limiter, in_background
from service.store.database import Database
from service.store.limits import LimitRows
from service.work.limiter import SharedLimits
from tests.clock import Clock
from tests.databases import PATIENCE, Place, opened

NAME = "github 4711"
GITHUB = (Budget(80, 60.0), Budget(500, 3600.0))
Start = Callable[..., SharedLimits]


@pytest.fixture
def start(database: Database, place: Place, clock: Clock) -> Iterator[Start]:
    """A process: it shares the database with the others, and no memory. `patience`: seconds it waits for a lock."""
    with ExitStack() as processes:

        def begin(patience: float = PATIENCE) -> SharedLimits:
            return SharedLimits(LimitRows(processes.enter_context(opened(place, clock, patience=patience))), clock)

        yield begin


def _wait(limiter: Limiter, *, creates: bool = False) -> float:
    """Seconds that the request has to wait; 0.0 where it was let go."""
    try:
        limiter.before(creates=creates)
    except RateLimited as limited:
        return limited.retry_after
    return 0.0


def test_two_processes_keep_to_one_budget(start: Start, clock: Clock) -> None:
    """Both create whenever they are let: never more than 80 in any minute and 500 in any hour, and no fewer either."""
    limiters = [start().of(NAME, GITHUB) for _ in range(2)]
    made: list[float] = []
    begun = clock().timestamp()
    while (now := clock().timestamp()) < begun + 3700:
        waits = [_wait(limiter, creates=True) for limiter in limiters]
        made += [now for wait in waits if not wait]
        clock.forward(seconds=min((wait for wait in waits if wait), default=0.5))
    for budget in GITHUB:
        assert all(later - at >= budget.seconds - 1e-3 for at, later in zip(made, made[budget.most :], strict=False))
    assert len([at for at in made if at < begun + 3600]) == 500


def test_at_the_same_moment_too(start: Start) -> None:
    """Threads of two processes, all at once: exactly as many as the budget holds."""
    limiters = [start().of(NAME, (Budget(30, 60.0),)) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        waits = list(pool.map(lambda n: _wait(limiters[n % 2], creates=True), range(80)))
    assert waits.count(0.0) == 30


def test_what_one_is_told_holds_back_the_other(start: Start, clock: Clock) -> None:
    """Reads and creations alike, within a second, and until the time is over."""
    one, other = start().of(NAME, GITHUB), start().of(NAME, GITHUB)
    assert _wait(other) == 0.0
    one.told_to_wait(90)
    assert _wait(one) == 90
    clock.forward(seconds=1)
    assert (_wait(other), _wait(other, creates=True)) == (89, 89)
    clock.forward(seconds=89)
    assert (_wait(one), _wait(other)) == (0.0, 0.0)


def test_a_longer_hold_stays(start: Start, clock: Clock) -> None:
    """A short one that is told later, by another limit of the forge, does not end it."""
    one, other = start().of(NAME, GITHUB), start().of(NAME, GITHUB)
    one.told_to_wait(600)
    other.told_to_wait(5)
    clock.forward(seconds=5)
    assert (_wait(one), _wait(other)) == (595, 595)


@pytest.mark.parametrize(("said", "held"), [(1e12, 3600.0), (float("inf"), 3600.0), (float("nan"), 0.0), (-5, 0.0)])
def test_no_answer_holds_back_for_more_than_an_hour(said: float, held: float, start: Start, clock: Clock) -> None:
    """A hold outlives restarts, so what a broken proxy says must not stop everybody for days."""
    start().of(NAME, GITHUB).told_to_wait(said)
    assert _wait(start().of(NAME, GITHUB)) == held
    clock.forward(hours=1)
    assert _wait(start().of(NAME, GITHUB)) == 0.0


def test_credentials_do_not_wait_for_each_other(start: Start) -> None:
    """Each installation of a GitHub App has limits of its own."""
    process = start()
    process.of(NAME, GITHUB).told_to_wait(60)
    assert _wait(process.of("github 4712", GITHUB)) == 0.0
    assert _wait(start().of("gitlab", GITHUB), creates=True) == 0.0


def test_what_nobody_waits_for_leaves_room(start: Start) -> None:
    """An audit that creates as fast as it is let takes half; a refused close is then still said at once."""
    audit, look = start().of(NAME, GITHUB), start().of(NAME, GITHUB)
    with in_background():
        while not _wait(audit, creates=True):
            pass
    assert [_wait(look, creates=True) for _ in range(40)] == [0.0] * 40
    assert _wait(look, creates=True) == 60


def test_only_what_creates_is_counted(start: Start, place: Place) -> None:
    """Reads and edits write no row; nor do creations on a server whose limits nobody knows."""
    limiter = start().of(NAME, GITHUB)
    assert [_wait(limiter) for _ in range(100)] == [0.0] * 100
    assert [_wait(start().of(NAME, ()), creates=True) for _ in range(3)] == [0.0] * 3
    assert place.rows("select * from limits") == []


def test_old_creations_are_forgotten(start: Start, clock: Clock, place: Place) -> None:
    """The row does not grow beyond what the longest budget looks back on."""
    limiter = start().of(NAME, GITHUB)
    for _ in range(5):
        limiter.before(creates=True)
        clock.forward(hours=2)
    assert str(place.rows("select created from limits")).count(".") <= 1


def test_a_database_that_is_away_stops_nothing(start: Start, place: Place, clock: Clock) -> None:
    """Requests go on, which is said once; what this process was told and created itself still counts."""
    limiter = start(patience=1.0).of(NAME, (Budget(2, 60.0),))
    limiter.before(creates=True)
    with place.locked(), capture_logs() as logs:
        assert [_wait(limiter, creates=True) for _ in range(3)] == [0.0, 60.0, 60.0]
        limiter.told_to_wait(8)
        assert _wait(limiter) == 8
    assert [(entry["event"], entry["credential"]) for entry in logs] == [("limiter_alone", NAME)]
    clock.forward(seconds=10)
    assert _wait(limiter, creates=True) == 0.0  # as the row has it, which this process shares again


def test_without_a_database_a_process_keeps_to_the_budget_by_itself(clock: Clock) -> None:
    """And to what it was told, for as long."""
    limiter = SharedLimits(None, clock).of(NAME, (Budget(2, 60.0),))
    assert [_wait(limiter, creates=True) for _ in range(3)] == [0.0, 0.0, 60.0]
    limiter.told_to_wait(90)
    assert (_wait(limiter), _wait(SharedLimits(None, clock).of(NAME, ()))) == (90, 0.0)
    clock.forward(seconds=90)
    assert _wait(limiter, creates=True) == 0.0


def test_the_last_of_the_quota_is_kept_for_people(start: Start, clock: Clock) -> None:
    """What nobody waits for stops at a fifth and goes on at the reset; what people wait for goes down to nothing."""
    limiter, reset = start().of(NAME, GITHUB), int(clock().timestamp()) + 1200
    for remaining, waits in ((1_000, 0.0), (999, 1200.0), (0, 1200.0)):
        limiter.saw(Quota("core", remaining, 5_000, reset))
        with in_background():
            assert _wait(limiter) == waits
        assert _wait(limiter, creates=True) == 0.0
    clock.forward(seconds=1200)
    with in_background():
        assert _wait(limiter) == 0.0


def test_each_quota_counts_that_says_how_large_it_is_and_until_when(start: Start, clock: Clock) -> None:
    """REST and GraphQL have one each; searches and servers without limits hold nothing back."""
    limiter, reset = start().of(NAME, GITHUB), int(clock().timestamp()) + 60
    told = [Quota("core", 4_000, 5_000, reset), Quota("other", 0, 30, reset), Quota("api", 3), Quota("x", 3, 5_000)]
    with in_background():
        for quota in told:
            limiter.saw(quota)
        assert _wait(limiter) == 0.0
        limiter.saw(Quota("graphql", 10, 5_000, reset))
        with pytest.raises(Reserved, match="kept for people"):
            limiter.before(creates=False)
        limiter.saw(Quota("graphql", 10, 5_000, reset + 10_000_000))
        assert _wait(limiter) == 3600
