"""The worker dies at any request of a post-mortem's life, another goes on: the end is the undisturbed one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.proofs.conftest import Say
from tests.proofs.life import Checkpoint, Fact, Life, differences
from tests.proofs.wire import Wire, writes
from tests.soaking import SOAKING

SHARES = 4  # of a forge's points, so that they spread over processes
MOST = 100  # points of each forge; a soak takes every one


@dataclass(frozen=True)
class Chapter:
    """One step of the undisturbed life by a worker that remembers nothing: the beginning, the requests, the end."""

    step: int
    begin: Checkpoint
    requests: tuple[str, ...]
    end: Fact

    @property
    def states(self) -> list[Point]:
        """A point for each state the forge passes through: at the beginning, and after each write."""
        after = [(number, True) for number, what in enumerate(self.requests, start=1) if writes(what)]
        return [(self, number, is_after) for number, is_after in [(1, False), *after]]

    @property
    def others(self) -> list[Point]:
        """Each other request that does not leave: for what a provider learns from reading must not matter."""
        return [(self, number, False) for number in range(2, len(self.requests) + 1)]


Point: TypeAlias = tuple[Chapter, int, bool]  # the number of the request, and whether the server acts on it


def points_of(chapters: list[Chapter]) -> tuple[list[Point], int]:
    """The points to sweep, and how many there are."""
    states = [point for chapter in chapters for point in chapter.states]
    others = [point for chapter in chapters for point in chapter.others]
    room = len(others) if SOAKING else max(MOST - len(states), 10)
    return states + others[:: math.ceil(len(others) / room)], len(states) + len(others)


def undisturbed(life: Life, wire: Wire) -> list[Chapter]:
    chapters = []
    for number, step in enumerate(life.steps):
        life.worker = life.new_worker()
        begin = life.checkpoint()
        step()
        wire.made = []
        life.settle_after(step)
        chapters.append(Chapter(number, begin, tuple(wire.made), life.outcome()))
    return chapters


@pytest.mark.parametrize("share", range(SHARES))
def test_a_death_at_any_request_leaves_no_trace(
    sandbox: Sandbox, clock: Clock, wire: Wire, forge: str, share: int, say: Say
) -> None:
    """Nothing twice, nothing lost: issues, comments, labels, links, cards, reactions and the number of pings."""
    life = Life(sandbox, forge, clock)
    chapters = undisturbed(life, wire)
    points, there_are = points_of(chapters)
    mine = points[share::SHARES]
    for chapter, number, after in mine:
        life.restore(chapter.begin)
        step = life.steps[chapter.step]
        step()
        with wire.deadly(number, after=after):
            life.settle_after(step)
        life.replace_worker()
        life.settle_after(step)
        where = f"{'after' if after else 'before'} {chapter.requests[number - 1]} ({number}) in step {chapter.step}"
        assert differences(life.outcome(), chapter.end) == [], f"killed {where}"
    say(f"{forge}: killed at {len(mine)} of {there_are} points")
    assert mine
