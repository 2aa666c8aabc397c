"""Action items become issues exactly once, whatever is edited, reordered, interrupted or repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.deadlines import Deadlines
from service.engine import decide
from service.model import (
    AddLabels,
    CreateActionItem,
    EnsureComment,
    IssueRef,
    LinkChild,
    Marker,
    Plan,
    SetAssignees,
    SetBody,
    SetDue,
    Snapshot,
    SyncState,
    apply_all,
)
from service.policy import Policy
from service.rules.action_items import ActionItemsOptions
from tests.build import GITLAB, HOME, NOW, carried_out, child, day, snapshot

ADOPTED = SyncState(template="full_incident")
LINE = "- [ ] Page on queue depth over 1,000 - @bob - 2026-04-01 [detection]"


def listed(*lines: str, **more: Any) -> Snapshot:
    text = "## Action items\n\n" + "\n".join(lines) + "\n"
    return snapshot(text, state=more.pop("state", ADOPTED), **more)


def created(plan: Plan) -> list[CreateActionItem]:
    return [change for change in plan.changes if isinstance(change, CreateActionItem)]


def test_a_complete_line_becomes_a_linked_issue() -> None:
    """Title, body with the parent's link and marker, owner, labels of type, severity and kind; then the line names it."""
    seen = listed(LINE, labels=("post-mortem", "severity-high"))
    plan = decide(seen, Policy())
    [made] = created(plan)
    assert made.title == "Page on queue depth over 1,000"
    assert made.assignees == frozenset({"bob"})
    assert made.labels == frozenset({"type-action-item", "severity-high", "detection"})
    assert made.due is None
    assert str(Marker(HOME, made.key)) in made.body
    assert "#12" in made.body
    assert "**Deadline:** 2026-04-01" in made.body
    after = carried_out(seen, plan)
    assert "2026-04-01 [detection] (#13)" in after.issue.body
    assert '"ref":"#13"' in after.comments[-1].body


def test_the_forges_own_due_date_is_used_where_there_is_one() -> None:
    """GitLab has due dates; on Free one assignee is all it takes."""
    line = "- [ ] Page on depth - @bob @alice - 2026-04-01"
    [made] = created(decide(listed(line, capabilities=GITLAB), Policy()))
    assert made.due == day("2026-04-01")
    assert made.assignees == frozenset({"alice"}) or made.assignees == frozenset({"bob"})


@pytest.mark.parametrize("edited", ["reordered", "again", "other words around"])
def test_an_issue_is_never_created_twice(edited: str) -> None:
    """After the plan is carried out, reordering, repeating or editing around a line creates nothing."""
    seen = listed(LINE, "- [ ] Test the restore - @alice - 2026-05-01")
    after = carried_out(seen, decide(seen, Policy()))
    body = after.issue.body
    head, rest = body.split("\n\n", 1)
    lines = rest.rstrip("\n").split("\n")
    changed = {
        "reordered": f"{head}\n\n" + "\n".join(reversed(lines)) + "\n",
        "again": body,
        "other words around": f"Hello.\n\n{body}\n## Links\n\n- none\n",
    }[edited]
    again = replace(after, issue=replace(after.issue, body=changed))
    assert created(decide(again, Policy())) == []


def test_an_interruption_after_the_creation_creates_nothing_again() -> None:
    """The issue is found by its key; the line is named on the next look."""
    seen = listed(LINE)
    plan = decide(seen, Policy())
    [made] = created(plan)
    interrupted = replace(seen, children=(child(13, made.title, key=made.key),))
    again = decide(interrupted, Policy())
    assert created(again) == []
    assert any(isinstance(c, SetBody) and "(#13)" in c.body for c in again.changes)


