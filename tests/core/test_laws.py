"""The engine's laws, on generated snapshots and policies."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import service.engine
from service.engine import decide
from service.model import Plan, Snapshot, apply, apply_all, difference
from service.policy import Policy
from service.rules import rules
from tests.build import carried_out
from tests.core.strategies import policies, snapshots


def errors(plan: Plan) -> list[str]:
    return [f.message for f in plan.findings if f.level == "error" and f.rule in {"engine", *(r.id for r in rules())}]


@given(snapshots(), policies())
def test_deciding_again_on_the_applied_plan_yields_nothing(seen: Snapshot, policy: Policy) -> None:
    """One pass settles: in the simulation, and on a forge that has numbered what was planned."""
    plan = decide(seen, policy)
    assert not [e for e in errors(plan) if "failed" in e or "do not agree" in e]
    assert decide(apply_all(seen, plan.changes), policy).changes == ()
    assert decide(carried_out(seen, plan), policy).changes == ()


@given(snapshots(), policies())
def test_deciding_is_deterministic(seen: Snapshot, policy: Policy) -> None:
    """The same snapshot and policy give the same plan."""
    assert decide(seen, policy) == decide(seen, policy)


@given(seen=snapshots(), policy=policies())
@settings(max_examples=40)
def test_the_order_of_the_rules_does_not_matter(seen: Snapshot, policy: Policy) -> None:
    """Rules run in the order of their ids, but nothing leans on it: backwards leads to the same tracker."""
    forwards = apply_all(seen, decide(seen, policy).changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.engine, "rules", lambda: tuple(reversed(rules())))
        backwards = apply_all(seen, decide(seen, policy).changes)
    assert backwards.issue == forwards.issue
    assert backwards.state == forwards.state
    assert {c.title for c in backwards.children} == {c.title for c in forwards.children}


@given(snapshots(), policies())
def test_an_issue_is_never_closed_and_a_line_never_lost(seen: Snapshot, policy: Policy) -> None:
    """The bot may reopen, never close; it edits lines, never takes one out of a person's text."""
    after = apply_all(seen, decide(seen, policy).changes)
    assert not (seen.issue.state == "open" and after.issue.state == "closed")
    before_lines, after_lines = seen.issue.body.split("\n"), after.issue.body.split("\n")
    assert len(after_lines) >= len(before_lines)


@given(snapshots(), policies())
def test_a_change_applied_twice_equals_once(seen: Snapshot, policy: Policy) -> None:
    """Every change names a wanted state, so repeating one after an interruption is harmless."""
    current = seen
    for change in decide(seen, policy).changes:
        once = apply(current, change)
        assert apply(once, change) == once
        current = once


@given(snapshots(), policies())
def test_the_difference_leads_from_one_snapshot_to_the_other(seen: Snapshot, policy: Policy) -> None:
    """`difference` and `apply_all` are inverse, apart from comments and labels of the project."""
    after = apply_all(seen, decide(seen, policy).changes)
    again = apply_all(seen, difference(seen, after))
    assert (again.issue, again.children) == (after.issue, after.children)
