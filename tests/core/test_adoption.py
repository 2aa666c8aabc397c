"""Taking in what was there before is silent: laws on generated snapshots, and what is adopted on written ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings

from service.adoption import adopt, quiet
from service.engine import decide
from service.model import (
    Acknowledge,
    AddLabels,
    CloseAsNotPlanned,
    CreateActionItem,
    EnsureComment,
    LinkChild,
    Plan,
    Reopen,
    SetAssignees,
    SetBody,
    Snapshot,
    SyncState,
    apply_all,
    calendar_id,
)
from service.policy import InvalidPolicy, Policy
from tests.build import HOME, NOW, WRITTEN, carried_out, child, closed, said, snapshot
from tests.core.strategies import policies, snapshots
from tests.soaking import examples


def _found(seen: Snapshot) -> Snapshot:
    """Before anything was remembered about it."""
    return replace(seen, state=SyncState(), comments=tuple(c for c in seen.comments if c.topic is None))


@given(snapshots(), policies())
@settings(max_examples=examples(40))
def test_nobody_is_told_anything(seen: Snapshot, policy: Policy) -> None:
    """No state changed, nobody assigned, no issue created, no command answered, no comment but the one that remembers.

    And once is enough: whoever is interrupted begins anew, and what is remembered already is left alone.
    """
    found = _found(seen)
    plan = adopt(found, policy)
    assert not [
        c
        for c in plan.changes
        if isinstance(c, (Reopen, CloseAsNotPlanned, SetAssignees, CreateActionItem, Acknowledge))
    ]
    assert {c.topic for c in plan.changes if isinstance(c, EnsureComment)} <= {"status"}
    assert plan.revisit_at is None
    assert adopt(carried_out(found, plan), policy).changes == ()
    assert adopt(carried_out(found, plan), policy).revisit_at is None
    if seen.state != SyncState():
        remembered = adopt(seen, policy)
        assert remembered.changes == ()
        known = {calendar_id(seen.issue.ref, meeting.key) for meeting in seen.state.meetings}
        assert {one.id for one in remembered.appointments or () if one.kind == "meeting"} <= known


@given(snapshots(), policies())
@settings(max_examples=examples(40))
def test_a_closed_issue_is_history(seen: Snapshot, policy: Policy) -> None:
    """Whenever it got its label: its text, its state and its conversation stay as they are."""
    shut = closed(_found(seen), at=NOW - timedelta(days=30))
    after = apply_all(shut, adopt(shut, policy).changes)
    assert (after.issue.body, after.issue.state, after.comments) == (shut.issue.body, "closed", shut.comments)


def test_an_open_post_mortem_is_taken_in() -> None:
    """Labels, the template's missing sections, its action item linked; the line of the future waits for an event."""
    text = WRITTEN.replace("## Lessons learned", "## Notes").replace(
        "[detection]\n", "[detection]\n- [ ] Rotate the key (#21) - @bob - 2026-04-01\n"
    )
    seen = snapshot(text, children=(child(21, "Rotate the key", linked=False, body=""),))
    plan = adopt(seen, Policy())
    kinds = {type(change) for change in plan.changes}
    assert {AddLabels, SetBody, LinkChild, EnsureComment} <= kinds
    later = decide(carried_out(seen, plan), Policy())
    assert [c.title for c in later.changes if isinstance(c, CreateActionItem)] == [
        "Page when the connection pool is 80 % full"
    ]


def test_an_old_command_waits_for_the_next_look() -> None:
    """Backfilling answers nobody; the next event on the issue does."""
    seen = snapshot(WRITTEN, comments=(said("/pm help"),))
    after = carried_out(seen, adopt(seen, Policy()))
    topics = {c.topic for c in decide(after, Policy()).changes if isinstance(c, EnsureComment)}
    assert "reply:1" in topics


def test_nothing_is_done_under_a_wrong_policy() -> None:
    """Which labels a team wants is not known then."""
    assert adopt(snapshot(WRITTEN), InvalidPolicy(("p:1: wrong",))) == Plan(HOME)


def test_a_quiet_policy_asks_the_same() -> None:
    """Only how it is told differs: what a post-mortem lacks is found all the same."""
    loud, soft = decide(snapshot(""), Policy()), decide(snapshot(""), quiet(Policy()))
    assert [f for f in soft.findings if f.rule == "closure"] == [f for f in loud.findings if f.rule == "closure"]
