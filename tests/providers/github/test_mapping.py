"""GitHub's JSON, in both its dialects, becomes the model's values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.model import Card, IssueRef, Permission, Timebox
from service.providers.base import MalformedReply
from service.providers.github import mapping
from service.providers.github.errors import reading

HOME = IssueRef("github", "acme/shop", 1)
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def node(**values: Any) -> dict[str, Any]:
    return {
        "number": 7,
        "url": "https://github.com/acme/shop/issues/7",
        "title": "Checkout down",
        "body": "text",
        "state": "OPEN",
        "stateReason": None,
        "createdAt": "2026-03-02T09:00:00Z",
        "updatedAt": "2026-03-02T09:00:00Z",
        "lastEditedAt": None,
        "closedAt": None,
        "author": {"__typename": "User", "login": "alice"},
        "repository": {"nameWithOwner": "acme/shop"},
        "labels": {"nodes": [{"name": "post-mortem"}]},
        "assignees": {"nodes": [{"id": "U_1", "login": "bob"}]},
        **values,
    }


def item(number: int, column: str | None, *, owner: str = "acme", closed: bool = False) -> dict[str, Any]:
    board = {"id": "P", "number": number, "closed": closed, "owner": {"login": owner}}
    return {"id": f"PVTI_{number}", "project": board, "status": {"name": column} if column else None}


@pytest.mark.parametrize(
    ("actor", "login"),
    [
        ({"__typename": "User", "login": "alice"}, "alice"),
        ({"__typename": "Bot", "login": "closeout"}, "closeout[bot]"),
        ({"__typename": "Bot", "login": "closeout[bot]"}, "closeout[bot]"),
        ({"login": "closeout[bot]"}, "closeout[bot]"),
        (None, "ghost"),
    ],
)
def test_an_app_has_one_name_in_both_dialects(actor: dict[str, str] | None, login: str) -> None:
    """GraphQL leaves `[bot]` away, and a deleted account has no author at all."""
    assert mapping.login(actor) == login


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("OPEN", None, ("open", None)),
        ("OPEN", "REOPENED", ("open", None)),
        ("CLOSED", "COMPLETED", ("closed", "completed")),
        ("CLOSED", "NOT_PLANNED", ("closed", "not_planned")),
        ("CLOSED", "DUPLICATE", ("closed", "duplicate")),
        ("CLOSED", None, ("closed", None)),
        ("CLOSED", "SOMETHING_NEW", ("closed", None)),
    ],
)
def test_a_closes_reason_is_told_apart(state: str, reason: str | None, expected: tuple[str, str | None]) -> None:
    """A close as not planned goes through freely, so the reason decides; an open issue has none."""
    seen = mapping.issue_of(node(state=state, stateReason=reason), HOME)
    assert (seen.state, seen.state_reason) == expected


def test_an_issue_keeps_what_it_says() -> None:
    """No body is the empty body; times are aware; the project is spelled as it was asked for."""
    seen = mapping.issue_of(
        node(body=None, lastEditedAt="2026-03-02T09:00:00Z", repository={"nameWithOwner": "Acme/Shop"}), HOME
    )
    assert (seen.ref, seen.body, seen.body_edited_at) == (IssueRef("github", "acme/shop", 7), "", AT)
    assert (seen.labels, seen.assignees, seen.author) == (frozenset({"post-mortem"}), frozenset({"bob"}), "alice")


@pytest.mark.parametrize(
    ("due_on", "last"),
    [
        ("2026-03-13T07:00:00Z", date(2026, 3, 13)),  # California's summer, its winter, and the day between them
        ("2026-01-31T08:00:00Z", date(2026, 1, 31)),
        ("2026-03-08T08:00:00Z", date(2026, 3, 8)),
        ("2026-03-13T00:00:00Z", date(2026, 3, 13)),
        (None, None),
    ],
)
def test_a_milestone_ends_on_the_day_that_was_chosen(due_on: str | None, last: date | None) -> None:
    """GitHub shows it as a moment, the same one in both dialects."""
    seen = mapping.issue_of(node(milestone={"title": "v2", "dueOn": due_on, "state": "OPEN"}), HOME)
    assert seen.timeboxes == (Timebox("milestone", "v2", last=last),)
    closed = mapping.issue_of(node(milestone={"title": "v2", "dueOn": due_on, "state": "CLOSED"}), HOME)
    assert not closed.timeboxes[0].open


def test_an_issue_of_another_project_is_there() -> None:
    """A sub-issue may live in another repository of the owner."""
    assert str(mapping.ref_of(node(repository={"nameWithOwner": "acme/ops"}), HOME)) == "github:acme/ops#7"


def test_only_open_boards_of_the_owner_count() -> None:
    """Board numbers are the owner's; another organisation's board 1 is another board, and a closed one is history."""
    cards = [item(1, "Review"), item(2, None), item(3, "Done", closed=True), item(1, "Else", owner="other"), None]
    seen = mapping.issue_of(node(projectItems={"nodes": cards}), HOME)
    assert seen.cards == (Card(1, "Review"), Card(2, None))


def dated(number: int, fields: dict[str, str | None], dates: dict[str, str]) -> dict[str, Any]:
    """A card on a board: the type of each of its fields that has a deadline's name, and what they say."""
    card = item(number, "Review")
    there = {alias: {"id": alias, "dataType": kind} if kind else None for alias, kind in fields.items()}
    said = {alias: {"date": dates[alias]} if alias in dates else None for alias in fields}
    return {**card, **said, "project": {**card["project"], **there}}


