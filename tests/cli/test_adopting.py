"""`closeout backfill` and `closeout simulate` on the sandbox: what they take in, say, leave alone, and how they fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from flask import Request, Response

from service.adoption import adopt
from service.backfill import Pace, take_in
from service.bootstrap.looking import Looking
from service.cli.deliveries import opened
from service.cli.looking import Unrecorded
from service.hidden import state_block, topic_marker
from service.model import IssueRef, Override, SyncState
from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from service.settings import load
from service.work.overview import Overview
from tests.cli.conftest import Ran, Run
from tests.clock import Clock
from tests.incident import filled_in

ROOT = Path(__file__).resolve().parents[2]
BOT = "closeout-bot"
FORGES = ("github", "gitlab")
PROJECT = "acme/shop"
LINE = "- [ ] Page when the pool is full - @bob - 2026-04-01 [detection]"
LATE = "<!-- closeout:action-item parent={}:acme/shop#1 key=k -->\n**Deadline:** 2020-01-31\n"
ALWAYS = "2020-01-01"


@pytest.fixture(autouse=True)
def waits(sandbox: Sandbox, run: Run, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Both forges, as the service's own account. Waiting is written down instead of done, and the clock put forward."""
    for forge, url in (("GITHUB", sandbox.github_url), ("GITLAB", sandbox.gitlab_url)):
        monkeypatch.setenv(f"CLOSEOUT_{forge}_URL", url)
        monkeypatch.setenv(f"CLOSEOUT_{forge}_TOKEN", f"token-{BOT}")
    waited: list[float] = []
    monkeypatch.setattr("service.bootstrap.clock.pause", waited.append)
    monkeypatch.setattr(
        "service.bootstrap.clock.wall_clock", lambda: datetime.now(UTC) + timedelta(seconds=sum(waited))
    )
    return waited


def _history(sandbox: Sandbox, forge: str, clock: Clock) -> None:
    """An open post-mortem (#1), one that was closed half-written (#2), a late action item (#3), and another issue."""
    world, here = sandbox.world, (forge, PROJECT)
    world.create_issue(*here, actor="alice", title="Checkout down", body="We lost orders.", labels=("post-mortem",))
    world.create_issue(
        *here, actor="alice", title="Search slow", body="## Summary\n\nIt was slow.", labels=("post-mortem",)
    )
    world.create_issue(*here, actor="bob", title="Page on it", body=LATE.format(forge), labels=("type-action-item",))
    world.create_issue(*here, actor="bob", title="Typo", body="Not ours.")
    clock.forward(seconds=60)
    world.edit_issue(*here, 2, actor="bob", state="closed")
    clock.forward(seconds=86_400)


def _run(run: Run, command: str, forge: str, *options: str) -> Ran:
    return run(command, "--project", f"{forge}:{PROJECT}", "--since", ALWAYS, *options)


def _done_by_us(sandbox: Sandbox) -> list[str]:
    return [event.kind for event in sandbox.world.events if event.actor == BOT and event.number is not None]


def _data(ran: Ran) -> Any:
    return json.loads(ran.out)


# --- backfill -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forge", FORGES)
def test_what_is_there_is_taken_in_silently(run: Run, sandbox: Sandbox, clock: Clock, forge: str) -> None:
    """The open post-mortem gets labels, template and the one comment that remembers; history and others nothing."""
    _history(sandbox, forge, clock)
    ran = _run(run, "backfill", forge)
    assert ran.code == 0, ran.err
    issues = sandbox.world.project(forge, PROJECT).issues
    assert {"type-post-mortem", "pm-draft"} <= set(issues[1].labels)
    assert "## Root cause" in issues[1].body
    assert [row.author for row in issues[1].comments] == [BOT]
    assert [(row.state, row.body, row.comments) for row in (issues[2], issues[4])] == [
        ("closed", "## Summary\n\nIt was slow.", []),
        ("open", "Not ours.", []),
    ]
    assert {"reopened", "assigned", "opened"} & set(_done_by_us(sandbox)) == set()
    assert "overdue" in issues[3].labels
    assert issues[3].comments == []
    assert "2 of 3 issues taken in, 0 to be looked at again, 0 failed" in ran.out


