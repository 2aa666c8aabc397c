"""A worker process for the tests: claims issues, holds each for a moment under a lock file, and reports overlaps.

Arguments: the database's URL, a folder for the lock files, the lease in seconds, and `drain` or `hang`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from service.store.database import Database
from service.work.overview import Overview
from service.work.queue import Claim, Queue
from service.work.timing import Timing
from tests.databases import PATIENCE


def main(url: str, locks: str, lease: str, manner: str) -> None:
    database = Database(url, patience=PATIENCE)
    queue = Queue(database, Timing(debounce=0, lease=float(lease)))
    _say("ready")
    sys.stdin.readline()
    while Overview(database).busy():
        claim = queue.claim()
        if claim is not None and manner == "hang":
            _say(str(claim.ref))
            sys.stdin.read()  # until it is killed
        if claim is not None:
            _hold(queue, claim, Path(locks) / str(claim.ref.number))
    database.close()


def _hold(queue: Queue, claim: Claim, lock: Path) -> None:
    try:
        lock.touch(exist_ok=False)
    except FileExistsError:
        _say(f"overlap {claim.ref}")
        return
    lock.unlink()
    queue.finish(claim)
    _say(f"done {claim.ref}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
