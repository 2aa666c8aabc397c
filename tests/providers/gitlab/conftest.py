"""A scripted GitLab, and a provider's gateway to it that notes its waits instead of waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.providers.gitlab.client import GitLab
from service.providers.gitlab.connection import Connection
from service.providers.gitlab.gateway import Gateway
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
def gateway(scripted: Scripted, clock: Clock, waits: list[float]) -> Gateway:
    return Gateway(Connection(scripted.url, "token-closeout-bot", clock=clock, sleep=waits.append))


@pytest.fixture
def provider(scripted: Scripted, clock: Clock, waits: list[float]) -> GitLab:
    return GitLab(token="token-closeout-bot", url=scripted.url, clock=clock, sleep=waits.append)
