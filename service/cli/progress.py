"""Progress of long work: a bar on a terminal; elsewhere a line now and then, where it takes long enough to wonder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TypeAlias

from service.cli.screen import say, screen

Step: TypeAlias = Callable[[str], None]  # told the name of each thing that is about to be done
_MANY = 40  # steps


@contextmanager
def progress(opening: str) -> Iterator[Callable[[int], Step]]:
    """Hands out what to call once the number of steps is known; `opening` is shown until then."""
    if not sys.stderr.isatty():
        yield _lines
        return
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=screen(stderr=True), transient=True) as bar:
        task = bar.add_task(opening, total=None)

        def begin(total: int) -> Step:
            bar.update(task, total=total)
            return lambda name: bar.update(task, description=name.replace("[", "\\["), advance=1)

        yield begin


def _lines(total: int) -> Step:
    """Says how far it is after each tenth of many steps."""
    done = count()
    tenths = {total * part // 10 for part in range(1, 10)} if total >= _MANY else set()

    def next_one(name: str) -> None:
        if next(done) + 1 in tenths:
            say(f"closeout: at {name}", error=True)

    return next_one
