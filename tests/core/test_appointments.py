"""What a post-mortem puts into calendars, and what stays in the tracker."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.engine import decide
from service.model import Appointment, EnsureComment, Issue, Meeting, Plan, Snapshot, SyncState, calendar_id
from service.policy import AppointmentOptions, Policy
from service.routing import Reach
from tests.build import HOME, NOW, WRITTEN, carried_out, child, closed, said, snapshot

TITLES = Policy(appointments=AppointmentOptions(titles=True))
AT = datetime(2026, 3, 4, 14, tzinfo=UTC)
CLOSED = NOW + timedelta(hours=1)  # a Monday
FIRST = "review-030-20260302"
CALLED = Meeting(AT, "Europe/Berlin", "alice", ("bob", "eve"), key="1", agenda="1", changed_at=NOW)


def shown(seen: Snapshot, policy: Policy | None = None) -> tuple[Appointment, ...]:
    found = decide(seen, policy or Policy()).appointments
    assert found is not None
    return found


def with_meetings(*meetings: Meeting, **issue: Any) -> Snapshot:
    return snapshot(WRITTEN, state=SyncState(meetings=meetings), **issue)


def completed(*reviews: Issue) -> Snapshot:
    """Closed today with its one action done; its reviews are due in thirty and sixty days, or are these."""
    fix = child(13, "Page when the connection pool is 80 % full", state="closed", closed_at=NOW)
    body = WRITTEN.replace("- [ ] Page when", "- [x] Page when").replace("[detection]", "[detection] (#13)")
    seen = snapshot(body, children=(fix,), observed_at=CLOSED)
    shut = closed(carried_out(seen, decide(seen, Policy())), at=CLOSED, state_reason="completed")
    settled = carried_out(shut, decide(shut, Policy()))
    return replace(settled, children=(*settled.children, *reviews))


def review(**more: Any) -> Issue:
    values: dict[str, Any] = {"key": FIRST, "body": "**Deadline:** 2026-04-20\n", "updated_at": CLOSED} | more
    return child(30, "Follow-up review", **values)


def answer(plan: Plan, number: str) -> str:
    [found] = [c.body for c in plan.changes if isinstance(c, EnsureComment) and c.topic == f"reply:{number}"]
    return found


def test_a_meeting_is_shown_without_the_issues_words() -> None:
    """When, where to read more, and whom it is about: accounts of the forge, and no address of anybody."""
    [meeting] = shown(with_meetings(CALLED, title="Card numbers of ACME leaked"))
    assert meeting == Appointment(
        id=calendar_id(HOME, "1"),
        kind="meeting",
        begins=AT,
        minutes=60,
        summary="Post-mortem meeting: acme/shop#12",
        text="Wednesday, 2026-03-04 15:00 Europe/Berlin. The agenda is in the post-mortem.\n"
        "Called by alice.\nInvited: bob, eve.",
        url="https://forge.example/acme/shop/issues/12",
        changed_at=NOW,
    )


@pytest.mark.parametrize(
    ("private", "policy", "summary"),
    [
        (False, TITLES, "Post-mortem meeting: acme/shop#12 Card numbers of ACME leaked"),
        (True, TITLES, "Post-mortem meeting: acme/shop#12"),
        (True, Policy(), "Post-mortem meeting: acme/shop#12"),
    ],
)
def test_titles_leave_by_a_teams_decision_and_confidential_ones_never(
    private: bool, policy: Policy, summary: str
) -> None:
    """Of a confidential post-mortem nobody's name leaves either."""
    [meeting] = shown(with_meetings(CALLED, title="Card numbers of ACME leaked", private=private), policy)
    assert (meeting.summary, meeting.confidential) == (summary, private)
    assert ("alice" in meeting.text, "eve" in meeting.text) == (not private, not private)


