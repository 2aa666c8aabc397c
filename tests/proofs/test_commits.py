"""The worker dies at any commit of the database, another goes on: the end is the undisturbed one."""

from __future__ import annotations

from tests.proofs.conftest import Say
from tests.proofs.life import differences
from tests.proofs.shift import KILLED, Shift
from tests.soaking import SOAKING

SAMPLE = 4  # points of each forge on each database; a soak takes every one


def test_a_death_at_any_commit_leaves_no_trace(shift: Shift, say: Say) -> None:
    """Killed by kill -9 within the transaction, or once it is on disk: nothing twice, nothing lost, nothing left."""
    shift.begin()
    commits = shift.complete()
    wanted = shift.life.outcome()
    points = [(number, committed) for number in range(1, commits + 1) for committed in (False, True)]
    step = 1 if SOAKING else max(1, (len(points) - 1) // (SAMPLE - 1))
    for number, committed in points[::step]:
        shift.begin()
        code, _ = shift.crew.ended(shift.start(dies=number, committed=committed))
        assert code == KILLED
        shift.take_over()
        where = f"{'after' if committed else 'before'} commit {number}"
        assert differences(shift.life.outcome(), wanted) == [], f"killed {where}"
        assert shift.undone() == []
    say(f"{shift.life.forge}: killed at {len(points[::step])} of {len(points)} points")
