"""Webhooks are lost, doubled, delayed and reordered, workers killed, the database goes away: the end is the quiet one."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.sandbox import Sandbox
from tests import postgres
from tests.clock import Clock
from tests.databases import BOTH
from tests.proofs.chaos import Chaos, Running, outcome, quiet
from tests.proofs.conftest import Say
from tests.proofs.crew import Crew
from tests.proofs.life import Fact, differences
from tests.soaking import SOAKING
from tests.stack import FORGES

ISSUES = 500 if SOAKING else 6
SEED = 20260302
_wanted: dict[str, Fact] = {}


def _undisturbed(sandbox: Sandbox, clock: Clock) -> dict[str, Fact]:
    """Of each forge; computed once for both databases."""
    if not _wanted:
        quiet(sandbox, clock, ISSUES)
        _wanted.update({forge: outcome(sandbox, forge) for forge in FORGES})
        sandbox.reset()
    return _wanted


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[tuple[str, Callable[[Chaos], None]]]:
    """Its URL, and how it is restarted: a server for good, a file by closing it everywhere."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/closeout.sqlite3", _reopened
        return
    with postgres.server() as server:

        def restart(chaos: Chaos) -> None:
            server.stop()
            chaos.post.pass_on(lambda: chaos.service.url, everything=True)
            server.start()

        yield server.url, restart


def _reopened(chaos: Chaos) -> None:
    chaos.dismiss()
    chaos.service.stop()
    chaos.post.pass_on(lambda: chaos.service.url, everything=True)
    chaos.open()


@pytest.mark.parametrize("kind", BOTH)
def test_the_end_is_the_undisturbed_one(
    sandbox: Sandbox, clock: Clock, workers: Crew, kind: str, tmp_path: Path, say: Say
) -> None:
    """No issue, comment or label twice, none missing; and every delivery that was accepted has been processed."""
    wanted, started = _undisturbed(sandbox, clock), time.monotonic()
    sandbox.world.clock = running = Running()
    with _database(kind, tmp_path) as (url, restart):
        chaos = Chaos(sandbox, running, workers, url, random.Random(SEED), ISSUES, say=say)  # noqa: S311 - an order
        try:
            chaos.play(restart)
            assert chaos.unaccounted() == []
        finally:
            chaos.close()
    for forge in FORGES:
        assert differences(outcome(sandbox, forge), wanted[forge]) == []
    told = ", ".join(f"{number} {what}" for what, number in sorted(chaos.post.told.items()))
    told += f"; {chaos.kills} kills, {chaos.restarts} restarts of the database"
    say(f"{kind}: {ISSUES} issues in {time.monotonic() - started:.0f} s; webhooks: {told}")
