"""What people decide about an action item by command, seen from the item and from its post-mortem."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.engine import decide
from service.model import (
    AddLabels,
    CloseAsNotPlanned,
    Decision,
    EnsureComment,
    EnsureLabel,
    Permission,
    Plan,
    RemoveLabels,
    Reopen,
    SetBody,
    SetDue,
    Snapshot,
    SyncState,
    apply,
)
from service.policy import Policy
from service.rules.closure import ClosureOptions
from service.rules.escalation import EscalationOptions
from tests.build import BOT, GITHUB, GITLAB, HOME, NOW, carried_out, closed, day, said, snapshot

DOUBTFUL = "- [ ] Page on queue depth - @bob - 2026-04-01"


def item(*lines: str, deadline: str = "2026-02-25", **more: Any) -> Snapshot:
    """An action item of bob's, and what he asks for on it."""
    body = f"**Owner:** @bob\n**Deadline:** {deadline}\n\n## Definition of done\n\n- [ ] It fired in a drill\n"
    values: dict[str, Any] = {"labels": ("type-action-item",), "author": BOT, "assignees": frozenset({"bob"})}
    asked = said("\n".join(lines), author="bob", permission=Permission.READ)
    return snapshot(body, comments=(asked,) if lines else (), **(values | more))


def reply(plan: Plan) -> str:
    return "\n".join(c.body for c in plan.changes if isinstance(c, EnsureComment) and c.topic.startswith("reply:"))


def status(seen: Snapshot) -> str:
    found = seen.comment("status")
    assert found is not None
    return found.body


def done(seen: Snapshot) -> Snapshot:
    """After the plan, which a second look leaves alone."""
    after = carried_out(seen, decide(seen, Policy()))
    assert decide(after, Policy()).changes == ()
    return after


def test_a_snooze_is_answered_counted_and_on_record() -> None:
    """From the day on which it was asked for, however late it is seen."""
    seen = replace(item("/pm snooze 2w the vendor is late"), observed_at=NOW + timedelta(days=1))
    after = done(seen)
    assert after.state.decisions == (Decision("snooze", "bob", NOW, "the vendor is late", day("2026-03-16")),)
    assert "nobody is reminded of this before 2026-03-16" in reply(decide(seen, Policy()))
    assert "- 2026-03-02, `bob`: no reminders before 2026-03-16: the vendor is late" in status(after)
    assert not any((c.topic or "").startswith("nudge:") for c in after.comments)


@pytest.mark.parametrize(
    ("length", "until"),
    [("3d", "2026-03-05"), ("1week", "2026-03-09"), ("1m", "2026-04-01"), ("2026-03-20", "2026-03-20")],
)
def test_a_snooze_is_as_long_as_people_write_it(length: str, until: str) -> None:
    """Days, weeks, months, or a date."""
    assert done(item(f"/pm snooze {length} busy")).state.decisions[0].until == day(until)


def test_an_extension_moves_the_deadline_in_field_and_text() -> None:
    """Wherever the item has one; the slip is on record, and the overdue label comes off in the same look."""
    seen = item("/pm extend 2026-04-01 the vendor is late", capabilities=GITLAB, due=day("2026-02-25"))
    seen = replace(seen, issue=replace(seen.issue, labels=seen.issue.labels | {"overdue"}))
    plan = decide(seen, Policy())
    assert SetDue(HOME, day("2026-04-01")) in plan.changes
    assert RemoveLabels(HOME, frozenset({"overdue"})) in plan.changes
    after = done(seen)
    assert "**Deadline:** 2026-04-01" in after.issue.body
    made = Decision("extend", "bob", NOW, "the vendor is late", day("2026-04-01"), day("2026-02-25"))
    assert after.state.decisions == (made,)
    assert "`bob`: deadline moved from 2026-02-25 to 2026-04-01: the vendor is late" in status(after)


def test_two_decisions_in_one_comment_are_both_on_record() -> None:
    """Each line has its effect."""
    after = done(item("/pm extend 2026-04-01 the vendor is late", "/pm snooze 1w until then"))
    assert [made.what for made in after.state.decisions] == ["extend", "snooze"]