@pytest.mark.parametrize("forge", FORGES)
def test_a_second_run_writes_nothing(run: Run, sandbox: Sandbox, clock: Clock, forge: str) -> None:
    """How far it came is in the tracker."""
    _history(sandbox, forge, clock)
    _run(run, "backfill", forge)
    before = sandbox.world.snapshot_json()
    assert _data(_run(run, "backfill", forge, "--json"))["totals"] == {
        "looked_at": 3,
        "changed": 0,
        "planned": 0,
        "failed": 0,
    }
    assert sandbox.world.snapshot_json() == before


@pytest.mark.parametrize("forge", FORGES)
def test_a_missed_follow_up_is_left_to_the_service(run: Run, sandbox: Sandbox, clock: Clock, forge: str) -> None:
    """Of a close that we know: the run itself opens nothing, and the issue waits in the queue. A dry run plans nothing."""
    world, here = sandbox.world, (forge, PROJECT)
    row = world.create_issue(*here, actor="alice", title="Down", body="It broke.", labels=("type-post-mortem",))
    known = SyncState(template="light_incident", overrides=(Override("alice", clock(), "it is fine"),))
    text = f"{topic_marker('status')}\n\nClosed.\n\n{state_block(known)}\n"
    world.comment(*here, row.number, actor=BOT, body=text)
    world.edit_issue(*here, row.number, actor="alice", state="closed", state_reason="completed")
    row.closed_at = datetime.now(UTC) - timedelta(days=40)
    for options, waiting in ((("--dry-run",), 0), ((), 1)):
        assert "0 of 1 issues" in _run(run, "backfill", forge, *options).out
        with opened() as database:
            assert len(Overview(database).tasks()) == waiting
    assert len(world.project(*here).issues) == 1


@pytest.mark.parametrize("forge", FORGES)
def test_a_dry_run_writes_nothing(run: Run, sandbox: Sandbox, clock: Clock, forge: str, tmp_path: Path) -> None:
    """It says what would change, oldest first, and needs no database."""
    _history(sandbox, forge, clock)
    before = sandbox.world.snapshot_json()
    told = _data(_run(run, "backfill", forge, "--dry-run", "--json"))
    assert [row["where"].rpartition("#")[2] for row in told["issues"]] == ["1", "2", "3"]
    assert ("SetBody" in told["issues"][0]["changes"], told["applied"]) == (True, False)
    assert sandbox.world.snapshot_json() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("forge", FORGES)
def test_the_next_look_is_as_usual(run: Run, sandbox: Sandbox, clock: Clock, forge: str) -> None:
    """After it the rules hold: a complete action line becomes an issue at the next event, not before."""
    _history(sandbox, forge, clock)
    _run(run, "backfill", forge)
    issues = sandbox.world.project(forge, PROJECT).issues
    sandbox.world.edit_issue(forge, PROJECT, 1, actor="alice", body=filled_in(issues[1].body, LINE))
    _run(run, "backfill", forge)
    assert len(issues) == 4
    run("reconcile", f"{forge}:{PROJECT}#1")
    assert [row.title for row in issues.values() if row.author == BOT] == ["Page when the pool is full"]


@pytest.mark.parametrize("forge", FORGES)
def test_a_run_that_was_killed_is_started_again(run: Run, sandbox: Sandbox, clock: Clock, forge: str) -> None:
    """Cut off after the first issue's labels, and in the middle of another: the end is the same, nothing is twice."""
    _history(sandbox, forge, clock)
    sandbox.world.create_issue(forge, PROJECT, actor="alice", title="Third", labels=("post-mortem",))
    path = "/github/api/v3/repos/*/comments" if forge == "github" else "/gitlab/api/v4/projects/*/notes"
    sandbox.faults.add(Fault(path, "status", method="POST", status=403, times=1))
    looking = Looking(load())
    look = looking.reconciler(Unrecorded(), adopt).reconcile
    refs = [IssueRef(forge, PROJECT, number) for number in (1, 2)]
    assert [bool(one.error) for one in islice(take_in(refs, look, Pace(lambda _: None)), 1)] == [True]
    assert _run(run, "backfill", forge).code == 0
    issues = sandbox.world.project(forge, PROJECT).issues
    assert [len(issues[number].comments) for number in (1, 5)] == [1, 1]
    assert issues[1].body.count("## Root cause") == 1


