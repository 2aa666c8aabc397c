"""What an audit of many projects costs: `closeout audit` as a process of its own, beside a sandbox. Called by
`tests.bench.tables`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from service.sandbox import Sandbox
from tests.stack import BOT, FORGES

SIZES = {"small": (20, 1_000), "large": (200, 10_000)}  # projects, open action items in them
MOST_MEMORY = 300  # MB
ITEM = "<!-- closeout:action-item parent={parent} key=k{n} -->\n**Deadline:** {due}\n\n## Definition of done\n\n- [ ] A drill\n"


@dataclass(frozen=True, slots=True)
class Cost:
    forge: str
    projects: int
    items: int
    requests: int
    seconds: float
    memory: float  # MB at most, resident

    @property
    def at_most(self) -> int:
        """Requests: 1.2 for each hundred items, and one for each project."""
        return self.items * 12 // 1000 + self.projects


def audit_costs(*, small_only: bool = False) -> Iterator[Cost]:
    """Of each size on each forge, the small one first; or a tiny one on one forge."""
    sizes = {"tiny": (2, 20)} if small_only else SIZES
    with Sandbox.start() as sandbox:
        for forge in FORGES[: 1 if small_only else None]:
            for owner, (projects, items) in sizes.items():
                _fill(sandbox, forge, owner, projects, items // projects)
                yield _audited(sandbox, forge, owner, projects, items)


def _fill(sandbox: Sandbox, forge: str, owner: str, projects: int, each: int) -> None:
    world, today = sandbox.world, sandbox.world.clock().date()
    for number in range(projects):
        path = f"{owner}/p{number:03}"
        world.add_project(forge, path)
        world.set_permission(forge, path, BOT, "write")
        labels = ("type-post-mortem", "severity-high")
        parent = world.create_issue(forge, path, actor="alice", title="Outage", labels=labels)
        for n in range(each):
            body = ITEM.format(parent=f"{forge}:{path}#{parent.number}", n=n, due=_due(today, n))
            item = {"title": f"Alert on the depth of queue {n}", "body": body, "assignees": ("bob",)}
            world.create_issue(forge, path, actor="alice", labels=("type-action-item",), **item)  # type: ignore[arg-type]


def _due(today: date, number: int) -> date:
    """From two months ago to four months ahead."""
    return today + timedelta(days=number * 7 % 180 - 60)


def _audited(sandbox: Sandbox, forge: str, owner: str, projects: int, items: int) -> Cost:
    urls = {"github": sandbox.github_url, "gitlab": sandbox.gitlab_url}
    name = f"CLOSEOUT_{forge.upper()}"
    environment = {**os.environ, f"{name}_URL": urls[forge], f"{name}_TOKEN": f"token-{BOT}"}
    command = [sys.executable, "-m", "service", "audit", "--project", f"{forge}:{owner}/*", "--format", "json"]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "audit.json").open("w+b") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(process.pid, 0)  # which also tells this process's memory, and no other's
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        found = json.load(out)
    assert (found["errors"], found["totals"]["open"]) == ([], items), "the audit did not see everything"
    return Cost(forge, projects, items, found["requests"], seconds, usage.ru_maxrss / 1024)
