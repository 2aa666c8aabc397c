"""The sandbox's GitHub: labels, comments, reactions, sub-issues, people, files and issue fields."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from service.sandbox import Sandbox
from tests.sandbox.github_caller import ISSUE, OPS, SHOP, GitHubCaller, names


@pytest.fixture
def hub(sandbox: Sandbox) -> GitHubCaller:
    """An administrator, and an issue in acme/shop."""
    sandbox.world.create_issue("github", "acme/shop", actor="alice", title="Down")
    return GitHubCaller(sandbox, "alice")


def test_a_label_exists_once_whatever_its_case(hub: GitHubCaller) -> None:
    """A second one is a 422 that says so; it is found, renamed on every issue, and deleted from them."""
    hub.post(f"{SHOP}/labels", name="Post Mortem", color="aabbcc", description="d")
    status, said = hub.refused("POST", f"{SHOP}/labels", name="post mortem")
    assert (status, said["errors"]) == (422, [{"resource": "Label", "code": "already_exists", "field": "name"}])
    assert hub.get(f"{SHOP}/labels/post%20mortem")["color"] == "aabbcc"
    assert names(hub.post(f"{ISSUE}/labels", labels=["POST MORTEM"])) == ["Post Mortem"]
    hub.patch(f"{SHOP}/labels/Post%20Mortem", new_name="incident", color="ffffff")
    assert names(hub.get(f"{ISSUE}/labels")) == ["incident"]
    hub.delete(f"{SHOP}/labels/incident")
    assert hub.get(ISSUE)["labels"] == []


@pytest.mark.parametrize(
    "body", [{"name": "x" * 51}, {"name": "x", "color": "#ff0000"}, {"name": "x", "description": "x" * 101}, {}]
)
def test_a_bad_label_is_refused(hub: GitHubCaller, body: dict[str, str]) -> None:
    """Names have 50 characters, descriptions 100, colours six digits and no hash sign."""
    assert hub.status("POST", f"{SHOP}/labels", **(body or {"color": "ffffff"})) == 422


def test_labels_of_an_issue_are_added_replaced_and_removed(hub: GitHubCaller) -> None:
    """As an object or a bare array; removing one that is not on the issue is 404; names may hold a slash."""
    assert names(hub.post(f"{ISSUE}/labels", labels=["a", "x/y"])) == ["a", "x/y"]
    assert names(hub.ask("POST", f"{ISSUE}/labels", json=["b", "a"]).json()) == ["a", "x/y", "b"]
    assert names(hub.delete(f"{ISSUE}/labels/x/y")) == ["a", "b"]
    assert hub.status("DELETE", f"{ISSUE}/labels/zzz") == 404
    assert names(hub.put(f"{ISSUE}/labels", labels=["c"])) == ["c"]
    assert hub.ask("DELETE", f"{ISSUE}/labels").status_code == 204
    assert hub.get(ISSUE)["labels"] == []


def test_comments_are_written_edited_listed_and_deleted(hub: GitHubCaller) -> None:
    """Only the author or a writer may change one; repository lists hold them all."""
    made = hub.as_("eve").post(f"{ISSUE}/comments", body="first")
    path = f"{SHOP}/issues/comments/{made['id']}"
    assert hub.as_("mallory").status("PATCH", path, body="x") == 403
    assert hub.as_("eve").patch(path, body="second")["body"] == "second"
    hub.post(f"{ISSUE}/comments", body="third")
    assert [row["body"] for row in hub.get(f"{ISSUE}/comments")] == ["second", "third"]
    assert [row["body"] for row in hub.get(f"{SHOP}/issues/comments", direction="desc")] == ["third", "second"]
    hub.delete(path)
    assert hub.status("GET", path) == 404
    assert hub.get(ISSUE)["comments"] == 1


@pytest.mark.parametrize("body", [{}, {"body": " "}, {"body": "x" * 65_537}, {"body": 5}])
def test_a_bad_comment_is_refused(hub: GitHubCaller, body: dict[str, Any]) -> None:
    """Missing, blank, oversized or no text at all: 422."""
    assert hub.ask("POST", f"{ISSUE}/comments", json=body).status_code == 422


def test_a_reaction_counts_once(hub: GitHubCaller) -> None:
    """201 the first time, 200 after that; words GitHub does not know are refused."""
    comment = hub.post(f"{ISSUE}/comments", body="hi")
    path = f"{SHOP}/issues/comments/{comment['id']}/reactions"
    assert [hub.status("POST", path, content="+1") for _ in range(2)] == [201, 200]
    assert hub.status("POST", path, content="thumbsup") == 422
    assert [(row["content"], row["user"]["login"]) for row in hub.get(path)] == [("+1", "alice")]
    assert hub.get(f"{ISSUE}/comments")[0]["reactions"]["total_count"] == 1


def test_sub_issues_have_one_parent(hub: GitHubCaller) -> None:
    """They are named by id; a second parent needs `replace_parent`; a circle is refused."""
    for title in ("child", "other"):
        hub.post(f"{SHOP}/issues", title=title)
    parent, child, other = (hub.get(f"{SHOP}/issues/{number}") for number in (1, 2, 3))
    assert hub.post(f"{ISSUE}/sub_issues", sub_issue_id=child["id"])["id"] == parent["id"]
    assert [row["number"] for row in hub.get(f"{ISSUE}/sub_issues")] == [2]
    assert hub.get(f"{SHOP}/issues/2/parent")["number"] == 1
    assert hub.status("POST", f"{ISSUE}/sub_issues", sub_issue_id=child["number"]) == 404
    assert hub.status("POST", f"{SHOP}/issues/3/sub_issues", sub_issue_id=child["id"]) == 422
    assert hub.status("POST", f"{SHOP}/issues/2/sub_issues", sub_issue_id=parent["id"]) == 422
    hub.post(f"{SHOP}/issues/3/sub_issues", sub_issue_id=child["id"], replace_parent=True)
    assert hub.get(f"{SHOP}/issues/2/parent")["number"] == other["number"]
    hub.patch(f"{SHOP}/issues/2", state="closed")
    summary = {"total": 1, "completed": 1, "percent_completed": 100}
    assert hub.get(f"{SHOP}/issues/3")["sub_issues_summary"] == summary
    hub.delete(f"{SHOP}/issues/3/sub_issue", sub_issue_id=child["id"])
    assert hub.status("GET", f"{SHOP}/issues/2/parent") == 404


def test_a_parent_has_at_most_a_hundred_sub_issues(hub: GitHubCaller) -> None:
    """Closed ones count; the next one is a 422."""
    world = hub.sandbox.world
    parent = world.issue("github", "acme/shop", 1)
    for number in range(100):
        child = world.create_issue("github", "acme/shop", actor="alice", title=str(number))
        world.add_child(parent, child, actor="alice")
    last = world.create_issue("github", "acme/shop", actor="alice", title="one too many")
    assert hub.status("POST", f"{ISSUE}/sub_issues", sub_issue_id=last.id) == 422


def test_a_server_without_sub_issues_says_404(hub: GitHubCaller) -> None:
    """Switched off, the endpoints and the fields of the issue are gone."""
    hub.sandbox.world.features["github"].sub_issues = False
    assert {hub.status("GET", f"{ISSUE}/{path}") for path in ("sub_issues", "parent")} == {404}
    assert "sub_issues_summary" not in hub.get(ISSUE)


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("alice", "admin", "admin"),
        ("bob", "write", "write"),
        ("closeout-bot", "write", "maintain"),
        ("eve", "read", "read"),
        ("mallory", "none", "none"),
    ],
)
def test_permissions_are_told_in_both_words(hub: GitHubCaller, login: str, permission: str, role: str) -> None:
    """`permission` knows four levels, `role_name` the real one; strangers are 404, askers need push access."""
    found = hub.get(f"{OPS}/collaborators/{login}/permission")
    assert (found["permission"], found["role_name"]) == (permission, role)
    assert hub.status("GET", f"{OPS}/collaborators/stranger/permission") == 404
    assert hub.as_("eve").status("GET", f"{OPS}/collaborators/bob/permission") == 403


def test_who_may_be_assigned_can_be_asked(hub: GitHubCaller) -> None:
    """204 or 404; adding and removing answers with the issue, and a reader's wish is dropped silently."""
    assert [hub.status("GET", f"{SHOP}/assignees/{who}") for who in ("eve", "mallory")] == [204, 404]
    assert names(hub.post(f"{ISSUE}/assignees", assignees=["bob", "eve", "mallory"])["assignees"]) == ["bob", "eve"]
    assert names(hub.delete(f"{ISSUE}/assignees", assignees=["BOB"])["assignees"]) == ["eve"]


