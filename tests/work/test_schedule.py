"""The schedule: each job once a tick, in one process, whatever fails or dies meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from service.cron import Cron
from service.providers.base import Forbidden, RateLimited, Unavailable
from service.store.database import Database
from service.work.jobs import Interrupted, Job, Missed, Tick, Turn
from service.work.schedule import Schedule
from service.work.ticks import Hold, Ticks
from service.work.timing import Timing
from tests.clock import START, Clock
from tests.databases import Place

ROOT = Path(__file__).resolve().parents[2]
HOURLY = Cron("0 * * * *")
TIMING = Timing(lease=60, first_retry=2)


class Work:
    """A job's `run`: notes the ticks, and does the next thing of a list each time."""

    def __init__(self, *outcomes: Exception) -> None:
        self.ticks: list[datetime] = []
        self._outcomes = list(outcomes)

    def __call__(self, turn: Turn) -> None:
        self.ticks.append(turn.at)
        if self._outcomes:
            raise self._outcomes.pop(0)


def _schedule(database: Database, work: Work, missed: Missed = "latest") -> Schedule:
    return Schedule(database, [Job("hourly", HOURLY, work, missed)], TIMING)


def _known(database: Database, work: Work, missed: Missed = "latest") -> Schedule:
    """A schedule that has seen its job: from now on its ticks count."""
    made = _schedule(database, work, missed)
    assert made.run_due() == []
    return made


def _hour(n: int) -> datetime:
    return START + timedelta(hours=n)


def test_a_tick_is_run_once(database: Database, clock: Clock) -> None:
    """Nothing before its time; then once, however often and by whomever the schedule is asked."""
    work = Work()
    here, there = _known(database, work), _known(database, work)
    clock.forward(seconds=3599)
    assert here.run_due() == []
    clock.forward(seconds=1)
    assert [here.run_due(), there.run_due(), here.run_due()] == [["hourly"], [], []]
    assert work.ticks == [_hour(1)]


@pytest.mark.parametrize(("missed", "run"), [("latest", [5]), ("each", [1, 2, 3, 4, 5]), ("none", [])])
def test_an_outage_is_caught_up(database: Database, clock: Clock, missed: Missed, run: list[int]) -> None:
    """Five ticks passed while nobody was there; the next one comes at its time."""
    work = Work()
    _known(database, work, missed)
    clock.forward(hours=5.5)
    schedule = _schedule(database, work, missed)
    schedule.run_due()
    assert work.ticks == [_hour(n) for n in run]
    clock.forward(hours=0.5)
    schedule.run_due()
    assert work.ticks[len(run) :] == [_hour(6)]


def test_a_job_that_is_new_has_missed_nothing(database: Database, clock: Clock) -> None:
    """Its first tick is the first after the moment at which it was seen."""
    work = Work()
    clock.forward(hours=0.5)
    schedule = _known(database, work)
    assert schedule.run_due() == []
    clock.forward(hours=0.5)
    schedule.run_due()
    assert work.ticks == [_hour(1)]


@pytest.mark.parametrize("error", [Unavailable("503"), RateLimited("slow down", retry_after=60), KeyError("ours")])
def test_a_passing_trouble_is_tried_again(database: Database, clock: Clock, error: Exception) -> None:
    """A minute later at the latest, and the tick is finished then."""
    work = Work(error)
    schedule = _known(database, work)
    clock.forward(hours=1)
    schedule.run_due()
    assert [(row.state, error.args[0] in row.error) for row in schedule.known()] == [("waiting", True)]
    clock.forward(seconds=60)
    schedule.run_due()
    assert work.ticks == [_hour(1)] * 2
    assert [(row.state, row.error, row.due_at) for row in schedule.known()] == [("idle", "", None)]


def test_a_forge_that_is_away_is_waited_for(database: Database, clock: Clock) -> None:
    """However long it takes: what cannot be done now is not given up."""
    work = Work(*[Unavailable("503")] * 40)
    schedule = _known(database, work)
    clock.forward(hours=1)
    for _ in range(41):
        schedule.run_due()
        clock.forward(seconds=60)
    assert work.ticks == [_hour(1)] * 41
    assert [row.state for row in schedule.known()] == ["idle"]


@pytest.mark.parametrize("error", [ZeroDivisionError("a/b"), Forbidden("needs Webhooks: read")])
def test_what_cannot_succeed_is_given_up_until_the_next_tick(
    database: Database, clock: Clock, error: Exception
) -> None:
    """After a few tries, with the reason; the next tick is a new chance."""
    work = Work(*[error] * 5)
    schedule = _known(database, work)
    clock.forward(hours=1)
    for _ in range(8):
        schedule.run_due()
        clock.forward(seconds=60)
    assert work.ticks == [_hour(1)] * 5
    assert [(row.state, str(error) in row.error) for row in schedule.known()] == [("failed", True)]
    clock.forward(hours=1)
    schedule.run_due()
    assert work.ticks[5:] == [_hour(2)]


def test_one_jobs_trouble_is_not_the_others(database: Database, clock: Clock) -> None:
    """They run in the same turn."""
    broken, fine = Work(ZeroDivisionError("a/b")), Work()
    schedule = Schedule(database, [Job("broken", HOURLY, broken), Job("fine", HOURLY, fine)], TIMING)
    schedule.run_due()
    clock.forward(hours=1)
    assert schedule.run_due() == ["broken", "fine"]
    assert fine.ticks == [_hour(1)]


