"""How long a forge waits for the durable 202, and a person for the service to be there. Called by `tests.bench`."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SECRET = b"a secret for the benchmark alone"
CLIENTS = 8
RATE = 100  # deliveries a second
SECONDS = 10
FLOOD = 2000


@dataclass(frozen=True)
class Started:
    """A `closeout serve` of its own, and how long it took to answer `/healthz` and `/readyz`."""

    port: int
    healthy: float
    ready: float


def start_speed() -> Iterator[tuple[str, float, str]]:
    """What, seconds (the median of three), aim."""
    times = []
    for _ in range(3):
        with serving() as started:
            times.append((started.healthy, started.ready))
    yield "`closeout serve` answers /healthz", statistics.median(t[0] for t in times), "< 2"
    yield "`closeout serve` answers /readyz", statistics.median(t[1] for t in times), ""


def receiver_speed() -> Iterator[tuple[str, str, str]]:
    """What, value, aim: latencies at a steady rate, then the most it takes."""
    with serving() as started:
        paced = sorted(_paced(started.port))
        yield f"p50 at {RATE}/s", f"{1000 * paced[len(paced) // 2]:.1f} ms", ""
        yield f"p99 at {RATE}/s", f"{1000 * paced[len(paced) * 99 // 100]:.1f} ms", "< 50 ms"
        yield "slowest", f"{1000 * paced[-1]:.1f} ms", ""
        begun = time.perf_counter()
        flood = sorted(_flood(started.port))
        yield "most a second, 8 clients", f"{len(flood) / (time.perf_counter() - begun):.0f}", ""
        yield "p99 at that", f"{1000 * flood[len(flood) * 99 // 100]:.1f} ms", ""


@contextmanager
def serving() -> Iterator[Started]:
    """The real command on a new database. Its forge answers nothing, so that only receiving is measured."""
    with tempfile.TemporaryDirectory(prefix="closeout-bench-") as folder:
        environment = os.environ | {
            "CLOSEOUT_GITHUB_URL": "http://127.0.0.1:9",
            "CLOSEOUT_GITHUB_TOKEN": "none",
            "CLOSEOUT_GITHUB_WEBHOOK_SECRET": SECRET.decode(),
            "CLOSEOUT_DATABASE_URL": f"sqlite:///{folder}/closeout.sqlite3",
            "CLOSEOUT_LOG": "error",
            "CLOSEOUT_DEBOUNCE": "60",
        }
        command = [sys.executable, "-m", "service", "serve", "--bind", "127.0.0.1:0"]
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            port = _port(process.stdout.readline())
            _until(port, "/healthz")
            healthy = time.perf_counter() - begun
            _until(port, "/readyz")
            yield Started(port, healthy, time.perf_counter() - begun)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def _port(line: str) -> int:
    found = re.search(r":(\d+)\s*$", line)
    assert found is not None, line
    return int(found[1])


def _until(port: int, path: str) -> None:
    pause = threading.Event()
    for _ in range(6000):
        client = closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30))
        with suppress(OSError, http.client.HTTPException), client as connection:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        pause.wait(0.01)
    raise TimeoutError(f"{path} never answered")


def _paced(port: int) -> list[float]:
    """Latencies in seconds, each from the moment the delivery was due: waiting for a late client counts."""
    start = time.perf_counter() + 0.2

    def client(which: int) -> list[float]:
        connection, found = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
        for n in range(which, RATE * SECONDS, CLIENTS):
            due = start + n / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            _deliver(connection, f"paced-{n}", n)
            found.append(time.perf_counter() - due)
        return found

    return _all(client)


def _flood(port: int) -> list[float]:
    def client(which: int) -> list[float]:
        connection, found = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
        for n in range(which, FLOOD, CLIENTS):
            begun = time.perf_counter()
            _deliver(connection, f"flood-{n}", n)
            found.append(time.perf_counter() - begun)
        return found

    return _all(client)


def _all(client: Callable[[int], list[float]]) -> list[float]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        return [seconds for found in pool.map(client, range(CLIENTS)) for seconds in found]


def _deliver(connection: http.client.HTTPConnection, name: str, number: int) -> None:
    event = {"action": "edited", "repository": {"full_name": "acme/shop"}, "filling": "x" * 12_000}
    body = json.dumps(event | {"issue": {"number": number % 200 + 1}}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": name,
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest(),
    }
    connection.request("POST", "/webhooks/github", body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 202, answer.status


if __name__ == "__main__":
    for row in (*start_speed(), *receiver_speed()):
        sys.stdout.write(f"{row}\n")
