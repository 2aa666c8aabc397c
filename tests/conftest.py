"""What every test shares: no network but loopback, repeatable examples, a clock that stands still, a sandbox forge."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.contracts.recorder import Recorder, webhook_problems
from tests.databases import place, postgres_url
from tests.external import packages
from tests.forges import Forges
from tests.no_skips import *  # noqa: F403 - the hooks that make a skip a failure in CI
from tests.soaking import SOAKING, examples

__all__ = ["place", "postgres_url"]  # fixtures

if TYPE_CHECKING:
    from tests.stack import Stack

pytest.register_assert_rewrite(
    "tests.providers.contract_changes",
    "tests.providers.contract_sight",
    "tests.providers.contract_trouble",
    "tests.providers.setup_contract",
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
settings.register_profile(
    "soak",
    max_examples=examples(150),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("soak" if SOAKING else "ci" if os.environ.get("CI") else "dev")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Every connection to anything but this machine is refused (pytest-socket reads these options)."""
    config.option.allow_hosts = "127.0.0.1,localhost,::1"
    config.option.allow_unix_socket = True


@pytest.fixture
def clock() -> Clock:
    """The sandbox's time: it stands still until the test moves it."""
    return Clock()


@pytest.fixture(scope="session")
def forges() -> Iterator[Forges]:
    shared = Forges()
    yield shared
    shared.stop()


@pytest.fixture
def sandbox(forges: Forges, clock: Clock) -> Iterator[Sandbox]:
    """A forge of each kind on loopback, unseeded (acme/shop, acme/ops, alice, bob, eve, mallory, closeout-bot)."""
    yield forges.fresh(clock)
    forges.settled()


@pytest.fixture
def contracts(sandbox: Sandbox) -> Iterator[Recorder]:
    """Holds everything that passes the sandbox during the test against what both forges publish."""
    packages.require()
    recorder = Recorder()
    sandbox.observers.append(recorder)
    yield recorder
    problems = [*recorder.problems(), *webhook_problems(sandbox)]
    assert not problems, "\n".join(problems)


@pytest.fixture
def stack(sandbox: Sandbox, clock: Clock, contracts: Recorder, tmp_path: Path) -> Iterator[Stack]:
    """The whole service beside the sandbox, with webhooks from both forges; all traffic is held to the contracts."""
    from tests.stack import running  # noqa: PLC0415 - most tests need no service, which takes a while to import

    with running(sandbox, clock, tmp_path) as both:
        yield both
