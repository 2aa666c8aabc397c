"""The ready-made pipelines of docs/examples: what they say is valid and careful, and what they run works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.policy import FILES
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.stack import BOT

EXAMPLES = Path(__file__).resolve().parents[1] / "docs/examples"
TOKEN = f"token-{BOT}"
ALWAYS = "version: 1\ncalendar: {quiet: '', weekend: []}\n"  # whenever the tests run
ITEM = "<!-- closeout:action-item parent={}:acme/shop#1 key=k -->\n**Deadline:** 2020-01-31\n"


def _read(name: str) -> Any:
    return yaml.load((EXAMPLES / name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts only


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("github-audit.yml", "vendor.github-workflows"),
        ("github-policy.yml", "vendor.github-workflows"),
        ("gitlab-audit.yml", "vendor.gitlab-ci"),
        ("gitlab-policy.yml", "vendor.gitlab-ci"),
    ],
)
def test_the_example_is_what_the_forge_publishes(name: str, schema: str) -> None:
    """Held against the schema that its editor plugins use."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(EXAMPLES / name)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("name", "job", "may"), [("github-audit.yml", "audit", {}), ("github-policy.yml", "simulate", {"contents": "read"})]
)
def test_the_workflow_may_do_little(name: str, job: str, may: Mapping[str, str]) -> None:
    """Actions by their hash, nothing or reading for the workflow's token, ours by reference and for one step alone."""
    workflow = _read(name)
    steps = workflow["jobs"][job]["steps"]
    assert workflow["permissions"] == may
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)
    told = [step["env"] for step in steps if "env" in step]
    assert told == [{"CLOSEOUT_GITHUB_TOKEN": "${{ secrets.CLOSEOUT_GITHUB_TOKEN }}"}]
    assert "TOKEN" not in str(workflow["jobs"][job]["env"])
    assert "${{" not in "".join(step.get("run", "") for step in steps)  # what others can name is never part of a script


def test_the_pipeline_may_do_little() -> None:
    """Its image by digest, only for a schedule, never twice at once; the token is the project's own variable."""
    job = _read("gitlab-audit.yml")["post-mortem-audit"]
    assert re.search(r"@sha256:[0-9a-f]{64}$", job["image"])
    assert job["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]
    assert (job["resource_group"], job["artifacts"]["access"]) == ("post-mortem-audit", "developer")
    assert "TOKEN" not in str(job["variables"])


def test_the_workflow_tells_a_request(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """With the variables as GitHub fills them in; run again, the comment is the same one."""
    number = _changes_the_policy(sandbox, clock, "github", tmp_path)
    job = _read("github-policy.yml")["jobs"]["simulate"]
    *_, simulate = job["steps"]
    known = {
        "github.server_url": sandbox.github_url,
        "github.repository": "acme/shop",
        "github.event.number": str(number),
        "secrets.CLOSEOUT_GITHUB_TOKEN": TOKEN,
    }
    told = {
        name: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], value)
        for name, value in {**job["env"], **simulate["env"]}.items()
    }
    for _ in range(2):
        _run(simulate["run"], tmp_path, told)
    _expect_one_comment(sandbox, "github", number)


