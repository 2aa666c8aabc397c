"""The test's end of a `foreman`: workers as processes of their own, by their ids."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.proofs.foreman import Order

ROOT = Path(__file__).resolve().parents[2]
LAST_WORDS = 6000  # characters: a traceback and what led to it


@dataclass(frozen=True)
class Ended:
    """How a worker ended: its exit code, or minus the signal. If nobody killed it, what it did until there was no more
    to do: how often it committed, and its requests in order, `w` for each that writes and `r` for each that reads.
    """

    code: int
    commits: int = 0
    requests: str = ""


@dataclass(frozen=True)
class Crew:
    foreman: subprocess.Popen[str]
    log: Path  # what the workers say, and how they fail

    def start(self, order: Order) -> int:
        """The new worker's process id."""
        return int(self._ask(asdict(order), "started ")[-1])

    def ended(self, pid: int) -> Ended:
        """Waits until the worker ends."""
        *said, code = self._ask({"wait": pid}, "ended ")
        commits, _, requests = (said[-1] if said else "0:").partition(":")
        return Ended(int(code), int(commits), requests)

    def stop(self, pid: int) -> None:
        """When this returns, the worker stands still, and so do all of its threads, until it is sent SIGCONT."""
        self._ask({"stop": pid}, "stopped")

    def done(self, pid: int) -> Ended:
        """Waits until the worker has done everything, and says what it said where it failed."""
        ended = self.ended(pid)
        assert ended.code == 0, f"a worker ended with {ended.code}; the log ends: {self.log.read_text()[-LAST_WORDS:]}"
        return ended

    def _ask(self, what: dict[str, Any], answer: str) -> list[str]:
        """The last words of the lines up to the answer."""
        assert self.foreman.stdin is not None
        assert self.foreman.stdout is not None
        self.foreman.stdin.write(json.dumps(what) + "\n")
        self.foreman.stdin.flush()
        words = []
        for line in self.foreman.stdout:
            words.append(line.split()[-1])
            if line.startswith(answer):
                return words
        raise AssertionError(f"the foreman ended; it had said {words}")


@contextmanager
def crew(log: Path) -> Iterator[Crew]:
    """All of its processes have ended when this ends. What they log is in the file."""
    command = [sys.executable, "-m", "tests.proofs.foreman"]
    pipe = subprocess.PIPE
    with (
        log.open("w") as out,
        subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=out, text=True) as foreman,
    ):
        assert foreman.stdin is not None
        assert foreman.stdout is not None
        assert foreman.stdout.readline() == "ready\n"
        try:
            yield Crew(foreman, log)
        finally:
            foreman.stdin.close()
            foreman.wait(60)
