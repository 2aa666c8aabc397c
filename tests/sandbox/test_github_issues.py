"""The sandbox's GitHub: issues, and who may do what to them."""

from __future__ import annotations

from typing import Any

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.sandbox.github_caller import ISSUE, OPS, SHOP, GitHubCaller, names


@pytest.fixture
def hub(sandbox: Sandbox) -> GitHubCaller:
    """An administrator."""
    return GitHubCaller(sandbox, "alice")


def test_an_issue_is_what_was_asked_for(hub: GitHubCaller) -> None:
    """Creating answers with the issue: missing labels made in grey, people who cannot be assigned left out."""
    hub.post(f"{SHOP}/labels", name="bug", color="FF0000")
    made = hub.post(f"{SHOP}/issues", title="Down", body="500s", labels=["bug", "new"], assignees=["bob", "mallory"])
    assert (made["number"], made["state"], made["state_reason"], made["user"]["login"]) == (1, "open", None, "alice")
    assert [(row["name"], row["color"]) for row in made["labels"]] == [("bug", "ff0000"), ("new", "ededed")]
    assert names(made["assignees"]) == ["bob"]
    assert made == hub.get(ISSUE)
    assert made["html_url"].endswith("/github/acme/shop/issues/1")


def test_a_reader_s_labels_and_assignees_are_dropped_without_a_word(hub: GitHubCaller) -> None:
    """Without triage rights an issue is created and edited, minus what the person may not set."""
    eve = hub.as_("eve")
    made = eve.post(f"{SHOP}/issues", title="Odd", labels=["bug"], assignees=["bob"])
    assert (made["labels"], made["assignees"]) == ([], [])
    edited = eve.patch(ISSUE, body="More", labels=["bug"], assignees=["bob"])
    assert (edited["body"], edited["labels"], edited["assignees"]) == ("More", [], [])
    assert hub.get(f"{SHOP}/labels") == []


def test_only_rights_or_authorship_change_an_issue(hub: GitHubCaller) -> None:
    """A reader may neither edit nor close another's issue; an author may close their own and undo that alone."""
    eve = hub.as_("eve")
    hub.post(f"{SHOP}/issues", title="Down")
    for change in ({"title": "x"}, {"body": "x"}, {"state": "closed"}):
        assert eve.status("PATCH", ISSUE, **change) == 403
    assert eve.refused("POST", f"{ISSUE}/labels", labels=["x"]) == (
        403,
        {
            "message": "Must have admin rights to Repository.",
            "documentation_url": "https://docs.github.com/rest",
            "status": "403",
        },
    )
    own = f"{SHOP}/issues/{eve.post(f'{SHOP}/issues', title='Mine')['number']}"
    assert eve.patch(own, state="closed")["closed_by"]["login"] == "eve"
    assert eve.patch(own, state="open")["state_reason"] == "reopened"
    hub.patch(own, state="closed")
    assert eve.status("PATCH", own, state="open") == 403


def test_a_private_repository_is_not_there_for_strangers(hub: GitHubCaller) -> None:
    """Without access it answers 404, with wrong credentials 401, and nobody at all may read what is public."""
    mallory, nobody = hub.as_("mallory"), hub.as_(None)
    hub.post(f"{OPS}/issues", title="Secret")
    assert mallory.status("GET", f"{OPS}/issues/1") == mallory.status("GET", OPS) == nobody.status("GET", OPS) == 404
    assert GitHubCaller(hub.sandbox, None, "nonsense").refused("GET", SHOP)[1]["message"] == "Bad credentials"
    assert nobody.get(SHOP)["full_name"] == "acme/shop"
    assert nobody.status("POST", f"{SHOP}/issues", title="x") == 401


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"title": "x" * 257}, "title", "custom"),
        ({"title": "  "}, "title", "missing_field"),
        ({"title": "x", "body": "x" * 65_537}, "body", "custom"),
        ({"title": "x", "labels": ["x" * 51]}, "name", "custom"),
    ],
)
def test_limits_are_kept(hub: GitHubCaller, body: dict[str, Any], field: str, code: str) -> None:
    """A title over 256, a body over 65,536 or a label over 50 characters is a 422 that names the field."""
    status, said = hub.refused("POST", f"{SHOP}/issues", **body)
    assert (status, said["message"]) == (422, "Validation Failed")
    assert [(error["field"], error["code"]) for error in said["errors"]] == [(field, code)]


