"""Which WSGI server serves the receiver best: each with one process and eight threads, in turns, on this machine.

The others are installed for the benchmark alone, into a folder that is removed again.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from tests.bench.apps import DATABASE
from tests.bench.receiver import Turn, median, ratios, taking_turns, turn
from tests.bench.report import Result
from tests.bench.servers import ROOT, SERVERS, Running, command, started
from tests.bench.start import until

_OURS = "granian"
_OTHERS = ("gunicorn==27.0.1", "waitress==3.0.2")
_UV = ROOT / ".tools/bin/uv"
_CLIENTS = (8, 32)


def wsgi(*, short: bool) -> Result:
    clients, rounds, seconds = ((8,), 1, 0.2) if short else (_CLIENTS, 5, 1.0)
    rows = []
    with ExitStack() as stack:
        path = "" if short else stack.enter_context(_installed())
        for app in ("bare",) if short else ("bare", "closeout"):
            with _served(app, path, [_OURS] if short else [*SERVERS]) as servers:
                for server in () if short else servers.values():
                    turn(server, 8, seconds)
                for number in clients:
                    found = {name: list[Turn]() for name in servers}
                    for name, server in taking_turns(servers, rounds):
                        found[name].append(turn(server, number, seconds))
                    rows += [_row(app, name, number, turns, found[_OURS]) for name, turns in found.items()]
    return Result("wsgi", "WSGI servers", _COLUMNS, rows, (), _NOTES)


_COLUMNS = (
    "application",
    "server",
    "clients",
    "deliveries/s",
    f"% of {_OURS}",
    "from",
    "to",
    "p50 ms",
    "p99 ms",
    "processor µs each",
    "errors",
)
_NOTES = (
    "One process and eight threads each; medians of turns that lie side by side.",
    "`bare` only verifies the signature: it shows the server; `closeout` is the receiver on a SQLite file of its own.",
)


def _row(app: str, name: str, clients: int, turns: list[Turn], ours: list[Turn]) -> tuple[object, ...]:
    shares = ratios(turns, ours)
    rate = statistics.median(one.outcome.rate for one in turns)
    cost = statistics.median(one.cost for one in turns)
    spread = (statistics.median(shares), min(shares), max(shares))
    errors = sum(one.outcome.errors for one in turns)
    return (app, name, clients, rate, *spread, median(turns, 50), median(turns, 99), cost, errors)


@contextmanager
def _installed() -> Iterator[str]:
    """A folder with the other servers, which nothing else sees."""
    with tempfile.TemporaryDirectory(prefix="closeout-bench-") as folder:
        install = [str(_UV), "pip", "install", "--quiet", "--python", sys.executable, "--target", folder, *_OTHERS]
        subprocess.run(install, check=True)
        yield folder


@contextmanager
def _served(app: str, path: str, names: list[str]) -> Iterator[Mapping[str, Running]]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="closeout-bench-"))
        servers = {}
        for name in names:
            environment = {DATABASE: f"{folder}/{name}.sqlite3", "PYTHONPATH": path}
            servers[name] = stack.enter_context(started(command(name, app), environment))
        for server in servers.values():  # some say where they listen before they do
            until(server.port, "/healthz")
        yield servers
