"""What the service holds in memory after thousands of deliveries, with looks at a sandbox's issues going on beside."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from service.sandbox import Sandbox
from tests.bench.client import Order, run
from tests.bench.deliveries import ISSUES
from tests.bench.report import Aim, Result
from tests.bench.servers import CLOSEOUT, Memory, Running, closeout_settings, started
from tests.bench.start import until
from tests.stack import BOT

_MOST, _GROWTH = 150, 1.1  # MB; times what there was before
_STEPS = (1_000, 5_000, 10_000)
_CLIENTS = 8
_WORKER = (sys.executable, "-m", "service", "worker", "--metrics-bind", "127.0.0.1:0")


def memory(*, short: bool) -> Result:
    steps = (20, 40, 60) if short else _STEPS
    held = [
        found
        for workers in ("4", "0")[: 1 if short else None]
        for found in _held(workers, steps, 2 if short else ISSUES)
    ]
    rows = [(name, count, memory.resident, memory.own) for count, name, memory in held]
    aims = [aim for name in dict.fromkeys(row[0] for row in rows) for aim in _aims(name, steps, held)]
    notes = [
        f"{ISSUES} post-mortems on a sandbox GitHub are looked at meanwhile.",
        "`closeout serve` is two processes, one of which watches the other. What both share is there once: `own` (PSS)",
    ]
    return Result("memory", "Memory", ("command", "deliveries", "resident MB", "own MB"), rows, aims, notes)


def _aims(name: str, steps: Sequence[int], held: Sequence[tuple[int, str, Memory]]) -> Iterator[Aim]:
    own = {count: memory.own for count, whose, memory in held if whose == name}
    yield Aim.below(f"{name}: after {steps[-1]} deliveries", own[steps[-1]], _MOST, " MB")
    growth = own[steps[-1]] / own[steps[-2]]
    yield Aim.below(f"{name}: from {steps[-2]} deliveries to {steps[-1]}", growth, _GROWTH, " times")


def _held(workers: str, steps: Sequence[int], issues: int) -> Iterator[tuple[int, str, Memory]]:
    """After so many deliveries, what each command holds."""
    with _service(workers, issues) as (server, worker):
        done = 0
        for step in steps:
            outcome = run(Order(server.port, _CLIENTS, f"memory{workers}-{step}", count=step - done, seconds=600))
            assert not outcome.errors, outcome.answers
            done = step
            yield step, "`closeout serve`" if worker is None else "`closeout serve` without workers", server.memory()
            if worker is not None:
                yield step, "`closeout worker` beside it", worker.memory()


@contextmanager
def _service(workers: str, issues: int) -> Iterator[tuple[Running, Running | None]]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox.start())
        for number in range(issues):
            labels = ("type-post-mortem", "severity-high")
            sandbox.world.create_issue("github", "acme/shop", actor="alice", title=f"Outage {number}", labels=labels)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="closeout-bench-"))
        url = f"sqlite:///{folder}/closeout.sqlite3"
        ours = {"CLOSEOUT_GITHUB_URL": sandbox.github_url, "CLOSEOUT_GITHUB_TOKEN": f"token-{BOT}"}
        server = stack.enter_context(started(CLOSEOUT, closeout_settings(url, **ours, CLOSEOUT_WORKERS=workers)))
        until(server.port, "/readyz")
        yield server, None if workers != "0" else stack.enter_context(started(_WORKER, _working(url, ours)))


def _working(url: str, ours: Mapping[str, str]) -> dict[str, str]:
    return closeout_settings(url, **ours, CLOSEOUT_WORKERS="4")