@pytest.mark.parametrize(
    ("cards", "due", "on"),
    [
        ([dated(1, {"date0": "DATE"}, {"date0": "2026-04-01"})], date(2026, 4, 1), [True]),
        ([dated(1, {"date0": "DATE"}, {})], None, [True]),
        ([dated(1, {"date0": None, "date1": "TEXT"}, {})], None, [False]),
        ([dated(1, {"date0": "DATE", "date1": "DATE"}, {"date1": "2026-04-01"})], None, [True]),
        (
            [dated(1, {"date0": None}, {}), dated(2, {"date0": "DATE"}, {"date0": "2026-04-01"})],
            date(2026, 4, 1),
            [False, True],
        ),
        ([dated(n, {"date0": "DATE"}, {"date0": "2026-04-01"}) for n in (1, 2)], None, [True, True]),
    ],
    ids=["a date", "no date", "other types", "the first name counts", "one of two boards", "two boards"],
)
def test_the_date_field_of_the_one_board_that_has_one_is_the_deadline(
    cards: list[dict[str, Any]], due: date | None, on: list[bool]
) -> None:
    """Of two such boards nobody can say which is meant."""
    seen = mapping.issue_of(node(projectItems={"nodes": cards}), HOME)
    assert (seen.due, [card.dated for card in seen.cards]) == (due, on)


def test_the_target_date_is_the_deadline() -> None:
    """Of the organisation's fields, only the date named Target date."""
    values = [
        {"__typename": "IssueFieldTextValue"},
        {"__typename": "IssueFieldDateValue", "value": "2026-01-01", "field": {"name": "Start date"}},
        {"__typename": "IssueFieldDateValue", "value": "2026-04-01", "field": {"name": "Target date"}},
    ]
    assert mapping.issue_of(node(issueFieldValues={"nodes": values}), HOME).due == date(2026, 4, 1)


def test_a_label_counts_from_when_it_was_last_put_on() -> None:
    """Taken off and put on again, the later time stands; who closed is the last close's actor."""
    alice, bob = ({"__typename": "User", "login": name} for name in ("alice", "bob"))
    timeline = {
        "nodes": [
            {"__typename": "LabeledEvent", "createdAt": "2026-01-01T00:00:00Z", "label": {"name": "post-mortem"}},
            {"__typename": "ClosedEvent", "createdAt": "2026-01-02T00:00:00Z", "actor": alice},
            {"__typename": "LabeledEvent", "createdAt": "2026-03-02T09:00:00Z", "label": {"name": "post-mortem"}},
            {"__typename": "ClosedEvent", "createdAt": "2026-03-02T09:00:00Z", "actor": bob},
        ]
    }
    assert mapping.label_times(timeline) == {"post-mortem": AT}
    assert mapping.closed_by(timeline) == "bob"


@pytest.mark.parametrize(
    ("reply", "permission"),
    [
        ({"permission": "admin", "role_name": "admin"}, Permission.ADMIN),
        ({"permission": "write", "role_name": "maintain"}, Permission.MAINTAIN),
        ({"permission": "read", "role_name": "triage"}, Permission.TRIAGE),
        ({"permission": "write", "role_name": "security-engineer"}, Permission.WRITE),
        ({"permission": "none", "role_name": ""}, Permission.NONE),
        ({}, Permission.NONE),
    ],
)
def test_roles_are_told_apart_by_name(reply: dict[str, str], permission: Permission) -> None:
    """`permission` alone calls a maintainer a writer; an organisation's own role counts as what it builds on."""
    assert mapping.permission_of(reply) is permission


def test_rest_labels_come_in_two_shapes() -> None:
    """GitHub documents a label of an issue as an object or as bare text."""
    row = {
        "number": 7,
        "title": "t",
        "body": None,
        "state": "closed",
        "state_reason": "not_planned",
        "labels": ["bare", {"name": "object"}],
        "user": None,
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T09:00:00Z",
        "closed_at": "2026-03-02T09:00:00Z",
        "closed_by": {"login": "bob"},
        "html_url": "",
    }
    seen = mapping.issue_of_rest(row, HOME)
    assert (seen.labels, seen.author, seen.closed_by) == (frozenset({"bare", "object"}), "ghost", "bob")
    assert (seen.state_reason, seen.closed_at) == ("not_planned", AT)


@pytest.mark.parametrize("broken", [{"labels": None}, {"number": "x"}, {"createdAt": "yesterday"}, {"author": 3}])
def test_a_reply_that_lacks_what_we_need_is_malformed(broken: dict[str, Any]) -> None:
    """A list that is null because the server ran out of time is not an empty list."""
    with pytest.raises(MalformedReply, match="lacks what we need"), reading("an issue"):
        mapping.issue_of(node(**broken), HOME)
