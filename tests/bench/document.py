"""How fast documents are read: bodies of the size a forge allows, and an everyday one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from time import perf_counter

from service import document
from service.document.action_lines import read_stretch
from service.document.headings import plain_name
from service.document.reading import _read
from service.document.tables import cells

TODAY = date(2026, 3, 2)
LIMIT = 65_536  # characters, GitHub's bound on a body
AIM = 50  # ms

_HEAD = """# Checkout outage

- **Date:** 2026-03-01
- **Duration:** 2h 15m
- **Severity:** high
- **Started:** 14:03 UTC
- **Resolved:** 16:18 UTC

## Impact

- **Impact:** 1,200 users could not pay for 40 minutes
- **Data integrity:** none lost

## Root cause

The cache had no upper bound, so a slow consumer filled the memory of every node.

## Action items

"""
_ACTION = "- [ ] Add alert number {n} on queue depth over 1,000 - @alice - 2026-03-{day:02} [detection]\n"
_ROW = "| 14:{minute:02} | Step {n}: the dashboard showed the error rate of checkout rising on node {n} |\n"
_PROSE = (
    "In hour {n} we saw requests queue up behind the cache, because each node waited for the same lock; the graph of\n"
    "the queue told us late, and the `retry` setting made it worse. We compared it with the incident of last year.\n\n"
)


def _grown(begin: str, piece: Callable[[int], str], size: int = LIMIT) -> str:
    """The beginning, and as many pieces as fit."""
    pieces, length, n = [begin], len(begin), 0
    while length + len(piece(n)) <= size:
        pieces.append(piece(n))
        length += len(pieces[-1])
        n += 1
    return "".join(pieces)


def everyday() -> str:
    """A post-mortem as it usually is, about 6,000 characters."""
    actions = "".join(_ACTION.format(n=n, day=n + 1) for n in range(8))
    rows = "".join(_ROW.format(n=n, minute=n) for n in range(20))
    return _grown(_HEAD + actions + _TABLE + rows + "\n## Lessons learned\n\n", lambda n: _PROSE.format(n=n), 6_000)


_TABLE = "\n## Timeline\n\n| Time (UTC) | What happened |\n|---|---|\n"


def full() -> str:
    """The same with 30 actions, 150 timeline rows, a pasted log and prose up to the bound on a body."""
    actions = "".join(_ACTION.format(n=n, day=n % 28 + 1) for n in range(30))
    rows = "".join(_ROW.format(n=n, minute=n % 60) for n in range(150))
    log = (
        "```\n"
        + "".join(f"2026-03-01T14:03:{n % 60:02}Z checkout-{n} timeout after 3000 ms\n" for n in range(300))
        + "```\n"
    )
    return _grown(
        _HEAD + actions + _TABLE + rows + "\n## Lessons learned\n\n" + log + "\n", lambda n: _PROSE.format(n=n)
    )


def document_speed(rounds: int) -> Iterator[tuple[str, float, bool]]:
    """What was read, the best time in milliseconds with every cache cold, and whether the aim is for it."""
    actions = _grown("## Action items\n\n", lambda n: _ACTION.format(n=n, day=n % 28 + 1))
    bodies = {
        "an everyday post-mortem of 6 kB": (everyday(), False),
        "a post-mortem of 64 kB": (full(), True),
        "64 kB of nothing but actions": (actions, False),
        "64 kB of nothing but timeline": (_grown(_TABLE, lambda n: _ROW.format(n=n, minute=n % 60)), False),
        "64 kB of opening brackets": ("## Action items\n- [ ] " + "[" * LIMIT, True),
    }
    for name, (body, bounded) in bodies.items():
        yield name, min(_milliseconds(body) for _ in range(rounds)), bounded


def _milliseconds(body: str) -> float:
    for cache in (_read, read_stretch, plain_name, cells):
        cache.cache_clear()
    began = perf_counter()
    document.read(body, today=TODAY)
    return (perf_counter() - began) * 1000
