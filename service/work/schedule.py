"""What is done at certain times: each job once a tick, by one process, however many there are.

A job is handed in by `bootstrap` as a `Job`: a name, a cron expression and something to call. The time is the
database's, so processes need not agree on it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from service.providers.base import RateLimited, Unavailable
from service.store.database import Database, StoreUnavailable
from service.work.jobs import Interrupted, Job, Known, due, next_look
from service.work.reasons import reason_of
from service.work.ticks import Hold, Ticks
from service.work.timing import Timing, retry_delay

_log = structlog.get_logger()
_MOST_STARTS = 5  # of one tick
_AWAY = 60.0  # seconds between tries while a forge or the database does not answer
_LONGEST_PAUSE = 15.0  # seconds between looks: the database's clock may not run like ours


@dataclass(frozen=True, eq=False)
class _Running:
    """A job at work; the `Turn` that it is given."""

    job: Job
    hold: Hold
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def at(self) -> datetime:
        return self.hold.tick.at

    def go_on(self) -> None:
        if self._ended.is_set():
            raise Interrupted

    def end(self) -> None:
        self._ended.set()


class Schedule:
    """Runs the jobs, each in a thread of its own while it runs. What a job raises ends nothing but its turn."""

    def __init__(self, database: Database, jobs: Sequence[Job], timing: Timing | None = None) -> None:
        self.jobs = tuple(jobs)
        self._timing = timing or Timing()
        self._ticks = Ticks(database, self._timing.lease)
        self._chance = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._running: dict[_Running, threading.Thread] = {}
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="closeout-schedule", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 8.0) -> None:
        """Asks the jobs to end; what takes longer than `patience` seconds is handed back."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._guard:
            running = dict(self._running)
        for turn in running:
            turn.end()
        for thread in running.values():
            thread.join(patience / len(running))
        for turn in running:
            self._hand_back(turn)

    def known(self) -> list[Known]:
        """Each job's last tick and what became of it. Raises `StoreUnavailable`."""
        rows = self._ticks.known()[1]
        return [rows[job.name] for job in self.jobs if job.name in rows]

    def run_due(self) -> list[str]:
        """Runs in this thread whatever is due now, until nothing is; says what ran. Raises `StoreUnavailable`."""
        ran: list[str] = []
        while turns := self._take():
            for turn in turns:
                ran.append(turn.job.name)
                self._do(turn)
        return ran

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                for turn in self._take():
                    self._begin(turn)
                self._beat()
                pause = self._pause()
            except StoreUnavailable as error:
                _log.error("database_unavailable", reason=str(error))
                pause = 1.0
            self._stopping.wait(pause)

    def _take(self) -> list[_Running]:
        """Every job that is due, taken by this process."""
        now, known = self._ticks.known()
        for job in self.jobs:
            if job.name not in known:
                self._ticks.introduce(job.name)
        ready = [job for job in self.jobs if job.name in known and due(job, known[job.name], now)]
        taken = [(job, self._ticks.take(job.name, partial(due, job))) for job in ready]
        return [turn for job, hold in taken if hold and (turn := self._offered(job, hold))]

    def _offered(self, job: Job, hold: Hold) -> _Running | None:
        if hold.tick.start <= _MOST_STARTS:
            return _Running(job, hold)
        self._failed(hold, f"given up: its process died, {_MOST_STARTS} times in a row")
        return None

    def _begin(self, turn: _Running) -> None:
        thread = threading.Thread(target=self._do, args=(turn,), name=f"closeout-{turn.job.name}", daemon=True)
        with self._guard:
            self._running[turn] = thread
        thread.start()

    def _do(self, turn: _Running) -> None:
        log = _log.bind(job=turn.job.name, tick=turn.at.isoformat(), start=turn.hold.tick.start)
        (log.debug if turn.job.quiet else log.info)("job_started")
        try:
            held = self._outcome(turn, log)
        except StoreUnavailable as error:  # its lease ends by itself
            log.warning("job_not_recorded", reason=str(error))
        else:
            if not held:
                log.warning("lease_lost")
        with self._guard:
            self._running.pop(turn, None)

    def _outcome(self, turn: _Running, log: structlog.typing.FilteringBoundLogger) -> bool:
        """Runs the job and records what became of it. False: the tick was taken over meanwhile."""
        hold, before = turn.hold, turn.hold.tick.start - 1
        try:
            turn.job.run(turn)
        except Interrupted:
            return self._ticks.again(hold, "", 0.0, before)
        except RateLimited as error:
            log.warning("forge_asked_to_wait", seconds=error.retry_after)
            return self._ticks.again(hold, str(error), error.retry_after, before)
        except (Unavailable, StoreUnavailable) as error:
            log.warning("job_delayed", reason=str(error))
            return self._ticks.again(hold, str(error), _AWAY, before)
        except Exception as error:  # noqa: BLE001 - one job's trouble must not end the others
            return self._failed(hold, reason_of(error))
        (log.debug if turn.job.quiet else log.info)("job_finished")
        return self._ticks.finish(hold)

    def _failed(self, hold: Hold, reason: str) -> bool:
        _log.error("job_failed", job=hold.name, tick=hold.tick.at.isoformat(), start=hold.tick.start, reason=reason)
        if hold.tick.start >= _MOST_STARTS:
            return self._ticks.give_up(hold, reason)
        pause = retry_delay(self._timing, hold.tick.start, self._chance)
        return self._ticks.again(hold, reason, pause, hold.tick.start)

    def _beat(self) -> None:
        """Extends every lease that is held here, and ends the turns whose lease was lost."""
        with self._guard:
            running = tuple(self._running)
        for turn in running:
            if not self._ticks.extend(turn.hold):
                turn.end()

    def _pause(self) -> float:
        """Seconds until something may be due."""
        now, known = self._ticks.known()
        looks = [next_look(job, known[job.name], now) for job in self.jobs if job.name in known]
        return min(_LONGEST_PAUSE, self._timing.heartbeat, *(max(0.0, (look - now).total_seconds()) for look in looks))

    def _hand_back(self, turn: _Running) -> None:
        try:
            if self._ticks.again(turn.hold, "", 0.0, turn.hold.tick.start - 1):
                _log.warning("job_handed_back", job=turn.job.name)
        except StoreUnavailable as error:  # its lease ends by itself
            _log.warning("job_not_handed_back", job=turn.job.name, reason=str(error))
