"""Commands share the service's limits: they wait where somebody sees it, and never fail for want of a database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.providers.base import RateLimited
from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from service.store.database import Database
from service.store.limits import LimitRows
from service.store.tables import schema_version
from service.work.limiter import SharedLimits
from tests.cli.conftest import Run
from tests.databases import Place, opened

ROOT = Path(__file__).resolve().parents[2]
FORGES = ("github", "gitlab")
COMMANDS = {
    "plan": ("plan", "{forge}:acme/shop#1"),
    "audit": ("audit", "--project", "{forge}:acme/shop"),
    "setup": ("setup", "--forge", "{forge}", "--project", "acme/shop", "--dry-run"),
    "backfill": ("backfill", "--dry-run", "--project", "{forge}:acme/shop"),
}


def _environment(sandbox: Sandbox) -> dict[str, str]:
    return {
        "CLOSEOUT_GITHUB_URL": sandbox.github_url,
        "CLOSEOUT_GITHUB_TOKEN": "token-closeout-bot",
        "CLOSEOUT_GITLAB_URL": sandbox.gitlab_url,
        "CLOSEOUT_GITLAB_TOKEN": "token-closeout-bot",
    }


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """The service's, where commands look for it."""
    with opened(Place.file(tmp_path)) as database:
        yield database


@pytest.fixture(autouse=True)
def post_mortem(sandbox: Sandbox) -> None:
    for forge in FORGES:
        sandbox.world.create_issue(forge, "acme/shop", actor="alice", title="Down", body="", labels=("post-mortem",))


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What is started meanwhile hears Ctrl-C, even where a shell runs the tests in the background and has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _interrupted(command: str, forge: str, sandbox: Sandbox, folder: Path) -> tuple[int, list[str]]:
    """Starts it as a person does, waits for the line that says that it waits, and types Ctrl-C."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")}
    given = {**inherited, **_environment(sandbox), "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "service", *(part.format(forge=forge) for part in COMMANDS[command])]
    with subprocess.Popen(arguments, cwd=folder, env=given, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline()]
        while lines[-1] and "waiting" not in lines[-1]:
            lines.append(process.stderr.readline())
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
        return process.returncode, [*lines, *rest.splitlines()]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(("command", "forge"), [("audit", "github")])
def test_a_command_waits_for_what_the_service_was_told(
    sandbox: Sandbox, database: Database, tmp_path: Path, command: str, forge: str
) -> None:
    """It says so, sends nothing meanwhile, and Ctrl-C ends it without a traceback."""
    SharedLimits(LimitRows(database), lambda: datetime.now(UTC)).of(forge, ()).told_to_wait(1800)
    code, lines = _interrupted(command, forge, sandbox, tmp_path)
    assert (code, lines) == (130, [f"closeout: waiting 30 min for {forge}'s limit (Ctrl-C ends it)\n"])
    assert [record.path for record in sandbox.log if record.path.startswith(f"/{forge}/api")] == []


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(("command", "forge"), [("backfill", "gitlab")])
def test_the_service_waits_for_what_a_command_was_told(
    sandbox: Sandbox, database: Database, tmp_path: Path, command: str, forge: str
) -> None:
    """What the forge asked of the one, it asked of the other."""
    limit = Fault(path=f"/{forge}/api/*", kind="status", status=429, headers={"Retry-After": "90"}, times=0)
    sandbox.faults.add(limit)
    code, lines = _interrupted(command, forge, sandbox, tmp_path)
    assert (code, lines) == (130, [f"closeout: waiting 90 s for {forge}'s limit (Ctrl-C ends it)\n"])
    with pytest.raises(RateLimited, match="here or elsewhere"):
        SharedLimits(LimitRows(database), lambda: datetime.now(UTC)).of(forge, ()).before(creates=False)


@pytest.mark.parametrize("version", [1, 999])
def test_a_database_of_another_version_stops_no_command_that_reads(
    run: Run, sandbox: Sandbox, database: Database, tmp_path: Path, version: int
) -> None:
    """It is neither used nor changed; the command says that it keeps to the limits alone."""
    with closing(Database(f"sqlite:///{tmp_path}/closeout.sqlite3")) as other:
        other.write(lambda c: c.execute(schema_version.update().values(version=version)))
        ran = run("plan", "github:acme/shop#1", **_environment(sandbox))
        assert other.schema() == version
    assert ran.code == 0
    assert "limits are not shared with the service" in ran.err
    assert f"schema {version}" in ran.err


@pytest.mark.parametrize("command", ["plan", "audit", "setup", "backfill"])
def test_a_database_that_is_away_stops_no_command_that_reads(run: Run, sandbox: Sandbox, command: str) -> None:
    """Nobody answers there: that is said once, and the work is done."""
    away = "postgresql://closeout@127.0.0.1:1/closeout"
    arguments = (part.format(forge="github") for part in COMMANDS[command])
    ran = run(*arguments, **_environment(sandbox), CLOSEOUT_DATABASE_URL=away)
    assert ran.code == 0
    assert ran.err.count("limits are not shared with the service") == 1


def test_without_a_database_none_is_made(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    """There is nobody to share with, and nothing to say about it."""
    ran = run("audit", "--project", "github:acme/shop", **_environment(sandbox))
    assert ran.code == 0
    assert "limits" not in ran.err
    assert list(tmp_path.glob("*.sqlite3*")) == []
