"""Two audits at once, in processes of their own, on one database: nobody is reminded twice."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.policy import FILES
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.databases import Place
from tests.stack import BOT

ITEMS = 8
ALWAYS = "version: 1\ncalendar: {quiet: '', weekend: []}\n"  # whenever the tests run
BODY = "<!-- closeout:action-item parent={}:acme/shop#99 key=k{} -->\n**Deadline:** 2020-01-31\n"


@pytest.mark.parametrize(
    ("place", "forge"),
    [("sqlite", "github"), pytest.param("postgresql", "gitlab", marks=pytest.mark.xdist_group("postgresql"))],
    indirect=["place"],
)
def test_two_audits_remind_once(sandbox: Sandbox, clock: Clock, place: Place, forge: str, tmp_path: Path) -> None:
    """Each item is looked at by one of them, and both end well."""
    clock.now = datetime.now(UTC)
    world, here = sandbox.world, (forge, "acme/shop")
    world.put_file(*here, FILES[forge], ALWAYS + "audit: {issue: false}\n")
    for number in range(ITEMS):
        body = BODY.format(forge, number)
        world.create_issue(*here, actor="alice", title="Page", body=body, labels=("type-action-item",))
    environment = {
        "PATH": os.environ["PATH"],
        "CLOSEOUT_DATABASE_URL": place.url,
        f"CLOSEOUT_{forge.upper()}_URL": {"github": sandbox.github_url, "gitlab": sandbox.gitlab_url}[forge],
        f"CLOSEOUT_{forge.upper()}_TOKEN": f"token-{BOT}",
    }
    subprocess.run([sys.executable, "-m", "service", "db", "upgrade"], env=environment, cwd=tmp_path, check=True)
    command = [sys.executable, "-m", "service", "audit", "--project", f"{forge}:acme/shop", "--apply"]
    both = [
        subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    issues = world.project(*here).issues.values()
    assert [len(issue.comments) for issue in issues] == [1] * ITEMS
    assert all("overdue" in issue.labels for issue in issues)
    assert place.rows("select count(*) from journal where change = 'EnsureComment'") == [(ITEMS,)]