def test_files_are_read_raw_or_as_json_and_written(hub: GitHubCaller) -> None:
    """Replacing one needs the sha of what is there; a missing file is 404, a folder a list."""
    path = f"{SHOP}/contents/.github/closeout.yml"
    first = base64.b64encode("größe: 1\n".encode()).decode()
    made = hub.ask("PUT", path, json={"message": "m", "content": first})
    assert made.status_code == 201
    raw = hub.ask("GET", path, headers={"Accept": "application/vnd.github.raw+json"})
    assert raw.content.decode() == "größe: 1\n"
    assert base64.b64decode(hub.get(path)["content"]).decode() == "größe: 1\n"
    assert [row["name"] for row in hub.get(f"{SHOP}/contents/.github")] == ["closeout.yml"]
    assert hub.status("PUT", path, message="m", content=first, sha="old") == 409
    sha = made.json()["content"]["sha"]
    assert hub.status("PUT", path, message="m", content=first, sha=sha) == 200
    assert hub.status("GET", f"{SHOP}/contents/none.yml") == 404
    assert hub.as_("eve").status("PUT", path, message="m", content=first, sha=sha) == 403


def test_a_branch_is_proposed_in_a_pull_request(hub: GitHubCaller) -> None:
    """Its files differ from the default branch's until the merge; one request at a time, and none about nothing."""
    tip = hub.get(f"{SHOP}/git/ref/heads/main")["object"]["sha"]
    assert hub.status("GET", f"{SHOP}/git/ref/heads/topic") == 404
    assert hub.status("POST", f"{SHOP}/git/refs", ref="refs/heads/topic", sha="0" * 40) == 422
    hub.post(f"{SHOP}/git/refs", ref="refs/heads/topic", sha=tip)
    assert hub.status("POST", f"{SHOP}/git/refs", ref="refs/heads/topic", sha=tip) == 422
    assert hub.status("POST", f"{SHOP}/pulls", title="t", head="topic", base="main") == 422
    content = base64.b64encode(b"x").decode()
    hub.put(f"{SHOP}/contents/a.txt", message="m", content=content, branch="topic")
    assert hub.status("PUT", f"{SHOP}/contents/a.txt", message="m", content=content, branch="none") == 404
    assert [hub.status("GET", f"{SHOP}/contents/a.txt{ref}") for ref in ("?ref=topic", "", "?ref=none")] == [
        200,
        404,
        404,
    ]
    made = hub.post(f"{SHOP}/pulls", title="t", head="topic", base="main", body="b")
    assert hub.status("POST", f"{SHOP}/pulls", title="t", head="topic", base="main") == 422
    assert hub.as_("eve").status("POST", f"{SHOP}/pulls", title="t", head="topic", base="main") == 403
    hub.sandbox.world.merge_request("github", "acme/shop", made["number"])
    assert hub.get(f"{SHOP}/pulls", head="acme:topic") == []
    [row] = hub.get(f"{SHOP}/pulls", head="acme:topic", state="closed")
    assert (row["number"], bool(row["merged_at"])) == (made["number"], True)
    assert hub.status("GET", f"{SHOP}/contents/a.txt") == 200


def test_issue_fields_are_there_where_switched_on(hub: GitHubCaller) -> None:
    """Off by default (404). On, dates are set, read on the issue, checked and cleared."""
    world = hub.sandbox.world
    assert hub.status("GET", "/orgs/acme/issue-fields") == 404
    world.features["github"].issue_fields = True
    field = world.add_issue_field("github", "acme", "Target date")
    assert [row["name"] for row in hub.get("/orgs/acme/issue-fields")] == ["Target date"]
    path = f"{ISSUE}/issue-field-values"
    hub.post(path, issue_field_values=[{"field_id": field.id, "value": "2026-04-01"}])
    assert [row["value"] for row in hub.get(ISSUE)["issue_field_values"]] == ["2026-04-01"]
    assert hub.status("POST", path, issue_field_values=[{"field_id": field.id, "value": "soon"}]) == 422
    assert hub.as_("eve").status("POST", path, issue_field_values=[]) == 403
    assert hub.status("DELETE", f"{path}/{field.id}") == 204
    assert hub.get(path) == []