@pytest.mark.parametrize("forge", FORGES)
def test_a_process_that_is_killed_leaves_nothing_half_done(
    run: Run, sandbox: Sandbox, clock: Clock, tmp_path: Path, forge: str
) -> None:
    """SIGKILL between two writes to one issue; started again, it ends where an undisturbed run does."""
    _history(sandbox, forge, clock)
    _run(run, "backfill", forge)
    undisturbed = _as_left(sandbox, forge)
    sandbox.reset()
    for file in tmp_path.glob("closeout.sqlite3*"):  # it knows of writes that this forge has never seen
        file.unlink()
    _history(sandbox, forge, clock)

    command = [sys.executable, "-m", "service", "backfill", "--project", f"{forge}:{PROJECT}", "--since", ALWAYS]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def kill(request: Request, _: Response) -> None:
        if request.method in ("PUT", "PATCH") or request.path.endswith("/issues/1/labels"):
            process.kill()

    sandbox.observers.append(kill)
    process.communicate(timeout=60)
    sandbox.observers.clear()
    assert process.returncode == -signal.SIGKILL
    assert _as_left(sandbox, forge) != undisturbed
    assert _run(run, "backfill", forge).code == 0
    assert _as_left(sandbox, forge) == undisturbed


def _as_left(sandbox: Sandbox, forge: str) -> list[tuple[str, list[str], int]]:
    """Text, labels and number of comments of each issue."""
    issues = sandbox.world.project(forge, PROJECT).issues.values()
    return [(row.body, sorted(row.labels), len(row.comments)) for row in issues]


def test_only_what_changed_since_is_taken_in(run: Run, sandbox: Sandbox, clock: Clock) -> None:
    """Days, weeks or a date; anything else is a usage error with these forms."""
    _history(sandbox, "github", clock)
    ran = run("backfill", "--project", f"github:{PROJECT}", "--since", "2999-01-01", "--json")
    assert _data(ran)["totals"]["looked_at"] == 0
    wrong = run("backfill", "--since", "half a year")
    assert (wrong.code, "26w" in wrong.err) == (2, True)


def test_it_keeps_to_the_rate(run: Run, sandbox: Sandbox, clock: Clock, waits: list[float]) -> None:
    """It rests after each issue for as long as its changes are worth."""
    _history(sandbox, "github", clock)
    ran = _run(run, "backfill", "github", "--rate", "30", "--json")
    changes = [len(row["changes"]) for row in _data(ran)["issues"] if row["changes"]]
    assert waits == [2 * count for count in changes]


def test_it_waits_as_long_as_the_forge_asks(run: Run, sandbox: Sandbox, clock: Clock, waits: list[float]) -> None:
    """A rate limit is waited for and the issue looked at again, as is one that got no answer."""
    _history(sandbox, "gitlab", clock)
    limit = {"headers": {"Retry-After": "77"}, "method": "PUT", "status": 429}
    sandbox.faults.add(Fault("/gitlab/api/v4/projects/*/issues/1", "status", times=1, **limit))  # type: ignore[arg-type] # each is a field
    ran = _run(run, "backfill", "gitlab", "--json")
    assert (_data(ran)["totals"]["failed"], 77 in waits) == (0, True)


