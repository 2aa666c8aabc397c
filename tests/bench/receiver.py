"""How many deliveries are taken, and how long a forge waits for the durable 202: against applications that do less.

All run at the same time, each in a process of its own behind granian as `closeout serve` runs it, and take turns: what
disturbs the machine disturbs each of them, and the ratios are of turns that lie side by side.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.bench.apps import DATABASE
from tests.bench.client import Client, Order, Outcome, run
from tests.bench.report import Aim, Result
from tests.bench.servers import CLOSEOUT, Running, closeout_settings, command, started
from tests.bench.start import until

_BOUND = "bare"
_RATIO, _P99 = 70, 50  # % of the bare application's deliveries a second; ms at eight clients
_AT = 8
_names = count()
WORDS = {
    "trivial": "answers, no more",
    "bare": "verifies the signature, no more",
    "bare_on_the_loop": "the same on the event loop",
    "least": "on the loop, and reads, compresses, keeps one row, by hand",
    "one_row": "verifies, commits a row each",
    "closeout": "Closeout",
}


@dataclass(frozen=True)
class Turn:
    outcome: Outcome
    cost: float  # microseconds of processor time for each delivery, in the server


def receiver(*, short: bool) -> Result:
    clients, rounds, seconds = ((_AT,), 1, 0.2) if short else ((1, 8, 32), 5, 1.5)
    with _all((_BOUND, "closeout") if short else tuple(WORDS)) as servers:
        for server in () if short else servers.values():
            turn(server, _AT, seconds)
        found = {(app, number): list[Turn]() for number in clients for app in servers}
        for number in clients:
            for app, server in taking_turns(servers, rounds):
                found[app, number].append(turn(server, number, seconds))
    lost = [lost_in_a_kill(1000) for _ in range(0 if short else 5)]
    rows = [_row(app, number, turns, found[_BOUND, number]) for (app, number), turns in found.items()]
    return Result("receiver", "Receiver: signed deliveries of 10 to 15 kB", _COLUMNS, rows, _aims(found, lost), _NOTES)


def taking_turns(servers: Mapping[str, Running], rounds: int) -> Iterator[tuple[str, Running]]:
    """Every second round backwards: what one leaves for the disk to do is not always met by the same neighbour."""
    for number in range(rounds):
        yield from list(servers.items())[:: -1 if number % 2 else 1]


def turn(server: Running, clients: int, seconds: float) -> Turn:
    before = server.processor_seconds()
    outcome = run(Order(server.port, clients, f"turn{next(_names)}", seconds=seconds))
    return Turn(outcome, 1e6 * (server.processor_seconds() - before) / max(1, len(outcome.accepted)))


def ratios(turns: Sequence[Turn], bound: Sequence[Turn]) -> list[float]:
    """Deliveries a second, in % of the bound's in the same round."""
    return [100 * one.outcome.rate / other.outcome.rate for one, other in zip(turns, bound, strict=True)]


def median(turns: Sequence[Turn], percent: int) -> float:
    """Of the turns' waits, in milliseconds."""
    return statistics.median(one.outcome.wait(percent) for one in turns)


def lost_in_a_kill(accepted: int) -> tuple[int, int]:
    """How many were answered with 202 before a kill -9, once `accepted` of them were, and how many of those are lost."""
    with tempfile.TemporaryDirectory(prefix="closeout-bench-") as folder:
        path = Path(folder) / "closeout.sqlite3"
        with started(CLOSEOUT, closeout_settings(f"sqlite:///{path}")) as server:
            until(server.port, "/readyz")
            client = Client(Order(server.port, _AT, f"killed{next(_names)}", seconds=60))
            client.begin()
            client.wait_for(accepted)
            server.kill()
            names = set(client.end().accepted)
        with sqlite3.connect(path) as connection:
            there = {name for (name,) in connection.execute("select id from deliveries")}
        connection.close()
    return len(names), len(names - there)


@contextmanager
def _all(apps: Sequence[str]) -> Iterator[Mapping[str, Running]]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="closeout-bench-"))
        servers = {
            app: stack.enter_context(started(command("granian", app), {DATABASE: f"{folder}/{app}.sqlite3"}))
            for app in apps
            if app != "closeout"
        }
        url = f"sqlite:///{folder}/closeout.sqlite3"
        servers["closeout"] = stack.enter_context(started(CLOSEOUT, closeout_settings(url)))
        until(servers["closeout"].port, "/readyz")
        yield servers


_COLUMNS = (
    "application",
    "clients",
    "deliveries/s",
    "p50 ms",
    "p99 ms",
    "processor µs each",
    "% of bare",
    "from",
    "to",
    "errors",
    "client busy %",
)
_NOTES = (
    "Medians of the rounds. `% of bare` is of neighbouring turns, with its least and its most.",
    "`processor µs each`: what a delivery costs the server's cores. It depends least on what else the machine does.",
    "`client busy`: the share of the time in which the client was at work. Below 100 it held nobody up.",
)


def _row(app: str, clients: int, turns: Sequence[Turn], bound: Sequence[Turn]) -> tuple[object, ...]:
    shares = ratios(turns, bound)
    rate = statistics.median(one.outcome.rate for one in turns)
    cost = statistics.median(one.cost for one in turns)
    errors = sum(one.outcome.errors for one in turns)
    busy = max(one.outcome.busy for one in turns) * 100
    speed = (rate, median(turns, 50), median(turns, 99), cost)
    return (WORDS[app], clients, *speed, statistics.median(shares), min(shares), max(shares), errors, busy)


def _aims(found: Mapping[tuple[str, int], Sequence[Turn]], lost: Sequence[tuple[int, int]]) -> list[Aim]:
    share = statistics.median(ratios(found["closeout", _AT], found[_BOUND, _AT]))
    errors = sum(one.outcome.errors for (app, _), turns in found.items() if app == "closeout" for one in turns)
    accepted, gone = sum(number for number, _ in lost), sum(number for _, number in lost)
    return [
        Aim(
            "deliveries/s at 8 clients, of the bare application's", f">= {_RATIO} %", f"{share:.0f} %", share >= _RATIO
        ),
        Aim.below("p99 at 8 clients", median(found["closeout", _AT], 99), _P99, " ms"),
        Aim.none("errors", errors),
        Aim.none(f"lost of {accepted} that were answered before {len(lost)} kill -9", gone),
    ]
