"""Labels and columns: one of each, in step with the text and with what people choose."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from service.engine import decide
from service.model import (
    AddLabels,
    Card,
    EnsureComment,
    EnsureLabel,
    MoveCard,
    Plan,
    RemoveLabels,
    Snapshot,
    SyncState,
    apply_all,
)
from service.policy import Policy
from service.rules.board import BoardOptions
from tests.build import GITHUB, GITLAB, NOW, WRITTEN, carried_out, child, closed, snapshot

BODY = "## Summary\n\n**Severity:** {}\n**Category:** code\n"
IN_STEP = SyncState(template="full_incident", severity="high", category="code", column="draft")


def seen(severity: str, *labels: str, **more: object) -> Snapshot:
    names = ("post-mortem", "type-post-mortem", "category-code", "pm-draft", *labels)
    return snapshot(BODY.format(severity), labels=names, **{"state": IN_STEP, **more})


def severity_after(before: Snapshot) -> tuple[str, list[str]]:
    after = apply_all(before, decide(before, Policy()).changes)
    text = after.issue.body.split("**Severity:** ")[1].split("\n")[0].strip()
    return text, sorted(label for label in after.issue.labels if label.startswith("severity"))


def test_a_change_on_one_side_is_carried_to_the_other() -> None:
    """Text to label, label to text."""
    assert severity_after(seen("low", "severity-high")) == ("low", ["severity-low"])
    assert severity_after(seen("high", "severity-low")) == ("low", ["severity-low"])


def test_a_second_severity_label_replaces_the_first() -> None:
    """Exactly one: the one that was put on last."""
    assert severity_after(seen("high", "severity-high", "severity-low")) == ("low", ["severity-low"])
    times = {"severity-high": NOW, "severity-low": NOW - timedelta(hours=1)}
    assert severity_after(seen("high", "severity-high", "severity-low", label_times=times)) == (
        "high",
        ["severity-high"],
    )


def test_when_both_sides_changed_the_later_stands() -> None:
    """The label's time against the text's."""
    times = {"severity-low": NOW - timedelta(hours=1)}
    both = seen("critical", "severity-low", label_times=times, body_edited_at=NOW)
    assert severity_after(both) == ("critical", ["severity-critical"])
    both = seen("critical", "severity-low", label_times=times, body_edited_at=NOW - timedelta(hours=2))
    assert severity_after(both) == ("low", ["severity-low"])


def test_a_value_taken_away_on_one_side_is_put_back() -> None:
    """An issue has a severity once it had one."""
    assert severity_after(seen("high")) == ("high", ["severity-high"])
    assert severity_after(seen("", "severity-high")) == ("high", ["severity-high"])


def test_the_taxonomy_is_created_once() -> None:
    """Labels that exist are left as they are, whatever their case."""
    plan = decide(seen("high", "severity-high"), Policy())
    wanted = {c.label.name for c in plan.changes if isinstance(c, EnsureLabel)}
    assert {
        "type-action-item",
        "severity-critical",
        "prevention",
        "category-security",
        "overdue",
        "pm-review",
    } <= wanted
    everything = frozenset(name.upper() for name in wanted)
    again = decide(replace(seen("high", "severity-high"), labels=everything), Policy())
    assert [c for c in again.changes if isinstance(c, EnsureLabel)] == []


# --- the board ------------------------------------------------------------------------------------------------


def columns(after: Snapshot) -> list[str]:
    return sorted(label for label in after.issue.labels if label.startswith("pm-"))


def done(before: Snapshot, policy: Policy | None = None) -> Snapshot:
    return carried_out(before, decide(before, policy or Policy()))


def test_the_card_follows_the_state() -> None:
    """Draft, then Actions Created once its actions have issues, In Progress with the first done, Complete when closed."""
    draft = done(snapshot(""))
    assert columns(draft) == ["pm-draft"]
    created = done(snapshot(WRITTEN))
    assert columns(created) == ["pm-actions-created"]
    finished = replace(created.children[0], state="closed", state_reason="completed", closed_at=NOW)
    moving = done(replace(created, children=(finished,)))
    assert columns(moving) == ["pm-in-progress"]
    assert columns(done(closed(moving, at=NOW - timedelta(minutes=1)))) == ["pm-complete"]


def test_where_closed_is_a_column_a_closed_issue_has_no_column_label() -> None:
    """GitLab shows every closed issue in its built-in Closed list."""
    created = done(snapshot(WRITTEN, capabilities=GITLAB))
    assert columns(done(closed(created, at=NOW - timedelta(minutes=1)))) == []


def test_a_card_moved_back_stays_until_the_state_moves_on() -> None:
    """A person wants another round of drafting: honoured."""
    created = done(snapshot(WRITTEN))
    back = replace(created, issue=replace(created.issue, labels=created.issue.labels | {"pm-draft"}))
    held = done(back)
    assert columns(held) == ["pm-draft"]
    assert decide(held, Policy()).changes == ()
    finished = replace(created.children[0], state="closed", state_reason="completed", closed_at=NOW)
    assert columns(done(replace(held, children=(finished,)))) == ["pm-in-progress"]


def explained(plan: Plan) -> list[str]:
    return [c.body for c in plan.changes if isinstance(c, EnsureComment) and c.topic.startswith("moved-back")]


def test_a_card_moved_ahead_of_its_state_is_moved_back_with_the_reason() -> None:
    """Exactly one column label remains."""
    draft = done(snapshot(""))
    ahead = replace(draft, issue=replace(draft.issue, labels=(draft.issue.labels - {"pm-draft"}) | {"pm-in-progress"}))
    plan = decide(ahead, Policy())
    assert columns(carried_out(ahead, plan)) == ["pm-draft"]
    [said] = explained(plan)
    assert "In Progress needs at least one action item that is done" in said


def test_a_project_board_has_columns_of_its_own() -> None:
    """GitHub's project moves its card; no column labels are used."""
    policy = Policy(rule_options={"board": BoardOptions(project=1)})
    able = replace(GITHUB, project_board=True)
    plan = decide(snapshot("", capabilities=able), policy)
    assert MoveCard(snapshot().issue.ref, 1, "Draft") in plan.changes
    assert not any(
        isinstance(c, AddLabels | RemoveLabels) and any("pm-" in name for name in c.labels) for c in plan.changes
    )
    draft = carried_out(snapshot("", capabilities=able), plan)
    action = replace(child(13, "Page on depth"), linked=False)
    alone = replace(snapshot("", capabilities=able), issue=action)
    assert decide(alone, policy).changes == (MoveCard(action.ref, 1, "Actions Created"),)
    last = replace(draft, issue=replace(draft.issue, cards=(Card(1, "Complete"),)))
    plan = decide(last, policy)
    assert MoveCard(last.issue.ref, 1, "Draft") in plan.changes
    assert "the close to pass its checks" in explained(plan)[0]
