"""Surveying many repositories: what a server or credential lacks is left out, and what was renamed is told."""

from __future__ import annotations

from typing import Any

import pytest

from service.providers.base import Forbidden, Listing
from service.providers.github.auth import TokenAuth
from service.providers.github.client import GitHub
from tests.clock import Clock
from tests.providers.github.scripted import Say, Scripted

SHOP = "acme/shop"
GRAPHQL = "POST /api/graphql"
LISTINGS = (Listing("type-action-item", "open", likely=30), Listing("type-post-mortem", "open", likely=7))


@pytest.fixture
def github(scripted: Scripted, clock: Clock, waits: list[float]) -> GitHub:
    return GitHub(auth=TokenAuth("token-closeout-bot"), clock=clock, sleep=waits.append, url=f"{scripted.url}/api/v3")


def node(number: int) -> dict[str, Any]:
    at = "2026-03-01T10:00:00Z"
    return {
        "number": number, "url": "", "title": "Item", "body": "", "state": "OPEN", "stateReason": None, "createdAt": at,
        "updatedAt": at, "closedAt": None, "lastEditedAt": None, "author": {"__typename": "User", "login": "bob"},
        "repository": {"nameWithOwner": SHOP}, "labels": {"nodes": []}, "assignees": {"nodes": [{"login": "eve"}]},
    }  # fmt: skip


def page(*numbers: int, after: str = "") -> dict[str, Any]:
    return {"pageInfo": {"hasNextPage": bool(after), "endCursor": after}, "nodes": [node(n) for n in numbers]}


def answer(name: str = SHOP, **listed: Any) -> Say:
    return Say(200, {"data": {"repository": {"nameWithOwner": name, **listed}}})


def refused(field: str) -> Say:
    message = f"Resource not accessible by personal access token: {field}"
    error = {"type": "FORBIDDEN", "path": ["repository", field], "message": message}
    return Say(200, {"data": {"repository": None}, "errors": [error]})


def numbers(github: GitHub) -> list[int]:
    (scope,) = github.scopes((SHOP,))
    return [issue.ref.number for issue in github.survey(scope, LISTINGS)]


def sent(scripted: Scripted) -> list[Any]:
    return [each.body for each in scripted.asked if each.verb == "POST"]


def test_only_what_goes_on_is_asked_for_again(github: GitHub, scripted: Scripted) -> None:
    """A first page is as long as there are likely issues, a further one is full; an issue in both lists comes once."""
    scripted.on(GRAPHQL, answer(l0=page(1, 2), l1=page(2, 3, after="abc")), answer(l1=page(4)))
    assert numbers(github) == [1, 2, 3, 4]
    first, second = sent(scripted)
    assert (first["variables"]["first0"], first["variables"]["first1"]) == (30, 7)
    assert (second["variables"]["first1"], second["variables"]["after1"]) == (100, "abc")
    assert "l0" not in second["query"]


def test_a_credential_that_may_not_see_people_sees_the_issues(github: GitHub, scripted: Scripted) -> None:
    """They are asked for without; what a look at one issue asks for is not touched by it."""
    found = answer(l0=page(1), l1=page())
    scripted.on(GRAPHQL, refused("assignableUsers"), found)
    assert numbers(github) == [1]
    assert ["assignableUsers" in body["query"] for body in sent(scripted)] == [True, False]
    assert github._server.parts(SHOP).sub_issues
    assert github._server.parts(SHOP).projects


def test_any_other_refusal_is_told(github: GitHub, scripted: Scripted) -> None:
    """And not asked again and again."""
    scripted.on(GRAPHQL, refused("l0"))
    with pytest.raises(Forbidden):
        numbers(github)
    assert len(sent(scripted)) == 1


def test_a_renamed_repository_is_told_by_its_new_name(github: GitHub, scripted: Scripted) -> None:
    """GraphQL follows a rename without a word, maybe to where nobody may act."""
    scripted.on(GRAPHQL, answer("acme/store", l0=page(1), l1=page()))
    with pytest.raises(Forbidden, match="acme/shop is now acme/store"):
        numbers(github)


def test_who_is_not_among_all_who_may_be_assigned_is_inactive(github: GitHub, scripted: Scripted) -> None:
    """Where they are too many to be told at once, nothing is claimed."""
    for is_all in (True, False):
        people = {"pageInfo": {"hasNextPage": not is_all}, "nodes": [{"login": "bob"}]}
        scripted.on(GRAPHQL, answer(assignableUsers=people, l0=page(1), l1=page()))
        (scope,) = github.scopes((SHOP,))
        (issue,) = github.survey(scope, LISTINGS)
        assert issue.inactive == ({"eve"} if is_all else set())


@pytest.mark.parametrize("blob", [{"text": None, "isTruncated": False}, {"text": "vers", "isTruncated": True}])
def test_a_file_that_graphql_does_not_show_whole_is_read_by_itself(
    github: GitHub, scripted: Scripted, blob: dict[str, Any]
) -> None:
    """Binary or cut short; and a repository under another name is none of those asked for."""
    seen = {"nameWithOwner": SHOP, "object": {"__typename": "Blob", **blob}}
    moved = {"nameWithOwner": "acme/elsewhere", "object": None}
    scripted.on(GRAPHQL, Say(200, {"data": {"f0": seen, "f1": moved}}))
    scripted.on("GET /api/v3/repos/acme/shop/contents/a.yml", Say(200, "version: 1\n"))
    scripted.on("GET /api/v3/repos/acme/ops/contents/a.yml", Say(200, "version: 1\n"))
    github.read_ahead((SHOP, "acme/ops"), "a.yml")
    assert [github.file_text(path, "a.yml") for path in (SHOP, "acme/ops")] == ["version: 1\n"] * 2