def test_what_a_forge_dropped_at_the_creation_is_put_right_once() -> None:
    """Labels, owner and date that our rights did not allow then are set when the issue is first tied to its line."""
    line = LINE.replace(" [detection]", "")
    [made] = created(decide(listed(line, capabilities=GITLAB), Policy()))
    bare = child(13, made.title, key=made.key, body=made.body.split("\n", 1)[1], labels=frozenset())
    seen = listed(line, capabilities=GITLAB, children=(bare,))
    plan = decide(seen, Policy())
    assert AddLabels(bare.ref, frozenset({"type-action-item"})) in plan.changes
    assert SetAssignees(bare.ref, frozenset({"bob"})) in plan.changes
    assert SetDue(bare.ref, day("2026-04-01")) in plan.changes
    after = carried_out(seen, plan)
    unassigned = replace(after.children[0], assignees=frozenset())
    again = decide(replace(after, children=(unassigned,)), Policy())
    assert not any(isinstance(change, SetAssignees) for change in again.changes)


def test_a_line_edited_during_an_interruption_is_still_known() -> None:
    """Between creation and naming somebody rewords the line: likeness ties it to its issue."""
    [made] = created(decide(listed(LINE), Policy()))
    reworded = listed(LINE.replace("over 1,000", "over 1,500"), children=(child(13, made.title, key=made.key),))
    again = decide(reworded, Policy())
    assert created(again) == []
    assert any(isinstance(c, SetBody) and "(#13)" in c.body for c in again.changes)


def test_two_lines_of_the_same_words_are_two_actions() -> None:
    """Each has a key of its own."""
    plan = decide(listed(LINE, LINE), Policy())
    assert len({made.key for made in created(plan)}) == 2
    after = carried_out(listed(LINE, LINE), plan)
    assert "(#13)" in after.issue.body
    assert "(#14)" in after.issue.body


def test_an_existing_issue_named_in_the_line_is_adopted() -> None:
    """It is linked and labelled, its title stays its own, and nothing is created."""
    ours = replace(child(40, "Old ticket"), body="Do it.", author="bob", linked=False, labels=frozenset())
    plan = decide(listed(f"{LINE} #40", children=(ours,)), Policy())
    assert created(plan) == []
    assert LinkChild(HOME, ours.ref) in plan.changes
    assert AddLabels(ours.ref, frozenset({"type-action-item"})) in plan.changes
    assert not any(type(c).__name__ == "SetTitle" for c in plan.changes)


def test_a_named_issue_that_cannot_be_seen_is_asked_about() -> None:
    """Nothing is created in its place."""
    plan = decide(listed(f"{LINE} #99"), Policy())
    assert created(plan) == []
    assert any("no issue Closeout can see" in f.message for f in plan.blockers)
    assert created(decide(listed("- [ ] Fix #12 for good - @bob - 2026-04-01"), Policy()))


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("- [ ] Page on depth - 2026-04-01", "no owner"),
        ("- [ ] Page on depth - @bob", "no deadline"),
        ("- [ ] Page on depth - @bob - 03/04/2026", "03/04/2026"),
        ("- [ ] Page on depth - @bob - 2026-02-30", "2026-02-30"),
        ("- [ ] Page on depth - Owner: Bob Builder - 2026-04-01", "no account name"),
    ],
)
def test_what_a_line_lacks_is_said_with_the_fix(line: str, part: str) -> None:
    """No issue is made of half a promise."""
    plan = decide(listed(line), Policy())
    assert created(plan) == []
    [found] = [f for f in plan.blockers if f.rule == "action-items"]
    assert part in found.message
    assert found.fix


def test_a_removed_line_counts_as_open_and_asks_for_a_reason() -> None:
    """The issue is never deleted; `/pm drop` puts the reason on record."""
    seen = listed(LINE, "- [ ] Test the restore - @alice - 2026-05-01")
    after = carried_out(seen, decide(seen, Policy()))
    without = "\n".join(line for line in after.issue.body.split("\n") if "Page on" not in line)
    plan = decide(replace(after, issue=replace(after.issue, body=without)), Policy())
    [found] = [f for f in plan.blockers if "gone from the list" in f.message]
    assert "/pm drop #13 <reason>" in found.fix
    assert len(apply_all(after, plan.changes).children) == 2


