"""The clocks of the forge, of the workers and of the database are ten minutes apart: everything ends as if they agreed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.databases import PLACES, Place, opened
from tests.proofs.chapter import Chapter
from tests.proofs.conftest import Say
from tests.proofs.crew import Crew
from tests.proofs.life import Fact, Life, differences
from tests.soaking import SOAKING
from tests.stack import FORGES

FAR = 600.0  # seconds
# By which the forge's and the database's clocks are ahead of the workers'; a soak takes all of them everywhere.
SKEWS = [(there, stored) for there in (-FAR, 0.0, FAR) for stored in (-FAR, 0.0, FAR) if there or stored]
SAMPLED = [("sqlite", "github", FAR, -FAR), ("postgresql", "gitlab", -FAR, FAR)]
CASES = [(place, forge, *skew) for place in PLACES for forge in FORGES for skew in SKEWS] if SOAKING else SAMPLED


def _ahead(clock: Clock, seconds: float) -> Callable[[], datetime]:
    return lambda: clock() + timedelta(seconds=seconds)


@pytest.mark.parametrize(("forge", "seconds"), [("github", FAR), ("gitlab", -FAR)], indirect=["forge"])
def test_a_forge_whose_clock_is_wrong_is_understood(
    sandbox: Sandbox, clock: Clock, forge: str, undisturbed: Fact, seconds: float
) -> None:
    """A whole life: nothing is judged within the grace that people have, nothing is late, nothing comes twice."""
    sandbox.world.clock = _ahead(clock, seconds)
    life = Life(sandbox, forge, clock)
    life.live()
    assert life.failures == []
    assert differences(life.outcome(), undisturbed) == []


@pytest.mark.parametrize(
    ("place", "forge", "there", "stored"),
    [pytest.param(*case, marks=PLACES[case[0]]) for case in CASES],
    indirect=["place", "forge"],
)
def test_a_close_is_judged_when_its_grace_is_over(
    sandbox: Sandbox, clock: Clock, forge: str, place: Place, workers: Crew, there: float, stored: float, say: Say
) -> None:
    """By worker processes: not before, not ten minutes later, and no look is repeated while there is time."""
    life = Life(sandbox, forge, clock)
    sandbox.world.clock = _ahead(clock, there)
    with opened(place, _ahead(clock, stored)) as database:
        chapter = Chapter(life, database, workers, place.url, "close_too_soon", ahead=stored)
        legs, _ = chapter.undisturbed()
    told = [event.kind for event in life.issue(1).events if event.kind in ("closed", "reopened")]
    assert told == ["closed", "reopened"]
    looks = [len(leg.ended.requests) for leg in legs]
    say(f"{forge}, the forge {there:+.0f} s and the database {stored:+.0f} s off: {looks} requests of each worker")
    assert max(looks) < 100
