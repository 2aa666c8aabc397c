"""`closeout demo`: the whole story on both forges, and an honest end."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from rich.console import Console

from service.demo import run
from service.demo.days import Days
from service.demo.plot import STEPS, WEEKS, Plot
from service.rules import rules
from tests.clock import Clock


def told(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_every_step_ends_as_it_must_on_both_forges() -> None:
    """Exit code 0, and each rule's reason is told in full when it first asks for something."""
    shown = console()
    assert run(console=shown) == 0
    text = told(shown)
    assert text.count("✓") == 2 * len(STEPS) + len(WEEKS)
    assert "✗" not in text
    assert text.rstrip().endswith("Every step ended as it must.")
    summary = next(rule.summary for rule in rules() if rule.id == "template")
    assert text.count(f"template: {summary}") == 2
    audit = text.partition("closeout audit")[2].partition("What it took")[0]
    assert "4 open action items, 0 open post-mortems: 2 overdue, 2 due-soon" in audit


@pytest.mark.parametrize("day", range(7))
def test_the_story_begins_on_a_monday_morning_whenever_it_is_told(day: int) -> None:
    """Around a turn of the year too; then its time runs, and skips days when it is told to."""
    wall = Clock(datetime(2026, 12, 28, 23, 59, tzinfo=UTC) + timedelta(days=day))
    days = Days(wall)
    assert (days(), days.day(14)) == (datetime(2026, 12, 28, 9, tzinfo=UTC), date(2027, 1, 11))
    wall.forward(seconds=5)
    days.passes(3)
    assert days() == datetime(2026, 12, 31, 9, 0, 5, tzinfo=UTC)


def test_a_step_that_ends_otherwise_is_named_and_fails_the_run() -> None:
    """Exit code 1: a demo that cannot fail would prove nothing."""
    spoilt = replace(STEPS[0], holds=lambda _: False)
    shown = console()
    assert run(console=shown, plot=Plot((spoilt,), weeks=())) == 1
    assert "2 steps did not end as they must" in told(shown)
    assert "gitlab: alice opens an issue" in told(shown)