def test_creation_waits_for_the_review_or_the_command_where_the_policy_says_so() -> None:
    """The line is listed with what to do until then."""
    policy = Policy(rule_options={"action-items": ActionItemsOptions(spawn="review")})
    plan = decide(listed(LINE), policy)
    assert created(plan) == []
    assert any("/pm review" in f.fix for f in plan.blockers)
    assert created(decide(listed(LINE, state=replace(ADOPTED, review=True)), policy))
    assert created(decide(listed(LINE, state=replace(ADOPTED, spawn=True)), policy))


def test_a_target_project_is_used_but_never_for_a_private_post_mortem() -> None:
    """What is confidential stays in its own project."""
    targets = ({"project": "acme/ops", "type": "detection"},)
    policy = Policy(rule_options={"action-items": ActionItemsOptions.model_validate({"targets": targets})})
    [made] = created(decide(listed(LINE), policy))
    assert made.project == "acme/ops"
    assert "acme/shop#12" in made.body
    [kept] = created(decide(listed(LINE, private=True), policy))
    assert (kept.project, kept.private) == ("acme/shop", True)


def test_a_component_label_chooses_the_project() -> None:
    """Owner, type and label must all fit where they are given; a target without any fits nothing."""
    targets = ({"project": "acme/none"}, {"project": "acme/ops", "label": "component-billing", "type": "detection"})
    policy = Policy(rule_options={"action-items": ActionItemsOptions.model_validate({"targets": targets})})
    [made] = created(decide(listed(LINE, labels=("post-mortem", "component-billing")), policy))
    assert made.project == "acme/ops"
    [made] = created(decide(listed(LINE, labels=("post-mortem",)), policy))
    assert made.project == "acme/shop"


def test_text_of_people_cannot_act_through_us() -> None:
    """Quick actions, mentions of everybody and closing keywords are made harmless in the new issue."""
    line = "- [ ] /close it and tell @all of <b>this</b> <!-- closeout:comment topic=status --> - @bob - 2026-04-01"
    [made] = created(decide(listed(line), Policy()))
    assert not any(part.startswith("/") for part in made.body.split("\n"))
    assert not made.title.startswith("/")
    assert "@all" not in made.body + made.title
    assert "<b>" not in made.body
    assert made.body.count("<!-- closeout:") == 1


def test_only_people_the_forge_lets_be_assigned_are() -> None:
    """Somebody without access stays named in the text."""
    [made] = created(decide(listed("- [ ] Page on depth - @mallory @acme/sre - 2026-04-01"), Policy()))
    assert made.assignees == frozenset()
    assert "@mallory" in made.body


def test_nothing_is_created_for_a_done_or_struck_line() -> None:
    """What was done already needs no issue."""
    seen = listed("- [x] Rolled back - @bob - 2026-03-01", "- [ ] ~~Rewrite it all~~ - @bob - 2026-04-01")
    assert created(decide(seen, Policy())) == []


def test_the_status_comment_is_written_after_everything_it_speaks_of() -> None:
    """What is remembered comes last, so an interruption is seen as one."""
    plan = decide(listed(LINE), Policy())
    assert isinstance(plan.changes[-1], EnsureComment)
    assert plan.changes[-1].topic == "status"
    assert plan.changes[-1].state is not None
    assert plan.changes[-1].state.items[0].ref.startswith("#new-")
    assert IssueRef.parse("github:acme/shop#12") == HOME


UNDATED = "- [ ] Page on queue depth over 1,000 - @bob"


def with_deadlines(**deadlines: Any) -> Policy:
    return Policy(rule_options={"action-items": ActionItemsOptions(deadlines=Deadlines(**deadlines))})


def fix_of(seen: Snapshot, policy: Policy) -> str:
    [found] = [f for f in decide(seen, policy).findings if f.message == "It has no deadline."]
    return found.fix


