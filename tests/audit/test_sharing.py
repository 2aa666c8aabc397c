"""What an audit tells by each route: the part it may hear of, once a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from service.audit.choices import Kind
from service.audit.gathering import Audited
from service.audit.rows import AuditReport, Problem, Row
from service.audit.sharing import Digest, digests
from service.model import IssueRef
from service.policy import Policy, load
from service.settings import Route
from tests.build import day

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATE = (Problem(Kind.OVERDUE, "overdue by 3 days", 3),)
SOON = (Problem(Kind.DUE_SOON, "due in 3 days", 3),)


def _row(number: int, project: str = "acme/shop", **more: Any) -> Row:
    url = f"https://forge.example/{project}/issues/{number}"
    return Row(IssueRef("github", project, number), f"Item {number}", url=url, **{"problems": LATE, **more})


def _route(name: str = "default", **filters: Any) -> Route:
    return Route(name=name, address=SecretStr("json://127.0.0.1:9"), **filters)


def _digests(
    *rows: Row, routes: tuple[Route, ...], policies: dict[tuple[str, str], Policy] | None = None
) -> list[Digest]:
    return digests(Audited(AuditReport(NOW, rows), (), policies or {}), routes)


def test_the_summary_counts_and_names_the_most_pressing() -> None:
    """With a link each, what to do next, and no more than a screen of them."""
    (digest,) = _digests(*(_row(n) for n in range(1, 15)), routes=(_route(),))
    first, *items, last = digest.letter.text.splitlines()
    assert digest.letter.key == "audit 2026-03-02"
    assert digest.letter.title == "Post-mortem audit: 14 want attention"
    assert first == "14 open action items, 0 open post-mortems: 14 overdue. As of 2026-03-02."
    assert items[0] == "• Item 1 (acme/shop#1): overdue by 3 days https://forge.example/acme/shop/issues/1"
    assert (len(items), items[-1]) == (11, "• and 4 more")
    assert last.startswith("What to do: ")
    assert digest.later == timedelta()


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({}, ["Item 1", "Item 2"]),
        ({"confidential": True}, ["Item 1", "Item 2", "Item 3"]),
        ({"projects": ("acme/ops",)}, ["Item 2"]),
        ({"teams": {"payments"}}, ["Item 1"]),
        ({"owners": {"BOB", "eve"}}, ["Item 2"]),
        ({"severities": {"high"}}, ["Item 2"]),
        ({"kinds": {"completed"}}, []),
        ({"projects": ("acme/none",)}, []),
    ],
)
def test_a_route_hears_of_its_own_part_alone(filters: dict[str, Any], told: list[str]) -> None:
    """The counts are of that part, too; of nothing, nothing is said."""
    rows = (_row(1, teams=("Payments",)), _row(2, "acme/ops", severity="high", owners=("bob",)), _row(3, kept=True))
    found = [digest.letter for digest in _digests(*rows, routes=(_route(**filters),))]
    assert [name for letter in found for name in ("Item 1", "Item 2", "Item 3") if name in letter.text] == told
    assert [letter.text.partition(" open")[0] for letter in found] == ([str(len(told))] if told else [])


def test_when_all_is_well_nobody_is_told() -> None:
    """A message that always comes is read by nobody."""
    assert _digests(replace(_row(1), problems=()), routes=(_route(),)) == []


def test_each_owner_has_one_message_for_all_of_theirs() -> None:
    """Whoever is late first, what is overdue first, each in their own working hours; what nobody owns is a message too."""
    morning = NOW + timedelta(hours=14)
    rows = (
        _row(1, owners=("bob",), due=day("2026-03-05"), problems=SOON),
        _row(2, "acme/ops", owners=("Bob", "eve"), due=day("2026-02-27"), opens=morning),
        _row(3, owners=("bob",), due=None, problems=(Problem(Kind.NO_DEADLINE, "there is no deadline"),)),
        _row(4, due=day("2026-02-28")),
    )
    bob, eve, nobody = _digests(*rows, routes=(_route(each="owner"),))
    assert [line[2:8] for line in bob.letter.text.splitlines()[1:-1]] == ["Item 2", "Item 1", "Item 3"]
    assert (bob.letter.key, bob.letter.title) == ("audit 2026-03-02 bob", "Post-mortem audit: 3 for Bob")
    assert (bob.later, eve.later, nobody.later) == (timedelta(hours=14), timedelta(hours=14), timedelta())
    assert (nobody.letter.key, nobody.letter.title) == ("audit 2026-03-02 -", "Post-mortem audit: 1 without an owner")


def test_a_persons_own_route_has_all_of_theirs_in_their_hours() -> None:
    """Not the ten of a summary."""
    morning = NOW + timedelta(hours=14)
    rows = [_row(n, owners=("bob",), opens=morning) for n in range(1, 31)]
    (mine,) = _digests(*rows, routes=(_route(owners={"bob"}),))
    assert (mine.letter.text.count("• Item"), mine.later) == (30, timedelta(hours=14))
    (everybody,) = _digests(*rows, routes=(_route(),))
    assert (everybody.letter.text.count("• Item"), everybody.later) == (10, timedelta())


def test_each_team_has_one_message_and_a_run_sends_so_many() -> None:
    """Beyond them one more says who else has something, so that nobody is left out in silence."""
    rows = [_row(n, teams=(f"team-{n:02}",)) for n in range(1, 61)]
    found = [digest.letter for digest in _digests(*rows, routes=(_route(each="team"),))]
    assert len(found) == 51
    assert len({letter.key for letter in found}) == 51
    assert found[0].title == "Post-mortem audit: 1 for team-01"
    assert found[-1].title == "Post-mortem audit: 10 more have something open"
    assert "• team-60: 1" in found[-1].text


def test_a_policy_names_the_routes_of_its_part() -> None:
    """By name, for its project alone; and a digest's step names its own, whatever that route takes."""
    silent = load("version: 1\nnotify: {audit: []}\n", "closeout.yml")
    assert isinstance(silent, Policy)
    rows = (_row(1), _row(2, "acme/ops"), _row(3, "acme/ops", routes=("oncall",)))
    routes = (_route(), _route(name="oncall", kinds={"refused"}))
    found = [digest.letter for digest in _digests(*rows, routes=routes, policies={("github", "acme/ops"): silent})]
    assert [(letter.route, "Item 1" in letter.text, "Item 3" in letter.text) for letter in found] == [
        ("default", True, False),
        ("oncall", False, True),
    ]
    assert "Item 2" not in "".join(letter.text for letter in found)
