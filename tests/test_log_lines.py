"""What is logged stands in the log: at once, or from an event loop together with the others of the same turn."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.bootstrap.lines import Lines


class Log(io.StringIO):
    """Counts how often it was written to."""

    writes = 0

    def write(self, text: str, /) -> int:
        self.writes += 1
        return super().write(text)


def test_a_line_is_there_at_once() -> None:
    """A thread that dies next has said why."""
    log = Log()
    Lines(log).error("one")
    assert log.getvalue() == "one\n"


def test_a_turn_of_a_loop_writes_once() -> None:
    """In order; and what threads log meanwhile waits for nobody."""
    log = Log()
    lines = Lines(log)

    async def turn() -> None:
        for number in range(40):
            lines.info(str(number))
        await asyncio.sleep(0)
        assert log.getvalue() == "".join(f"{number}\n" for number in range(40))
        lines.info("the next turn's")
        await asyncio.to_thread(lines.info, "a thread's")

    asyncio.run(turn())
    assert log.writes <= 3
    assert log.getvalue().splitlines()[40:] == ["the next turn's", "a thread's"]


def test_no_line_is_torn_or_lost() -> None:
    """Whoever logs at the same moment."""
    log = Log()
    lines = Lines(log)

    async def loop() -> None:
        for number in range(300):
            lines.info(f"loop {number}")
            if number % 7 == 0:
                await asyncio.sleep(0)

    def thread(name: int) -> None:
        for number in range(300):
            lines.info(f"thread {name} {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: asyncio.run(loop()) if name == 0 else thread(name), range(4)))
    lines.write()
    wanted = [f"loop {n}" for n in range(300)] + [f"thread {name} {n}" for name in (1, 2, 3) for n in range(300)]
    assert sorted(log.getvalue().splitlines()) == sorted(wanted)


@pytest.mark.parametrize("ending", ["loop.stop()", "sys.exit(3)"])
def test_a_loop_that_ends_has_said_everything(ending: str) -> None:
    """Its last turn too, however the process ends."""
    code = (
        "import asyncio, sys; from service.bootstrap.lines import Lines; lines = Lines(sys.stdout)\n"
        "loop = asyncio.new_event_loop()\n"
        f"def last(): lines.info('the last line'); {ending}\n"
        "loop.call_soon(last); loop.run_forever()"
    )
    where = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=where, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "the last line\n"