@pytest.mark.parametrize("native", [True, False])
def test_an_extension_reaches_the_post_mortems_line_and_is_counted_there(native: bool) -> None:
    """By the same three-way comparison as any other change of a deadline; an earlier day is no slip."""
    seen = snapshot(
        f"## Action items\n\n{DOUBTFUL}\n",
        state=SyncState(template="full_incident"),
        capabilities=GITLAB if native else GITHUB,
    )
    for to, slips in (("2026-04-20", 1), ("2026-05-01", 2), ("2026-04-15", 2)):
        seen = done(seen)
        child = seen.children[0]
        body = "\n".join(
            f"- **Deadline:** {to}" if line.startswith("- **Deadline:**") else line for line in child.body.split("\n")
        )
        moved = replace(child, body=body, due=day(to) if native else None, updated_at=NOW)
        seen = done(replace(seen, children=(moved,)))
        assert f"@bob - {to}" in seen.issue.body
        assert seen.state.items[0].slips == slips
    assert "- The deadline of #13 was moved twice." in status(seen)
    assert any(f.message == "Its deadline was moved twice." for f in decide(seen, Policy()).findings)


def extended(times: int, *lines: str, slipping: int = 0) -> Snapshot:
    """An item whose deadline was moved so often before what is asked for now."""
    made = tuple(Decision("extend", "bob", NOW, "late", day(f"2026-03-{10 + n}")) for n in range(times))
    return item(*lines, deadline="2026-03-20", state=SyncState(decisions=made, slipping=slipping))


def test_the_second_extension_labels_it_as_slipping() -> None:
    """In the look that takes it, with the label made where there is none; the first does not."""
    assert "slipping" not in done(extended(0, "/pm extend 2026-04-01 the vendor is late")).issue.labels
    seen = extended(1, "/pm extend 2026-04-01 the vendor is late")
    made = [c.label.name for c in decide(seen, Policy()).changes if isinstance(c, EnsureLabel)]
    assert made == ["slipping"]
    assert "slipping" in done(seen).issue.labels
    thrice = Policy(rule_options={"escalation": EscalationOptions(extensions=3)})
    assert not any(isinstance(c, AddLabels) for c in decide(seen, thrice).changes)


def test_who_takes_that_label_off_is_heard_until_the_next_extension() -> None:
    """They had another look; what moves once more needs one more."""
    assert "slipping" not in done(extended(2, slipping=2)).issue.labels
    assert "slipping" in done(extended(2, "/pm extend 2026-04-01 once more", slipping=2)).issue.labels


def test_an_item_that_was_extended_before_there_was_such_a_label_gets_it() -> None:
    """At its next look, while it is open: a closed one is left as it is."""
    assert "slipping" in done(extended(2)).issue.labels
    shut = closed(extended(2), at=NOW - timedelta(minutes=1), state_reason="not_planned")
    assert "slipping" not in carried_out(shut, decide(shut, Policy())).issue.labels


def test_a_refused_close_leaves_that_label_on() -> None:
    """What is reopened slips still."""
    seen = extended(2, slipping=2)
    seen = replace(seen, issue=replace(seen.issue, labels=seen.issue.labels | {"Slipping"}))
    shut = closed(seen, at=NOW - timedelta(minutes=1))
    plan = decide(shut, Policy())
    assert any(isinstance(change, Reopen) for change in plan.changes)
    assert "Slipping" in carried_out(shut, plan).issue.labels


def test_what_will_not_be_done_is_closed_on_somebodys_word() -> None:
    """The answer comes before the close, so that whoever is interrupted has said why; the reason is on record."""
    seen = item("/pm wont-do the service is gone next month")
    plan = decide(seen, Policy())
    kinds = [type(change) for change in plan.changes]
    assert EnsureLabel in kinds
    assert AddLabels(HOME, frozenset({"wont-do"})) in plan.changes
    assert kinds.index(AddLabels) < kinds.index(EnsureComment) < kinds.index(CloseAsNotPlanned) < len(kinds) - 1
    assert "@bob decided that this will not be done: “the service is gone next month”." in reply(plan)
    after = done(seen)
    assert (after.issue.state, after.issue.state_reason) == ("closed", "not_planned")
    assert "`bob`: it will not be done: the service is gone next month" in status(after)
    assert "overdue" not in after.issue.labels


def test_a_forge_without_such_a_reason_loses_nothing() -> None:
    """The label says it there: the gate does not reopen it, whoever looks and whenever."""
    after = done(item("/pm wont-do obsolete", capabilities=GITLAB))
    assert (after.issue.state, after.issue.state_reason) == ("closed", "completed")
    assert "wont-do" in after.issue.labels
    later = replace(after, observed_at=NOW + timedelta(days=30))
    assert not any(isinstance(change, Reopen) for change in decide(later, Policy()).changes)


