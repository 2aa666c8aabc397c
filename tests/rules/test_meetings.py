"""`/pm schedule`, `unschedule` and `attended`: the agenda with its clock set, and who was there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.engine import decide
from service.model import Comment, EnsureComment, Meeting, Permission, Plan, Snapshot
from service.policy import Policy
from tests.build import NOW, WRITTEN, carried_out, said, snapshot

BERLIN = "/pm schedule 2026-03-04 15:00 Europe/Berlin @bob @eve"


def asked(*comments: Comment, body: str = WRITTEN) -> tuple[Plan, Snapshot]:
    seen = snapshot(body, comments=comments)
    plan = decide(seen, Policy())
    return plan, carried_out(seen, plan)


def answer(plan: Plan, number: str = "1") -> str:
    [found] = [c.body for c in plan.changes if isinstance(c, EnsureComment) and c.topic == f"reply:{number}"]
    return found


def status(seen: Snapshot) -> str:
    [found] = [c.body for c in seen.comments if c.topic == "status"]
    return found


def later(text: str, *, hours: float, number: str = "2") -> Comment:
    return replace(said(text, number=number), created_at=NOW + timedelta(hours=hours))


def then(seen: Snapshot, comment: Comment) -> Snapshot:
    """What the forge shows after somebody has commented, and we have answered."""
    assert comment.created_at is not None
    asks = replace(seen, comments=(*seen.comments, comment), observed_at=comment.created_at)
    return carried_out(asks, decide(asks, Policy()))


def test_the_agenda_has_its_clock_set() -> None:
    """An hour in four parts, in the zone that was asked for."""
    plan, after = asked(said(BERLIN))
    text = answer(plan)
    assert "**When:** Wednesday, 2026-03-04 15:00 Europe/Berlin (14:00 UTC), 60 minutes" in text
    starts = [line.split("|")[1:4] for line in text.splitlines() if line.startswith("| 1")]
    assert [(at.strip(), int(minutes), what.partition(":")[0].strip()) for at, minutes, what in starts] == [
        ("15:00", 15, "Timeline review"),
        ("15:15", 20, "Root cause"),
        ("15:35", 15, "Action brainstorming"),
        ("15:50", 10, "Assignment"),
    ]
    assert "everybody acted in good faith" in text
    at = datetime(2026, 3, 4, 14, tzinfo=UTC)
    called = Meeting(at, "Europe/Berlin", "alice", ("bob", "eve"), key="1", agenda="1", changed_at=NOW)
    assert after.state.meetings == (called,)
    assert "Meeting: 2026-03-04 15:00 CET, with `bob`, `eve`." in status(after)


def test_the_agenda_ends_with_what_is_still_open() -> None:
    """This incident's own questions: what is empty, undated or unowned; or that nothing is."""
    plan, _ = asked(said(BERLIN), body=WRITTEN.replace("The load test used a tenth of the real traffic.", ""))
    text = answer(plan)
    assert "- **Contributing factors**: Still empty." in text.partition("## Still open")[2]
    settled, _ = asked(said(BERLIN))
    assert "Nothing is missing." in answer(settled).partition("## Still open")[2]


def test_nobody_is_called_twice() -> None:
    """The command itself has called them; our answer names them."""
    assert "@bob" not in answer(asked(said(BERLIN))[0])
    assert "**Who:** `bob`, `eve`" in answer(asked(said(BERLIN))[0])


@pytest.mark.parametrize(
    ("people", "hint"),
    [("@bob @eve", "`eve` could"), ("@bob @alice", "[name]; everybody invited"), ("", "[name]; everybody invited")],
)
def test_the_facilitator_is_somebody_who_was_not_involved(people: str, hint: str) -> None:
    """Neither whoever wrote it nor whoever owns any of it."""
    plan, _ = asked(said(f"/pm schedule 2026-03-04 15:00 {people}"))
    assert hint in answer(plan)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "write day, time and time zone"),
        ("2026-03-04", "write day, time and time zone"),
        ("2026-03-04 15:00 Europe/Berlin in the blue room @bob", "write day, time and time zone"),
        ("2026-03-04 3pm", "is no time of day"),
        ("2026-02-30 15:00", "2026-02-30"),
        ("2026-03-04 15:00 Middle/Earth", "no day in a time zone that I know"),
        ("2026-03-01 15:00", "has passed"),
        ("9999-12-31 23:59 Pacific/Apia", "year away"),
        ("2026-03-04 15:00 @!!", "is no account's name"),
    ],
)
def test_a_mistake_is_answered_with_the_form(words: str, says: str) -> None:
    """And nothing is remembered."""
    plan, after = asked(said(f"/pm schedule {words}"))
    assert says in answer(plan)
    assert after.state.meetings == ()


def test_another_time_takes_the_place_of_a_meeting_that_is_still_to_come() -> None:
    """One that was held stays on record."""
    _, first = asked(said(BERLIN))
    again = replace(first, comments=(*first.comments, later("/pm schedule 2026-03-05 10:00 UTC @bob", hours=1)))
    moved = carried_out(again, decide(again, Policy()))
    assert [meeting.at.day for meeting in moved.state.meetings] == [5]
    held = later("/pm schedule 2026-03-12 10:00 UTC @bob", hours=100, number="3")
    then = replace(moved, comments=(*moved.comments, held), observed_at=NOW + timedelta(hours=100))
    assert [m.at.day for m in carried_out(then, decide(then, Policy())).state.meetings] == [5, 12]


