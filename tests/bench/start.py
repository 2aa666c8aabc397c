"""How long a person waits for `closeout serve` to be there. Called by `tests.bench.tables`."""

from __future__ import annotations

import http.client
import statistics
import tempfile
import threading
import time
from contextlib import closing, suppress

from tests.bench.servers import CLOSEOUT, closeout_settings, started


def start_speed(rounds: int) -> tuple[float, float]:
    """Seconds until `/healthz` and `/readyz` answer, the median of so many rounds."""
    times = [_start() for _ in range(rounds)]
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)


def _start() -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="closeout-bench-") as folder:
        begun = time.perf_counter()
        with started(CLOSEOUT, closeout_settings(f"sqlite:///{folder}/closeout.sqlite3")) as running:
            until(running.port, "/healthz")
            healthy = time.perf_counter() - begun
            until(running.port, "/readyz")
            return healthy, time.perf_counter() - begun


def until(port: int, path: str) -> None:
    """Returns once that answers with 200."""
    pause = threading.Event()
    for _ in range(6000):
        client = closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30))
        with suppress(OSError, http.client.HTTPException), client as connection:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        pause.wait(0.01)
    raise TimeoutError(f"{path} never answered")