def test_its_post_mortem_neither_ticks_the_line_nor_waits_for_it() -> None:
    """Not doing it is not having done it, and it is settled all the same; the status comment tells them apart."""
    seen = snapshot(f"## Action items\n\n{DOUBTFUL}\n", state=SyncState(template="full_incident"), capabilities=GITLAB)
    seen = done(seen)
    child = seen.children[0]
    given_up = replace(child, state="closed", state_reason="completed", labels=child.labels | {"wont-do"})
    seen = done(replace(seen, children=(given_up,)))
    assert DOUBTFUL in seen.issue.body
    assert "Action items: 0 of 1 done, 1 will not be done." in status(seen)
    strict = Policy(rule_options={"closure": ClosureOptions(actions="done")})
    assert not any("still open" in f.message for f in decide(seen, strict).findings)


def test_what_is_taken_up_again_is_judged_again() -> None:
    """Reopened, it loses the label: closing it once more is no longer free."""
    after = done(item("/pm wont-do obsolete", capabilities=GITLAB))
    again = replace(after, issue=replace(after.issue, state="open", state_reason=None, closed_at=None))
    plan = decide(again, Policy())
    assert any(isinstance(c, RemoveLabels) and "wont-do" in c.labels for c in plan.changes)
    reopened = carried_out(again, plan)
    shut = closed(reopened, at=NOW - timedelta(minutes=1), by="bob", state_reason="completed")
    assert any(isinstance(change, Reopen) for change in decide(shut, Policy()).changes)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("/pm snooze", "please say until when and why: `/pm snooze 2w <reason>`"),
        ("/pm snooze 2w", "please say until when and why"),
        ("/pm snooze later busy", "write how long"),
        ("/pm snooze 52w busy", "at most 92 days"),
        ("/pm snooze 2026-03-01 busy", "write how long"),
        ("/pm extend soon busy", "write it as YYYY-MM-DD"),
        ("/pm extend 2026-02-20 busy", "2026-02-20 is not later than today"),
        ("/pm extend 2026-03-02 busy", "2026-03-02 is not later than today"),
        ("/pm extend 2026-04-01", "please say until when and why"),
        ("/pm wont-do", "please say why"),
        ("/pm override it is fine", "`/pm help` lists what there is"),
    ],
)
def test_a_mistake_changes_nothing_and_is_answered_with_the_right_form(text: str, part: str) -> None:
    """A person asked; a person is answered."""
    plan = decide(item(text), Policy())
    assert part in reply(plan)
    assert not any(isinstance(c, (SetBody, SetDue, CloseAsNotPlanned)) for c in plan.changes)
    assert done(item(text)).state.decisions == ()


def test_a_later_deadline_must_be_later() -> None:
    """And one that nothing can hold is answered with the line to add."""
    early = decide(item("/pm extend 2026-04-01 busy", deadline="2026-05-01"), Policy())
    assert "2026-04-01 is not later than the deadline it has (2026-05-01)" in reply(early)
    bare = snapshot("Do it.\n", labels=("type-action-item",), comments=(said("/pm extend 2026-04-01 busy"),))
    assert "Add the line `**Deadline:** 2026-04-01`" in reply(decide(bare, Policy()))


def test_closed_items_are_not_put_off() -> None:
    """What was done stays done; whoever wants it undone reopens it first."""
    for text in ("/pm snooze 2w busy", "/pm extend 2026-04-01 busy", "/pm wont-do busy"):
        shut = closed(item(text), at=NOW - timedelta(seconds=1), state_reason="completed")
        assert "this is closed" in reply(decide(shut, Policy()))
    free = closed(item("/pm wont-do busy"), at=NOW - timedelta(hours=1), state_reason="not_planned")
    assert done(free).state.decisions[0].what == "wont-do"  # closed by hand first, the reason told after


def test_a_stranger_decides_nothing() -> None:
    """The owner may, the item's author may, and whoever has the permission."""
    asked = (said("/pm wont-do because", author="mallory", permission=Permission.READ),)
    plan = decide(replace(item(), comments=asked), Policy())
    assert "needs triage permission" in reply(plan)
    assert not any(isinstance(change, CloseAsNotPlanned) for change in plan.changes)


def test_a_decision_cut_short_is_completed() -> None:
    """Killed between the close and the record: the next look finds the command unanswered and goes on."""
    seen = item("/pm wont-do obsolete")
    plan = decide(seen, Policy())
    half = replace(plan, changes=plan.changes[:-1])
    assert isinstance(plan.changes[-1], EnsureComment)
    after = done(carried_out(seen, half))
    assert [made.reason for made in after.state.decisions] == ["obsolete"]
    assert len([c for c in after.comments if (c.topic or "").startswith("reply:")]) == 1


def test_an_issue_somebody_closed_stays_as_they_closed_it() -> None:
    """The change is about an open issue; a reason that is there already is not replaced."""
    shut = closed(item(), at=NOW, state_reason="completed")
    assert apply(shut, CloseAsNotPlanned(HOME)) == shut
