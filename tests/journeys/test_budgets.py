"""What a look costs in requests stays within what this project has set itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.sandbox import Sandbox
from tests.budgets import PLACES, Place, arrange, costs
from tests.clock import Clock
from tests.stack import Stack, running


@pytest.fixture
def stack(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> Iterator[Stack]:
    arrange(sandbox)
    with running(sandbox, clock, tmp_path) as both:
        yield both


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_looks_cost_no_more_than_they_may(stack: Stack, place: Place) -> None:
    """A label event, an untouched issue, and new action items: one to create each, and a few for the whole look."""
    found = {cost.look: cost for cost in costs(stack, place)}
    assert {look: cost.requests for look, cost in found.items() if cost.requests > cost.at_most} == {}
    assert found["untouched issue"].requests == place.untouched
    assert [look for look, cost in found.items() if not cost.writes] == ["untouched issue"]
