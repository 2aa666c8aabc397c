"""What the sandbox's GitHub tells its hooks, and how it signs, repeats and records it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from service.sandbox import Sandbox
from tests.external.mailbox import Mailbox, opened
from tests.sandbox.github_caller import ISSUE, SHOP, GitHubCaller, names
from tests.signatures import by_github

SECRET = "It's a Secret to Everybody"
Told: TypeAlias = Callable[[], list[tuple[dict[str, str], Any]]]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Where the deliveries go."""
    with opened() as box:
        yield box


@pytest.fixture
def hub(sandbox: Sandbox) -> GitHubCaller:
    """An administrator."""
    return GitHubCaller(sandbox, "alice")


@pytest.fixture
def told(sandbox: Sandbox, mailbox: Mailbox) -> Told:
    """Everything delivered since the last look: headers and payload, signatures checked on the raw body."""

    def look() -> list[tuple[dict[str, str], Any]]:
        sandbox.settle()
        found = []
        while not mailbox.arrived.empty():
            headers, body = mailbox.next()
            signed = by_github(body, SECRET)
            assert headers["X-Hub-Signature-256"] == signed
            found.append((headers, json.loads(body)))
        return found

    return look


def hooked(hub: GitHubCaller, mailbox: Mailbox, where: str = SHOP, *events: str) -> Any:
    config = {"url": mailbox.url, "content_type": "json", "secret": SECRET}
    return hub.post(f"{where}/hooks", name="web", events=list(events or ("*",)), config=config)


def actions(told: Told) -> list[str]:
    return [f"{headers['X-GitHub-Event']}.{payload.get('action', '')}" for headers, payload in told()]


def test_a_new_hook_gets_a_ping_and_hides_its_secret(hub: GitHubCaller, mailbox: Mailbox, told: Told) -> None:
    """The ping carries the hook; its secret is shown as stars; a second equal hook is refused."""
    made = hooked(hub, mailbox)
    assert made["config"] == {"url": mailbox.url, "content_type": "json", "insecure_ssl": "0", "secret": "********"}
    ((headers, payload),) = told()
    assert (headers["X-GitHub-Event"], headers["X-GitHub-Hook-ID"]) == ("ping", str(made["id"]))
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert (payload["hook_id"], payload["repository"]["full_name"]) == (made["id"], "acme/shop")
    config = {"url": mailbox.url}
    assert hub.status("POST", f"{SHOP}/hooks", name="web", events=["*"], config=config) == 422


def test_hooks_stay_on_this_machine_and_with_administrators(hub: GitHubCaller) -> None:
    """An address elsewhere is refused; whoever is no administrator sees no hooks at all."""
    outside = {"url": "https://example.org/hook", "content_type": "json"}
    assert hub.status("POST", f"{SHOP}/hooks", name="web", events=["*"], config=outside) == 422
    assert hub.as_("closeout-bot").status("GET", f"{SHOP}/hooks") == 404


def test_each_change_of_an_issue_is_told_by_itself(hub: GitHubCaller, mailbox: Mailbox, told: Told) -> None:
    """`opened` and then one delivery for each label and assignee; edits carry the old text, closings the reason."""
    hooked(hub, mailbox, SHOP, "issues")
    told()
    hub.post(f"{SHOP}/issues", title="x", body="old", labels=["a", "b"], assignees=["bob"])
    rows = told()
    assert [payload["action"] for _, payload in rows] == ["opened", "labeled", "labeled", "assigned"]
    assert [payload["label"]["name"] for _, payload in rows[1:3]] == ["a", "b"]
    assert rows[3][1]["assignee"]["login"] == "bob"
    hub.as_("bob").patch(ISSUE, body="new", title="y", labels=["a"], state="closed", state_reason="not_planned")
    edited, unlabeled, closed = (payload for _, payload in told())
    assert edited["changes"] == {"title": {"from": "x"}, "body": {"from": "old"}}
    assert (unlabeled["action"], unlabeled["label"]["name"]) == ("unlabeled", "b")
    assert (closed["action"], closed["issue"]["state_reason"], closed["sender"]["login"]) == (
        "closed",
        "not_planned",
        "bob",
    )
    hub.patch(ISSUE, state="closed")
    assert told() == []