@pytest.mark.parametrize(
    ("severity", "fix"),
    [
        ("high", "Add a date: `- 2026-03-09` (7 days for high severity)."),  # a Sunday's week ends on the Monday
        ("medium", "Add a date: `- 2026-03-31` (30 days for medium severity)."),
        ("low", "Add a date: `- 2026-04-30` (60 days for low severity)."),
        ("unknown", "Add a date: `- 2026-03-16`."),
    ],
)
def test_a_deadline_is_proposed_from_the_severity(severity: str, fix: str) -> None:
    """A working day, counted from when the post-mortem was opened."""
    assert fix_of(listed(UNDATED, labels=("post-mortem", f"severity-{severity}")), Policy()) == fix


def test_a_proposed_day_does_not_change_with_every_look() -> None:
    """Nor does it lie in the past: once it has come, it is as many days later."""
    seen = listed(UNDATED, labels=("post-mortem", "severity-high"))
    days = {
        fix_of(replace(seen, observed_at=NOW + timedelta(days=n)), Policy()).split("`")[1] for n in (0, 1, 5, 6, 12, 13)
    }
    assert days == {"- 2026-03-09", "- 2026-03-16", "- 2026-03-23"}


def test_a_deadline_is_written_where_the_policy_says_so() -> None:
    """Once, and the line becomes an issue in the same look; a date that cannot be read is a person's to mend."""
    seen = listed(UNDATED, "- [ ] Add a canary - @bob - 2026-02-30", labels=("post-mortem", "severity-low"))
    after = carried_out(seen, decide(seen, with_deadlines(use="apply")))
    assert f"{UNDATED} - 2026-04-30 (#13)" in after.issue.body
    assert "- [ ] Add a canary - @bob - 2026-02-30" in after.issue.body
    assert decide(after, with_deadlines(use="apply")).changes == ()
    unknown = listed(UNDATED)
    assert UNDATED + "\n" in carried_out(unknown, decide(unknown, with_deadlines(use="apply"))).issue.body


def test_a_policy_may_leave_deadlines_to_people_or_name_its_own() -> None:
    """The example date then says nothing of severity."""
    seen = listed(UNDATED, labels=("post-mortem", "severity-high"))
    assert fix_of(seen, with_deadlines(use="off")) == "Add a date: `- 2026-03-16`."
    assert "2 days for high severity" in fix_of(seen, with_deadlines(high=2))


@pytest.mark.parametrize(
    ("touched", "labels", "assignees", "changes"),
    [
        (0, (), (), [SetAssignees, AddLabels]),
        (5, (), (), [SetAssignees, AddLabels]),
        (600, (), (), []),
        (0, ("other",), (), [SetAssignees]),
        (0, (), ("eve",), [AddLabels]),
        (0, ("type-action-item",), ("bob",), []),
    ],
)
def test_what_a_forge_dropped_at_the_creation_is_put_right_later(
    touched: int, labels: tuple[str, ...], assignees: tuple[str, ...], changes: list[type]
) -> None:
    """Once our account may, and as long as nobody touched the issue: what a person took away stays away."""
    seen = listed(LINE)
    known = carried_out(seen, decide(seen, Policy()))
    [made] = known.children
    bare = replace(made, labels=frozenset(labels), assignees=frozenset(assignees), created_at=NOW)
    bare = replace(bare, updated_at=NOW + timedelta(seconds=touched))
    later = replace(known, children=(bare,), observed_at=NOW + timedelta(days=3))
    plan = decide(later, Policy())
    about = [c for c in plan.changes if isinstance(c, (AddLabels, SetAssignees)) and c.ref == made.ref]
    assert [type(change) for change in about] == changes
    after = carried_out(later, plan)
    assert decide(after, Policy()).changes == ()
    others = replace(bare, author="mallory")
    assert not [c for c in decide(replace(later, children=(others,)), Policy()).changes if isinstance(c, AddLabels)]
