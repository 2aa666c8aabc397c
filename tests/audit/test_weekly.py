"""The weekly message: what opened, completed, was refused, is overdue and was learned, by each route, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from service.audit.choices import Kind
from service.audit.gathering import Audited, Failure
from service.audit.rows import AuditReport, Problem, Row
from service.audit.weekly import Period, letters
from service.bootstrap import Service
from service.model import IssueRef
from service.policy import Policy, load
from service.sandbox import Sandbox
from service.settings import Route
from service.store.outbox import Letter
from tests.build import day
from tests.clock import START, Clock
from tests.incident import filled_in, reviewed
from tests.journeys.team import LINE, PROJECT, Team
from tests.stack import Stack, running

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WEEK = Period(MONDAY - timedelta(days=7), MONDAY)
MIDWEEK = MONDAY - timedelta(days=4)
LATE = (Problem(Kind.OVERDUE, "overdue by 3 days", 3),)


def _row(number: int, project: str = "acme/shop", **more: Any) -> Row:
    url = f"https://forge.example/{project}/issues/{number}"
    return Row(IssueRef("github", project, number), f"Outage {number}", **{"sort": "post-mortem", "url": url, **more})


def _route(name: str = "default", **filters: Any) -> Route:
    return Route(name=name, address=SecretStr("json://127.0.0.1:9"), **filters)


def _told(
    *rows: Row, routes: tuple[Route, ...] = (_route(),), refused: dict[str, int] | None = None, **more: Any
) -> list[Letter]:
    audited = Audited(AuditReport(MONDAY, rows), more.get("failures", ()), more.get("policies", {}))
    return letters(audited, routes, WEEK, refused or {})


def test_it_says_what_happened_and_what_was_learned() -> None:
    """Counts first, then each part with its links; a whole week on one screen."""
    rows = (
        _row(1, opened_at=MIDWEEK, severity="high"),
        _row(2, open=False, opened_at=MONDAY - timedelta(days=30), done_at=MIDWEEK, lessons=("Rollbacks pay off.",)),
        _row(3, sort="action-item", due=day("2026-02-20"), problems=LATE),
        _row(4, sort="action-item", open=False, done_at=MIDWEEK),
    )
    (letter,) = _told(*rows, refused={"github:acme/shop#1": 2, "github:acme/shop#99": 1})
    assert (letter.key, letter.kind) == ("weekly 2026-03-02T09:00+00:00", "weekly")
    assert letter.title == "Post-mortems, 2026-02-23 to 2026-03-02"
    assert letter.text.splitlines() == [
        "1 opened, 1 completed, 2 closes refused, 1 action done, 1 action overdue.",
        "Opened:",
        "• Outage 1 (acme/shop#1), high https://forge.example/acme/shop/issues/1",
        "Completed:",
        "• Outage 2 (acme/shop#2) https://forge.example/acme/shop/issues/2",
        "What acme/shop#2 taught us:",
        "• Rollbacks pay off.",
        "Closed with points left, and opened again:",
        "• Outage 1 (acme/shop#1) https://forge.example/acme/shop/issues/1",
        "Past their deadline, to be done, moved, handed over or let go:",
        "• Outage 3 (acme/shop#3), due 2026-02-20 https://forge.example/acme/shop/issues/3",
    ]


@pytest.mark.parametrize(
    "row",
    [
        _row(1),
        _row(1, opened_at=WEEK.after),
        _row(1, opened_at=MONDAY + timedelta(seconds=1)),
        _row(1, open=False, done_at=WEEK.after - timedelta(days=1)),
    ],
    ids=["quiet", "of the week before", "of the next week", "done long ago"],
)
def test_where_there_is_nothing_to_say_nothing_is_sent(row: Row) -> None:
    """A message that always comes is read by nobody. Each moment is in one week alone."""
    assert _told(row) == []


def test_a_route_hears_of_its_own_part_alone() -> None:
    """Nothing confidential, nothing of other projects, and what a project's policy lets go there."""
    rows = (_row(1, opened_at=MIDWEEK), _row(2, "acme/ops", opened_at=MIDWEEK), _row(3, opened_at=MIDWEEK, kept=True))
    silent = load("version: 1\nnotify: {weekly: [vault]}\n", "closeout.yml")
    assert isinstance(silent, Policy)
    routes = (_route(), _route("vault", confidential=True, kinds={"audit"}), _route("ops", projects=("acme/ops",)))
    found = {
        letter.route: letter.text for letter in _told(*rows, routes=routes, policies={("github", "acme/ops"): silent})
    }
    assert {route: [n for n in (1, 2, 3) if f"Outage {n} " in text] for route, text in found.items()} == {
        "default": [1],
        "vault": [2],
    }


