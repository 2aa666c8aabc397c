"""Line and issue stay in step: what a person changed last, on either side, stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from service.engine import decide
from service.model import Card, Issue, IssueRef, Plan, SetAssignees, SetBody, SetDue, SetTitle, Snapshot, SyncState
from service.policy import Policy
from tests.build import GITHUB, GITLAB, NOW, carried_out, day, snapshot

LINE = "- [ ] Page on queue depth - @bob - 2026-04-01"
LINE_DUE = day("2026-04-01")


def settled(line: str = LINE, *, native: bool = False) -> Snapshot:
    """A post-mortem whose one action has its issue, #13, and where both agree."""
    able = GITLAB if native else GITHUB
    seen = snapshot(f"## Action items\n\n{line}\n", state=SyncState(template="full_incident"), capabilities=able)
    after = carried_out(seen, decide(seen, Policy()))
    assert decide(after, Policy()).changes == ()
    return after


def with_child(seen: Snapshot, **changes: object) -> Snapshot:
    return replace(seen, children=(replace(seen.children[0], **changes),))  # type: ignore[arg-type]


def with_line(seen: Snapshot, old: str, new: str) -> Snapshot:
    assert old in seen.issue.body
    return replace(seen, issue=replace(seen.issue, body=seen.issue.body.replace(old, new)))


def body_of(plan: Plan, issue: Issue) -> str:
    return next(change.body for change in plan.changes if isinstance(change, SetBody) and change.ref == issue.ref)


def test_a_closed_issue_ticks_its_line_with_the_date() -> None:
    """And a reopened one unticks it, stamp and all."""
    seen = settled()
    shut = with_child(seen, state="closed", state_reason="completed", closed_at=NOW - timedelta(days=1))
    plan = decide(shut, Policy())
    ticked = body_of(plan, seen.issue)
    assert "- [x] Page on queue depth" in ticked
    assert "2026-03-01" in ticked
    after = carried_out(shut, plan)
    assert decide(after, Policy()).changes == ()
    reopened = with_child(after, state="open", state_reason=None, closed_at=None)
    assert body_of(decide(reopened, Policy()), seen.issue) == seen.issue.body


def test_a_ticked_line_never_closes_an_issue() -> None:
    """The definition of done is checked in the issue; the line's tick is respected and remarked on."""
    plan = decide(with_line(settled(), "- [ ]", "- [x]"), Policy())
    assert not [c for c in plan.changes if isinstance(c, SetBody)]
    assert any("its issue is still open" in f.message for f in plan.findings)


def test_the_first_of_several_owners_is_assigned_where_only_one_can_be() -> None:
    """The line's order decides, when the issue is created as when the line is edited later."""
    seen = settled("- [ ] Page on queue depth - @mallory, @eve, @bob - 2026-04-01", native=True)
    assert seen.children[0].assignees == {"eve"}
    plan = decide(with_line(seen, "@mallory, @eve, @bob", "@bob, @mallory, @eve"), Policy())
    assert [c for c in plan.changes if isinstance(c, SetAssignees)] == []
    plan = decide(with_line(seen, "@mallory, @eve, @bob", "@bob, @alice"), Policy())
    assert SetAssignees(seen.children[0].ref, frozenset({"bob"})) in plan.changes


def test_an_issue_closed_as_not_planned_does_not_tick_the_line() -> None:
    """Not doing it is not having done it."""
    shut = with_child(settled(), state="closed", state_reason="not_planned", closed_at=NOW)
    assert not [c for c in decide(shut, Policy()).changes if isinstance(c, SetBody)]


def test_words_travel_both_ways() -> None:
    """A reworded line renames the issue; a renamed issue rewords the line."""
    seen = settled()
    plan = decide(with_line(seen, "Page on queue depth", "Page on queue age"), Policy())
    assert SetTitle(seen.children[0].ref, "Page on queue age") in plan.changes
    plan = decide(with_child(seen, title="Alert on queue depth"), Policy())
    assert "- [ ] Alert on queue depth - @bob - 2026-04-01" in body_of(plan, seen.issue)


def test_where_both_changed_the_later_stands() -> None:
    """The line's time is the text's last edit, the issue's its last change."""
    both = with_child(with_line(settled(), "queue depth", "queue age"), title="Alert", updated_at=NOW)
    line_first = replace(both, issue=replace(both.issue, body_edited_at=NOW - timedelta(hours=1)))
    assert "- [ ] Alert - @bob" in body_of(decide(line_first, Policy()), both.issue)
    line_last = replace(both, issue=replace(both.issue, body_edited_at=NOW + timedelta(hours=1)))
    assert SetTitle(both.children[0].ref, "Page on queue age") in decide(line_last, Policy()).changes


def test_owners_travel_both_ways() -> None:
    """An assignee added in the issue joins the line; a login in the line is assigned."""
    seen = settled()
    assert seen.children[0].assignees == frozenset({"bob"})
    plan = decide(with_child(seen, assignees=frozenset({"eve"})), Policy())
    assert "- [ ] Page on queue depth - @eve - 2026-04-01" in body_of(plan, seen.issue)
    plan = decide(with_line(seen, "@bob", "@alice"), Policy())
    assert SetAssignees(seen.children[0].ref, frozenset({"alice"})) in plan.changes


def test_taking_a_name_away_is_a_question_not_an_order() -> None:
    """Unassigning everybody does not erase the line's owner, nor the other way round."""
    seen = settled()
    assert not [c for c in decide(with_child(seen, assignees=frozenset()), Policy()).changes if isinstance(c, SetBody)]
    plan = decide(with_line(seen, " - @bob", ""), Policy())
    assert not [c for c in plan.changes if isinstance(c, SetAssignees)]
    assert seen.children[0].assignees == frozenset({"bob"})


