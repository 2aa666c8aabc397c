"""A WSGI server with an application, as a process of its own: `python -m tests.bench.servers SERVER APPLICATION`.

It prints the port that it listens on. granian is served as `closeout serve` serves it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from service.web.serving import Served, serve, usable_port
from tests.bench.apps import APPLICATIONS
from tests.bench.deliveries import SECRET

ROOT = Path(__file__).parents[2]
CLOSEOUT = (sys.executable, "-m", "service", "serve", "--bind", "127.0.0.1:0")
_THREADS = 8
_PID = -1  # place in a `stat`
_TICKS = os.sysconf("SC_CLK_TCK")  # a second of a processor's time


class Memory(NamedTuple):
    """MB of a group of processes: as each holds them (RSS), and with pages that they share counted once (PSS)."""

    resident: float
    own: float


@dataclass(frozen=True)
class Running:
    """A server that answers. `pid`: of the process that was started; its children are in its group."""

    port: int
    pid: int

    def kill(self) -> None:
        """By kill -9, all its processes."""
        os.killpg(self.pid, signal.SIGKILL)

    def processor_seconds(self) -> float:
        """Of all its processes, since they were started."""
        return sum(sum(map(int, stat[11:13])) for stat in self._stats()) / _TICKS

    def memory(self) -> Memory:
        return Memory(self._kilobytes("Rss") / 1024, self._kilobytes("Pss") / 1024)

    def _kilobytes(self, kind: str) -> int:
        found = 0
        for stat in self._stats():
            rollup = Path(f"/proc/{stat[_PID]}/smaps_rollup").read_text("utf-8")
            found += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(f"{kind}:"))
        return found

    def _stats(self) -> Iterator[list[str]]:
        """From the third field on, after the name (proc_pid_stat(5)); the last is the process's number."""
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it may end meanwhile
                stat = path.read_text("utf-8").rpartition(")")[2].split()
                if int(stat[2]) == self.pid:
                    yield [*stat, path.parent.name]


def closeout_settings(database_url: str, **others: str) -> dict[str, str]:
    """Of a `closeout serve` whose forge answers nothing, and which therefore only receives; unless others say else."""
    return {
        "CLOSEOUT_GITHUB_URL": "http://127.0.0.1:9",
        "CLOSEOUT_GITHUB_TOKEN": "none",
        "CLOSEOUT_GITHUB_WEBHOOK_SECRET": SECRET,
        "CLOSEOUT_DATABASE_URL": database_url,
        "CLOSEOUT_WORKERS": "0",
        "CLOSEOUT_RESYNC": "off",
        "CLOSEOUT_REDELIVERY": "off",
    } | others


@contextmanager
def started(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """A process that prints its address in its first line, with children in a group of its own."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r":(\d+)\s*$", line)
        assert found is not None, f"{command} said {line!r}"
        yield Running(int(found[1]), process.pid)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def command(server: str, application: str) -> list[str]:
    return [sys.executable, "-m", "tests.bench.servers", server, application]


def _granian(application: str, port: int) -> None:
    serve(APPLICATIONS[application], lambda _: 1, ("127.0.0.1", port))


def _waitress(application: str, port: int) -> None:
    from waitress import serve as run  # type: ignore[import-untyped] # noqa: PLC0415 - installed for `servers` alone

    run(_app(application).app, host="127.0.0.1", port=port, threads=_THREADS)


def _gunicorn(application: str, port: int) -> None:
    options = ["--worker-class", "gthread", "--threads", str(_THREADS), "--bind", f"127.0.0.1:{port}"]
    code = f"tests.bench.servers:wsgi('{application}')"
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options, code])  # noqa: S606 - no shell is the point


def wsgi(application: str) -> object:
    return _app(application).app


def _app(application: str) -> Served:
    return APPLICATIONS[application]()


SERVERS = {"granian": _granian, "waitress": _waitress, "gunicorn": _gunicorn}

if __name__ == "__main__":
    chosen = usable_port("127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{chosen}\n")
    sys.stdout.flush()
    SERVERS[sys.argv[1]](sys.argv[2], chosen)