def test_a_meeting_that_is_moved_stays_the_same() -> None:
    """It keeps its key, and those invited unless others are named; the agenda that stood before is folded."""
    _, seen = asked(said(BERLIN))
    after = then(seen, later("/pm schedule 2026-03-05 10:00 UTC", hours=1))
    [meeting] = after.state.meetings
    assert (meeting.key, meeting.agenda, meeting.sequence) == ("1", "2", 1)
    assert (meeting.invited, meeting.changed_at) == (("bob", "eve"), NOW + timedelta(hours=1))
    first, second = (c.body for c in after.comments if (c.topic or "").startswith("reply:"))
    title = "Moved to Thursday, 2026-03-05 10:00 UTC (10:00 UTC): this agenda stands no longer"
    assert f"<details><summary>{title}</summary>" in first
    assert "| 15:00 | 15 | Timeline review" in first
    assert "<details>" not in second
    others = then(after, later("/pm schedule 2026-03-05 11:00 UTC @carol", hours=2, number="3"))
    assert [(m.invited, m.sequence) for m in others.state.meetings] == [(("carol",), 2)]


def test_a_meeting_is_called_off() -> None:
    """Said in an answer, in its agenda and in the status; another one is another meeting."""
    _, seen = asked(said(BERLIN))
    after = then(seen, later("/pm unschedule", hours=1))
    [meeting] = after.state.meetings
    assert (meeting.key, meeting.sequence, meeting.off) == ("1", 1, "alice")
    agenda, word = (c.body for c in after.comments if (c.topic or "").startswith("reply:"))
    assert "<summary>Called off by alice: this agenda stands no longer</summary>" in agenda
    assert "15:00 Europe/Berlin (14:00 UTC) is called off by `alice`. Invited were `bob`, `eve`." in word
    assert "Meeting: 2026-03-04 15:00 CET, called off by `alice`." in status(after)
    again = then(after, later("/pm schedule 2026-03-05 10:00 UTC", hours=2, number="3"))
    assert [(m.key, m.sequence, m.off) for m in again.state.meetings] == [("1", 1, "alice"), ("3", 0, "")]
    held = then(again, later("/pm attended @bob", hours=100, number="4"))
    assert [m.attended for m in held.state.meetings] == [(), ("bob",)]


def test_one_comment_calls_one_meeting() -> None:
    """Whatever its lines say: the last of them holds."""
    _, seen = asked(said(f"{BERLIN}\n/pm unschedule\n/pm schedule 2026-03-06 10:00 UTC"))
    [meeting] = seen.state.meetings
    assert (meeting.at.day, meeting.key, meeting.sequence, meeting.off) == (6, "1", 2, "")


@pytest.mark.parametrize("before", ["", "/pm unschedule"])
def test_where_no_meeting_is_to_come_none_is_called_off(before: str) -> None:
    """Never called, called off before, or held: the answer is how to call one."""
    _, seen = asked(said(BERLIN) if before else said("Hello."))
    seen = then(seen, later(before, hours=1)) if before else seen
    plan = decide(replace(seen, comments=(*seen.comments, later("/pm unschedule", hours=2, number="3"))), Policy())
    assert "there is no meeting to come. `/pm schedule" in answer(plan, "3")


def test_who_was_there_is_on_record() -> None:
    """In the hidden block and in the status comment; who is added later is added."""
    _, seen = asked(said(BERLIN))
    for number, (people, hours) in enumerate([("@bob, @alice", 60), ("@eve @Bob", 61)], start=2):
        comment = later(f"/pm attended {people}", hours=hours, number=str(number))
        seen = replace(seen, comments=(*seen.comments, comment), observed_at=NOW + timedelta(hours=hours))
        seen = carried_out(seen, decide(seen, Policy()))
    [meeting] = seen.state.meetings
    assert (meeting.invited, meeting.attended) == (("bob", "eve"), ("bob", "alice", "eve"))
    assert "Meeting: 2026-03-04 15:00 CET, attended by `bob`, `alice`, `eve`." in status(seen)


def test_a_meeting_that_nobody_had_planned_is_on_record_too() -> None:
    """At the time it is told of; one that is still to come is not taken for it."""
    _, seen = asked(said(f"{BERLIN}\n/pm attended @alice"))
    assert [(m.at, m.attended) for m in seen.state.meetings] == [
        (NOW, ("alice",)),
        (datetime(2026, 3, 4, 14, tzinfo=UTC), ()),
    ]


@pytest.mark.parametrize("words", ["", "bob", "@bob and alice"])
def test_attendance_is_written_in_logins(words: str) -> None:
    """A sentence is answered with the form."""
    assert "write who was there, like `/pm attended" in answer(asked(said(f"/pm attended {words}"))[0])


def test_only_those_who_may_command_arrange_a_meeting() -> None:
    """As every command that changes something."""
    plan, after = asked(said(BERLIN, author="mallory", permission=Permission.READ))
    assert "needs triage permission" in answer(plan)
    assert after.state.meetings == ()


@pytest.mark.parametrize("words", ["/pm schedule 2026-03-05 10:00 UTC", "/pm unschedule"])
def test_a_look_that_was_cut_off_is_made_again_to_the_same_end(words: str) -> None:
    """Wherever it ends: nothing is said or counted twice, and the invitation keeps its address."""
    first = snapshot(
        WRITTEN, comments=(said(BERLIN),), invitations={"1": "https://closeout.example.org/calendar/a.ics"}
    )
    seen = carried_out(first, decide(first, Policy()))
    asks = replace(seen, comments=(*seen.comments, later(words, hours=1)))
    changes = decide(asks, Policy()).changes
    whole = carried_out(asks, decide(asks, Policy()))
    assert len(changes) > 3
    for done in range(len(changes)):
        cut = carried_out(asks, replace(decide(asks, Policy()), changes=changes[:done]))
        again = carried_out(cut, decide(cut, Policy()))
        assert again.state == whole.state, done
        assert {c.topic: c.body for c in again.comments} == {c.topic: c.body for c in whole.comments}, done
