"""`closeout setup` on the sandbox: plan, confirmation, outcome, a second run, the way back, and missing rights."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from tests.cli.conftest import Ran, Run

FORGES = ("github", "gitlab")
PROJECT = "acme/shop"
SECRET = "s3cret-of-the-hook"
ALL = ("--board", "--templates", "--webhook", "http://127.0.0.1:9")
POLICY = {"github": ".github/closeout.yml", "gitlab": ".gitlab/closeout.yml"}


@pytest.fixture(autouse=True)
def environment(sandbox: Sandbox, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both forges, as somebody who administers them; no board is there yet."""
    for forge, url in (("GITHUB", sandbox.github_url), ("GITLAB", sandbox.gitlab_url)):
        monkeypatch.setenv(f"CLOSEOUT_{forge}_URL", url)
        monkeypatch.setenv(f"CLOSEOUT_{forge}_TOKEN", "token-alice")
        monkeypatch.setenv(f"CLOSEOUT_{forge}_WEBHOOK_SECRET", f"{SECRET},the-one-before")
    sandbox.world.group("github", "acme").boards.clear()


def _setup(run: Run, forge: str, *options: str) -> Ran:
    return run("setup", "--forge", forge, "--project", PROJECT, *options)


def _writes(sandbox: Sandbox) -> list[str]:
    """The writing requests so far; a GraphQL mutation changes the state, which the tests compare as well."""
    records = [record for record in sandbox.log if record.method != "GET" and not record.path.endswith("/graphql")]
    return [f"{record.method} {record.path}" for record in records]


def _steps(ran: Ran) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads(ran.out)["steps"]
    return steps


@pytest.mark.parametrize("forge", FORGES)
def test_a_dry_run_shows_the_plan_and_writes_nothing(run: Run, sandbox: Sandbox, forge: str) -> None:
    """Every step like a line of a diff; CLOSEOUT_DRY_RUN does the same, whatever --yes says."""
    before = sandbox.world.snapshot_json()
    ran = _setup(run, forge, *ALL, "--dry-run")
    assert ran.code == 0
    for line in ("+ label    post-mortem", "+ board    Post-mortems", "+ webhook  http://127.0.0.1:9/webhooks/"):
        assert line in ran.out
    assert POLICY[forge] in ran.out
    assert run("setup", "--forge", forge, "--project", PROJECT, "--yes", CLOSEOUT_DRY_RUN="1").code == 0
    assert (sandbox.world.snapshot_json(), _writes(sandbox)) == (before, [])


@pytest.mark.parametrize("forge", FORGES)
def test_a_second_run_finds_nothing_to_do(run: Run, sandbox: Sandbox, forge: str) -> None:
    """Zero writes, while the request waits and after it is merged."""
    first = _setup(run, forge, *ALL, "--yes")
    assert (first.code, "refused" in first.out) == (0, False)
    [request] = sandbox.world.project(forge, PROJECT).requests
    for _ in range(2):
        before, written = sandbox.world.snapshot_json(), _writes(sandbox)
        again = _setup(run, forge, *ALL, "--yes")
        assert again.code == 0
        assert "Nothing to do." in again.out
        assert (sandbox.world.snapshot_json(), _writes(sandbox)) == (before, written)
        sandbox.world.merge_request(forge, PROJECT, request.number)


@pytest.mark.parametrize("forge", FORGES)
def test_the_secret_is_sent_and_never_shown(run: Run, sandbox: Sandbox, forge: str) -> None:
    """The first of two while one replaces the other; it reaches the webhook and no output."""
    ran = _setup(run, forge, *ALL, "--yes")
    more = _setup(run, forge, *ALL, "--send-secret", "--yes", "--json")
    [hook] = sandbox.world.project(forge, PROJECT).hooks
    assert hook.secret == SECRET
    assert not any(SECRET in text for text in (ran.out, ran.err, more.out, more.err))
    assert [step["name"] for step in _steps(more) if step["result"] == "done"] == [hook.url]


def test_the_policy_names_the_board_that_was_made(run: Run, sandbox: Sandbox) -> None:
    """So that cards go to it once the request is merged."""
    _setup(run, "github", "--board", "--yes")
    project, [board] = sandbox.world.project("github", PROJECT), sandbox.world.group("github", "acme").boards
    assert f"project: {board.number}" in project.branches["closeout-setup"][POLICY["github"]]
    assert board.columns[0].name == "Draft"


@pytest.mark.parametrize("forge", FORGES)
def test_remove_takes_away_what_nobody_uses(run: Run, sandbox: Sandbox, forge: str) -> None:
    """The webhook, the board and the labels go, but for the label that an issue carries."""
    before = sandbox.world.snapshot_json()
    _setup(run, forge, *ALL, "--yes")
    sandbox.world.create_issue(forge, PROJECT, actor="bob", title="Late", labels=("overdue",))
    ran = _setup(run, forge, "--remove", "--webhook", "http://127.0.0.1:9", "--yes")
    assert ran.code == 1  # the open request is for a person
    assert "= label    overdue  (stays: issues carry it)" in ran.out
    project = sandbox.world.project(forge, PROJECT)
    assert ([row.name for row in project.labels], project.hooks) == (["overdue"], [])
    assert sandbox.world.boards_of(project) == []
    assert before["groups"] == sandbox.world.snapshot_json()["groups"]
    [request] = project.requests
    sandbox.world.close_request(forge, PROJECT, request.number)
    again = _setup(run, forge, "--remove", "--yes")
    assert (again.code, "Nothing to do." in again.out) == (0, True)