def test_nonsense_is_refused(hub: GitHubCaller) -> None:
    """Broken JSON is 400; a missing title, a wrong type or an unknown state is 422."""
    assert hub.ask("POST", f"{SHOP}/issues", data="{").status_code == 400
    hub.post(f"{SHOP}/issues", title="x")
    bad: list[dict[str, Any]] = [{"title": 5}, {"body": []}, {"labels": "bug"}, {"labels": [1]}, {"state": "ajar"}]
    assert {hub.status("PATCH", ISSUE, **change) for change in bad} == {422}
    assert hub.status("POST", f"{SHOP}/issues", body="x") == 422


def test_closing_and_reopening_leave_their_trace(hub: GitHubCaller, clock: Clock) -> None:
    """`state_reason` counts only with a change of state; who closed and when goes away with a reopening."""
    hub.post(f"{SHOP}/issues", title="x")
    assert hub.patch(ISSUE, state="open", state_reason="reopened")["state_reason"] is None
    clock.forward(hours=1)
    closed = hub.as_("bob").patch(ISSUE, state="closed", state_reason="not_planned")
    assert (closed["state_reason"], closed["closed_by"]["login"]) == ("not_planned", "bob")
    assert closed["closed_at"] == closed["updated_at"] == "2026-03-02T10:00:00Z"
    assert hub.patch(ISSUE, state="closed", state_reason="completed")["state_reason"] == "not_planned"
    opened = hub.patch(ISSUE, state="open")
    assert (opened["state_reason"], opened["closed_at"], opened["closed_by"]) == ("reopened", None, None)
    assert [row["event"] for row in hub.get(f"{ISSUE}/events")] == ["closed", "reopened"]


def test_issues_are_listed_by_state_labels_and_time(hub: GitHubCaller, clock: Clock) -> None:
    """Labels must all be there, `since` counts the update, and the order is as asked for."""
    for title, labels in (("one", ["a"]), ("two", ["a", "b"]), ("three", ["B"])):
        clock.forward(hours=1)
        hub.post(f"{SHOP}/issues", title=title, labels=labels)
    hub.patch(f"{SHOP}/issues/2", state="closed")

    def titles(**query: Any) -> list[str]:
        return [row["title"] for row in hub.get(f"{SHOP}/issues", **query)]

    assert titles() == ["three", "one"]
    assert titles(state="all", direction="asc") == ["one", "two", "three"]
    assert titles(state="all", labels="a,b") == ["two"]
    assert titles(state="all", labels="A") == ["two", "one"]
    assert titles(state="all", since="2026-03-02T12:00:00Z") == ["three", "two"]
    hub.patch(ISSUE, assignees=["bob"])
    assert titles(assignee="bob") == ["one"]
    assert titles(assignee="none") == ["three"]


def test_lists_come_in_pages_with_links(hub: GitHubCaller) -> None:
    """`per_page` is 30 and at most 100; `Link` leads through all pages and keeps the question."""
    for number in range(5):
        hub.sandbox.world.create_issue("github", "acme/shop", actor="bob", title=str(number))
    answer = hub.ask("GET", f"{SHOP}/issues", params={"per_page": 2, "state": "all", "direction": "asc"})
    seen = [row["title"] for row in answer.json()]
    while "next" in answer.links:
        assert "state=all" in answer.links["next"]["url"]
        answer = hub.ask("GET", answer.links["next"]["url"].partition("/api/v3")[2])
        seen += [row["title"] for row in answer.json()]
    assert seen == ["0", "1", "2", "3", "4"]
    assert set(answer.links) == {"first", "prev"}


