"""`make bench`: what a life cycle costs in requests, how long a webhook waits for its last write, and how fast the
parts are. Prints tables; nothing here is a test, because machines differ: numbers of one run compare with each other.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from service.bootstrap import wall_clock
from service.bootstrap.logs import configure
from service.sandbox import Sandbox
from service.store.journal import EntryFilter
from tests.bench_audit import MOST_MEMORY, Cost, audit_costs
from tests.bench_document import document_speed
from tests.bench_receiver import receiver_speed, start_speed
from tests.budgets import PLACES, Place, arrange, costs, labelled
from tests.stack import Stack, running

ROUNDS = 30


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


def requests(stack: Stack) -> Table:
    """What each kind of look costs on a warm service, against the limits this project has set itself."""
    table = Table("forge", "look", "requests", "at most", "writes", title="Requests")
    for place in PLACES:
        for cost in costs(stack, place):
            style = "green" if cost.requests <= cost.at_most else "red"
            row = (cost.look, f"[{style}]{cost.requests}[/]", str(cost.at_most), str(cost.writes))
            table.add_row(place.name, *row)
    return table


def latency(stack: Stack) -> Table:
    """From the accepted webhook to the last write it led to, both on the service's own clock."""
    table = Table(
        "forge", "webhook → last write", "median ms", "p95 ms", "aim", title="Latency (no grace, no debounce)"
    )
    for place in PLACES:
        waits = [_wait(stack, place) for _ in range(ROUNDS)]
        median = statistics.median(waits) * 1000
        p95 = statistics.quantiles(waits, n=20)[-1] * 1000
        style = "green" if median < 300 else "red"
        table.add_row(
            place.name, "label → template, labels, comment", f"[{style}]{median:.0f}[/]", f"{p95:.0f}", "< 300"
        )
    return table


def _wait(stack: Stack, place: Place) -> float:
    ref = labelled(stack, place)
    accepted = time.time()
    stack.settle()
    written = stack.service.journal.latest(EntryFilter(issue=ref), limit=1)
    return written[0].at.timestamp() - accepted


def imports() -> Table:
    table = Table("what", "median s", "aim", title="Start")
    code = "import time; t = time.perf_counter(); import service.__main__, service.cli; print(time.perf_counter() - t)"
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(7)]
    table.add_row("import of the command line", f"{statistics.median(times):.2f}", "< 0.5")
    for what, seconds, aim in start_speed():
        table.add_row(what, f"{seconds:.2f}", aim)
    return table


def document() -> Table:
    table = Table("text", "ms", "aim", title="Reading a text")
    for what, milliseconds, aim in document_speed():
        table.add_row(what, f"{milliseconds:.1f}", aim)
    return table


def receiver() -> Table:
    table = Table("what", "value", "aim", title="Receiver (signed bodies, durable answer)")
    for row in receiver_speed():
        table.add_row(*row)
    return table


def audit() -> Table:
    """Of ten times as many items in ten times as many projects, and how that grows: one run, so that ratios mean
    something.
    """
    columns = ("forge", "projects", "items", "requests", "at most", "seconds", "MB", f"aim: < {MOST_MEMORY} MB")
    table = Table(*columns, title="Audit (`closeout audit`, a process of its own)")
    before: Cost | None = None
    for cost in audit_costs():
        good = cost.requests <= cost.at_most and cost.memory < MOST_MEMORY
        row = (cost.projects, cost.items, cost.requests, cost.at_most, f"{cost.seconds:.1f}", f"{cost.memory:.0f}")
        table.add_row(cost.forge, *map(str, row), "[green]yes[/]" if good else "[red]no[/]")
        if before is not None and before.forge == cost.forge:
            pairs = ("items", "requests", "seconds", "memory")
            ratios = {name: f"× {getattr(cost, name) / getattr(before, name):.1f}" for name in pairs}
            table.add_row("", "", ratios["items"], ratios["requests"], "", ratios["seconds"], ratios["memory"], "")
        before = cost
    return table


def main() -> None:
    configure("critical")  # the receiver's benchmark has no forge behind it, and says so
    console = Console()
    with stage() as stack:
        console.print(latency(stack))
        console.print(requests(stack))
    for part in (receiver, imports, document, audit):
        console.print(part())
    console.print(json.dumps({"cores": os.cpu_count(), "python": sys.version.split()[0]}))


if __name__ == "__main__":
    main()
