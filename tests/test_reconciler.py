"""One look at one issue, on the sandbox of each forge: the policy and templates in force, dry run, the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from service.model import Change, IssueRef
from service.policy import FILES
from service.reconciler import OWN_TEMPLATES, Policies, Reconciler
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.stack import BOT, FORGES, Stack, running

SHOP = "acme/shop"


@dataclass
class Notes:
    """A journal that a test reads."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str) -> None:
        assert ref.project == SHOP
        self.rows.append((rule, type(change).__name__, result))


@pytest.fixture(params=FORGES)
def forge(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stack(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> Iterator[Stack]:
    """The service is there and its webhooks are not: each look is the test's own."""
    with running(sandbox, clock, tmp_path) as both:
        for name in FORGES:
            sandbox.world.project(name, SHOP).hooks.clear()
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
    """An adopted issue in a project where we may only read: its label and link are refused, the rest is done."""
    world = stack.sandbox.world
    world.add_project(forge, "acme/public")
    world.set_permission(forge, "acme/public", BOT, "read")
    theirs = world.create_issue(forge, "acme/public", actor="alice", title="Their ticket")
    ref = reported(stack.sandbox, forge)
    line = f"## Action items\n\n- [ ] Do it - @bob - 2026-04-01 (acme/public#{theirs.number})\n"
    world.edit_issue(forge, SHOP, ref.number, actor="alice", body=line)
    notes = Notes()
    reconciler(stack, notes).reconcile(ref)
    assert any("Forbidden" in result for _, _, result in notes.rows)
    assert notes.rows[-1] == ("status", "EnsureComment", "ok")
    assert stack.said(forge, ref.number)
