"""The sandbox's GitLab with a post-mortem on it; and a scripted GitLab, with a gateway to it that notes its waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.providers.gitlab.client import GitLab
from service.providers.gitlab.connection import Connection
from service.providers.gitlab.gateway import Gateway
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.providers.github.scripted import Scripted, serving
from tests.providers.gitlab.scene import build
from tests.providers.stage import BOT, Stage


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


@pytest.fixture
def stage(sandbox: Sandbox, clock: Clock) -> Stage:
    stage = Stage("gitlab", sandbox, clock, build)
    stage.set_up()
    return stage


@pytest.fixture
def gitlab(stage: Stage) -> GitLab:
    return build(stage, BOT)
