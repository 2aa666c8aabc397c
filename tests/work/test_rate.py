"""Creations in a sliding window: never too many, and never later than need be."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.providers.limits import Budget
from service.work.rate import wait

BUDGETS = (Budget(4, 60.0), Budget(7, 300.0))
_steps = st.lists(st.tuples(st.floats(0, 90), st.booleans()), max_size=60)


def _made(steps: list[tuple[float, bool]]) -> list[tuple[float, bool]]:
    """When creations were made by those who ask at these times, and try again when they were told to."""
    made: list[tuple[float, bool]] = []
    now = 0.0
    for pause, modest in steps:
        now += pause
        while seconds := wait([at for at, _ in made], BUDGETS, now, 0.5 if modest else 1.0):
            now += seconds
        made.append((now, modest))
    return made


@given(_steps)
def test_no_window_ever_holds_too_many(steps: list[tuple[float, bool]]) -> None:
    """Whoever asks, whenever: one more than a budget allows is never nearer together than its time."""
    times = [at for at, _ in _made(steps)]
    for budget in BUDGETS:
        for first, beyond in zip(times, times[budget.most :], strict=False):
            assert beyond - first >= budget.seconds - 1e-6


@given(_steps)
def test_what_nobody_waits_for_leaves_half_of_each_budget(steps: list[tuple[float, bool]]) -> None:
    """The modest keep to half: where only they were before, a person's request goes at once."""
    made = _made([(pause, True) for pause, _ in steps])
    for _, (now, _modest) in pairwise(made):
        before = [at for at, _ in made if at <= now]
        assert wait(before, BUDGETS, now) == 0.0


def test_the_wait_ends_when_the_oldest_that_counts_leaves_the_window() -> None:
    """Not a moment later; and without budgets there is none."""
    taken = [0.0, 10.0, 20.0, 30.0]
    assert wait(taken, BUDGETS, 31.0) == 29.0
    assert wait(taken, BUDGETS, 60.0) == 0.0
    assert wait(taken, BUDGETS[:1], 31.0, 0.5) == 49.0
    assert wait(taken, (), 31.0) == 0.0


def test_the_smallest_share_is_one() -> None:
    """A budget of one is not none."""
    assert wait([], (Budget(1, 60.0),), 0.0, 0.5) == 0.0
