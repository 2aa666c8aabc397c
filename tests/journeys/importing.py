"""Prints the modules that other threads than the first import while one delivery to each forge is worked on."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from service.bootstrap.logs import configure
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.journeys.team import Team
from tests.stack import FORGES, running

OURS = ("service.", "github", "gitlab")


class Watch:
    """Stands before all finders, finds nothing, and remembers what was looked for beside the first thread."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        beside = threading.current_thread() is not threading.main_thread()
        if beside and name.startswith(OURS) and not name.startswith("service.sandbox"):
            self.seen.append(name)
        return None


def main() -> None:
    configure("error")  # standard output is for the modules
    watch, clock = Watch(), Clock()
    sys.meta_path.insert(0, watch)
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox.start(clock=clock) as sandbox,
        running(sandbox, clock, Path(folder)) as stack,
    ):
        for forge in FORGES:
            team = Team(stack, forge)
            assert team.said(team.report(), "status"), f"nothing was worked on at {forge}"
    sys.stdout.write("\n".join(watch.seen))


if __name__ == "__main__":
    main()