def test_deadlines_travel_both_ways_in_the_body() -> None:
    """Where the forge has no due date the action's own text carries it."""
    seen = settled()
    plan = decide(with_line(seen, "2026-04-01", "2026-05-01"), Policy())
    assert "**Deadline:** 2026-05-01" in body_of(plan, seen.children[0])
    body = seen.children[0].body.replace("2026-04-01", "2026-06-01")
    plan = decide(with_child(seen, body=body), Policy())
    assert "@bob - 2026-06-01" in body_of(plan, seen.issue)


def test_deadlines_travel_both_ways_in_the_forges_own_field() -> None:
    """GitLab's due date leads there, and the text follows it."""
    seen = settled(native=True)
    assert seen.children[0].due == day("2026-04-01")
    plan = decide(with_line(seen, "2026-04-01", "2026-05-01"), Policy())
    assert SetDue(seen.children[0].ref, day("2026-05-01")) in plan.changes
    plan = decide(with_child(seen, due=day("2026-06-01")), Policy())
    assert "@bob - 2026-06-01" in body_of(plan, seen.issue)
    after = carried_out(with_child(seen, due=day("2026-06-01")), plan)
    assert decide(after, Policy()).changes == ()


def test_a_struck_line_asks_for_a_reason() -> None:
    """Unless the line gives one, or its issue is closed."""
    seen = with_line(settled(), "Page on queue depth", "~~Page on queue depth~~")
    [found] = [f for f in decide(seen, Policy()).blockers if f.rule == "progress"]
    assert "/pm drop #13 <reason>" in found.fix
    dropped = replace(seen, state=replace(seen.state, items=(replace(seen.state.items[0], dropped="not worth it"),)))
    assert not [f for f in decide(dropped, Policy()).blockers if f.rule == "progress"]


# --- the date field of a project's board ----------------------------------------------------------------------


def on_a_board() -> Snapshot:
    """Line and issue agree, and the issue's card has come to a board with a date field."""
    return with_child(settled(), cards=(Card(1, "Actions Created", dated=True),))


def moved(seen: Snapshot, old: str, new: str) -> Snapshot:
    """A person wrote another day in the line, and both sides say so."""
    later = with_line(seen, old, new)
    after = carried_out(later, decide(later, Policy()))
    assert decide(after, Policy()).changes == ()
    return after


def test_a_deadline_that_people_move_again_labels_the_issue_as_slipping() -> None:
    """An earlier day is no slip; who takes the label off is heard until the next one."""
    once = moved(settled(), "2026-04-01", "2026-04-20")
    sooner = moved(once, "2026-04-20", "2026-04-10")
    assert "slipping" not in sooner.children[0].labels
    twice = moved(sooner, "2026-04-10", "2026-05-01")
    assert "slipping" in twice.children[0].labels
    taken_off = with_child(twice, labels=frozenset({"type-action-item"}))
    assert decide(taken_off, Policy()).changes == ()
    assert "slipping" in moved(taken_off, "2026-05-01", "2026-06-01").children[0].labels


def test_what_we_may_not_edit_is_not_labelled() -> None:
    """An issue of another project that a line adopted."""
    away = IssueRef("github", "acme/ops", 40)
    once = moved(settled(), "2026-04-01", "2026-04-20")
    named = with_line(once, "#13", "acme/ops#40")
    state = replace(named.state, items=tuple(replace(one, key="k", ref="acme/ops#40") for one in named.state.items))
    adopted = with_child(replace(named, state=state), ref=away, body="", due=None, labels=frozenset())
    plan = decide(with_line(adopted, "2026-04-20", "2026-05-01"), Policy())
    assert [change for change in plan.changes if change.ref == away] == []
    assert any("moved twice" in found.message for found in plan.findings)


def test_a_card_is_given_the_deadline_once() -> None:
    """Whoever empties the field later means to: the deadline stays where it is written."""
    seen = on_a_board()
    plan = decide(seen, Policy())
    assert [c for c in plan.changes if c.ref == seen.children[0].ref] == [SetDue(seen.children[0].ref, LINE_DUE)]
    after = carried_out(seen, plan)
    assert decide(after, Policy()).changes == ()
    assert decide(with_child(after, due=None), Policy()).changes == ()


def test_a_date_that_a_person_set_on_the_board_stands() -> None:
    """Line and text follow; emptied after that, the field does not bring the old deadline back."""
    seen = on_a_board()
    moved = with_child(carried_out(seen, decide(seen, Policy())), due=day("2026-06-01"))
    after = carried_out(moved, decide(moved, Policy()))
    assert "2026-06-01" in after.issue.body
    assert "**Deadline:** 2026-06-01" in after.children[0].body
    assert decide(with_child(after, due=None), Policy()).changes == ()


def test_a_later_change_of_the_line_reaches_the_board() -> None:
    """Also where the field was emptied before."""
    seen = on_a_board()
    emptied = with_child(carried_out(seen, decide(seen, Policy())), due=None)
    plan = decide(with_line(emptied, "2026-04-01", "2026-05-01"), Policy())
    assert SetDue(seen.children[0].ref, day("2026-05-01")) in plan.changes


def test_a_date_that_was_on_the_board_first_is_the_issues_deadline() -> None:
    """The card was put there by a person, with a date: it is the later word."""
    seen = with_child(on_a_board(), due=day("2026-06-01"))
    after = carried_out(seen, decide(seen, Policy()))
    assert after.children[0].due == day("2026-06-01")
    assert "2026-06-01" in after.issue.body


def test_of_two_boards_with_dates_none_is_written() -> None:
    """Nobody can say which is meant."""
    seen = with_child(settled(), cards=(Card(1, None, dated=True), Card(2, None, dated=True)))
    assert decide(seen, Policy()).changes == ()