def test_what_is_called_off_says_nothing_else() -> None:
    """Whoever took back an address did so for a reason."""
    [meeting] = shown(with_meetings(replace(CALLED, off="alice", sequence=1), title="Leaked"), TITLES)
    assert (meeting.off, meeting.sequence, meeting.begins) == (True, 1, AT)
    assert (meeting.summary, meeting.text, meeting.url) == ("Called off: post-mortem meeting", "", "")


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        ("2026-03-27", "15:00", datetime(2026, 3, 27, 14, tzinfo=UTC)),
        ("2026-03-30", "15:00", datetime(2026, 3, 30, 13, tzinfo=UTC)),
        ("2026-03-29", "02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: the time after the gap
        ("2026-10-25", "02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first of both
    ],
)
def test_summer_time_is_kept_by_the_zone(day: str, clock: str, utc: datetime) -> None:
    """One hour on the wall on both sides of the change; where it falls into it, one moment for everybody."""
    seen = snapshot(WRITTEN, comments=(said(f"/pm schedule {day} {clock} Europe/Berlin @bob"),))
    assert [one.begins for one in shown(seen)] == [utc]


def test_the_agenda_links_the_invitation_that_was_handed_in() -> None:
    """That of the comment which called the meeting, moved or not; without one, it is as it was."""
    address = "https://closeout.example.org/calendar/meetings/a/b.ics"
    asks = snapshot(WRITTEN, comments=(said("/pm schedule 2026-03-04 15:00 @bob"),), invitations={"1": address})
    plan = decide(asks, Policy())
    without = decide(replace(asks, invitations={}), Policy())
    linked, plain = answer(plan, "1"), answer(without, "1")
    assert linked == plain.replace("60 minutes", f"60 minutes ([for your calendar]({address}))")
    moved = replace(said("/pm schedule 2026-03-05 15:00", number="2"), created_at=NOW + timedelta(hours=1))
    after = carried_out(asks, plan)
    again = decide(replace(after, comments=(*after.comments, moved), invitations={"1": address, "2": "no"}), Policy())
    assert answer(again, "2").count(address) == 1


def test_reviews_to_come_are_whole_days() -> None:
    """One that was opened is shown when it is due, as the same."""
    thirty, sixty = shown(completed())
    assert [one.begins for one in (thirty, sixty)] == [date(2026, 4, 1), date(2026, 5, 1)]
    assert thirty.summary == "Follow-up review opens: acme/shop#12"
    left, opened = sorted(shown(completed(review())), key=lambda one: one.summary, reverse=True)
    assert (opened.begins, opened.summary) == (date(2026, 4, 20), "Follow-up review due: acme/shop#30")
    assert (opened.id, left) == (thirty.id, sixty)
    assert opened.sequence > thirty.sequence == 0
    assert shown(snapshot(WRITTEN)) == ()


def test_a_review_that_is_answered_or_ignored_for_long_is_in_no_calendar() -> None:
    """Closed, without a deadline, or due more than a month ago: what lies that far back is history."""
    gone = (review(state="closed"), review(body=""), review(body="**Deadline:** 2026-01-20\n"))
    assert [[one.begins for one in shown(completed(each))] for each in gone] == [[date(2026, 5, 1)]] * 3
    times = (NOW - timedelta(days=days) for days in (31, 29))
    held = (replace(CALLED, at=at, key=str(number)) for number, at in enumerate(times))
    assert [one.id for one in shown(with_meetings(*held))] == [calendar_id(HOME, "1")]


def test_somebodys_imitation_of_a_review_is_not_shown() -> None:
    """Only what our own account made."""
    assert shown(completed(review(author="mallory"))) == shown(completed())


def test_what_is_no_post_mortem_any_more_leaves_the_calendars() -> None:
    """A label that goes takes them with it; an action item never had any."""
    for labels in ((), ("type-action-item",)):
        assert shown(snapshot(WRITTEN, labels=labels, state=SyncState(meetings=(CALLED,)))) == ()


def test_a_project_that_is_confidential_by_configuration_is_one_here_too() -> None:
    """Neither title nor names, whatever the policy says of titles, and not in the project's calendar."""
    kept = Policy(appointments=AppointmentOptions(titles=True), reach=Reach(confidential=("acme/*",)))
    [meeting] = shown(with_meetings(CALLED, title="Leaked"), kept)
    assert (meeting.summary, meeting.confidential) == ("Post-mortem meeting: acme/shop#12", True)
    assert "eve" not in meeting.text
