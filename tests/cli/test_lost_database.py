"""The database is gone, and `closeout backfill` makes a new one from the trackers alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from service.sandbox import Sandbox
from tests.cli.conftest import Run
from tests.clock import Clock
from tests.incident import filled_in
from tests.journeys.team import LINE, PROJECT, Team
from tests.journeys.test_follow_up import NO, answered, closed_with_everything, reviews
from tests.stack import FORGES, Stack, running


@pytest.fixture
def rebuild(run: Run, sandbox: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, str], str]:
    """Runs the command on a folder's database, which need not be there, and gives what it said."""
    monkeypatch.setattr("service.bootstrap.clock.wall_clock", clock)
    monkeypatch.setattr("service.bootstrap.clock.pause", lambda _: None)
    for forge, url in (("GITHUB", sandbox.github_url), ("GITLAB", sandbox.gitlab_url)):
        monkeypatch.setenv(f"CLOSEOUT_{forge}_URL", url)
        monkeypatch.setenv(f"CLOSEOUT_{forge}_TOKEN", "token-closeout-bot")

    def rebuilt(folder: Path, forge: str) -> str:
        folder.mkdir(exist_ok=True)
        database = f"sqlite:///{folder}/closeout.sqlite3"
        ran = run("backfill", "--project", f"{forge}:{PROJECT}", CLOSEOUT_DATABASE_URL=database)
        assert ran.code == 0, ran.err
        return ran.out

    return rebuilt


def _queue(stack: Stack) -> dict[str, tuple[str, datetime | None]]:
    return {task.issue: (task.state, task.due_at) for task in stack.service.overview.tasks()}


def _open(team: Team) -> int:
    pm = team.report()
    team.write(pm, filled_in(team.issue(pm).body, LINE))
    return team.action_item().number


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("live", [_open, closed_with_everything], ids=["open", "closed"])
def test_the_queue_is_as_it_was(
    sandbox: Sandbox,
    clock: Clock,
    tmp_path: Path,
    rebuild: Callable[[Path, str], str],
    forge: str,
    live: Callable[[Team], int],
) -> None:
    """The same issues, and the same moments at which they are looked at again; nothing is written to the forge."""
    with running(sandbox, clock, tmp_path) as stack:
        live(Team(stack, forge))
        before = _queue(stack)
    assert any(state == "ready" for state, _ in before.values())
    events = len(sandbox.world.events)
    rebuild(tmp_path / "new", forge)
    assert len(sandbox.world.events) == events
    with running(sandbox, clock, tmp_path / "new", hooked=False) as stack:
        assert _queue(stack) == before
        assert stack.service.overview.projects() == [(forge, PROJECT)]  # whom a resync asks


@pytest.mark.parametrize("forge", FORGES)
def test_reminders_and_reviews_come_all_the_same(
    sandbox: Sandbox, clock: Clock, tmp_path: Path, rebuild: Callable[[Path, str], str], forge: str
) -> None:
    """Those that came due while there was no database, too; without a webhook, and each once."""
    with running(sandbox, clock, tmp_path) as stack:
        closed_with_everything(Team(stack, forge))
    clock.forward(days=36)  # past the first review, on a Tuesday
    assert "1 to be looked at again" in rebuild(tmp_path / "new", forge)
    with running(sandbox, clock, tmp_path / "new", hooked=False) as stack:
        team = Team(stack, forge)
        stack.settle()
        [first] = reviews(team)
        sandbox.world.edit_issue(
            forge, PROJECT, first.number, actor="alice", body=answered(first.body, NO), state="closed"
        )
    rebuild(tmp_path / "newer", forge)
    with running(sandbox, clock, tmp_path / "newer", hooked=False) as stack:
        Team(stack, forge).wait(days=28)
        assert len(reviews(Team(stack, forge))) == 2


@pytest.mark.parametrize("forge", FORGES)
def test_what_was_taken_in_silently_stays_silent(
    sandbox: Sandbox, clock: Clock, tmp_path: Path, rebuild: Callable[[Path, str], str], forge: str
) -> None:
    """However often it is run, and with a service at work: the first word comes after the first event."""
    sandbox.world.create_issue(
        forge, PROJECT, actor="alice", title="Old", body=f"## Action items\n\n{LINE}\n", labels=("post-mortem",)
    )
    for _ in range(2):
        rebuild(tmp_path / "one", forge)
    with running(sandbox, clock, tmp_path / "one", hooked=False) as stack:
        team = Team(stack, forge)
        team.wait(days=60)
        issues = sandbox.world.project(forge, PROJECT).issues
        assert (len(issues), len(stack.said(forge, 1))) == (1, 1)
        with running(sandbox, clock, tmp_path / "one") as again:
            again.sandbox.world.comment(forge, PROJECT, 1, actor="bob", body="I look into it.")
            again.settle()
        assert team.action_item().title == "Page when the connection pool is 80 % full"
