"""Who sees and may do what at the sandbox's GitLab, and what it leaves out without a word."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from service.sandbox import Sandbox
from tests.sandbox.gitlab_caller import OPS, SHOP, Caller

ISSUES = f"/projects/{SHOP}/issues"


def ids(caller: Caller, *logins: str) -> list[int]:
    return [caller.get("/users", username=login)[0]["id"] for login in logins]


def test_a_wrong_token_is_401(sandbox: Sandbox) -> None:
    """Anywhere, even where an anonymous caller may read."""
    assert Caller(sandbox, "nobody").refused("GET", ISSUES) == (401, {"message": "401 Unauthorized"})


def test_a_token_may_come_as_bearer_or_parameter(sandbox: Sandbox) -> None:
    """GitLab takes three forms."""
    nobody = Caller(sandbox, None)
    assert nobody.ask("GET", "/user", headers={"Authorization": "Bearer token-bob"}).json()["username"] == "bob"
    assert nobody.ask("GET", "/user", params={"private_token": "token-bob"}).json()["username"] == "bob"
    assert nobody.refused("GET", "/user")[0] == 401


def test_anybody_reads_a_public_project(sandbox: Sandbox, alice: Caller) -> None:
    """Without an account one reads and does not write."""
    alice.post(ISSUES, title="x")
    nobody = Caller(sandbox, None)
    assert len(nobody.get(ISSUES)) == 1
    assert nobody.refused("POST", ISSUES, title="y")[0] == 401
    assert nobody.refused("PUT", f"{ISSUES}/1", title="y")[0] == 401


@pytest.mark.parametrize("rest", ["", "/issues", "/issues/1", "/labels", "/boards", "/repository/files/a/raw"])
def test_a_private_project_is_not_there_for_strangers(alice: Caller, mallory: Caller, rest: str) -> None:
    """404, not 403, so that names do not leak."""
    alice.post(f"/projects/{OPS}/issues", title="x")
    assert mallory.refused("GET", f"/projects/{OPS}{rest}") == (404, {"message": "404 Project Not Found"})


def test_a_project_path_is_one_encoded_segment(alice: Caller) -> None:
    """A forgotten percent-encoding is a 404, as at GitLab; the numeric id works."""
    assert alice.refused("GET", "/projects/acme/shop/issues")[0] == 404
    number = alice.get(f"/projects/{SHOP}")["id"]
    assert alice.get(f"/projects/{number}")["path_with_namespace"] == "acme/shop"


def test_unknown_addresses_and_methods(alice: Caller) -> None:
    """404 and 405 in the API's own words."""
    assert alice.refused("GET", "/nothing") == (404, {"error": "404 Not Found"})
    assert alice.refused("DELETE", "/user") == (405, {"error": "405 Not Allowed"})


def test_a_renamed_project_redirects_to_its_number(sandbox: Sandbox, alice: Caller) -> None:
    """The answer names the address that stays."""
    number = alice.get(f"/projects/{SHOP}")["id"]
    sandbox.world.rename_project("gitlab", "acme/shop", "acme/store")
    answer = alice.ask("GET", f"{ISSUES}/1")
    where = f"{sandbox.gitlab_url}/api/v4/projects/{number}/issues/1"
    assert (answer.status_code, answer.headers["Location"]) == (301, where)


@pytest.mark.parametrize(
    ("role", "level"),
    [("guest", 10), ("planner", 15), ("reporter", 20), ("developer", 30), ("maintainer", 40), ("owner", 50)],
)
def test_roles_are_numbers(sandbox: Sandbox, alice: Caller, role: str, level: int) -> None:
    """Each role has its access level, in the list of members and alone."""
    sandbox.world.set_permission("gitlab", "acme/shop", "mallory", role)
    [mallory] = ids(alice, "mallory")
    assert alice.get(f"/projects/{SHOP}/members/all/{mallory}")["access_level"] == level
    rows = alice.get(f"/projects/{SHOP}/members/all", query="mallory")
    assert [row["access_level"] for row in rows] == [level]


def test_a_stranger_is_no_member(alice: Caller) -> None:
    """404 for a person without a role, and for one who does not exist."""
    [mallory] = ids(alice, "mallory")
    for number in (mallory, 999_999):
        assert alice.refused("GET", f"/projects/{SHOP}/members/all/{number}") == (404, {"message": "404 Not found"})


def test_a_guest_may_not_set_metadata(sandbox: Sandbox, alice: Caller) -> None:
    """201 and 200, and labels, assignees, due date and lock are left out without a word."""
    sandbox.world.set_permission("gitlab", "acme/shop", "mallory", "guest")
    guest = Caller(sandbox, "mallory")
    fields = {"labels": "a", "assignee_ids": ids(alice, "bob"), "due_date": "2026-03-09", "discussion_locked": True}
    made = guest.post(ISSUES, title="x", **fields)
    edited = guest.put(f"{ISSUES}/1", title="y", **fields)
    for row in (made, edited):
        assert (row["labels"], row["assignees"], row["due_date"]) == ([], [], None)
    assert (edited["title"], edited["discussion_locked"]) == ("y", None)
    assert guest.get(f"/projects/{SHOP}/labels") == []


