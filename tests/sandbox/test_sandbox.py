"""The sandbox itself: the world it starts with, faults on request, its log, resets and seeds."""

from __future__ import annotations

import http.client
import json
import socket
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from service.sandbox import Sandbox
from service.sandbox.world import World
from tests.clock import Clock
from tests.sandbox.github_caller import ISSUE, SHOP, GitHubCaller
from tests.sandbox.gitlab_caller import Caller as GitLabCaller

API = "/github/api/v3"


@pytest.fixture
def hub(sandbox: Sandbox) -> GitHubCaller:
    """An administrator."""
    return GitHubCaller(sandbox, "alice")


def test_answers_are_dated_by_the_sandboxs_own_clock(sandbox: Sandbox, hub: GitHubCaller, clock: Clock) -> None:
    """So that a test can let the forge's clock run ahead."""
    clock.forward(hours=1)
    assert hub.ask("GET", "/zen").headers["Date"] == "Mon, 02 Mar 2026 10:00:00 GMT"


def test_a_tokens_scopes_are_told(sandbox: Sandbox, hub: GitHubCaller) -> None:
    """GitHub says them in a header; GitLab answers for the token in use."""
    assert hub.ask("GET", "/user").headers["X-OAuth-Scopes"] == "project, repo"
    sandbox.world.limit_token("token-alice", "read_api")
    assert hub.ask("GET", "/user").headers["X-OAuth-Scopes"] == "read_api"
    assert GitLabCaller(sandbox, "alice").get("/personal_access_tokens/self")["scopes"] == ["read_api"]


def fault(sandbox: Sandbox, **given: Any) -> int:
    return requests.post(f"{sandbox.url}/_faults", json=given, timeout=10).status_code


def test_it_starts_with_a_small_company(sandbox: Sandbox) -> None:
    """On each forge acme with a public and a private project, and the same people."""
    state = requests.get(f"{sandbox.url}/_state", timeout=10).json()
    assert [(p["forge"], p["path"], p["private"]) for p in state["projects"]] == [
        ("github", "acme/shop", False),
        ("github", "acme/ops", True),
        ("gitlab", "acme/shop", False),
        ("gitlab", "acme/ops", True),
    ]
    assert {"alice", "bob", "eve", "mallory", "closeout-bot"} <= {row["login"] for row in state["people"]}


@pytest.mark.parametrize("host", ["evil.test", "10.0.0.1:80", "127.0.0.1.evil.test"])
def test_it_answers_to_its_own_address_only(sandbox: Sandbox, host: str) -> None:
    """A request under a foreign name is refused, on pages and on the API alike."""
    for path in ("/", "/_state", f"{API}/zen"):
        assert requests.get(sandbox.url + path, headers={"Host": host}, timeout=10).status_code == 421


def test_it_serves_this_machine_only() -> None:
    """Any other address to bind to is refused."""
    with pytest.raises(ValueError, match="this machine only"):
        Sandbox.start(host="0.0.0.0")  # noqa: S104 - the point


