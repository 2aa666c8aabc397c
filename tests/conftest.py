"""What every test shares: no network but loopback, repeatable examples, a clock that stands still, a sandbox forge."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.clock import Clock
from tests.external import packages
from tests.no_skips import *  # noqa: F403 - the hooks that make a skip a failure in CI

if TYPE_CHECKING:
    from service.sandbox import Sandbox
    from tests.contracts.recorder import Recorder

pytest.register_assert_rewrite(
    "tests.providers.contract_changes", "tests.providers.contract_sight", "tests.providers.contract_trouble"
)

settings.register_profile("dev", max_examples=60, deadline=None, print_blob=True)
settings.register_profile(
    "ci",
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no finding
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Every connection to anything but this machine is refused (pytest-socket reads these options)."""
    config.option.allow_hosts = "127.0.0.1,localhost,::1"
    config.option.allow_unix_socket = True


@pytest.fixture
def clock() -> Clock:
    """The sandbox's time: it stands still until the test moves it."""
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    """A forge of each kind on loopback, unseeded (acme/shop, acme/ops, alice, bob, eve, mallory, closeout-bot)."""
    from service.sandbox import Sandbox  # noqa: PLC0415

    with Sandbox.start(clock=clock) as running:
        yield running


@pytest.fixture
def contracts(sandbox: Sandbox) -> Iterator[Recorder]:
    """Holds everything that passes the sandbox during the test against what both forges publish."""
    from tests.contracts.recorder import Recorder, webhook_problems  # noqa: PLC0415

    packages.require()
    recorder = Recorder()
    sandbox.observers.append(recorder)
    yield recorder
    problems = [*recorder.problems(), *webhook_problems(sandbox)]
    assert not problems, "\n".join(problems)
