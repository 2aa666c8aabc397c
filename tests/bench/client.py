"""A client that costs little: a process of its own that keeps connections open and sends what was made beforehand.

On stdin a JSON object, an `Order`; on stdout what came of it. `python -m tests.bench.client`.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from tests.bench.deliveries import request

_PATIENCE = 60.0  # seconds without any answer
_LONGEST = 65_536  # bytes of an answer
_TOLD = 50  # accepted deliveries, after which the client says that there were more


@dataclass(frozen=True)
class Order:
    """Deliveries that begin with `name`, over so many connections: `count` of them, or for `seconds`."""

    port: int
    connections: int
    name: str
    count: int = 1_000_000
    seconds: float = 60.0


@dataclass
class Outcome:
    """`waits`: of each answer, in seconds. `busy`: the share of the time for which the client itself was at work."""

    seconds: float = 0.0
    busy: float = 0.0
    answers: dict[str, int] = field(default_factory=dict)  # by status, and `broken` for those that never came
    waits: list[float] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)  # the names of those that were answered with 202

    @property
    def rate(self) -> float:
        """Accepted deliveries a second."""
        return len(self.accepted) / self.seconds

    @property
    def errors(self) -> int:
        return sum(number for status, number in self.answers.items() if status != "202")

    def wait(self, percent: int) -> float:
        """The wait, in milliseconds, that so many of a hundred did not exceed."""
        ordered = sorted(self.waits)
        return 1000 * ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


class Client:
    """Started first, so that it has everything made; `begin` lets it send, `end` waits for what came of it."""

    def __init__(self, order: Order) -> None:
        command = [sys.executable, "-m", "tests.bench.client"]
        self._process = subprocess.Popen(
            command, cwd=Path(__file__).parents[2], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._in.write(json.dumps(asdict(order)) + "\n")
        self._in.flush()
        assert self._out.readline() == "ready\n"

    def begin(self) -> None:
        self._in.write("go\n")
        self._in.flush()

    def wait_for(self, number: int) -> None:
        """Until so many were accepted. The client tells of each fiftieth."""
        for _ in range(number // _TOLD):
            assert self._out.readline() == "more\n"

    def end(self) -> Outcome:
        *_, told = self._process.communicate(timeout=600)[0].splitlines()
        return Outcome(**json.loads(told))

    @property
    def _in(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _out(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout


def run(order: Order) -> Outcome:
    client = Client(order)
    client.begin()
    return client.end()


class _Line:
    """One connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.name, self.since, self.got = "", 0.0, b""

    def send(self, number: int, name: str) -> None:
        self.name, self.got, self.since = name, b"", time.perf_counter()
        self.socket.sendall(request(number, name))

    def hear(self) -> str:
        """The status, once the answer is here whole; before that "". Raises OSError where there will be none."""
        piece = self.socket.recv(_LONGEST)
        if not piece:
            raise ConnectionResetError
        self.got += piece
        head, found, rest = self.got.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return ""
        return head[9:12].decode()


def _length(head: bytes) -> int:
    _, _, after = head.lower().partition(b"content-length:")
    return int(after.partition(b"\r\n")[0])


def _send(order: Order) -> Outcome:
    found, names = Outcome(), _names(order)
    with selectors.DefaultSelector() as selector:
        lines = [_Line(order.port) for _ in range(order.connections)]
        begun, worked = time.perf_counter(), time.process_time()
        open_lines = 0
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
            open_lines += _next(line, names, found)
        while open_lines:
            events = selector.select(_PATIENCE)
            if not events:
                found.answers["silent"] = open_lines
                break
            for key, _ in events:
                if not _heard(key.data, names, found):
                    selector.unregister(key.fileobj)
                    open_lines -= 1
        found.seconds = time.perf_counter() - begun
        found.busy = (time.process_time() - worked) / found.seconds
        for line in lines:
            line.socket.close()
    return found


def _names(order: Order) -> Iterator[tuple[int, str]]:
    end = time.perf_counter() + order.seconds
    for number in range(order.count):
        if time.perf_counter() > end:
            return
        yield number, f"{order.name}-{number}"


def _heard(line: _Line, names: Iterator[tuple[int, str]], found: Outcome) -> bool:
    """Takes what came; False once the line is at its end."""
    try:
        status = line.hear()
    except OSError:
        found.answers["broken"] = found.answers.get("broken", 0) + 1
        return False
    if not status:
        return True
    found.waits.append(time.perf_counter() - line.since)
    found.answers[status] = found.answers.get(status, 0) + 1
    if status == "202":
        found.accepted.append(line.name)
        if len(found.accepted) % _TOLD == 0:
            _say("more")
    return _next(line, names, found)


def _next(line: _Line, names: Iterator[tuple[int, str]], found: Outcome) -> bool:
    following = next(names, None)
    if following is None:
        return False
    try:
        line.send(*following)
    except OSError:
        found.answers["broken"] = found.answers.get("broken", 0) + 1
        return False
    return True


def main() -> None:
    order = Order(**json.loads(sys.stdin.readline()))
    _say("ready")
    sys.stdin.readline()
    _say(json.dumps(asdict(_send(order))))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
