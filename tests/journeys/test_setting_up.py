"""From an empty project to the first post-mortem: `closeout setup`, `closeout serve`, a label. On both forges."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.sandbox import Sandbox
from tests.cli.conftest import Run, run
from tests.clock import Clock
from tests.contracts.recorder import Recorder
from tests.stack import FORGES, PROJECTS, SECRET, running

__all__ = ["run"]  # a fixture
pytestmark = pytest.mark.node
PROJECT = PROJECTS[0]
LINE = "- [ ] Page when the pool is full - @bob - 2026-04-01 [detection]"


@pytest.mark.parametrize("forge", FORGES)
def test_an_empty_project_becomes_one_that_works(
    run: Run, sandbox: Sandbox, clock: Clock, contracts: Recorder, tmp_path: Path, forge: str
) -> None:
    """One command and a merge; then a label brings template, labels and column, and an action line its issue."""
    world = sandbox.world
    world.group("github", "acme").boards.clear()
    with running(sandbox, clock, tmp_path, hooked=False) as stack:
        ran = run(
            *("setup", "--forge", forge, "--project", PROJECT, "--board", "--templates", "--yes"),
            *("--webhook", stack.service.url),
            **{
                f"CLOSEOUT_{forge.upper()}_URL": f"{sandbox.url}/{forge}",
                f"CLOSEOUT_{forge.upper()}_TOKEN": "token-alice",
                f"CLOSEOUT_{forge.upper()}_WEBHOOK_SECRET": SECRET,
            },
        )
        assert ran.code == 0, ran.out + ran.err
        [request] = world.project(forge, PROJECT).requests
        world.merge_request(forge, PROJECT, request.number)

        pm = world.create_issue(
            forge, PROJECT, actor="alice", title="Checkout down", body="### Severity\n\nhigh\n", labels=("post-mortem",)
        )
        stack.settle()
        assert "## Root cause" in pm.body
        assert {"type-post-mortem", "severity-high"} <= set(pm.labels)
        [board] = world.boards_of(world.project(forge, PROJECT))
        assert world.column_of(pm, board) in ("Draft", "pm-draft")

        body = pm.body.replace("## Action items\n", f"## Action items\n\n{LINE}\n", 1)
        world.edit_issue(forge, PROJECT, pm.number, actor="alice", body=body)
        stack.settle()
        [child] = [row for row in world.project(forge, PROJECT).issues.values() if row.number != pm.number]
        assert {"type-action-item", "detection"} <= set(child.labels)
        assert world.column_of(pm, board) in ("Actions Created", "pm-actions-created")
