"""What the service asks of GitHub again and again costs nothing of its quota while nothing changes there."""

from __future__ import annotations

from pathlib import Path

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.stack import BOT, PROJECTS, Stack, running

GITHUB = "/github/api/v3"


def _round(stack: Stack) -> list[int]:
    """One resync and one redelivery of all projects: the statuses of what they asked of GitHub's REST API."""
    asked = len(stack.sandbox.log)
    stack.clock.forward(seconds=600)
    stack.service.schedule.run_due()
    stack.settle()
    made = stack.sandbox.log[asked:]
    return [record.status for record in made if record.actor == BOT and record.path.startswith(GITHUB)]


def _used(sandbox: Sandbox) -> int:
    return sum(
        count
        for (login, resource, _), count in sandbox.world.requests_used.items()
        if (login, resource) == (BOT, "core")
    )


def test_quiet_projects_cost_no_quota(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """Issues, webhooks and their deliveries are asked about every ten minutes, and answered 304; a change is found."""
    for project in PROJECTS:
        sandbox.world.set_permission("github", project, BOT, "admin")
    with running(sandbox, clock, tmp_path) as stack:
        for project in PROJECTS:
            sandbox.world.create_issue("github", project, actor="alice", title="Down", body="It broke.")
        stack.settle()
        for _ in range(3):
            _round(stack)
        used = _used(sandbox)
        quiet = [*_round(stack), *_round(stack)]
        assert (set(quiet), _used(sandbox)) == ({304}, used)
        assert len(quiet) >= 2 * 2 * len(PROJECTS)
        sandbox.world.project("github", PROJECTS[0]).hooks.clear()
        sandbox.world.add_labels("github", PROJECTS[0], 1, actor="alice", names=["post-mortem"])
        assert 200 in _round(stack)
        assert "Root cause" in stack.issue("github", 1).body
