"""What an audit tells by each route: the part it may hear of, once a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from service.audit.choices import Kind
from service.audit.rows import AuditReport, Problem, Row
from service.audit.sharing import letters
from service.model import IssueRef
from service.settings import Route

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATE = (Problem(Kind.OVERDUE, "overdue by 3 days", 3),)


def _row(number: int, project: str = "acme/shop", **more: Any) -> Row:
    url = f"https://forge.example/{project}/issues/{number}"
    return Row(IssueRef("github", project, number), f"Item {number}", url=url, problems=LATE, **more)


def _route(**filters: Any) -> Route:
    return Route(name="default", address=SecretStr("json://127.0.0.1:9"), **filters)


def test_the_summary_counts_and_names_the_most_pressing() -> None:
    """With a link each, and no more than a screen of them."""
    (letter,) = letters(AuditReport(NOW, tuple(_row(n) for n in range(1, 15))), [_route()])
    first, *items = letter.text.splitlines()
    assert letter.key == "audit 2026-03-02"
    assert letter.title == "Post-mortem audit: 14 want attention"
    assert first == "14 open action items, 0 open post-mortems: 14 overdue."
    assert items[0] == "• Item 1 (acme/shop#1): overdue by 3 days https://forge.example/acme/shop/issues/1"
    assert (len(items), items[-1]) == (11, "• and 4 more")


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({}, ["Item 1", "Item 2"]),
        ({"confidential": True}, ["Item 1", "Item 2", "Item 3"]),
        ({"projects": ("acme/ops",)}, ["Item 2"]),
        ({"teams": {"payments"}}, ["Item 1"]),
        ({"severities": {"high"}}, ["Item 2"]),
        ({"kinds": {"completed"}}, []),
        ({"projects": ("acme/none",)}, []),
    ],
)
def test_a_route_hears_of_its_own_part_alone(filters: dict[str, Any], told: list[str]) -> None:
    """The counts are of that part, too; of nothing, nothing is said."""
    rows = (_row(1, teams=("Payments",)), _row(2, "acme/ops", severity="high"), _row(3, confidential=True))
    found = letters(AuditReport(NOW, rows), [_route(**filters)])
    assert [name for letter in found for name in ("Item 1", "Item 2", "Item 3") if name in letter.text] == told
    assert [letter.text.partition(" open")[0] for letter in found] == ([str(len(told))] if told else [])


def test_when_all_is_well_nobody_is_told() -> None:
    """A message that always comes is read by nobody."""
    assert letters(AuditReport(NOW, (replace(_row(1), problems=()),)), [_route()]) == []
