"""The engine's laws, on generated snapshots and policies."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import service.engine
from service.engine import decide
from service.model import Appointment, Comment, Issue, Permission, Plan, Snapshot, apply, apply_all, difference
from service.policy import Policy
from service.rules import rules
from service.rules.commands import pending
from tests.build import carried_out
from tests.core.strategies import case_of, policies, snapshots
from tests.soaking import examples


def errors(plan: Plan) -> list[str]:
    return [f.message for f in plan.findings if f.level == "error" and f.rule in {"engine", *(r.id for r in rules())}]


def meetings(plan: Plan) -> list[Appointment]:
    return [one for one in plan.appointments or () if one.kind == "meeting"]


@given(snapshots(), policies())
def test_deciding_again_on_the_applied_plan_yields_nothing(seen: Snapshot, policy: Policy) -> None:
    """One pass settles: in the simulation, and on a forge that has numbered what was planned. So do calendars."""
    plan = decide(seen, policy)
    assert not [e for e in errors(plan) if "failed" in e or "do not agree" in e]
    assert decide(apply_all(seen, plan.changes), policy).changes == ()
    again = decide(carried_out(seen, plan, above=99), policy)
    assert again.changes == ()
    assert meetings(again) == meetings(plan)
    assert len({one.id for one in again.appointments or ()}) == len(again.appointments or ())


@given(snapshots(), policies())
def test_deciding_is_deterministic(seen: Snapshot, policy: Policy) -> None:
    """The same snapshot and policy give the same plan."""
    assert decide(seen, policy) == decide(seen, policy)


@given(seen=snapshots(), policy=policies())
@settings(max_examples=examples(40))
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
def test_an_issue_is_closed_only_by_command_and_a_line_never_lost(seen: Snapshot, policy: Policy) -> None:
    """The bot may reopen; it closes only an action item, on the word of somebody who may say so. It edits lines and
    never takes one out of a person's text.
    """
    after = apply_all(seen, decide(seen, policy).changes)
    if seen.issue.state == "open" and after.issue.state == "closed":
        asked = [c for c in pending(case_of(seen, policy)) if "/pm wont-do" in c.body]
        assert case_of(seen, policy).kind == "action-item"
        assert any(_may_close(c, seen) for c in asked)
    assert all(child.state == "open" for child in after.children if _was_open(child, seen))
    before_lines, after_lines = seen.issue.body.split("\n"), after.issue.body.split("\n")
    assert len(after_lines) >= len(before_lines)


def _was_open(child: Issue, seen: Snapshot) -> bool:
    old = seen.child(child.ref)
    return old is None or old.state == "open"


def _may_close(comment: Comment, seen: Snapshot) -> bool:
    allowed = comment.permission is not None and comment.permission.allows(Permission.TRIAGE)
    return allowed or comment.author in {seen.issue.author, *seen.issue.assignees}


@given(snapshots(), policies())
def test_the_next_look_lies_ahead(seen: Snapshot, policy: Policy) -> None:
    """A plan that asked for a look at a time that has come would be looked at for ever."""
    plan = decide(seen, policy)
    assert plan.revisit_at is None or plan.revisit_at > seen.observed_at


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
