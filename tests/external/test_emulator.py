"""A whole life on a GitHub that somebody else wrote: npm `emulate`, stateful, without GraphQL and sub-issues."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from service.model import Change, IssueRef, Plan
from service.policies import Policies
from service.policy import Policy, load
from service.providers.base import Trust, Unverified
from service.providers.github.auth import TokenAuth
from service.providers.github.client import GitHub
from service.providers.github.webhook import parse
from service.reconciler import Reconciler
from tests.external import mailbox, packages
from tests.incident import filled_in, proven, reviewed
from tests.setup_node import EXTERNAL

pytestmark = pytest.mark.node

PROJECT = "acme/shop"
# Nobody waits for the grace window here: the emulator's clock is the machine's.
AT_ONCE = "version: 1\nrules:\n  closure: {grace_seconds: 0}\n  definition-of-done: {grace_seconds: 0}\n"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The emulator's address. It ends with its standard input."""
    command = (packages.node().node, str(EXTERNAL / "emulator.mjs"))
    with subprocess.Popen(command, cwd=EXTERNAL, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdin is not None
        yield running.stdout.readline().strip()
        running.stdin.close()
        running.wait(timeout=10)


@dataclass
class Journal:
    """What was written, by which rule."""

    written: list[tuple[str, str, str]] = field(default_factory=list)

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str, request: str = "") -> None:
        del request
        self.written.append((str(ref), f"{rule}: {type(change).__name__}", result))

    def made_lately(self, target: IssueRef, names: Collection[str]) -> Collection[str]:
        """This forge shows what was written at once."""
        del target, names
        return ()


@dataclass
class Desk:
    """People at the emulator's API, and Closeout beside them."""

    url: str
    journal: Journal = field(default_factory=Journal)

    def __post_init__(self) -> None:
        self.provider = GitHub(auth=TokenAuth("token-closeout-bot"), clock=_now, sleep=lambda _: None, url=self.url)
        providers, at_once = {"github": self.provider}, load(AT_ONCE, "the test's")
        assert isinstance(at_once, Policy)
        policies = Policies({"github": "github"}, at_once)
        self.reconciler = Reconciler(providers, policies, journal=self.journal, dry_run=False)

    def person(self, login: str, method: str, path: str, **body: Any) -> Any:
        answer = requests.request(
            method,
            f"{self.url}/repos/{PROJECT}/{path}",
            headers={"Authorization": f"token token-{login}"},
            json=body or None,
            timeout=10,
        )
        assert answer.ok, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def issue(self, number: int) -> Any:
        return self.person("alice", "GET", f"issues/{number}")

    def labels(self, number: int) -> set[str]:
        return {label["name"] for label in self.issue(number)["labels"]}

    def comments(self, number: int) -> list[str]:
        said = self.person("alice", "GET", f"issues/{number}/comments")
        return [row["body"] for row in said if row["user"]["login"] == "closeout-bot"]

    def settle(self, number: int) -> Plan:
        """Reconciles once, and proves that once was enough."""
        ref = IssueRef("github", PROJECT, number)
        plan = self.reconciler.reconcile(ref)
        assert [finding for finding in plan.findings if finding.level == "error"] == []
        again = self.reconciler.plan(ref)
        assert again.changes == (), [type(change).__name__ for change in again.changes]
        assert all(result == "ok" for *_, result in self.journal.written), self.journal.written
        return plan


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


def test_a_post_mortem_lives_its_whole_life_on_a_foreign_github(desk: Desk) -> None:
    """Labelled, given its template, filled in, tied to its action item, refused, finished, closed."""
    number = desk.person(
        "alice", "POST", "issues", title="Checkout down", body="We lost orders.", labels=["post-mortem"]
    )["number"]

    desk.settle(number)
    body = desk.issue(number)["body"]
    assert "We lost orders." in body
    assert "## Root cause" in body

    _close(desk, number, by="bob")
    assert desk.issue(number)["state"] == "open"
    assert any("Root cause" in said for said in desk.comments(number))

    line = "- [ ] Page when the connection pool is 80 % full - @bob - 2026-04-01 [detection]"
    desk.person("alice", "PATCH", f"issues/{number}", body=reviewed(filled_in(body, line)))
    desk.settle(number)
    child = _child(desk, number)
    assert {"severity-high", "type-post-mortem"} <= desk.labels(number)
    assert {"type-action-item", "severity-high", "detection"} <= desk.labels(child)

    desk.settle(child)
    _close(desk, child, by="bob")
    assert desk.issue(child)["state"] == "open"

    desk.person("bob", "PATCH", f"issues/{child}", body=proven(desk.issue(child)["body"]))
    _close(desk, child, by="bob")
    assert desk.issue(child)["state"] == "closed"
    desk.settle(number)
    (line,) = [row for row in desk.issue(number)["body"].splitlines() if "connection pool is 80" in row]
    assert line.startswith("- [x] Page when")
    assert f"#{child}" in line

    _close(desk, number, by="alice")
    assert desk.issue(number)["state"] == "closed"
    assert len([said for said in desk.comments(number) if "topic=status" in said]) == 1


def test_its_webhooks_are_verified_and_nudge_the_right_issue(desk: Desk) -> None:
    """What another implementation signs, our parser believes, and nothing that was altered on the way."""
    with mailbox.opened() as box:
        config = {"url": box.url, "content_type": "json", "secret": "between us"}
        hook = desk.person("alice", "POST", "hooks", name="web", config=config, events=["issues", "issue_comment"])
        number = desk.person("alice", "POST", "issues", title="Slow pages")["number"]
        desk.person("bob", "POST", f"issues/{number}/comments", body="/pm help")
        nudges = []
        for _ in range(2):
            headers, body = box.next()
            found = parse(headers, body, forge="github", trust=Trust(("between us",), _now()))
            assert found is not None
            nudges.append((found.event, found.sender, found.refs))
            with pytest.raises(Unverified):
                parse(headers, body + b" ", forge="github", trust=Trust(("between us",), _now()))
        desk.person("alice", "DELETE", f"hooks/{hook['id']}")
    here = (IssueRef("github", PROJECT, number),)
    assert sorted(nudges) == [("issue_comment.created", "bob", here), ("issues.opened", "alice", here)]


def _close(desk: Desk, number: int, *, by: str) -> None:
    desk.person(by, "PATCH", f"issues/{number}", state="closed", state_reason="completed")
    desk.settle(number)


def _child(desk: Desk, number: int) -> int:
    """The one action item that was created, by its marker."""
    rows = desk.person("alice", "GET", "issues?state=all&per_page=100")
    found = [row["number"] for row in rows if f"parent=github:{PROJECT}#{number} " in row["body"]]
    assert len(found) == 1, rows
    return int(found[0])
