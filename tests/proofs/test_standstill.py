"""A worker stands still while it holds an issue and wakes when another has it: it writes nothing more."""

from __future__ import annotations

import os
import signal
import threading

from service.sandbox.journal import RequestRecord
from tests.proofs.conftest import Say
from tests.proofs.life import differences
from tests.proofs.shift import Shift
from tests.soaking import SOAKING

SAMPLE = 3  # requests of each forge on each database; a soak takes every one
TRIES = 10_000  # a commit ends within a few of them


def test_who_wakes_after_the_lease_writes_nothing(shift: Shift, say: Say) -> None:
    """Stopped at any request, after the forge has acted and before the answer is read; another completes the look."""
    shift.begin()
    shift.complete()
    wanted, requests = shift.life.outcome(), shift.asked
    step = 1 if SOAKING else max(1, requests // SAMPLE)
    swept = range(1, requests + 1, step)
    for number in swept:
        shift.begin()
        _stand_still_at(shift, number)
        assert differences(shift.life.outcome(), wanted) == [], f"stopped at request {number}"
        assert shift.undone() == []
    say(f"{shift.life.forge}: stopped at {len(swept)} of {requests} requests")


def _stand_still_at(shift: Shift, number: int) -> None:
    """A worker is stopped at that request, another does its work, and then the first goes on."""
    pids: list[int] = []
    started, stopped = threading.Event(), threading.Event()

    def meet(asked: int) -> None:
        if asked == number:
            started.wait(60)
            _stop(shift, pids[0])
            stopped.set()

    shift.met = meet
    pids.append(shift.start())
    started.set()
    assert stopped.wait(60)
    shift.take_over()
    world, made = shift.life.sandbox.world.snapshot_json(), len(shift.life.sandbox.log)
    os.kill(pids[0], signal.SIGCONT)
    shift.crew.done(pids[0])
    assert [str(record) for record in shift.life.sandbox.log[made:] if _writes(record)] == []
    assert shift.life.sandbox.world.snapshot_json() == world


def _stop(shift: Shift, pid: int) -> None:
    """Not in the midst of a commit by another of its threads: that keeps the others waiting, and proves nothing."""
    for _ in range(TRIES):
        shift.crew.stop(pid)
        if shift.can_write():
            return
        os.kill(pid, signal.SIGCONT)
    raise AssertionError("the worker never stops committing")


def _writes(record: RequestRecord) -> bool:
    """Of GraphQL the record does not say; the world does."""
    return record.method != "GET" and not record.path.endswith("/graphql")
