"""What the proofs share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import TypeAlias

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.databases import Place, opened
from tests.proofs.crew import Crew, crew
from tests.proofs.life import Fact, Life
from tests.proofs.shift import Shift
from tests.proofs.wire import Wire, tapped
from tests.soaking import SOAKING
from tests.stack import FORGES

Say: TypeAlias = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Tells what was proven: on the terminal in a soak, else with the test's output."""

    def told(line: str) -> None:
        with capsys.disabled() if SOAKING else nullcontext():
            print(line, flush=True)  # noqa: T201

    return told


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Every request of this process passes it."""
    return tapped(monkeypatch)


@pytest.fixture(params=FORGES)
def forge(request: pytest.FixtureRequest) -> str:
    return str(request.param)


_ended: dict[str, Fact] = {}


@pytest.fixture
def undisturbed(sandbox: Sandbox, clock: Clock, forge: str) -> Fact:
    """How a life ends that nothing disturbs; lived once."""
    if forge not in _ended:
        life = Life(sandbox, forge, clock)
        life.live()
        assert life.failures == []
        _ended[forge] = life.outcome()
    return _ended[forge]


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Starts workers as processes of their own; what they log is in the folder of the run."""
    with crew(tmp_path_factory.mktemp("crew") / "log") as made:
        yield made


@pytest.fixture
def shift(sandbox: Sandbox, clock: Clock, forge: str, place: Place, workers: Crew) -> Iterator[Shift]:
    """On each forge and each database."""
    life = Life(sandbox, forge, clock)
    with opened(place, clock) as database:
        yield Shift(life, database, workers, place.url)
