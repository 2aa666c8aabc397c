"""Jobs, and when they are due. Pure: what is known of a job and the time are handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol, TypeAlias

from service.cron import Cron

JobState: TypeAlias = Literal["idle", "running", "waiting", "failed"]
Missed: TypeAlias = Literal["latest", "each", "none"]
_ON_TIME = timedelta(minutes=5)  # a tick that is noticed later than this was missed


class Interrupted(Exception):
    """The job ended early because it was asked to; its tick is run again, here or in another process."""


class Turn(Protocol):
    """One run of a job."""

    @property
    def at(self) -> datetime:
        """The tick: when this was due. A job that is caught up runs later than this."""

    def go_on(self) -> None:
        """To be called between steps. Raises `Interrupted` where the service stops or the tick was taken over."""


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is called for a tick until it returns, never twice at once, and never again once it returned.

    It must be safe to repeat: what it raises, and the death of its process, lead to another call. `missed`: of the
    ticks that came while nobody was there, or while it still ran, it is called for the latest, for each in turn, or
    for none. `quiet`: its turns are told in the log at the level `debug`.
    """

    name: str
    cron: Cron
    run: Callable[[Turn], None]
    missed: Missed = "latest"
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A job's row. `tick` is the last one that was taken up; at first, when the job was first seen."""

    name: str
    tick: datetime
    state: JobState
    due_at: datetime | None  # running: when the lease ends; waiting: when to try again
    starts: int  # of this tick, so far
    error: str
    changed_at: datetime


class Tick(NamedTuple):
    at: datetime
    start: int  # 1; more where it was begun before and not finished


def due(job: Job, known: Known, now: datetime) -> Tick | None:
    """The tick to run now, if any."""
    begun = known.state in {"running", "waiting"}
    later = known.due_at is not None and known.due_at > now
    if later and (known.state == "running" or job.missed == "each"):
        return None
    again = Tick(known.tick, known.starts + 1) if begun and not later else None
    if begun and job.missed == "each":
        return again
    fresh = _fresh(job, known.tick, now)
    return again if fresh is None else Tick(fresh, 1)


def next_look(job: Job, known: Known, now: datetime) -> datetime:
    """When it may be due next."""
    first = job.cron.first(now)
    return first if known.due_at is None else min(first, max(known.due_at, now))


def _fresh(job: Job, after: datetime, now: datetime) -> datetime | None:
    match job.missed:
        case "latest":
            return job.cron.last(after, now)
        case "each":
            return next(job.cron.between(after, now), None)
        case "none":
            return job.cron.last(max(after, now - _ON_TIME), now)
