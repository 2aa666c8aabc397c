"""A worker process is killed at any request or commit of a post-mortem's life: the end is the undisturbed one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.databases import PLACES, Place, opened
from tests.proofs.chapter import Chapter
from tests.proofs.conftest import Say
from tests.proofs.crew import Crew
from tests.proofs.life import Life, differences
from tests.soaking import SOAKING
from tests.stack import FORGES

SAMPLE = 3  # points of each chapter; a soak takes every one
STEPS = ("report", "fill_in", "ask", "close_too_soon", "review", "finish_actions", "close", "wait_a_month")
SAMPLED = ("fill_in", "close_too_soon", "report", "wait_a_month")  # a chapter of each forge on each database
TELLING = 100  # points, after which a soak says how far it is


def _chapters() -> list[object]:
    """Of every forge on every database each step, or one of them."""
    there = enumerate((place, forge) for place in PLACES for forge in FORGES)
    steps = {n: STEPS if SOAKING else SAMPLED[n : n + 1] for n in range(len(SAMPLED))}
    return [pytest.param(place, forge, step, marks=PLACES[place]) for n, (place, forge) in there for step in steps[n]]


@pytest.fixture
def chapter(sandbox: Sandbox, clock: Clock, forge: str, place: Place, workers: Crew, step: str) -> Iterator[Chapter]:
    with opened(place, clock) as database:
        yield Chapter(Life(sandbox, forge, clock), database, workers, place.url, step)


@pytest.mark.parametrize(("place", "forge", "step"), _chapters(), indirect=["place", "forge"])
def test_a_death_anywhere_leaves_no_trace(chapter: Chapter, say: Say) -> None:
    """By kill -9. Nothing twice, nothing lost, nobody pinged again; and every delivery is processed."""
    legs, wanted = chapter.undisturbed()
    points = [point for leg in legs for point in leg.points]
    swept = points if SOAKING else points[1 :: len(points) // SAMPLE]
    name = f"{chapter.life.forge} on {chapter.database.dialect.__class__.__name__}, {chapter.step}"
    for number, point in enumerate(swept, start=1):
        found, still_open = chapter.died_at(point)
        assert differences(found, wanted) == [], f"{point} of worker {legs.index(point.leg) + 1}"
        assert still_open == []
        if number % TELLING == 0:
            say(f"{name}: {number} of {len(swept)} points")
    requests, commits = sum(len(leg.ended.requests) for leg in legs), sum(leg.ended.commits for leg in legs)
    say(f"{name}: killed at {len(swept)} of {len(points)} points of {requests} requests and {commits} commits")
