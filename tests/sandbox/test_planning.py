"""Milestones and iterations as the sandbox's forges show them; each answer is held against the forge's own document."""

from __future__ import annotations

import json
from datetime import date

import pytest
import requests

from service.sandbox import Sandbox
from service.sandbox.timeboxes import TimeboxRow
from tests.contracts.github_contract import check_webhook
from tests.external.mailbox import opened
from tests.sandbox.github_caller import ISSUE, SHOP, GitHubCaller
from tests.sandbox.gitlab_caller import SHOP as GITLAB_SHOP
from tests.sandbox.gitlab_caller import Caller

DAYS = {"first": date(2026, 3, 2), "last": date(2026, 3, 13)}


def planned(sandbox: Sandbox, forge: str, **more: object) -> TimeboxRow:
    """An issue in a milestone or iteration."""
    world = sandbox.world
    issue = world.create_issue(forge, "acme/shop", actor="alice", title="Down")
    box = world.add_timebox(forge, "acme/shop", title="v2", **{**DAYS, **more})  # type: ignore[arg-type]
    world.plan_issue(issue, box, actor="alice")
    return box


@pytest.mark.node
def test_githubs_milestone_is_shown_in_both_dialects(sandbox: Sandbox) -> None:
    """Its day is the midnight in California with which it begins; closing it changes no issue."""
    box, hub = planned(sandbox, "github"), GitHubCaller(sandbox, "alice")
    shown = hub.get(ISSUE)["milestone"]
    assert (shown["title"], shown["state"], shown["due_on"]) == ("v2", "open", "2026-03-13T07:00:00Z")
    assert (shown["open_issues"], shown["closed_issues"]) == (1, 0)
    sandbox.world.close_timebox(box)
    asked = '{ repository(owner: "acme", name: "shop") { issue(number: 1) { milestone { title dueOn state } } } }'
    bearer = {"Authorization": "Bearer token-alice"}
    url = f"{sandbox.github_url}/api/graphql"
    found = requests.post(url, json={"query": asked}, headers=bearer, timeout=10).json()
    assert found["data"]["repository"]["issue"]["milestone"] == {
        "title": "v2",
        "dueOn": "2026-03-13T07:00:00Z",
        "state": "CLOSED",
    }
    assert [event["event"] for event in hub.get(f"{ISSUE}/events")] == ["milestoned"]


@pytest.mark.node
def test_githubs_hooks_hear_of_an_issue_in_another_milestone(sandbox: Sandbox) -> None:
    """`issues.milestoned` and `issues.demilestoned`, with the milestone."""
    hub = GitHubCaller(sandbox, "alice")
    with opened() as mailbox:
        config = {"url": mailbox.url, "content_type": "json"}
        hub.post(f"{SHOP}/hooks", name="web", events=["issues"], config=config)
        planned(sandbox, "github")
        sandbox.world.plan_issue(sandbox.world.issue("github", "acme/shop", 1), None, actor="alice")
        sandbox.settle()
        told = [json.loads(mailbox.next()[1]) for _ in range(mailbox.arrived.qsize())][1:]  # after the ping
    for payload in told:
        assert check_webhook("issues", payload) == []
    assert [payload["action"] for payload in told] == ["opened", "milestoned", "demilestoned"]
    assert told[1]["milestone"]["title"] == "v2"


def test_gitlabs_milestone_has_two_days(sandbox: Sandbox) -> None:
    """And says whether they are over; without Premium there is not even a key for an iteration."""
    planned(sandbox, "gitlab")
    issue = Caller(sandbox, "alice").get(f"/projects/{GITLAB_SHOP}/issues/1")
    shown = issue["milestone"]
    assert (shown["start_date"], shown["due_date"], shown["state"]) == ("2026-03-02", "2026-03-13", "active")
    assert not shown["expired"]
    assert "iteration" not in issue


def test_gitlabs_iterations_take_premium(sandbox: Sandbox) -> None:
    """They number their states: coming, current, closed."""
    sandbox.world.features["gitlab"].premium = True
    box = planned(sandbox, "gitlab", kind="iteration")
    alice, path = Caller(sandbox, "alice"), f"/projects/{GITLAB_SHOP}/issues/1"
    states = [alice.get(path)["iteration"]["state"]]
    box.first = date(2126, 3, 2)
    states.append(alice.get(path)["iteration"]["state"])
    sandbox.world.close_timebox(box)
    states.append(alice.get(path)["iteration"]["state"])
    assert states == [2, 1, 3]
    assert alice.get(path)["milestone"] is None
