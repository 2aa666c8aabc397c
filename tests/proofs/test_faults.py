"""A forge that fails now and then, in every way it can: the looks are tried again, and the end is the undisturbed one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Never

import pytest
import requests

from service.providers.base import Forbidden, ProviderError
from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from service.store.database import Database
from service.store.journal import Journal
from tests.clock import Clock
from tests.databases import Place, opened
from tests.proofs.life import PROJECT, Fact, Life, differences
from tests.proofs.wire import Wire, writes
from tests.soaking import SOAKING
from tests.stack import BOT

PAGE = "<html>Bad gateway</html>"
SECONDARY = '{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'
TIMEOUT = "timeout"  # the forge takes longer than anybody waits: on our side of the wire, not to wait for it here
FAULTS: dict[str, dict[str, Any]] = {
    "500": {"kind": "status", "status": 500, "body": "{}"},
    "502 from a proxy": {"kind": "status", "status": 502, "body": PAGE},
    "503": {"kind": "status", "status": 503, "body": "{}", "headers": {"Retry-After": "3"}},
    "504": {"kind": "status", "status": 504, "body": ""},
    "502 though it was done": {"kind": "status", "status": 502, "body": PAGE, "after": True},
    "504 though it was done": {"kind": "status", "status": 504, "body": "", "after": True},
    "429, wait a little": {"kind": "status", "status": 429, "body": "{}", "headers": {"Retry-After": "2"}},
    "429, wait long": {"kind": "status", "status": 429, "body": "{}", "headers": {"Retry-After": "120"}},
    "429, no word of when": {"kind": "status", "status": 429, "body": "{}"},
    "403 secondary limit": {"kind": "status", "status": 403, "body": SECONDARY, "headers": {"Retry-After": "60"}},
    "403 secondary limit, no word of when": {"kind": "status", "status": 403, "body": SECONDARY},
    "hangs up": {"kind": "drop"},
    "hangs up though it was done": {"kind": "drop", "after": True},
    "cut short": {"kind": "truncate"},
    "no answer in time": {"kind": TIMEOUT},
    "no answer in time though it was done": {"kind": TIMEOUT, "after": True},
    "a page instead of JSON": {"kind": "status", "status": 200, "body": PAGE},
    "a page instead of JSON though it was done": {"kind": "status", "status": 200, "body": PAGE, "after": True},
}
EVERY = 5  # requests, on average


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> Iterator[Database]:
    with opened(Place.file(tmp_path), clock) as database:
        yield database


@pytest.mark.parametrize("first", range(2))
def test_what_passes_leaves_no_trace(
    sandbox: Sandbox, clock: Clock, wire: Wire, forge: str, undisturbed: Fact, first: int
) -> None:
    """One request in five of a whole life fails, each in the next way: nothing twice, nothing lost."""
    life, met = Life(sandbox, forge, clock), set[str]()
    # GitLab has no secondary limit: a 403 of its own is a refusal.
    kinds = [name for name in FAULTS if forge == "github" or "403" not in name]
    order = itertools.islice(itertools.cycle(kinds), first * 8, None)
    chance = random.Random(first)  # noqa: S311 - spreads faults, guards nothing

    def arrange(fault: dict[str, Any]) -> None:
        if fault["kind"] == TIMEOUT:
            wire.kill, wire.after, wire.die = len(wire.made), "after" in fault, _times_out
        else:
            sandbox.faults.add(Fault(path=f"/{forge}/api/*", **fault))

    def meet(_number: int, what: str) -> None:
        if chance.random() * EVERY < 1 and not _is_file(what):
            named = next(order)
            met.add(named)
            arrange(FAULTS[named])

    wire.meet = meet
    life.live()
    assert differences(life.outcome(), undisturbed) == []
    assert len(met) >= 12
    assert sandbox.faults.rules == []


def _times_out(where: str) -> Never:
    raise requests.ReadTimeout(where)


def _is_file(what: str) -> bool:
    """A policy or template. A page served as a raw file cannot be told from the file."""
    return "/contents/" in what or "/repository/files/" in what


@pytest.mark.parametrize("forge", ["github"])
def test_rights_that_are_taken_for_a_while_cost_nothing(
    sandbox: Sandbox, clock: Clock, forge: str, undisturbed: Fact
) -> None:
    """Before each step our account may only read, so that writes are refused or silently dropped; then it may again."""
    life, level = Life(sandbox, forge, clock), sandbox.world.project(forge, PROJECT).permissions[BOT]
    for step in life.steps:
        sandbox.world.set_permission(forge, PROJECT, BOT, "read")
        step()
        life.retries = 0
        with suppress(ProviderError):
            life.settle()
        sandbox.world.set_permission(forge, PROJECT, BOT, level.value)
        life.retries = 12
        life.clock.forward(hours=2)
        life.settle_after(step)
    assert any(isinstance(error, Forbidden) for error in life.failures)
    assert differences(life.outcome(), undisturbed) == []


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_missing_for_a_moment_is_found_again(
    sandbox: Sandbox, clock: Clock, wire: Wire, forge: str, undisturbed: Fact, status: int
) -> None:
    """An issue or comment that answers 404 or 410 once, midway: the next look makes good what this one left."""
    life, met = Life(sandbox, forge, clock), []
    wire.made.clear()

    def meet(number: int, what: str) -> None:
        if number % 5 == 0 and "/issues/" in what:
            met.append(what)
            body = '{"message": "404 Not found"}'
            sandbox.faults.add(Fault(path=f"/{forge}/api/*", kind="status", status=status, body=body))

    wire.meet = meet
    life.live()
    assert differences(life.outcome(), undisturbed) == []
    assert met


@pytest.mark.parametrize("most", [1, 2, 6] if SOAKING else [6])
def test_what_is_read_from_before_our_last_write_leads_to_no_second_one(
    sandbox: Sandbox, clock: Clock, wire: Wire, forge: str, undisturbed: Fact, database: Database, most: int
) -> None:
    """A replica that lags behind answers the next reads after a write, whatever was written: nothing comes twice."""
    life, met = Life(sandbox, forge, clock, journal=Journal(database)), list[str]()

    def meet(_number: int, what: str) -> None:
        if writes(what):
            met.append(what)
            sandbox.faults.clear()
            sandbox.faults.add(Fault(path=f"/{forge}/api/*", kind="stale", times=1 + len(met) % most))

    wire.meet = meet
    life.live()
    assert differences(life.outcome(), undisturbed) == []
    assert len(met) > 20
