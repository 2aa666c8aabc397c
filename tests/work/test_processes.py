"""What holds between processes: exclusion, takeover after kill -9, and starting at the same moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.model import IssueRef
from service.store.database import Database
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from tests.databases import Place, opened

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[[str, float], "subprocess.Popen[str]"]


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with opened(place) as database:
        yield database


@pytest.fixture
def start(place: Place, tmp_path: Path) -> Iterator[Start]:
    """Starts a `holder` process and waits until it has opened the database."""
    started: list[subprocess.Popen[str]] = []

    def begin(manner: str, lease: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.work.holder", place.url, str(tmp_path), str(lease), manner]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_two_processes_never_hold_one_issue(database: Database, start: Start) -> None:
    """Two processes drain the same busy issues while events keep arriving: no overlap, and nothing left undone."""
    queue, overview = Queue(database, Timing(debounce=0)), Overview(database)
    refs = [IssueRef("github", "acme/shop", n) for n in range(4)]
    processes = [start("drain", 60), start("drain", 60)]
    for ref in refs:
        queue.nudge(ref)
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for n in range(200):
        queue.nudge(refs[n % len(refs)])
    lines = [line for process in processes for line in process.communicate(timeout=60)[0].splitlines()]
    _drain(queue)
    assert [line for line in lines if line.startswith("overlap")] == []
    assert lines
    assert overview.busy() == 0


def test_a_killed_workers_issue_is_taken_over(database: Database, start: Start) -> None:
    """Nobody needs to notice the death: the lease ends by the database's clock, and the issue is due again."""
    queue = Queue(database, Timing(debounce=0))
    ref = IssueRef("github", "acme/shop", 1)
    queue.accept("github", "d1", "issues.closed", (ref,), b"{}")
    process = start("hang", 0.3)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    assert process.stdout.readline() == f"{ref}\n"
    process.kill()
    process.wait()
    claim = None
    while claim is None:
        queue.wakeup.watch(queue.wakeup.count, 0.02)
        claim = queue.claim()
    assert (claim.ref, claim.by_delivery) == (ref, True)
    assert queue.finish(claim)
    assert Overview(database).busy() == 0


def test_processes_may_create_the_database_at_the_same_moment(place: Place) -> None:
    """Several replicas that start on an empty database agree on one schema."""
    code = "import sys; from service.store.database import Database; Database.prepare(sys.argv[1])"
    command = [sys.executable, "-c", code, place.url]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in processes] == [("", 0)] * 4


def _drain(queue: Queue) -> None:
    """Finishes what a process that left early did not see any more."""
    while (claim := queue.claim()) is not None:
        queue.finish(claim)