def test_what_fails_stops_nothing_else(run: Run, sandbox: Sandbox, clock: Clock) -> None:
    """An issue, a project that is not there, a policy that is wrong: each is told, and the exit code is 3."""
    _history(sandbox, "github", clock)
    sandbox.world.put_file("github", "acme/ops", ".github/closeout.yml", "version: 2\n")
    sandbox.faults.add(Fault("/github/api/v3/repos/*/issues/1", "status", method="PATCH", status=403, times=0))
    named = [f"--project=github:acme/{name}" for name in ("shop", "ops", "nowhere")]
    ran = run("backfill", *named, "--since", ALWAYS)
    assert ran.code == 3
    assert "closeout.yml:1: version" in ran.err
    assert all(f"failed: github:acme/{name}" in ran.err for name in ("shop#1", "ops", "nowhere"))


# --- simulate -------------------------------------------------------------------------------------------------


def _policy(tmp_path: Path, text: str = "version: 1\n") -> str:
    file = tmp_path / "policy.yml"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("forge", FORGES)
def test_a_policy_is_tried_without_a_write(
    run: Run, sandbox: Sandbox, clock: Clock, tmp_path: Path, forge: str
) -> None:
    """Which closes would not have stood and why, what is late, what would be said and made; beside what is in force."""
    _history(sandbox, forge, clock)
    sandbox.world.put_file(forge, PROJECT, f".{forge}/closeout.yml", "version: 1\nrules: {closure: {mode: warn}}\n")
    body = f"## Action items\n\n{LINE}\n"
    sandbox.world.create_issue(forge, PROJECT, actor="alice", title="Third", body=body, labels=("post-mortem",))
    before = sandbox.world.snapshot_json()
    told = _data(_run(run, "simulate", forge, "--policy", _policy(tmp_path), "--format", "json"))
    assert sandbox.world.snapshot_json() == before
    assert told["looked_at"] == 4
    assert told["totals"]["closes_refused"] == {"in_force": 0, "this_policy": 1}
    assert told["totals"]["closes_with_a_reminder"] == {"in_force": 1, "this_policy": 0}
    assert told["totals"]["issues_created"] == {"in_force": 1, "this_policy": 1}
    [refused] = told["refused"]
    assert (refused["ref"], refused["title"]) == (f"{forge}:{PROJECT}#2", "Search slow")
    assert any("Root cause" in reason["where"] for reason in refused["reasons"])
    assert [row["ref"] for row in told["overdue"]] == [f"{forge}:{PROJECT}#3"]
    assert told["totals"]["comments_posted"]["this_policy"] > 0


