"""When a job is due: a pure decision from its row and the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.cron import Cron
from service.work.jobs import Job, JobState, Known, Missed, Tick, due, next_look

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _job(missed: Missed = "latest") -> Job:
    return Job("hourly", Cron("0 * * * *"), run=lambda _: None, missed=missed)


def _at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def _known(state: JobState = "idle", due_at: datetime | None = None, starts: int = 0) -> Known:
    return Known("hourly", NOON, state, due_at, starts, "", NOON)


@pytest.mark.parametrize("state", ["idle", "failed"])
def test_a_tick_is_due_from_its_moment_on(state: JobState) -> None:
    """Not before; and a tick that was given up does not keep the next one from coming."""
    assert due(_job(), _known(state), _at(0.99)) is None
    assert due(_job(), _known(state), _at(1)) == Tick(_at(1), 1)


@pytest.mark.parametrize(("missed", "tick"), [("latest", _at(5)), ("each", _at(1)), ("none", None)])
def test_after_an_outage_it_depends_on_the_job(missed: Missed, tick: datetime | None) -> None:
    """Five ticks were missed: the last of them is run, or the first before the others, or none."""
    assert due(_job(missed), _known(), _at(5.5)) == (tick and Tick(tick, 1))


def test_what_is_not_caught_up_is_run_on_time() -> None:
    """A look that comes a few minutes late is not an outage."""
    assert due(_job("none"), _known(), _at(5) + timedelta(minutes=4)) == Tick(_at(5), 1)


@pytest.mark.parametrize("missed", ["latest", "each", "none"])
def test_a_job_is_not_run_twice_at_once(missed: Missed) -> None:
    """While its lease lasts nobody else takes it, nor its next tick."""
    assert due(_job(missed), _known("running", _at(2), 1), _at(1.5)) is None


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_a_tick_that_was_not_finished_is_run_again(state: JobState) -> None:
    """Its process died, or it failed and has waited; the number of starts is counted."""
    assert due(_job(), _known(state, _at(0.2), 2), _at(0.5)) == Tick(NOON, 3)
    assert due(_job(), _known("waiting", _at(0.7), 2), _at(0.5)) is None


def test_a_newer_tick_replaces_one_that_waits() -> None:
    """Unless each counts: then they come in turn."""
    waiting = _known("waiting", _at(1.5), 2)
    assert due(_job("latest"), waiting, _at(1)) == Tick(_at(1), 1)
    assert due(_job("each"), waiting, _at(1)) is None
    assert due(_job("each"), waiting, _at(1.5)) == Tick(NOON, 3)


def test_the_next_look_is_at_the_next_tick_or_retry() -> None:
    """Whichever comes first; what should have been looked at already is at once."""
    assert next_look(_job(), _known(), _at(0.5)) == _at(1)
    assert next_look(_job(), _known("waiting", _at(0.7), 1), _at(0.5)) == _at(0.7)
    assert next_look(_job(), _known("running", _at(0.2), 1), _at(0.5)) == _at(0.5)