def test_a_dead_processs_tick_is_taken_over(database: Database, clock: Clock) -> None:
    """When its lease has ended, not before; and who comes back late cannot finish it."""
    work = Work()
    schedule = _known(database, work)
    clock.forward(hours=1)
    hold, ticks = _die(database, 1), Ticks(database, TIMING.lease)
    clock.forward(seconds=59)
    assert schedule.run_due() == []
    clock.forward(seconds=1)
    assert schedule.run_due() == ["hourly"]
    assert work.ticks == [_hour(1)]
    assert [ticks.finish(hold), ticks.extend(hold)] == [False, False]


def _die(database: Database, start: int) -> Hold:
    """Another process takes the first tick, for its so-manieth start, and says no more."""
    hold = Ticks(database, TIMING.lease).take("hourly", lambda *_: Tick(_hour(1), start))
    assert hold is not None
    return hold


def test_a_tick_that_kills_its_process_is_given_up(database: Database, clock: Clock) -> None:
    """A poisonous job takes down five processes at most for each tick."""
    work = Work()
    schedule = _known(database, work)
    clock.forward(hours=1)
    for start in range(1, 6):
        _die(database, start)
        clock.forward(seconds=60)
    assert schedule.run_due() == []
    assert [(row.state, "died, 5 times" in row.error) for row in schedule.known()] == [("failed", True)]
    assert work.ticks == []


def test_two_processes_run_each_tick_once(database: Database, place: Place, tmp_path: Path) -> None:
    """Every minute of half an hour, no two at once, whichever of them is quicker."""
    Schedule(database, [Job("minutely", Cron("* * * * *"), Work())]).run_due()
    command = [sys.executable, "-m", "tests.work.ticker", place.url, str(tmp_path), "30"]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [process.stdout and process.stdout.readline() for process in processes] == ["ready\n"] * 2
    begun = f"{time.time()}\n"
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda process: process.communicate(begun, timeout=60)[0].splitlines(), processes))
    lines = [line for lines in said for line in lines if line.startswith(("ran", "overlap"))]
    minutes = [f"ran {(START + timedelta(minutes=n)).isoformat()}" for n in range(1, 31)]
    assert sorted(lines) == minutes


@pytest.fixture
def quick(database: Database) -> Iterator[tuple[Schedule, Long]]:
    """A running schedule that looks all the time, with a job that takes as long as the test wants."""
    long = Long()
    schedule = Schedule(database, [Job("long", HOURLY, long)], Timing(lease=0.15))
    schedule.run_due()
    schedule.start()
    yield schedule, long
    long.leave.set()
    schedule.stop()


class Long:
    def __init__(self) -> None:
        self.entered, self.leave, self.left = threading.Event(), threading.Event(), threading.Event()
        self.interrupted = False

    def __call__(self, turn: Turn) -> None:
        self.entered.set()
        assert self.leave.wait(60)
        try:
            turn.go_on()
        except Interrupted:
            self.interrupted = True
            raise
        finally:
            self.left.set()


def test_the_schedule_runs_by_itself(quick: tuple[Schedule, Long], clock: Clock) -> None:
    """A job that is due is begun without anybody asking."""
    schedule, long = quick
    clock.forward(hours=1)
    assert long.entered.wait(60)
    long.leave.set()
    assert long.left.wait(60)
    schedule.stop()
    assert [(row.state, row.tick) for row in schedule.known()] == [("idle", _hour(1))]
    assert not long.interrupted


def test_stopping_ends_a_job_between_two_steps(quick: tuple[Schedule, Long], clock: Clock) -> None:
    """Its tick is run again, at once, by whoever is there."""
    schedule, long = quick
    clock.forward(hours=1)
    assert long.entered.wait(60)
    turn = next(iter(schedule._running))
    stopping = threading.Thread(target=schedule.stop, args=(60,))
    stopping.start()
    assert turn._ended.wait(60)
    long.leave.set()
    stopping.join(60)
    assert [(row.state, row.starts) for row in schedule.known()] == [("waiting", 0)]


def test_stopping_hands_back_what_takes_too_long(quick: tuple[Schedule, Long], clock: Clock) -> None:
    """Another process takes the tick; when the late one is through, it is told that it lost it."""
    schedule, long = quick
    clock.forward(hours=1)
    assert long.entered.wait(60)
    schedule.stop(patience=0.01)
    assert [row.state for row in schedule.known()] == ["waiting"]
    long.leave.set()
    assert long.left.wait(60)
    assert long.interrupted


def test_a_job_that_takes_long_keeps_its_lease(quick: tuple[Schedule, Long], database: Database, clock: Clock) -> None:
    """And one whose lease was taken from it ends."""
    schedule, long = quick
    clock.forward(hours=1)
    assert long.entered.wait(60)
    first = schedule.known()[0].due_at
    clock.forward(seconds=0.1)
    while schedule.known()[0].due_at == first:
        threading.Event().wait(0.01)
    clock.forward(seconds=30)
    hold = Ticks(database, 60).take("long", lambda *_: Tick(_hour(1), 2))
    assert hold is not None
    turn = next(iter(schedule._running))
    assert turn._ended.wait(60)
    long.leave.set()
    assert long.left.wait(60)
    assert long.interrupted
    assert Ticks(database, 60).finish(hold)