def test_a_planner_may(sandbox: Sandbox, alice: Caller) -> None:
    """The role between Guest and Reporter has the rights over issues, not over code."""
    sandbox.world.set_permission("gitlab", "acme/ops", "mallory", "planner")
    sandbox.world.put_file("gitlab", "acme/ops", "README.md", "text")
    planner = Caller(sandbox, "mallory")
    assert planner.post(f"/projects/{OPS}/issues", title="x", labels="a")["labels"] == ["a"]
    assert planner.refused("GET", f"/projects/{OPS}/repository/files/README.md/raw")[0] == 403
    assert Caller(sandbox, "eve").get(f"/projects/{OPS}/repository/files/README.md/raw") == "text"


def test_a_stranger_edits_only_what_is_theirs(alice: Caller, mallory: Caller) -> None:
    """An author may edit and close; anybody else needs a role."""
    mallory.post(ISSUES, title="mine")
    alice.post(ISSUES, title="hers")
    assert mallory.put(f"{ISSUES}/1", title="still mine", state_event="close")["state"] == "closed"
    assert mallory.refused("PUT", f"{ISSUES}/2", title="mine now") == (403, {"message": "403 Forbidden"})


def test_a_confidential_issue_is_for_members_and_its_people(sandbox: Sandbox, alice: Caller, mallory: Caller) -> None:
    """Others get 404 and do not see it in lists; its author and assignees do."""
    alice.post(ISSUES, title="secret", confidential=True)
    mallory.post(ISSUES, title="my secret", confidential=True)
    assert mallory.refused("GET", f"{ISSUES}/1")[0] == 404
    assert [row["title"] for row in mallory.get(ISSUES)] == ["my secret"]
    assert len(Caller(sandbox, "eve").get(ISSUES)) == 2


def test_somebody_who_cannot_read_is_not_assigned(alice: Caller) -> None:
    """The others are; if nobody is left, the assignees stay as they were."""
    mallory, bob = ids(alice, "mallory", "bob")
    alice.post(f"/projects/{OPS}/issues", title="x", assignee_ids=[mallory, bob])
    assert [p["username"] for p in alice.get(f"/projects/{OPS}/issues/1")["assignees"]] == ["bob"]
    edited = alice.put(f"/projects/{OPS}/issues/1", assignee_ids=[mallory])
    assert [p["username"] for p in edited["assignees"]] == ["bob"]


def test_free_keeps_the_first_of_several_assignees(sandbox: Sandbox, alice: Caller) -> None:
    """Premium keeps them all."""
    several = ids(alice, "bob", "eve")
    assert len(alice.post(ISSUES, title="x", assignee_ids=several)["assignees"]) == 1
    sandbox.world.features["gitlab"].premium = True
    assert len(alice.put(f"{ISSUES}/1", assignee_ids=several)["assignees"]) == 2


def test_blocking_links_and_group_hooks_take_premium(sandbox: Sandbox, alice: Caller) -> None:
    """403 and 404 on Free."""
    alice.post(ISSUES, title="x")
    alice.post(ISSUES, title="y")
    shop = alice.get(f"/projects/{SHOP}")["id"]
    link = {"target_project_id": shop, "target_issue_iid": 2, "link_type": "blocks"}
    assert alice.refused("POST", f"{ISSUES}/1/links", **link)[0] == 403
    assert alice.refused("GET", "/groups/acme/hooks")[0] == 404
    sandbox.world.features["gitlab"].premium = True
    assert alice.post(f"{ISSUES}/1/links", **link)["link_type"] == "blocks"
    assert [row["link_type"] for row in alice.get(f"{ISSUES}/2/links")] == ["is_blocked_by"]
    assert alice.refused("GET", "/groups/acme/hooks")[0] == 403


@pytest.mark.parametrize(
    ("login", "method", "path", "body"),
    [
        ("mallory", "POST", f"/projects/{SHOP}/labels", {"name": "x", "color": "#ffffff"}),
        ("mallory", "POST", f"/projects/{SHOP}/boards", {"name": "x"}),
        ("bob", "POST", f"/projects/{SHOP}/hooks", {"url": "http://127.0.0.1/"}),
        ("bob", "GET", f"/projects/{SHOP}/hooks", {}),
        (
            "eve",
            "POST",
            f"/projects/{SHOP}/repository/files/a",
            {"branch": "main", "content": "", "commit_message": "x"},
        ),
    ],
)
def test_what_takes_a_role_is_403_without(
    sandbox: Sandbox, login: str, method: str, path: str, body: dict[str, object]
) -> None:
    """Labels and boards take a Planner, files a Developer, hooks a Maintainer."""
    assert Caller(sandbox, login).refused(method, path, **body) == (403, {"message": "403 Forbidden"})


def test_a_full_forge_answers_429_in_plain_text(sandbox: Sandbox, alice: Caller) -> None:
    """As a fault that a test orders: the words and the header are GitLab's."""
    headers = {"Retry-After": "7", "Content-Type": "text/plain"}
    fault: Any = {
        "path": "/gitlab/api/v4/*",
        "kind": "status",
        "status": 429,
        "body": "Retry later",
        "headers": headers,
    }
    requests.post(f"{sandbox.url}/_faults", json=fault, timeout=10).raise_for_status()
    answer = alice.ask("GET", "/user")
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (429, "Retry later", "7")
    assert alice.get("/user")["username"] == "alice"