def test_long_weeks_stay_short_and_say_so() -> None:
    """Ten of each part, five lessons of each post-mortem, and how many more; what could not be read is not hidden."""
    rows = [_row(n, opened_at=MIDWEEK, done_at=MIDWEEK, open=False, lessons=tuple("abcdefg")) for n in range(1, 31)]
    (letter,) = _told(*rows, failures=(Failure("github:acme/gone", "404"),))
    assert letter.text.count("• and 20 more\n") == 2
    assert letter.text.count("• and 2 more in it") == 10
    assert letter.text.endswith("Not everything could be read; failures: 1.")


# --- by the schedule ------------------------------------------------------------------------------------------

SETTINGS: dict[str, Any] = {"weekly": "0 9 * * MON", "projects": ("github:acme/shop",), "routes": (_route(),)}


@pytest.fixture
def stack(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> Iterator[Stack]:
    with running(sandbox, clock, tmp_path, resync="", redelivery="", **SETTINGS) as made:
        made.service.schedule.run_due()
        clock.forward(hours=1)
        yield made


def _letters(service: Service) -> list[Letter]:
    return [posted.letter for posted in service.outbox.latest() if posted.letter.kind == "weekly"]


def _next_week(stack: Stack, weeks: int = 1) -> list[str]:
    stack.clock.now = START + timedelta(days=7 * weeks)
    return stack.service.schedule.run_due()


def test_a_week_is_told_once_by_whatever_process(stack: Stack) -> None:
    """With what opened, what was refused and what a completed one teaches, read from the tracker and the journal."""
    team = Team(stack, "github")
    pm = team.report()
    team.write(pm, reviewed(filled_in(team.issue(pm).body, LINE)))
    assert team.close(pm, by="alice") == "closed"
    assert team.close(team.report(), by="bob") == "open"
    with Service(stack.service.settings, clock=stack.clock) as other:
        ran = [*_next_week(stack), *other.schedule.run_due()]
        assert ran.count("weekly") == 1
        (letter,) = _letters(other)
    assert letter.text.startswith("2 opened, 1 completed, 1 close refused, 0 actions done, 0 actions overdue.\n")
    assert f"What acme/shop#{pm} taught us:\n• Connection limits belong in the load test." in letter.text
    assert _next_week(stack, 2).count("weekly") == 1
    assert _letters(stack.service) == [letter]  # nothing has happened since


def test_after_an_outage_one_message_tells_of_all_of_it(stack: Stack) -> None:
    """The ticks that were missed are one, and its time goes back to what was told last."""
    _next_week(stack)
    stack.clock.forward(hours=1)
    Team(stack, "github").report()
    assert _next_week(stack, 4).count("weekly") == 1
    (letter,) = _letters(stack.service)
    assert letter.title == "Post-mortems, 2026-03-09 to 2026-03-30"
    assert letter.text.startswith("1 opened")


def test_a_week_that_cannot_be_read_is_told_later(stack: Stack) -> None:
    """Silence would say that all is well."""
    Team(stack, "github").report()
    stack.sandbox.world.put_file("github", PROJECT, ".github/closeout.yml", "version: 2\n")
    _next_week(stack)
    (known,) = [known for known in stack.service.schedule.known() if known.name == "weekly"]
    assert (known.state, _letters(stack.service)) == ("waiting", [])
    stack.sandbox.world.put_file("github", PROJECT, ".github/closeout.yml", "version: 1\n")
    stack.clock.forward(hours=1)
    stack.service.schedule.run_due()
    assert len(_letters(stack.service)) == 1


@pytest.mark.parametrize("missing", [{"routes": ()}, {"weekly": ""}, {"dry_run": True}])
def test_it_is_asked_for_and_has_somewhere_to_go(
    sandbox: Sandbox, clock: Clock, tmp_path: Path, missing: dict[str, Any]
) -> None:
    """Otherwise nothing is read."""
    with running(sandbox, clock, tmp_path, hooked=False, **{**SETTINGS, **missing}) as stack:
        assert "weekly" not in [job.name for job in stack.service.schedule.jobs]