def test_a_deleted_issue_is_gone(hub: GitHubCaller) -> None:
    """It answers 410, not 404, and its number is not given again."""
    hub.post(f"{SHOP}/issues", title="x")
    hub.sandbox.world.delete_issue("github", "acme/shop", 1, actor="alice")
    assert hub.status("GET", ISSUE) == hub.status("PATCH", ISSUE, title="y") == 410
    assert hub.post(f"{SHOP}/issues", title="y")["number"] == 2
    assert hub.status("GET", f"{SHOP}/issues/99") == 404


def test_a_renamed_repository_redirects(hub: GitHubCaller) -> None:
    """Reads get 301, writes 307 and change nothing."""
    hub.post(f"{SHOP}/issues", title="x")
    hub.sandbox.world.rename_project("github", "acme/shop", "acme/store")
    read, write = hub.ask("GET", ISSUE), hub.ask("PATCH", ISSUE, json={"title": "y"})
    assert (read.status_code, write.status_code) == (301, 307)
    assert read.headers["Location"].endswith("/repos/acme/store/issues/1")
    assert hub.get("/repos/acme/store/issues/1")["title"] == "x"


def test_a_known_answer_is_not_sent_again(hub: GitHubCaller) -> None:
    """A matching ETag is answered with 304 until the issue changes."""
    hub.post(f"{SHOP}/issues", title="x")
    tag = {"If-None-Match": hub.ask("GET", ISSUE).headers["ETag"]}
    assert hub.ask("GET", ISSUE, headers=tag).status_code == 304
    hub.patch(ISSUE, title="y")
    assert hub.ask("GET", ISSUE, headers=tag).status_code == 200


def test_every_answer_tells_the_quota(hub: GitHubCaller, clock: Clock) -> None:
    """Rate headers count each caller's requests and start afresh each hour; an unknown version is 400."""
    first, second = hub.ask("GET", SHOP), hub.ask("GET", "/nowhere")
    used = [int(answer.headers["X-RateLimit-Used"]) for answer in (first, second)]
    assert used[1] == used[0] + 1
    assert first.headers["X-RateLimit-Resource"] == "core"
    assert int(first.headers["X-RateLimit-Reset"]) > clock().timestamp()
    clock.forward(hours=1)
    assert hub.get("/rate_limit")["resources"]["core"]["used"] == 0
    assert hub.ask("GET", SHOP, headers={"X-GitHub-Api-Version": "1999-01-01"}).status_code == 400


def test_a_timeline_tells_everything_in_order(hub: GitHubCaller) -> None:
    """Labels, assignments, renames, comments and closings, with who and what."""
    hub.post(f"{SHOP}/issues", title="x", labels=["a"])
    hub.as_("bob").patch(ISSUE, title="y", assignees=["bob"])
    hub.post(f"{ISSUE}/comments", body="hi")
    hub.patch(ISSUE, state="closed", labels=[])
    rows = hub.get(f"{ISSUE}/timeline")
    told = ["labeled", "renamed", "assigned", "commented", "unlabeled", "closed"]
    assert [row["event"] for row in rows] == told
    assert rows[0]["label"]["name"] == "a"
    assert (rows[1]["rename"], rows[1]["actor"]["login"]) == ({"from": "x", "to": "y"}, "bob")
    assert rows[3]["body"] == "hi"


def test_a_locked_issue_takes_comments_from_writers_only(hub: GitHubCaller) -> None:
    """On a public repository any reader may comment, until the issue is locked."""
    hub.post(f"{SHOP}/issues", title="x")
    assert hub.as_("mallory").status("POST", f"{ISSUE}/comments", body="hi") == 201
    assert hub.ask("PUT", f"{ISSUE}/lock").status_code == 204
    assert hub.as_("mallory").status("POST", f"{ISSUE}/comments", body="hi") == 403
    assert hub.as_("bob").status("POST", f"{ISSUE}/comments", body="hi") == 201