@pytest.mark.parametrize("forge", FORGES)
def test_what_the_account_may_not_do_stops_nothing_else(
    run: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, forge: str
) -> None:
    """Bob writes code and manages no webhooks: one clear line, the rest happens, and the exit code is 1."""
    monkeypatch.setenv(f"CLOSEOUT_{forge.upper()}_TOKEN", "token-bob")
    ran = _setup(run, forge, *ALL, "--yes", "--json")
    assert ran.code == 1
    results = {step["kind"]: (step["mark"], step["result"], step["detail"]) for step in _steps(ran)}
    assert [results[kind][1] for kind in ("label", "board", "file")] == ["done"] * 3
    mark, result, detail = results["webhook"]
    assert (mark, result) == ("!", "left")
    assert "may not manage the webhooks" in detail


def test_a_step_that_is_refused_says_why(run: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eve may read and no more: every step is tried, and each refusal is told."""
    monkeypatch.setenv("CLOSEOUT_GITHUB_TOKEN", "token-eve")
    before = sandbox.world.snapshot_json()
    ran = _setup(run, "github", "--yes", "--json")
    assert ran.code == 1
    assert {step["result"] for step in _steps(ran)} == {"refused"}
    assert all("403" in step["said"] for step in _steps(ran))
    assert sandbox.world.snapshot_json() == before


def test_a_forge_that_fails_is_exit_code_3(run: Run, sandbox: Sandbox) -> None:
    """Something got no answer: the run is worth repeating, and finishes then."""
    sandbox.faults.add(Fault("/gitlab/api/v4/projects/*/labels", "status", method="POST"))
    ran = _setup(run, "gitlab", "--yes", "--json")
    assert (ran.code, [step["result"] for step in _steps(ran)].count("failed")) == (3, 1)
    assert _setup(run, "gitlab", "--yes").code == 0


@pytest.mark.parametrize("forge", FORGES)
def test_a_declined_request_is_a_teams_no(run: Run, sandbox: Sandbox, forge: str) -> None:
    """Nothing is proposed again, until the branch is taken away."""
    _setup(run, forge, "--yes")
    project = sandbox.world.project(forge, PROJECT)
    sandbox.world.close_request(forge, PROJECT, project.requests[0].number)
    declined = _setup(run, forge, "--yes")
    assert (declined.code, "closed without a merge" in declined.out, len(project.requests)) == (1, True, 1)
    sandbox.world.delete_branch(project, "closeout-setup")
    assert _setup(run, forge, "--yes").code == 0
    assert [row.state for row in project.requests] == ["closed", "open"]


class _Person(io.StringIO):
    """Somebody at a terminal, who types this."""

    def isatty(self) -> bool:
        return True


def test_a_person_at_a_terminal_decides(run: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """No means that nothing happens; yes that it does."""
    before = sandbox.world.snapshot_json()
    monkeypatch.setattr("sys.stdin", _Person("n\n"))
    assert _setup(run, "github").code == 1
    assert sandbox.world.snapshot_json() == before
    monkeypatch.setattr("sys.stdin", _Person("y\n"))
    assert _setup(run, "github").code == 0
    assert sandbox.world.project("github", PROJECT).requests


def test_it_asks_before_it_writes(run: Run, sandbox: Sandbox) -> None:
    """Where there is no terminal to ask on, nothing happens without --yes."""
    before = sandbox.world.snapshot_json()
    ran = _setup(run, "github")
    assert (ran.code, "--yes" in ran.err) == (2, True)
    assert sandbox.world.snapshot_json() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--project", "shop", "--forge", "github"), "write it like github:acme/shop"),
        (("--project", PROJECT), "write it like github:acme/shop"),
        (("--project", PROJECT, "--forge", "bitbucket"), "no forge named 'bitbucket'"),
        (("--project", "acme/*", "--forge", "github"), "is a pattern"),
        (("--project", "github:acme/shop", "--webhook", "closeout.example.org"), "write it like https://"),
    ],
)
def test_usage_errors_are_sentences(run: Run, options: tuple[str, ...], words: str) -> None:
    """Exit code 2, with what to write."""
    ran = run("setup", *options)
    assert (ran.code, words in ran.err) == (2, True), ran.err


def test_a_webhook_needs_a_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one nothing of its deliveries could be verified."""
    monkeypatch.delenv("CLOSEOUT_GITHUB_WEBHOOK_SECRET")
    ran = _setup(run, "github", "--webhook", "http://127.0.0.1:9")
    assert (ran.code, "CLOSEOUT_GITHUB_WEBHOOK_SECRET" in ran.err) == (2, True)


def test_a_wrong_policy_is_told_and_nothing_is_made(run: Run, sandbox: Sandbox) -> None:
    """Which labels a team wants is not known then."""
    sandbox.world.put_file("github", PROJECT, POLICY["github"], "version: 2\n")
    ran = _setup(run, "github", "--yes")
    assert (ran.code, "closeout.yml:1: version" in ran.err) == (2, True)