def test_comments_sub_issues_labels_and_deletions_are_told(hub: GitHubCaller, mailbox: Mailbox, told: Told) -> None:
    """Each under its own event; what nobody subscribed to is not sent."""
    hub.post(f"{SHOP}/issues", title="x")
    hub.post(f"{SHOP}/issues", title="child")
    hooked(hub, mailbox)
    comment = hub.post(f"{ISSUE}/comments", body="hi")
    path = f"{SHOP}/issues/comments/{comment['id']}"
    hub.patch(path, body="hello")
    hub.delete(path)
    hub.post(f"{ISSUE}/sub_issues", sub_issue_id=hub.get(f"{SHOP}/issues/2")["id"])
    hub.post(f"{SHOP}/labels", name="a")
    hub.patch(f"{SHOP}/labels/a", new_name="b")
    hub.delete(f"{SHOP}/labels/b")
    hub.patch(ISSUE, state="closed")
    hub.patch(ISSUE, state="open")
    hub.sandbox.world.delete_issue("github", "acme/shop", 1, actor="alice")
    assert actions(told) == [
        "ping.",
        "issue_comment.created",
        "issue_comment.edited",
        "issue_comment.deleted",
        "sub_issues.sub_issue_added",
        "sub_issues.parent_issue_added",
        "label.created",
        "label.edited",
        "label.deleted",
        "issues.closed",
        "issues.reopened",
        "issues.deleted",
    ]


def test_only_organisation_hooks_hear_of_cards(hub: GitHubCaller, mailbox: Mailbox, told: Told) -> None:
    """A moved card reaches the organisation's hook, without a repository and with both columns."""
    hooked(hub, mailbox)
    hub.sandbox.world.create_issue("github", "acme/shop", actor="alice", title="x")
    told()
    hub.sandbox.world.move_card("github", "acme/shop", 1, actor="alice", column="Review")
    assert told() == []
    hooked(hub, mailbox, "/orgs/acme", "projects_v2_item")
    told()
    hub.sandbox.world.move_card("github", "acme/shop", 1, actor="bob", column="Complete")
    ((_, payload),) = told()
    assert payload["changes"]["field_value"]["from"]["name"] == "Review"
    assert payload["changes"]["field_value"]["to"]["name"] == "Complete"
    assert "repository" not in payload


def test_a_redelivery_keeps_its_guid(hub: GitHubCaller, mailbox: Mailbox, told: Told) -> None:
    """The log shows every attempt with its answer, newest first, and the same delivery can be had again."""
    hook = hooked(hub, mailbox)
    ((first, _),) = told()
    log = f"{SHOP}/hooks/{hook['id']}/deliveries"
    (item,) = hub.get(log)
    assert (item["guid"], item["status"], item["status_code"], item["redelivery"]) == (
        first["X-GitHub-Delivery"],
        "OK",
        202,
        False,
    )
    full = hub.get(f"{log}/{item['id']}")
    assert full["request"]["payload"]["hook_id"] == hook["id"]
    assert hub.status("POST", f"{log}/{item['id']}/attempts") == 202
    ((again, _),) = told()
    assert again["X-GitHub-Delivery"] == first["X-GitHub-Delivery"]
    assert [row["redelivery"] for row in hub.get(log)] == [True, False]
    page = hub.ask("GET", log, params={"per_page": 1})
    assert "cursor=" in page.links["next"]["url"]


def test_a_failed_delivery_is_on_record(hub: GitHubCaller) -> None:
    """Nobody listens: no status, a sentence instead, and neither a success nor a failure by the filter."""
    config = {"url": "http://127.0.0.1:9/", "content_type": "json"}
    hook = hub.post(f"{SHOP}/hooks", name="web", events=["issues"], config=config)
    hub.sandbox.settle()
    log = f"{SHOP}/hooks/{hook['id']}/deliveries"
    (item,) = hub.get(log)
    assert (item["status_code"], item["status"] != "OK") == (0, True)
    assert hub.get(log, status="success") == hub.get(log, status="failure") == []


def test_editing_a_hook_without_its_secret_takes_it_away(hub: GitHubCaller, mailbox: Mailbox) -> None:
    """`config` replaces, `…/config` edits key by key; events are added and removed; a deleted hook is gone."""
    hook = f"{SHOP}/hooks/{hooked(hub, mailbox, SHOP, 'issues')['id']}"
    assert "secret" in hub.patch(f"{hook}/config", url=mailbox.url)
    edited = hub.patch(hook, config={"url": mailbox.url}, add_events=["label"], remove_events=["issues"])
    assert ("secret" in edited["config"], edited["events"]) == (False, ["label"])
    assert hub.ask("DELETE", hook).status_code == 204
    assert hub.status("GET", hook) == 404


def test_the_delivered_issue_is_the_issue_of_that_moment(hub: GitHubCaller, mailbox: Mailbox, told: Told) -> None:
    """Payloads are made when things happen, not when they are sent."""
    hooked(hub, mailbox, SHOP, "issues")
    told()
    with hub.sandbox.world.lock:
        hub.sandbox.world.create_issue("github", "acme/shop", actor="alice", title="x", labels=["a"])
        hub.sandbox.world.edit_issue("github", "acme/shop", 1, actor="alice", labels=[], title="y")
    opened_, _, edited, unlabeled = (payload["issue"] for _, payload in told())
    assert (opened_["title"], names(opened_["labels"])) == ("x", ["a"])
    assert (edited["title"], unlabeled["labels"]) == ("y", [])
