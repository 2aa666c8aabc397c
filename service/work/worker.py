"""Threads that claim issues and look at them, for as long as the service runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from service.store.database import StoreUnavailable
from service.work.looks import Look, Looks
from service.work.overview import Overview
from service.work.queue import Queue

_log = structlog.get_logger()
_POLL = 1.0  # seconds between looks for what another process has put in without being heard


class Workers:
    """A number of threads, each with a `Look` of its own, since providers cannot be shared.

    `make_look` is called once in each thread. An error that a look raises never ends its thread.
    """

    def __init__(self, queue: Queue, overview: Overview, make_look: Callable[[], Look], *, threads: int = 4) -> None:
        self._queue = queue
        self._overview = overview
        self._make_look = make_look
        self._looks = Looks(queue)
        self._deafen: Callable[[], None] | None = None
        self._looking = 0  # threads that have made their look
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"closeout-worker-{n}", daemon=True) for n in range(threads)
        ]

    def start(self) -> None:
        self._deafen = self._queue.listen()
        for thread in self._threads:
            thread.start()
        self._looks.start()

    def stop(self, patience: float = 20.0) -> None:
        """Finishes what is being looked at; what takes longer than `patience` seconds is handed back."""
        self._stopping.set()
        self._queue.wakeup.signal_all()
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(patience / len(self._threads))
        self._looks.stop()
        if self._deafen is not None:
            self._deafen()

    @property
    def alive(self) -> bool:
        """Whether every thread has what it needs to look, and is at work."""
        return all(thread.is_alive() for thread in self._threads) and self._looking == len(self._threads)

    def _run(self) -> None:
        try:
            look = self._make_look()
        except Exception:
            _log.exception("worker_not_started")
            raise
        with self._guard:
            self._looking += 1
        while not self._stopping.is_set():
            seen = self._queue.wakeup.count
            try:
                if not self._work_on_one(look):
                    self._queue.wakeup.work(seen, self._pause())
            except StoreUnavailable as error:
                _log.error("database_unavailable", reason=str(error))
                self._stopping.wait(_POLL)

    def _pause(self) -> float:
        due = self._overview.due_in()
        return _POLL if due is None else min(max(due, 0.0), _POLL)

    def _work_on_one(self, look: Look) -> bool:
        due = self._overview.due_in()
        claim = self._queue.claim() if due is not None and due <= 0 else None
        if claim is None:
            return False
        self._queue.wakeup.signal()  # another may take what else is due
        self._looks.at(claim, look)
        return True
