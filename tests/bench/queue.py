"""How fast the queue is drained, and how soon an idle worker begins, on both databases, by 1, 2 and 4 processes.

The looks do nothing, so it is the queue that is measured. On SQLite the process that receives is one of those that look,
as in `closeout serve`, and further ones look once a second whether there is something; on PostgreSQL it is one more.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from service.model import IssueRef
from service.store.database import Database
from service.work.overview import Overview
from service.work.queue import Queue
from tests import postgres
from tests.bench.report import Aim, Result
from tests.bench.worker import AT_ONCE, workers

_PROJECT = "acme/shop"
_PICKED_UP = 30  # ms
_LIMIT = 120  # seconds for one of them
_ROOT = Path(__file__).parents[2]


class Scene:
    """The receiver's side of a database, and processes that look."""

    def __init__(self, url: str) -> None:
        self.url, self.database = url, Database(url)
        self.database.migrate()
        self.queue, self._overview = Queue(self.database, AT_ONCE), Overview(self.database)
        self._begun: dict[int, float] = {}
        self._changed = threading.Condition()

    def looked(self, number: int, at: float) -> None:
        with self._changed:
            self._begun[number] = at
            self._changed.notify()

    def drained(self, number: int, processes: int) -> float:
        """Issues a second, of so many that all are due when the processes are let in."""
        self.queue.changed([IssueRef("github", _PROJECT, n + 1) for n in range(number)])
        with self.looking(processes) as let_in:
            begun = time.perf_counter()
            let_in()
            with self._changed:
                assert self._changed.wait_for(lambda: len(self._begun) == number, _LIMIT), "the queue is not drained"
            while self._overview.busy():
                time.sleep(0.001)
            return number / (time.perf_counter() - begun)

    def picked_up(self, number: int, processes: int) -> list[float]:
        """Milliseconds from a nudge on disk to the beginning of the look, each while nothing else is to be done."""
        chance, waits = random.Random(0), list[float]()  # noqa: S311 - so that nudges keep no step with polls
        with self.looking(processes) as let_in:
            let_in()
            for n in range(number):
                time.sleep(chance.uniform(0.005, 0.05))
                self.queue.nudge(IssueRef("github", _PROJECT, 1_000_000 + n))
                nudged = time.time()
                waits.append(1000 * max(0.0, self._beginning(1_000_000 + n) - nudged))
        return waits

    def _beginning(self, number: int) -> float:
        with self._changed:
            assert self._changed.wait_for(lambda: number in self._begun, _LIMIT), "nobody looked at it"
            return self._begun.pop(number)

    @contextmanager
    def looking(self, processes: int) -> Iterator[Callable[[], None]]:
        """So many processes, which begin to look when the result is called.

        One of them is this one, where others do not hear of a nudge.
        """
        own = self.database.dialect.one_writer
        crew = workers(self.queue, self.database, self.looked)
        with ExitStack() as stack:
            pipes = [stack.enter_context(self._worker()) for _ in range(processes - own)]

            def let_in() -> None:
                for pipe in pipes:
                    pipe.write("go\n")
                    pipe.flush()
                if own:
                    crew.start()
                    stack.callback(crew.stop)

            yield let_in

    @contextmanager
    def _worker(self) -> Iterator[IO[str]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.worker", self.url],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        ear = threading.Thread(target=self._hear, args=(process.stdout,))
        ear.start()
        try:
            yield process.stdin
        finally:
            process.stdin.close()
            process.wait(60)
            ear.join()
            process.stdout.close()

    def _hear(self, lines: Iterator[str]) -> None:
        for line in lines:
            number, at = line.split()
            self.looked(int(number), float(at))


def queue(*, short: bool) -> Result:
    issues, nudges, crews = (20, 3, (1,)) if short else (2000, 200, (1, 2, 4))
    rows = []
    with _databases() as urls:
        for name, url in urls.items():
            for processes in crews:
                with _fresh(url) as scene:
                    rate = scene.drained(issues, processes)
                    waits = sorted(scene.picked_up(nudges, processes))
                    p99 = waits[len(waits) * 99 // 100]
                    rows.append((name, processes, rate, statistics.median(waits), p99, waits[-1]))
    aims = [Aim.below(f"PostgreSQL, {r[1]} processes: p99", r[4], _PICKED_UP, " ms") for r in rows if r[0] != "SQLite"]
    notes = [
        "Looks that do nothing, 4 threads a process.",
        "On SQLite the process that receives looks too, and others poll; on PostgreSQL it only receives.",
    ]
    columns = ("database", "processes", "drained/s", "pick-up p50 ms", "p99 ms", "slowest ms")
    return Result("queue", "Queue", columns, rows, aims, notes)


@contextmanager
def _fresh(url: str) -> Iterator[Scene]:
    """On an empty database there."""
    with ExitStack() as stack:
        if url.startswith("postgresql"):
            own = stack.enter_context(postgres.schema(url))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="closeout-bench-"))
            own = f"sqlite:///{folder}/closeout.sqlite3"
        scene = Scene(own)
        stack.callback(scene.database.close)
        yield scene


@contextmanager
def _databases() -> Iterator[dict[str, str]]:
    """A server of its own writes to the disk before it answers, as in production."""
    with postgres.server_url(durable=True) as url:
        yield {"SQLite": "sqlite:", "PostgreSQL": url}
