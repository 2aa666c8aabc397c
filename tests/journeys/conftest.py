"""The same journey on each forge."""

from __future__ import annotations

import pytest

from tests.journeys.team import Team
from tests.stack import FORGES, Stack


@pytest.fixture(params=FORGES)
def team(stack: Stack, request: pytest.FixtureRequest) -> Team:
    return Team(stack, request.param)
