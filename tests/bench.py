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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from service.bootstrap import wall_clock
from service.bootstrap.logs import configure
from service.model import IssueRef
from service.policy import FILES
from service.sandbox import Sandbox
from tests.bench_document import document_speed
from tests.bench_receiver import receiver_speed, start_speed
from tests.stack import BOT, PROJECTS, Stack, running

SHOP = PROJECTS[0]
IMPATIENT = "version: 1\nrules:\n  closure: {grace_seconds: 0}\n  definition-of-done: {grace_seconds: 0}\n"
LIMITS = {"github": (6, 1), "gitlab": (8, 2)}  # requests of a label event, and of an untouched issue
EACH_ACTION = {
    "github": (3, 4),
    "gitlab": (8, 4),
}  # requests of a look that creates actions: at most so many + so many each
ROUNDS = 30


@contextmanager
def stage(*, hooks: bool) -> Iterator[Stack]:
    """The sandbox and the service with labels and caches warm; without hooks, nothing looks unless it is told to."""
    with tempfile.TemporaryDirectory() as folder, Sandbox.start() as sandbox:
        for forge, path in FILES.items():
            sandbox.world.put_file(forge, SHOP, path, IMPATIENT)
        with running(sandbox, wall_clock, Path(folder)) as stack:  # type: ignore[arg-type] # the real time, here
            for forge in FILES:
                labelled(stack, forge)
            stack.settle()
            if not hooks:
                for forge in FILES:
                    sandbox.world.project(forge, SHOP).hooks.clear()
            yield stack


def labelled(stack: Stack, forge: str, body: str = "It broke.\n") -> IssueRef:
    world = stack.sandbox.world
    issue = world.create_issue(forge, SHOP, actor="alice", title="Outage", body=body)
    world.add_labels(forge, SHOP, issue.number, actor="alice", names=["post-mortem"])
    return IssueRef(forge, SHOP, issue.number)


def counted(stack: Stack, look: Callable[[], object]) -> tuple[int, int]:
    """Requests and changes of one look."""
    before = len(stack.sandbox.log)
    plan = look()
    asked = [record for record in stack.sandbox.log[before:] if record.actor == BOT]
    return len(asked), len(getattr(plan, "changes", ()))


def requests(stack: Stack) -> Table:
    """What each kind of look costs on a warm service, against the limits this project has set itself."""
    table = Table("forge", "look", "requests", "at most", "changes", title="Requests")
    for forge in FILES:
        for what, limit, (made, changes) in _looks(stack, forge):
            style = "green" if made <= limit else "red"
            table.add_row(forge, what, f"[{style}]{made}[/]", str(limit), str(changes))
    return table


def _looks(stack: Stack, forge: str) -> Iterator[tuple[str, int, tuple[int, int]]]:
    reconciler = stack.service.reconciler()
    label, untouched = LIMITS[forge]
    base, each = EACH_ACTION[forge]
    warm = labelled(stack, forge)
    reconciler.reconcile(warm)
    _with_actions(stack, warm, 1)
    reconciler.reconcile(warm)  # connections are open, labels and the owner are known
    ref = labelled(stack, forge)
    yield "label event", label, counted(stack, partial(reconciler.reconcile, ref))
    yield "untouched issue", untouched, counted(stack, partial(reconciler.reconcile, ref))
    for number in (1, 5, 20):
        ref = labelled(stack, forge)
        reconciler.reconcile(ref)
        _with_actions(stack, ref, number)
        yield f"{number} action items", base + each * number, counted(stack, partial(reconciler.reconcile, ref))


def _with_actions(stack: Stack, ref: IssueRef, number: int) -> None:
    issue = stack.issue(ref.forge, ref.number)
    lines = "\n".join(f"- [ ] Alert on the depth of queue {n} - @bob - 2027-01-31" for n in range(number))
    body = issue.body.replace("## Action items\n", f"## Action items\n\n{lines}\n", 1)
    stack.sandbox.world.edit_issue(ref.forge, SHOP, ref.number, actor="alice", body=body)


def latency(stack: Stack) -> Table:
    """From the accepted webhook to the last write it led to, both on the service's own clock."""
    table = Table(
        "forge", "webhook → last write", "median ms", "p95 ms", "aim", title="Latency (no grace, no debounce)"
    )
    for forge in FILES:
        waits = [_wait(stack, forge) for _ in range(ROUNDS)]
        median = statistics.median(waits) * 1000
        p95 = statistics.quantiles(waits, n=20)[-1] * 1000
        style = "green" if median < 300 else "red"
        table.add_row(forge, "label → template, labels, comment", f"[{style}]{median:.0f}[/]", f"{p95:.0f}", "< 300")
    return table


def _wait(stack: Stack, forge: str) -> float:
    ref = labelled(stack, forge)
    accepted = time.time()
    stack.settle()
    written = stack.service.journal.latest(ref, limit=1)
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


def main() -> None:
    configure("critical")  # the receiver's benchmark has no forge behind it, and says so
    console = Console()
    with stage(hooks=False) as stack:
        console.print(requests(stack))
    with stage(hooks=True) as stack:
        console.print(latency(stack))
    for part in (receiver, imports, document):
        console.print(part())
    console.print(json.dumps({"cores": os.cpu_count(), "python": sys.version.split()[0]}))


if __name__ == "__main__":
    main()
