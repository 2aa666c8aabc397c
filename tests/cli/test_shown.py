"""Every command of ours that a page shows is run as it stands there, one page after the other, on a set-up as it describes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from service.model import IssueRef
from service.policy import FILES
from service.sandbox import Sandbox
from service.work.queue import Queue
from tests.cli.conftest import Ran, Run
from tests.cli.test_serving import answer, introduction_of, port_in
from tests.clock import Clock
from tests.command_line import in_blocks, in_prose, misunderstood
from tests.databases import Place, opened
from tests.notifications.reception import reception

ROOT = Path(__file__).resolve().parents[2]
POLICY = "version: 1\nrules: {closure: {mode: warn}}\n"
SHOP = "acme/shop"
ISSUE, REQUEST = 12, 45  # those that the pages name
# What leaves it to people, or finds something, says so by its exit code; that is no mistake of the page's.
MAY_FIND = frozenset({"doctor", "setup"})
STAYS = frozenset({"serve", "worker"})
ELSEWHERE = frozenset({"demo", "sandbox"})  # tests/demo and tests/sandbox run these


def _complete(command: Sequence[str]) -> bool:
    """Whether nothing stands for something else in it, as in `deliveries show ID` or `--webhook https://…`."""
    if len(command) < 3 or any(word.isupper() or "…" in word for word in command):
        return False
    return not list(misunderstood(command[1:]))


def _shown(page: Path) -> Iterator[tuple[str, ...]]:
    """In the order of the page: first those of its blocks, then those that stand whole in its sentences."""
    text = page.read_text(encoding="utf-8")
    whole = (command for command in in_prose(text) if _complete(command))
    commands = (command[1:] for command in (*in_blocks(text), *whole) if Path(command[0]).name == "closeout")
    yield from dict.fromkeys(command for command in commands if command[0] not in ELSEWHERE)


PAGES = {
    str(page.relative_to(ROOT)): tuple(_shown(page))
    for page in sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("helm/**/*.md")))
    if page.name != "CHANGELOG.md"  # says what there is, not what to type
}


@pytest.fixture
def team(sandbox: Sandbox, clock: Clock, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A post-mortem #12 on each forge, a request #45 that changes the policy, and everything configured for both."""
    clock.now = datetime.now(UTC)
    folder = Path.cwd()  # the `run` fixture's
    for forge, url in (("github", sandbox.github_url), ("gitlab", sandbox.gitlab_url)):
        _project(sandbox, forge)
        for name, value in (("URL", url), ("TOKEN", "token-alice"), ("WEBHOOK_SECRET", "a secret")):
            monkeypatch.setenv(f"CLOSEOUT_{forge.upper()}_{name}", value)
        (folder / FILES[forge]).parent.mkdir()
        (folder / FILES[forge]).write_text(POLICY, encoding="utf-8")
    monkeypatch.setenv("CLOSEOUT_PROJECTS", "acme/*")
    monkeypatch.setenv("CLOSEOUT_PUBLIC_URL", "https://closeout.example.org")
    monkeypatch.setenv("CLOSEOUT_LINK_SECRET", "ab" * 32)
    with reception() as there:
        address = there.route().address.get_secret_value()
        monkeypatch.setenv("CLOSEOUT_NOTIFY", f"payments: {{url: '{address}'}}")
        yield


def _project(sandbox: Sandbox, forge: str) -> None:
    world = sandbox.world
    project = world.project(forge, SHOP)
    project.last_number = ISSUE - 1
    world.create_issue(
        forge, SHOP, actor="alice", title="Checkout down", body="We lost orders.", labels=("post-mortem",)
    )
    project.last_number = REQUEST - 1
    world.add_branch(project, "stricter", project.default_branch)
    project.branches["stricter"][FILES[forge]] = POLICY
    world.open_request(
        project, actor="bob", title="Stricter", body="", source="stricter", target=project.default_branch
    )


@pytest.mark.parametrize("page", [page for page, commands in PAGES.items() if commands])
def test_what_a_page_shows_works(page: str, team: None, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends as it should and says nothing of a mistake; what asks is answered, what serves answers and stops."""
    wrong = []
    for command in PAGES[page]:
        monkeypatch.setattr(sys, "stdin", _Person("y\n"))
        if command[:2] == ("deliveries", "replay"):
            _give_up(IssueRef("github", SHOP, ISSUE))
        ran = _served(*_on_loopback(command)) if command[0] in STAYS else run(*command)
        allowed = {0, 1} if command[0] in MAY_FIND else {0}
        if ran.code not in allowed:
            wrong.append(f"closeout {' '.join(command)}: {ran.code}\n{ran.out[-500:]}\n{ran.err[-500:]}")
    assert not wrong, "\n".join(wrong)


def test_the_pages_show_most_commands() -> None:
    """So that the test above cannot come to nothing without anybody's noticing."""
    shown = {command[0] for commands in PAGES.values() for command in commands}
    assert shown >= {
        "setup",
        "doctor",
        "backfill",
        "simulate",
        "plan",
        "reconcile",
        "audit",
        "serve",
        "policy",
        "deliveries",
    }
    assert sum(map(len, PAGES.values())) > 30


def _give_up(ref: IssueRef) -> None:
    with opened(Place.file(Path.cwd())) as database:
        queue = Queue(database)
        claim = queue.take(ref)
        assert claim is not None
        queue.fail(claim, "GitHub answered 403", limit=1)


class _Person(io.StringIO):
    """At a terminal, where a command asks before it acts."""

    def isatty(self) -> bool:
        return True


def _on_loopback(command: Sequence[str]) -> Iterator[str]:
    yield from (word for word in command if word != "--bind" and ":8080" not in word)


@cache
def _served(*words: str) -> Ran:
    """As a process, on a free port of loopback, until it is told to stop."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CLOSEOUT_BIND": "127.0.0.1:0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    port, pause = port_in(introduction_of(process)), threading.Event()
    assert any(answer(port, "/readyz")[0] == 200 or pause.wait(0.1) for _ in range(600))
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    return Ran(process.returncode, out, err)
