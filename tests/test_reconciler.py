"""One look at one issue, on the sandbox of each forge: the policy and templates in force, dry run, the journal."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from service.model import Change, IssueRef, Marker
from service.policies import OWN_TEMPLATES, Policies
from service.policy import FILES
from service.providers.base import Forbidden
from service.reconciler import Reconciler
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.stack import BOT, FORGES, PROJECTS, Stack, running

SHOP = "acme/shop"


@dataclass
class Notes:
    """A journal that a test reads."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str, request: str = "") -> None:
        assert ref.project == SHOP
        self.rows.append((rule, type(change).__name__, result))
        self.requests.append(request)

    def made_lately(self, target: IssueRef, names: Collection[str]) -> Collection[str]:
        """This forge shows what was written at once."""
        del target, names
        return ()


@pytest.fixture(params=FORGES)
def forge(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stack(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> Iterator[Stack]:
    """The service is there and its webhooks are not: each look is the test's own."""
    with running(sandbox, clock, tmp_path) as both:
        for name in FORGES:
            for project in PROJECTS:
                sandbox.world.project(name, project).hooks.clear()
        yield both


def reported(sandbox: Sandbox, forge: str) -> IssueRef:
    row = sandbox.world.create_issue(
        forge, SHOP, actor="alice", title="Down", body="It broke.\n", labels=["post-mortem"]
    )
    return IssueRef(forge, SHOP, row.number)


def reconciler(stack: Stack, notes: Notes, *, dry_run: bool = False) -> Reconciler:
    policies = Policies({name: name for name in FORGES})
    return Reconciler(stack.service.looking().providers(), policies, journal=notes, dry_run=dry_run)


def body(stack: Stack, ref: IssueRef) -> str:
    return stack.issue(ref.forge, ref.number).body


def test_a_dry_run_writes_nothing_at_all(stack: Stack, forge: str) -> None:
    """The plan is the same; the forge sees readers only."""
    ref = reported(stack.sandbox, forge)
    before = stack.sandbox.world.snapshot_json()
    notes = Notes()
    tried = reconciler(stack, notes, dry_run=True).reconcile(ref)
    assert tried.changes
    assert stack.writes() == []
    assert stack.sandbox.world.snapshot_json() == before
    assert notes.rows == []
    assert reconciler(stack, notes).reconcile(ref).changes == tried.changes
    assert stack.writes()


def test_each_write_is_on_record_with_its_rule(stack: Stack, forge: str) -> None:
    """Which rule asked, what changed, what came of it, in order; the second look has nothing to do."""
    ref, notes = reported(stack.sandbox, forge), Notes()
    plan = reconciler(stack, notes).reconcile(ref)
    assert [row[1] for row in notes.rows] == [type(change).__name__ for change in plan.changes]
    assert ("template", "SetBody", "ok") in notes.rows
    assert reconciler(stack, notes).reconcile(ref).changes == ()


def test_each_write_is_on_record_with_the_forges_own_id(stack: Stack, forge: str) -> None:
    """That of the writing request, by which the forge's support finds it; a refusal by ourselves has none."""
    ref, notes, ids = reported(stack.sandbox, forge), Notes(), set[str]()
    header = {"github": "X-GitHub-Request-Id", "gitlab": "X-Request-Id"}[forge]
    stack.sandbox.observers.append(lambda _, response: ids.add(response.headers[header]))
    reconciler(stack, notes).reconcile(ref)
    assert len(set(notes.requests)) == len(notes.rows)
    assert set(notes.requests) <= ids


def test_a_repositorys_own_template_wins(stack: Stack, forge: str) -> None:
    """Its sections are added, and what a close waits for is what it shares with ours."""
    own = "---\nname: Post-mortem\nabout: ours\n---\n## What broke\n\n## Root cause\n\n## Action items\n"
    stack.sandbox.world.put_file(forge, SHOP, OWN_TEMPLATES[forge]["full_incident"], own)
    ref = reported(stack.sandbox, forge)
    plan = reconciler(stack, Notes()).reconcile(ref)
    assert "## What broke" in body(stack, ref)
    assert "## Lessons learned" not in body(stack, ref)
    assert "Lessons learned" not in " ".join(f.where for f in plan.blockers)
    assert any(f.where == "Root cause" for f in plan.blockers)


def test_an_invalid_policy_changes_nothing_until_it_is_right(stack: Stack, forge: str, clock: Clock) -> None:
    """Its mistakes are the plan's finding; the last good one stays in force when a bad one follows."""
    world, ref = stack.sandbox.world, reported(stack.sandbox, forge)
    world.put_file(forge, SHOP, FILES[forge], "version: 1\nrules:\n  closur: {}\n")
    one = reconciler(stack, Notes())
    plan = one.reconcile(ref)
    assert 'unknown option (did you mean "closure"?)' in plan.findings[0].message
    [told] = stack.said(forge, ref.number)
    assert f'{FILES[forge]}:3: rules.closur: unknown option (did you mean "closure"?)' in told
    assert body(stack, ref) == "It broke.\n"
    assert one.reconcile(ref).changes == ()
    world.put_file(forge, SHOP, FILES[forge], "version: 1\nrules:\n  template: {default: light_incident}\n")
    clock.forward(seconds=600)
    one.reconcile(ref)
    assert "light_incident" in stack.said(forge, ref.number)[-1]
    world.put_file(forge, SHOP, FILES[forge], "version: 2\n")
    clock.forward(seconds=600)
    assert [f for f in one.reconcile(ref).findings if f.rule == "policy"] == []


def test_a_teams_own_words_reach_the_forge(stack: Stack, forge: str) -> None:
    """A German heading holds the actions, so its owner is looked up and assigned."""
    words = "version: 1\nvocabulary:\n  words:\n    sections: {actions: [Maßnahmen]}\n"
    stack.sandbox.world.put_file(forge, SHOP, FILES[forge], words)
    ref = reported(stack.sandbox, forge)
    text = "## Maßnahmen\n\n- [ ] Warteschlange überwachen - @bob - 2026-04-01\n"
    stack.sandbox.world.edit_issue(forge, SHOP, ref.number, actor="alice", body=text)
    reconciler(stack, Notes()).reconcile(ref)
    made = [row for row in stack.sandbox.world.project(forge, SHOP).issues.values() if row.author == BOT]
    assert [(row.title, row.assignees) for row in made] == [("Warteschlange überwachen", ["bob"])]


def test_a_persons_edit_made_meanwhile_survives(stack: Stack, forge: str) -> None:
    """Between our look and our write somebody adds a line: both are there."""
    ref = reported(stack.sandbox, forge)
    one = reconciler(stack, Notes())
    provider = one._providers[forge]
    fetch = provider.fetch

    def fetch_then_edit(*asked: object, **named: object) -> object:
        seen = fetch(*asked, **named)  # type: ignore[arg-type] # passed on as it came
        stack.sandbox.world.edit_issue(forge, SHOP, ref.number, actor="bob", body="I saw it too.\n\nIt broke.\n")
        return seen

    provider.fetch = fetch_then_edit  # type: ignore[method-assign,assignment] # the moment in between
    one.reconcile(ref)
    text = body(stack, ref)
    assert text.startswith("I saw it too.\n\nIt broke.\n")
    assert "## Root cause" in text


def test_what_is_refused_on_another_issue_does_not_stop_this_one(stack: Stack, forge: str) -> None:
    """The action item's new title is refused; the rest of the post-mortem's plan is done all the same."""
    world = stack.sandbox.world
    ref = reported(stack.sandbox, forge)
    line = "## Action items\n\n- [ ] Page on depth - @bob - 2026-04-01\n"
    world.edit_issue(forge, SHOP, ref.number, actor="alice", body=line)
    notes = Notes()
    reconciler(stack, notes).reconcile(ref)
    assert "(#2)" in body(stack, ref)
    refused: dict[str, str | int] = {
        "kind": "status",
        "path": "*/issues/2",
        "method": {"github": "PATCH", "gitlab": "PUT"}[forge],
        "status": 403,
        "times": 9,
    }
    requests.post(f"{stack.sandbox.url}/_faults", json=refused, timeout=10).raise_for_status()
    changed = body(stack, ref).replace("Page on depth", "Page on age").replace("## Root cause", "## Root cause\n\nAge.")
    world.edit_issue(forge, SHOP, ref.number, actor="alice", body=changed)
    reconciler(stack, notes).reconcile(ref)
    assert any(name == "SetTitle" and "Forbidden" in result for _, name, result in notes.rows)
    assert notes.rows[-1] == ("status", "EnsureComment", "ok")


def test_nothing_is_touched_outside_the_projects_that_may_be_acted_on(stack: Stack, forge: str) -> None:
    """Not by naming an issue there, not by a forged marker, not by a policy's target."""
    world, secret = stack.sandbox.world, "acme/ops"
    other = world.create_issue(forge, secret, actor="alice", title="Page on depth", labels=["post-mortem"])
    targets = f"version: 1\nrules:\n  action-items:\n    targets: [{{project: {secret}, type: detection}}]\n"
    world.put_file(forge, SHOP, FILES[forge], targets)
    ref = reported(stack.sandbox, forge)
    line = f"## Action items\n\n- [ ] Page on depth - @bob - 2026-04-01 ({secret}#{other.number})\n"
    world.edit_issue(forge, SHOP, ref.number, actor="alice", body=line)
    forged = str(Marker(IssueRef(forge, secret, other.number), "abc"))
    child = world.create_issue(forge, SHOP, actor="mallory", title="x", body=f"{forged}\n")
    before = world.issue(forge, secret, other.number)
    labels, comments = list(before.labels), len(before.comments)
    policies = Policies({name: name for name in FORGES}, allows=lambda seen: seen.project == SHOP)
    one = Reconciler(stack.service.looking().providers(), policies, journal=Notes(), dry_run=False)
    assert any("no issue Closeout can see" in f.message for f in one.reconcile(ref).blockers)
    assert one.reconcile(IssueRef(forge, SHOP, child.number)).related == ()
    world.edit_issue(
        forge, SHOP, ref.number, actor="alice", body=line.replace(f"({secret}#{other.number})", "[detection]")
    )
    with pytest.raises(Forbidden, match="CLOSEOUT_PROJECTS"):
        one.reconcile(ref)
    assert (before.labels, len(before.comments), len(world.project(forge, secret).issues)) == (labels, comments, 1)