def test_the_pipeline_tells_a_request(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """With the variables as GitLab fills them in; run again, the comment is the same one."""
    number = _changes_the_policy(sandbox, clock, "gitlab", tmp_path)
    job = _read("gitlab-policy.yml")["closeout-policy"]
    known = {
        "CI_SERVER_URL": sandbox.gitlab_url,
        "CI_PROJECT_PATH": "acme/shop",
        "CI_MERGE_REQUEST_IID": str(number),
        "CLOSEOUT_GITLAB_TOKEN": TOKEN,
    }
    told = {name: re.sub(r"\$(\w+)", lambda found: known[found[1]], value) for name, value in job["variables"].items()}
    for _ in range(2):
        _run(job["script"][-1], tmp_path, {**known, **told})
    _expect_one_comment(sandbox, "gitlab", number)
    assert re.search(r"@sha256:[0-9a-f]{64}$", job["image"])


def _changes_the_policy(sandbox: Sandbox, clock: Clock, forge: str, checkout: Path) -> int:
    """A request that changes the policy, checked out as a runner has it, in a project with a half-written close."""
    clock.now = datetime.now(UTC)
    world, here = sandbox.world, (forge, "acme/shop")
    world.create_issue(*here, actor="alice", title="Slow", body="", labels=("post-mortem",))
    world.edit_issue(*here, 1, actor="bob", state="closed")
    project = world.project(*here)
    world.add_branch(project, "stricter", project.default_branch)
    project.branches["stricter"][FILES[forge]] = ALWAYS
    file = checkout / FILES[forge]
    file.parent.mkdir()
    file.write_text(ALWAYS, encoding="utf-8")
    made = world.open_request(
        project, actor="bob", title="Stricter", body="", source="stricter", target=project.default_branch
    )
    return made.number


def _expect_one_comment(sandbox: Sandbox, forge: str, number: int) -> None:
    [comment] = sandbox.world.request(forge, "acme/shop", number).comments
    assert comment.author == BOT
    assert "| closes refused | 1 | 1 |" in comment.body


def test_the_workflow_audits_its_owners_projects(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """With the variables as GitHub fills them in; the summary of the run says what was found."""
    number = _overdue(sandbox, clock, "github")
    job = _read("github-audit.yml")["jobs"]["audit"]
    install, audit = (step for step in job["steps"] if "run" in step)
    known = {
        "github.server_url": sandbox.github_url,
        "github.repository_owner": "acme",
        "secrets.CLOSEOUT_GITHUB_TOKEN": TOKEN,
    }
    told = {
        name: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], value)
        for name, value in {**job["env"], **audit["env"]}.items()
    }
    _run(audit["run"], tmp_path, {**told, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})
    assert f"github:acme/shop#{number}" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    _expect(sandbox, "github", number, tmp_path, install["run"])


def test_the_pipeline_audits_its_groups_projects(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """With the variables as GitLab fills them in; the page is there to be kept."""
    number = _overdue(sandbox, clock, "gitlab")
    job = _read("gitlab-audit.yml")["post-mortem-audit"]
    install, audit = job["script"]
    known = {"CI_SERVER_URL": sandbox.gitlab_url, "CI_PROJECT_ROOT_NAMESPACE": "acme", "CLOSEOUT_GITLAB_TOKEN": TOKEN}
    told = {name: re.sub(r"\$(\w+)", lambda found: known[found[1]], value) for name, value in job["variables"].items()}
    _run(audit, tmp_path, {**known, **told})
    assert f"gitlab:acme/shop#{number}" in (tmp_path / "audit.html").read_text(encoding="utf-8")
    _expect(sandbox, "gitlab", number, tmp_path, install)


def _overdue(sandbox: Sandbox, clock: Clock, forge: str) -> int:
    clock.now = datetime.now(UTC)
    sandbox.world.put_file(forge, "acme/shop", FILES[forge], ALWAYS)
    row = sandbox.world.create_issue(
        forge, "acme/shop", actor="alice", title="Page", body=ITEM.format(forge), labels=("type-action-item",)
    )
    return row.number


def _run(command: str, folder: Path, variables: Mapping[str, str]) -> None:
    """As a runner does: in a shell that stops at the first error, with these variables and hardly any other."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def _expect(sandbox: Sandbox, forge: str, number: int, folder: Path, install: str) -> None:
    """The label is on, somebody was reminded, and the run is kept where the pipeline's cache looks for it."""
    issue = sandbox.world.issue(forge, "acme/shop", number)
    assert "overdue" in issue.labels
    assert len(issue.comments) == 1
    assert (folder / "closeout.sqlite3").stat().st_size > 0
    assert install == f"pip install closeout=={version('closeout')}"
