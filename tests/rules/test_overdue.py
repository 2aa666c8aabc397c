"""The overdue label is in step with the deadline, wherever the owner works."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.calendar import CalendarOf, Calendars
from service.engine import decide
from service.model import AddLabels, EnsureLabel, RemoveLabels, Revisit, Snapshot
from service.policy import Policy
from service.rules.overdue import OverdueOptions, check
from tests.build import GITLAB, HOME, NOW, carried_out, closed, day, snapshot
from tests.core.strategies import case_of

ON = AddLabels(HOME, frozenset({"overdue"}))


def item(deadline: str, *labels: str, now: datetime = NOW, **more: Any) -> Snapshot:
    body = f"**Owner:** @bob\n**Deadline:** {deadline}\n"
    return snapshot(body, labels=("type-action-item", *labels), observed_at=now, **more)


@pytest.mark.parametrize(
    ("deadline", "now", "late"),
    [
        ("2026-03-01", NOW, True),
        ("2026-03-02", NOW, False),
        ("2026-02-28", datetime(2026, 3, 1, tzinfo=UTC), True),
        ("2024-02-28", datetime(2024, 2, 29, tzinfo=UTC), True),
        ("2024-02-29", datetime(2024, 2, 29, 23, 59, tzinfo=UTC), False),
        ("2025-12-31", datetime(2026, 1, 1, tzinfo=UTC), True),
        ("next Friday", NOW, False),
        ("", NOW, False),
    ],
)
def test_the_label_comes_on_when_the_day_has_passed(deadline: str, now: datetime, late: bool) -> None:
    """With the label itself where the project has none; and once is enough."""
    seen = item(deadline, now=now)
    plan = decide(seen, Policy())
    assert (ON in plan.changes) is late
    assert any(isinstance(change, EnsureLabel) for change in plan.changes) is late
    assert decide(carried_out(seen, plan), Policy()).changes == ()


def test_it_goes_off_when_the_deadline_moves_or_the_item_is_closed() -> None:
    """Under any case of its name; without a deadline whoever put it on knows why."""
    off = RemoveLabels(HOME, frozenset({"Overdue"}))
    assert off in decide(item("2026-04-01", "Overdue"), Policy()).changes
    shut = closed(item("2026-02-01", "Overdue"), at=NOW, state_reason="not_planned")
    assert off in decide(shut, Policy()).changes
    assert off not in decide(item("", "Overdue"), Policy()).changes
    assert off not in decide(item("2026-02-01", "Overdue"), Policy()).changes


def test_the_forges_own_field_decides_where_there_is_one() -> None:
    """One deadline, that of the field people see on the board."""
    seen = item("2026-02-01", capabilities=GITLAB, due=day("2026-04-01"))
    assert ON not in decide(seen, Policy()).changes


@pytest.mark.parametrize(
    ("zone", "now", "late"),
    [
        ("Pacific/Kiritimati", datetime(2026, 3, 1, 10, tzinfo=UTC), True),
        ("Pacific/Kiritimati", datetime(2026, 3, 1, 9, 59, tzinfo=UTC), False),
        ("Pacific/Pago_Pago", datetime(2026, 3, 2, 10, 59, tzinfo=UTC), False),
        ("Pacific/Pago_Pago", datetime(2026, 3, 2, 11, tzinfo=UTC), True),
    ],
)
def test_a_day_ends_where_the_owner_works(zone: str, now: datetime, late: bool) -> None:
    """On both sides of the date line, by the calendar of the owner's team."""
    policy = Policy(calendars=Calendars(overrides=(CalendarOf(owner="bob", zone=zone),)))
    assert (ON in decide(item("2026-03-01", now=now), policy).changes) is late


def test_the_next_look_is_when_the_deadline_passes() -> None:
    """No later: nobody has to nudge for the label to come on."""
    berlin = Policy(calendars=Calendars(zone="Europe/Berlin"))
    verdicts = list(check(case_of(item("2026-03-28"), berlin), OverdueOptions()))
    passes = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert verdicts == [Revisit(passes)]
    on_time = replace(item("2026-03-28"), observed_at=passes - timedelta(seconds=1))
    assert ON not in decide(on_time, berlin).changes
    assert ON in decide(replace(on_time, observed_at=passes), berlin).changes
