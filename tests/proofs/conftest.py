"""What the proofs share."""

from __future__ import annotations

import pytest

from tests.proofs.wire import Wire, tapped
from tests.stack import FORGES


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Every request of this process passes it."""
    return tapped(monkeypatch)


@pytest.fixture(params=FORGES)
def forge(request: pytest.FixtureRequest) -> str:
    return str(request.param)
