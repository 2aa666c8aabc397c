"""A process for the tests that runs a job for every minute of a clock that hurries, and reports each run.

Arguments: the database's URL, a folder where a file lies while the job runs, and how many minutes to take part. The
clock starts at the moment (seconds since 1970) that it is told on stdin.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from service.cron import Cron
from service.store.database import Database
from service.work.jobs import Job, Turn
from service.work.schedule import Schedule
from service.work.timing import Timing
from tests.clock import START
from tests.databases import PATIENCE

HURRY = 1200  # simulated seconds in a second


def main(url: str, folder: str, minutes: str) -> None:
    _say("ready")
    begun = float(sys.stdin.readline())
    end = START + timedelta(minutes=int(minutes))

    def clock() -> float:
        return min(START.timestamp() + HURRY * (time.time() - begun), end.timestamp())

    def run(turn: Turn) -> None:
        lock = Path(folder) / "running"
        try:
            lock.touch(exist_ok=False)
        except FileExistsError:
            _say(f"overlap {turn.at.isoformat()}")
            return
        _say(f"ran {turn.at.isoformat()}")
        lock.unlink()

    database = Database(url, clock=clock, patience=PATIENCE)
    schedule = Schedule(database, [Job("minutely", Cron("* * * * *"), run, missed="each")], Timing(lease=86400))
    while [(row.tick, row.state) for row in schedule.known()] < [(end, "idle")]:
        schedule.run_due()
    database.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
