"""A scripted GitHub, and a gateway to it that notes its waits instead of waiting."""

from __future__ import annotations

from collections.abc import Iterator

import github.Auth
import pytest

from service.providers.github.connection import Counter
from service.providers.github.gateway import Gateway, Wire
from tests.clock import Clock
from tests.providers.github.scripted import Scripted, serving


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with serving() as running:
        yield running


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def wire(scripted: Scripted, clock: Clock, waits: list[float]) -> Wire:
    return Wire(f"{scripted.url}/api/v3", Counter(), clock, waits.append)


@pytest.fixture
def gateway(wire: Wire) -> Gateway:
    return Gateway(wire, github.Auth.Token("token-closeout-bot"))
