"""Run as a process of its own: many threads deliver until the disk takes no more, and what they were told is printed.

All of it waits for one shared commit, in whose midst the disk is full. A limit on the size of files stands for the full disk: the operating system refuses the write.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection

from service.model import IssueRef
from service.store.database import Database, StoreUnavailable
from service.work.queue import Queue
from tests.databases import PATIENCE

LARGEST = 4_000_000  # bytes of one file
LARGE, SMALL = 300_000, 100  # bytes of a body; many large ones in a shared commit do not fit into SQLite's memory
DELIVERIES = 60


def main(url: str) -> None:
    database = Database(url, patience=PATIENCE)
    database.migrate()
    queue = Queue(database)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, resource.RLIM_INFINITY))

    def deliver(number: int) -> str:
        ref = IssueRef("github", "acme/shop", number)
        try:
            queue.accept("github", f"d{number}", "issues.edited", [ref], os.urandom(LARGE if number % 2 else SMALL))
        except StoreUnavailable as error:
            return str(error)
        return "accepted"

    entered = threading.Event()

    def until_all_wait(connection: Connection) -> None:
        del connection
        entered.set()
        while database._commits is not None and len(database._commits._jobs) < DELIVERIES:
            time.sleep(0.001)

    with ThreadPoolExecutor(DELIVERIES + 1) as pool:
        pool.submit(database.write, until_all_wait)
        entered.wait()
        told = list(pool.map(deliver, range(DELIVERIES)))
    sys.stdout.write(json.dumps({f"d{number}": said for number, said in enumerate(told)}))


if __name__ == "__main__":
    main(sys.argv[1])
