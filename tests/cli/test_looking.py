"""`plan` and `reconcile` on the sandbox: what they show, what they write, and how they fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from service.sandbox import Sandbox
from tests.cli.conftest import Run

BOT = "closeout-bot"
FORGES = ("github", "gitlab")


def _environment(sandbox: Sandbox) -> Mapping[str, str]:
    return {
        "CLOSEOUT_GITHUB_URL": sandbox.github_url,
        "CLOSEOUT_GITHUB_TOKEN": f"token-{BOT}",
        "CLOSEOUT_GITLAB_URL": sandbox.gitlab_url,
        "CLOSEOUT_GITLAB_TOKEN": f"token-{BOT}",
    }


def _post_mortem(sandbox: Sandbox, forge: str) -> str:
    row = sandbox.world.create_issue(
        forge, "acme/shop", actor="alice", title="Checkout down", body="It broke.\n", labels=("post-mortem",)
    )
    return f"{forge}:acme/shop#{row.number}"


def _body(sandbox: Sandbox, ref: str) -> str:
    forge, _, rest = ref.partition(":")
    return sandbox.world.issue(forge, "acme/shop", int(rest.partition("#")[2])).body


@pytest.mark.parametrize("forge", FORGES)
def test_a_plan_shows_what_would_change_and_writes_nothing(run: Run, sandbox: Sandbox, forge: str) -> None:
    """The changes stand there with their rules, and the forge saw no change to any state."""
    ref = _post_mortem(sandbox, forge)
    before = sandbox.world.snapshot_json()
    ran = run("plan", ref, **_environment(sandbox))
    assert ran.code == 0
    assert ref in ran.out
    assert "template" in ran.out
    assert sandbox.world.snapshot_json() == before


@pytest.mark.parametrize("forge", FORGES)
def test_a_dry_run_writes_nothing(run: Run, sandbox: Sandbox, forge: str) -> None:
    """CLOSEOUT_DRY_RUN holds for `reconcile` too."""
    ref = _post_mortem(sandbox, forge)
    before = sandbox.world.snapshot_json()
    assert run("reconcile", ref, **_environment(sandbox), CLOSEOUT_DRY_RUN="1").code == 0
    assert sandbox.world.snapshot_json() == before


@pytest.mark.parametrize("forge", FORGES)
def test_reconcile_makes_it_so(run: Run, sandbox: Sandbox, forge: str) -> None:
    """The template is in the issue afterwards, and a second plan has nothing to change."""
    ref = _post_mortem(sandbox, forge)
    assert run("reconcile", ref, **_environment(sandbox)).code == 0
    assert "It broke." in _body(sandbox, ref)
    assert "Root cause" in _body(sandbox, ref)
    plan = json.loads(run("plan", ref, "--json").out)
    assert plan["changes"] == []


@pytest.mark.parametrize("forge", FORGES)
def test_what_reconcile_writes_is_on_record(run: Run, sandbox: Sandbox, forge: str) -> None:
    """Each write with its rule and the forge's own id of the request; `plan` leaves no database behind."""
    ref = _post_mortem(sandbox, forge)
    run("plan", ref, **_environment(sandbox))
    assert not Path("closeout.sqlite3").exists()
    run("reconcile", ref)
    entries = json.loads(run("deliveries", "journal", "--issue", ref, "--json").out)
    assert {entry["result"] for entry in entries} == {"ok"}
    assert all(entry["request"] for entry in entries)
    narrowed = json.loads(run("deliveries", "journal", "--rule", "template", "--json").out)
    assert [entry["change"] for entry in narrowed] == ["SetBody"]
    assert run("deliveries", "journal", "--failed").out == "Nothing.\n"


def test_reconcile_goes_on_without_a_database(run: Run, sandbox: Sandbox) -> None:
    """It is said that nothing is put on record, and why; the issue is made so all the same."""
    Path("closeout.sqlite3").write_text("no database" * 100, encoding="utf-8")
    ref = _post_mortem(sandbox, "github")
    ran = run("reconcile", ref, **_environment(sandbox))
    assert ran.code == 0
    assert "not put on record" in ran.err
    assert "not a database" in ran.err
    assert "Root cause" in _body(sandbox, ref)


def test_fail_on_turns_findings_into_an_exit_code(run: Run, sandbox: Sandbox) -> None:
    """A pipeline may stop where something would change or blocks; without asking, a plan is no failure."""
    ref = _post_mortem(sandbox, "github")
    assert run("plan", ref, "--fail-on", "changes", **_environment(sandbox)).code == 1
    run("reconcile", ref)
    assert run("plan", ref, "--fail-on", "changes").code == 0
    assert run("plan", ref, "--fail-on", "blockers").code == 1


@pytest.mark.parametrize(
    ("ref", "code", "says"),
    [
        ("shop#1", 2, "like github:acme/shop#12"),
        ("gitea:acme/shop#1", 2, "no forge named 'gitea'"),
        ("github:acme/shop#999", 3, "check the reference"),
        ("gitlab:acme/shop#999", 3, "check the reference"),
    ],
)
def test_a_wrong_reference_is_a_sentence(run: Run, sandbox: Sandbox, ref: str, code: int, says: str) -> None:
    """With the exit code that scripts go by."""
    ran = run("plan", ref, **_environment(sandbox))
    assert ran.code == code
    assert says in " ".join(ran.err.replace("│", " ").split())


def test_a_project_that_may_not_be_acted_on_is_refused(run: Run, sandbox: Sandbox) -> None:
    """CLOSEOUT_PROJECTS holds for people at the command line as well."""
    ran = run("reconcile", _post_mortem(sandbox, "github"), **_environment(sandbox), CLOSEOUT_PROJECTS="acme/ops")
    assert ran.code == 2
    assert "CLOSEOUT_PROJECTS" in ran.err


def test_refused_credentials_are_a_sentence(run: Run, sandbox: Sandbox) -> None:
    """Exit code 3, no traceback, and no token in the text."""
    environment = {**_environment(sandbox), "CLOSEOUT_GITHUB_TOKEN": "wrong-token"}
    ran = run("plan", _post_mortem(sandbox, "github"), **environment)
    assert ran.code == 3
    assert "Traceback" not in ran.err
    assert "wrong-token" not in ran.err + ran.out
