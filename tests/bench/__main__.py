"""`make bench`: measures, prints a table for each part, and writes `bench.json` and `bench.md`.

Nothing here is a test, because machines differ: numbers of one run compare with each other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from service.bootstrap.logs import configure
from tests.bench import memory, queue, receiver, tables, wsgi
from tests.bench.report import QUIET, Result, machine, write

Part = Callable[..., Result]
PARTS: dict[str, Part] = {
    "latency": tables.latency,
    "requests": tables.requests,
    "receiver": receiver.receiver,
    "wsgi": wsgi.wsgi,
    "queue": queue.queue,
    "memory": memory.memory,
    "start": tables.start,
    "document": tables.document,
    "audit": tables.audit,
}


def main(words: Sequence[str]) -> int:
    asked = arguments().parse_args(words)
    console, results, where = Console(), list[Result](), machine()
    for name in asked.parts or PARTS:
        results.append(PARTS[name](short=asked.short))
        results[-1].show(console)
    after = machine()
    where |= {f"{name}, after": after[name] for name in QUIET}
    write(asked.out, results, where)
    console.print(f"Load {where['load']}, then {after['load']}, on {where['cores']} cores: the quieter, the truer.")
    console.print(f"Written: {asked.out / 'bench.md'}, {asked.out / 'bench.json'}")
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="part", choices=[*PARTS, []], help=f"of {', '.join(PARTS)}; none: all"
    )
    parser.add_argument("--short", action="store_true", help="so little of each that the numbers say nothing")
    parser.add_argument("--out", type=Path, default=Path(".bench"), help="folder for bench.md and bench.json")
    return parser


if __name__ == "__main__":
    configure("critical")  # there is no forge behind some of these, and the log would say so
    raise SystemExit(main(sys.argv[1:]))