def test_the_report_is_made_for_a_comment(run: Run, sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """Markdown with the figures, the reasons folded away, and nothing of people's words that a forge would obey."""
    _history(sandbox, "gitlab", clock)
    sandbox.world.edit_issue("gitlab", PROJECT, 2, actor="alice", title="Slow @all <!-- x")
    shown = _run(run, "simulate", "gitlab", "--policy", _policy(tmp_path), "--format", "markdown").out
    assert shown.startswith("<!-- closeout:comment topic=simulation -->\n### What `")
    assert "| closes refused | 1 | 1 |" in shown
    assert "<summary>Closes refused: 1</summary>" in shown
    assert "@all" not in shown
    table = _run(run, "simulate", "gitlab", "--policy", _policy(tmp_path)).out
    assert "closes refused" in table
    assert "acme/shop#3" in table


@pytest.mark.parametrize("forge", FORGES)
def test_the_request_that_changes_the_policy_is_told(
    run: Run, sandbox: Sandbox, clock: Clock, tmp_path: Path, forge: str
) -> None:
    """In one comment of ours, which says what the newest version of the file would do; the issues stay as they are."""
    _history(sandbox, forge, clock)
    number = _request(sandbox, forge)
    issues = [(row.body, len(row.comments)) for row in sandbox.world.project(forge, PROJECT).issues.values()]
    for text in ("version: 1\n", "version: 1\nrules: {closure: {mode: warn}}\n"):
        ran = _run(run, "simulate", forge, "--policy", _policy(tmp_path, text), "--comment", str(number))
        assert ran.code == 0, ran.err
    [comment] = sandbox.world.request(forge, PROJECT, number).comments
    assert comment.author == BOT
    assert ("| closes refused | 1 | 0 |" in comment.body, "Search slow" in comment.body) == (True, False)
    assert [(row.body, len(row.comments)) for row in sandbox.world.project(forge, PROJECT).issues.values()] == issues


def _request(sandbox: Sandbox, forge: str) -> int:
    world = sandbox.world
    project = world.project(forge, PROJECT)
    world.add_branch(project, "stricter", project.default_branch)
    project.branches["stricter"][f".{forge}/closeout.yml"] = "version: 1\n"
    made = world.open_request(
        project, actor="alice", title="Stricter", body="", source="stricter", target=project.default_branch
    )
    return made.number


@pytest.mark.parametrize(
    ("names", "dry_run", "says"),
    [
        ((), "", "--comment needs the one --project"),
        (("github:acme/*",), "", "--comment needs the one --project"),
        (("github:acme/shop", "github:acme/ops"), "", "--comment needs the one --project"),
        (("github:acme/shop",), "1", "CLOSEOUT_DRY_RUN is set"),
    ],
)
def test_a_comment_needs_a_place(run: Run, tmp_path: Path, names: tuple[str, ...], dry_run: str, says: str) -> None:
    """It is said before anything is read."""
    projects = [f"--project={name}" for name in names]
    ran = run("simulate", *projects, "--policy", _policy(tmp_path), "--comment", "7", CLOSEOUT_DRY_RUN=dry_run)
    assert (ran.code, says in ran.err) == (2, True)


def test_a_request_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    """Exit code 3, after the report was printed."""
    ran = _run(run, "simulate", "github", "--policy", _policy(tmp_path), "--comment", "999", "--format", "json")
    assert (ran.code, _data(ran)["looked_at"], "999" in ran.err) == (3, 0, True)


def test_a_policy_in_force_that_is_wrong_is_not_compared_with(
    run: Run, sandbox: Sandbox, clock: Clock, tmp_path: Path
) -> None:
    """The change that mends it has nothing to be compared with; its own figures are there."""
    _history(sandbox, "github", clock)
    sandbox.world.put_file("github", PROJECT, ".github/closeout.yml", "version: 2\n")
    ran = _run(run, "simulate", "github", "--policy", _policy(tmp_path), "--format", "json")
    assert _data(ran)["totals"]["closes_refused"] == {"in_force": None, "this_policy": 1}
    assert "| – | 1 |" in _run(run, "simulate", "github", "--policy", _policy(tmp_path), "--format", "markdown").out


def test_a_confidential_title_is_not_told(run: Run, sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """The comment may be read by more people than the issue."""
    _history(sandbox, "gitlab", clock)
    for number in (2, 3):
        sandbox.world.edit_issue("gitlab", PROJECT, number, actor="alice", private=True)
    for output in ("json", "markdown", "table"):
        shown = _run(run, "simulate", "gitlab", "--policy", _policy(tmp_path), "--format", output).out
        assert f"{PROJECT}#2" in shown
        assert not any(title in shown for title in ("Search slow", "Page on it"))


def test_a_policy_with_mistakes_is_not_tried(run: Run, tmp_path: Path) -> None:
    """Exit code 2 with each mistake, as `policy check` says it; the same for a file that is not there."""
    ran = run("simulate", "--policy", _policy(tmp_path, "version: 2\n"), "--project", f"github:{PROJECT}")
    assert (ran.code, "policy.yml:1: version" in ran.err) == (2, True)
    assert run("simulate", "--policy", "nowhere.yml", "--project", f"github:{PROJECT}").code == 2


def test_a_project_that_cannot_be_read_is_told(run: Run, tmp_path: Path) -> None:
    """Exit code 3; the report names it, so that nobody takes the figures for whole."""
    ran = run(
        *("simulate", "--policy", _policy(tmp_path), "--project", "github:acme/nowhere"),
        *("--project", f"github:{PROJECT}", "--format", "markdown"),
    )
    assert (ran.code, "Could not be read: 1" in ran.out) == (3, True)
    assert "failed: github:acme/nowhere" in ran.err