def test_a_status_fault_comes_instead_of_the_answer(hub: GitHubCaller) -> None:
    """With its headers and body, as often as asked for, on matching requests only; nothing is done."""
    limited = {"status": 429, "headers": {"Retry-After": "7"}, "body": '{"message": "slow"}', "times": 2}
    assert fault(hub.sandbox, path=f"{API}/repos/*/issues", method="POST", kind="status", **limited) == 204
    answers = [hub.ask("POST", f"{SHOP}/issues", json={"title": "x"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 201]
    assert (answers[0].headers["Retry-After"], answers[0].json()) == ("7", {"message": "slow"})
    assert answers[2].json()["number"] == 1


def test_a_fault_may_come_after_the_deed(hub: GitHubCaller) -> None:
    """The issue is made and the answer is lost: what a timeout looks like."""
    fault(hub.sandbox, path=f"{API}/repos/*/issues", kind="status", status=502, after=True)
    assert hub.status("POST", f"{SHOP}/issues", title="x") == 502
    assert len(hub.get(f"{SHOP}/issues")) == 1


def test_a_dropped_connection_has_no_answer(hub: GitHubCaller) -> None:
    """The caller's connection ends, and the log shows status 0."""
    fault(hub.sandbox, path="*", kind="drop")
    with pytest.raises(requests.ConnectionError):
        hub.get(SHOP)
    assert hub.sandbox.log[-1].status == 0
    assert hub.get(SHOP)["name"] == "shop"


def test_a_truncated_answer_ends_early(hub: GitHubCaller) -> None:
    """Its length promises more than comes."""
    fault(hub.sandbox, path="*", kind="truncate")
    connection = http.client.HTTPConnection("127.0.0.1", int(hub.sandbox.url.rpartition(":")[2]), timeout=10)
    connection.request("GET", f"{API}{SHOP}")
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()


def test_a_delay_changes_nothing_else(hub: GitHubCaller) -> None:
    """The right answer comes late; a sandbox that stops does not wait for it."""
    fault(hub.sandbox, path="*", kind="delay", seconds=0.01)
    assert hub.get(SHOP)["name"] == "shop"


def test_a_replica_may_lag_behind(hub: GitHubCaller) -> None:
    """After the next write so many reads show what was before it, and the write stays."""
    issues = f"{SHOP}/issues"
    fault(hub.sandbox, path=f"{API}/repos/*", kind="stale", times=2)
    assert hub.ask("GET", issues).json() == []
    hub.ask("POST", issues, json={"title": "There"})
    seen = [len(hub.ask("GET", issues).json()) for _ in range(3)]
    assert seen == [0, 0, 1]
    assert [row.title for row in hub.sandbox.world.project("github", "acme/shop").issues.values()] == ["There"]


@pytest.mark.parametrize(
    "given", [{}, {"path": "*"}, {"path": "*", "kind": "fire"}, {"path": "*", "kind": "drop", "x": 1}]
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, given: dict[str, Any]) -> None:
    """A path and a known kind are needed, and every key must be known; faults can be listed and cleared."""
    assert fault(sandbox, **given) == 422
    fault(sandbox, path="*", kind="drop")
    assert len(requests.get(f"{sandbox.url}/_faults", timeout=10).json()) == 1
    assert requests.delete(f"{sandbox.url}/_faults", timeout=10).json() == []


def test_the_log_keeps_every_request(hub: GitHubCaller) -> None:
    """Who asked what and what came of it, in order, apart from pages and switches."""
    hub.get(f"{SHOP}/issues", state="all")
    hub.as_("mallory").status("GET", "/repos/acme/ops")
    requests.get(hub.sandbox.url, timeout=10)
    rows = requests.get(f"{hub.sandbox.url}/_log", timeout=10).json()
    assert [(r["actor"], r["forge"], r["method"], r["path"], r["status"]) for r in rows] == [
        ("alice", "github", "GET", f"{API}{SHOP}/issues?state=all", 200),
        ("mallory", "github", "GET", f"{API}/repos/acme/ops", 404),
    ]
    assert rows[0]["at"] == "2026-03-02T09:00:00+00:00"


def test_a_reset_starts_afresh(hub: GitHubCaller) -> None:
    """Issues, log and faults are gone; a seed may come with it."""
    hub.post(f"{SHOP}/issues", title="x")
    fault(hub.sandbox, path="*", kind="drop", times=0)
    assert requests.post(f"{hub.sandbox.url}/_reset", timeout=10).status_code == 204
    assert hub.get(f"{SHOP}/issues") == []
    seed: Any = {"projects": [{"forge": "github", "path": "other/one", "issues": [{"title": "seeded"}]}]}
    requests.post(f"{hub.sandbox.url}/_reset", json=seed, timeout=10)
    assert hub.get("/repos/other/one/issues")[0]["title"] == "seeded"


def test_a_seed_file_says_what_the_state_says(clock: Clock, tmp_path: Path) -> None:
    """What `/_state` answers can be planted again and describes the same world."""
    world = World(clock)
    for number in range(3):
        world.create_issue("github", "acme/shop", actor="bob", title=f"n{number}", labels=["a"], assignees=["eve"])
    first, second, third = (world.issue("github", "acme/shop", number) for number in (1, 2, 3))
    world.add_child(first, second, actor="bob")
    world.comment("github", "acme/shop", 1, actor="eve", body="hi")
    world.edit_issue("github", "acme/shop", 2, actor="bob", state="closed", state_reason="not_planned")
    world.delete_issue("github", "acme/shop", third.number, actor="alice")
    world.move_card("github", "acme/shop", 1, actor="alice", column="Review")
    one = world.create_issue("gitlab", "acme/ops", actor="bob", title="other", private=True)
    world.plan_issue(one, world.add_timebox("gitlab", "acme/ops", title="v2", last=date(2026, 3, 13)), actor="bob")
    world.link(one, world.create_issue("gitlab", "acme/shop", actor="bob", title="linked"), actor="bob")
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(world.snapshot_json()))
    with Sandbox.start(seed=file, clock=clock) as again:
        assert without_ids(again.world.snapshot_json()) == without_ids(world.snapshot_json())


def without_ids(value: Any) -> Any:
    """Ids and the record of how things came about differ between two tellings of the same world."""
    if isinstance(value, dict):
        return {key: without_ids(one) for key, one in value.items() if key not in ("id", "events", "deliveries")}
    return [without_ids(one) for one in value] if isinstance(value, list) else value


def test_features_are_switched_over_http(hub: GitHubCaller) -> None:
    """For tests that run the sandbox in another process; unknown names are refused."""
    url = f"{hub.sandbox.url}/_features/github"
    assert requests.post(url, json={"sub_issues": False}, timeout=10).status_code == 204
    hub.post(f"{SHOP}/issues", title="x")
    assert hub.status("GET", f"{ISSUE}/sub_issues") == 404
    assert requests.post(url, json={"warp": True}, timeout=10).status_code == 422


def test_a_stopped_sandbox_frees_its_port(clock: Clock) -> None:
    """Nobody answers there any more."""
    with Sandbox.start(clock=clock) as running:
        port = int(running.url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_boards_follow_each_forge_s_way(clock: Clock) -> None:
    """On GitLab a card moves by its labels and the Closed list closes; on GitHub it stands by itself."""
    world = World(clock)
    world.add_board("gitlab", "acme/shop", title="Board", columns=("Draft", "Review"))
    issue = world.create_issue("gitlab", "acme/shop", actor="bob", title="x", labels=["Draft", "kept"])
    world.move_card("gitlab", "acme/shop", 1, actor="bob", column="Review")
    assert issue.labels == ["kept", "Review"]
    world.move_card("gitlab", "acme/shop", 1, actor="bob", column="Closed")
    assert (issue.state, issue.closed_by) == ("closed", "bob")
    world.move_card("gitlab", "acme/shop", 1, actor="bob", column="Open")
    assert (issue.state, issue.labels) == ("open", ["kept"])
    with pytest.raises(LookupError):
        world.move_card("gitlab", "acme/shop", 1, actor="bob", column="Nowhere")
