"""Waiting for what a queue hears from other processes."""

from __future__ import annotations

from service.work.queue import Queue


def heard(queue: Queue, seen: int) -> None:
    """Returns once the queue's wake-up has moved past `seen`."""
    for _ in range(100):
        if queue.wakeup.count > seen:
            return
        queue.wakeup.watch(seen, 0.1)
    raise AssertionError("nothing was heard")
