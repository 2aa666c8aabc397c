"""The parts that measure one process in quiet: requests, latency, start, reading a text, the audit."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.bootstrap import wall_clock
from service.sandbox import Sandbox
from service.store.journal import EntryFilter
from tests.bench.audit import MOST_MEMORY, Cost, audit_costs
from tests.bench.document import AIM, document_speed
from tests.bench.report import Aim, Result
from tests.bench.start import start_speed
from tests.budgets import PLACES, Place, arrange, costs, labelled
from tests.stack import Stack, running


@contextmanager
def stage() -> Iterator[Stack]:
    """The sandbox and the service, with labels and caches warm."""
    with tempfile.TemporaryDirectory() as folder, Sandbox.start() as sandbox:
        arrange(sandbox)
        with running(sandbox, wall_clock, Path(folder)) as stack:  # type: ignore[arg-type] # the real time, here
            for place in PLACES:
                labelled(stack, place)
            stack.settle()
            yield stack


def requests(*, short: bool) -> Result:
    """What each kind of look costs on a warm service, against the limits this project has set itself."""
    with stage() as stack:
        found = [(place.name, cost) for place in PLACES[: 1 if short else None] for cost in costs(stack, place)]
    rows = [(name, cost.look, cost.requests, cost.at_most, cost.writes) for name, cost in found]
    aim = Aim.all_of("looks within their number of requests", sum(r[2] <= r[3] for r in rows), len(rows))
    return Result("requests", "Requests", ("forge", "look", "requests", "at most", "writes"), rows, [aim])


def latency(*, short: bool) -> Result:
    """From the accepted webhook to the last write it led to, both on the service's own clock."""
    rows = []
    with stage() as stack:
        for place in PLACES[: 1 if short else None]:
            waits = [_wait(stack, place) * 1000 for _ in range(2 if short else 30)]
            rows.append((place.name, statistics.median(waits), statistics.quantiles(waits, n=20)[-1]))
    aims = [Aim.below(f"{name}: median", median, 300, " ms") for name, median, _ in rows]
    notes = ["From the webhook of a label to template, labels and comment; without grace and debounce."]
    return Result("latency", "Webhook to last write", ("forge", "median ms", "p95 ms"), rows, aims, notes)


def _wait(stack: Stack, place: Place) -> float:
    ref = labelled(stack, place)
    accepted = time.time()
    stack.settle()
    written = stack.service.journal.latest(EntryFilter(issue=ref), limit=1)
    return written[0].at.timestamp() - accepted


def start(*, short: bool) -> Result:
    code = "import time; t = time.perf_counter(); import service.__main__, service.cli; print(time.perf_counter() - t)"
    rounds = 1 if short else 7
    imported = statistics.median(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(rounds))
    healthy, ready = start_speed(1 if short else 3)
    rows = [("import of the command line", imported), ("/healthz answers", healthy), ("/readyz answers", ready)]
    aims = [Aim.below(rows[0][0], imported, 0.5, " s"), Aim.below(rows[1][0], healthy, 2, " s")]
    return Result("start", "Start", ("what", "median s"), rows, aims)


def document(*, short: bool) -> Result:
    found = list(document_speed(1 if short else 15))
    rows = [(name, milliseconds) for name, milliseconds, _ in found]
    aims = [Aim.below(name, milliseconds, AIM, " ms") for name, milliseconds, bounded in found if bounded]
    return Result("document", "Reading a text", ("text", "ms"), rows, aims)


def audit(*, short: bool) -> Result:
    """Of ten times as many items in ten times as many projects, and how that grows: one run, so that ratios mean
    something.
    """
    rows: list[tuple[object, ...]] = []
    found: list[Cost] = []
    for cost in audit_costs(small_only=short):
        rows.append((cost.forge, cost.projects, cost.items, cost.requests, cost.at_most, cost.seconds, cost.memory))
        if found and found[-1].forge == cost.forge:
            rows.append(("", "", *_growth(found[-1], cost)))
        found.append(cost)
    good = sum(cost.requests <= cost.at_most for cost in found)
    most = max(cost.memory for cost in found)
    aims = [
        Aim.all_of("audits within their number of requests", good, len(found)),
        Aim.below("memory", most, MOST_MEMORY, " MB"),
    ]
    columns = ("forge", "projects", "items", "requests", "at most", "seconds", "MB")
    return Result("audit", "Audit (`closeout audit`, a process of its own)", columns, rows, aims)


def _growth(before: Cost, after: Cost) -> tuple[str, ...]:
    def times(name: str) -> str:
        return f"× {getattr(after, name) / getattr(before, name):.1f}"

    return times("items"), times("requests"), "", times("seconds"), times("memory")
