"""Follow-up reviews: when they are opened, for whom, and each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calendar import Calendars
from service.engine import decide
from service.model import (
    CreateActionItem,
    EnsureComment,
    Marker,
    Plan,
    Reopen,
    ReviewState,
    Snapshot,
    SyncState,
)
from service.policy import Policy
from service.reviews import planned
from service.rules.follow_up import DaysBySeverity, FollowUpOptions
from tests.build import GITLAB, HOME, NOW, WRITTEN, carried_out, child, closed, day, snapshot
from tests.core.strategies import calendars, case_of

CLOSED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday
FIRST = "review-030-20260302"
SECOND = "review-060-20260302"
DONE = WRITTEN.replace("- [ ] Page when", "- [x] Page when").replace("[detection]", "[detection] (#13)")


def completed(**more: Any) -> Snapshot:
    """A post-mortem that was closed with its one action done; its page on 2 March."""
    fix = child(13, "Page when the connection pool is 80 % full", state="closed", closed_at=NOW)
    values: dict[str, Any] = {"children": (fix,), "observed_at": CLOSED}
    seen = snapshot(DONE, **(values | more))
    settled = carried_out(seen, decide(seen, Policy()))
    shut = closed(settled, at=CLOSED, state_reason="completed")
    return carried_out(shut, decide(shut, Policy()))


def after(days: float, seen: Snapshot) -> Snapshot:
    return replace(seen, observed_at=CLOSED + timedelta(days=days))


def opened(plan: Plan) -> list[CreateActionItem]:
    return [change for change in plan.changes if isinstance(change, CreateActionItem)]


def keys(seen: Snapshot, policy: Policy | None = None) -> list[str]:
    return [made.key for made in opened(decide(seen, policy or Policy()))]


def done(seen: Snapshot, policy: Policy | None = None) -> Snapshot:
    return carried_out(seen, decide(seen, policy or Policy()))


def finished(seen: Snapshot, *, on: float) -> Snapshot:
    """All reviews there are were closed so many days after the post-mortem."""
    at = CLOSED + timedelta(days=on)
    shut = (replace(c, state="closed", closed_at=at) if c.is_review else c for c in seen.children)
    return replace(seen, children=tuple(shut))


def policy(**options: Any) -> Policy:
    return Policy(rule_options={"follow-up": FollowUpOptions(**options)})


def test_a_close_plans_the_look_that_opens_the_first_review() -> None:
    """Thirty days after Monday 2 March is a Wednesday, and people are there from eight o'clock."""
    plan = decide(completed(), Policy())
    assert plan.revisit_at == datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
    assert opened(plan) == []
    assert keys(after(29.9, completed())) == []


@pytest.mark.parametrize(
    ("zone", "closed_at", "opens"),
    [
        ("UTC", datetime(2026, 3, 2, 12, 0, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 3, 2, 9, 59, tzinfo=UTC), datetime(2026, 3, 31, 10, 0, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 3, 2, 10, 0, tzinfo=UTC), datetime(2026, 4, 1, 10, 0, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 3, 2, 10, 59, tzinfo=UTC), datetime(2026, 3, 31, 11, 0, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 3, 2, 11, 0, tzinfo=UTC), datetime(2026, 4, 1, 11, 0, tzinfo=UTC)),
    ],
)
def test_the_days_are_counted_from_the_day_of_the_close_where_the_team_works(
    zone: str, closed_at: datetime, opens: datetime
) -> None:
    """On both sides of the date line."""
    calendar = Calendars(zone=zone, quiet="", weekend=())
    seen = replace(snapshot(""), state=SyncState(template="full_incident"))
    case = case_of(closed(seen, at=closed_at, state_reason="completed"), Policy(calendars=calendar))
    assert [review.at for review in planned(case, (30,))] == [opens]


def test_a_review_is_opened_with_a_line_for_each_fix() -> None:
    """It is the owner's, labelled, due in two weeks, and says what it reviews."""
    [made] = opened(decide(after(30, completed()), Policy()))
    assert (made.key, made.title) == (FIRST, "Follow-up review after 30 days: Checkout outage")
    assert made.labels == {"type-action-item", "follow-up-review", "severity-high", "learning"}
    assert made.assignees == {"alice"}
    assert Marker.find(made.body) == Marker(HOME, FIRST)
    assert "**Reviews:** #12 “Checkout outage”" in made.body
    assert "**Owner:** @alice" in made.body
    assert "**Deadline:** 2026-04-15" in made.body
    assert "- [ ] #13 Page when the connection pool is 80 % full: [link to the proof]" in made.body


def test_a_review_is_opened_once_whatever_becomes_of_it() -> None:
    """Looked at twice, unlinked, deleted: the post-mortem's own comment remembers it by name."""
    seen = done(after(30, completed()))
    assert decide(seen, Policy()).changes == ()
    [status] = [c.body for c in seen.comments if c.topic == "status"]
    assert "Follow-up reviews: #14." in status
    gone = replace(seen, children=tuple(c for c in seen.children if not c.is_review))
    assert keys(after(31, gone)) == []


@pytest.mark.parametrize(("touched", "kinds"), [(0, ["SetAssignees", "AddLabels"]), (600, [])])
def test_what_a_forge_dropped_of_a_review_is_put_right_later(touched: int, kinds: list[str]) -> None:
    """Its labels and its owner, as long as nobody touched it."""
    seen = done(after(30, completed()))
    at = seen.observed_at
    at_last = at + timedelta(seconds=touched)
    bare = [
        replace(c, labels=frozenset(), assignees=frozenset(), created_at=at, updated_at=at_last) if c.is_review else c
        for c in seen.children
    ]
    later = replace(after(31, seen), children=tuple(bare))
    plan = decide(later, Policy())
    assert [type(change).__name__ for change in plan.changes] == kinds
    assert decide(carried_out(later, plan), Policy()).changes == ()


def test_a_review_that_was_made_and_not_yet_remembered_is_found_again() -> None:
    """We were stopped between the two writes: its key is the same."""
    plan = decide(after(30, completed()), Policy())
    half = replace(plan, changes=tuple(c for c in plan.changes if not isinstance(c, EnsureComment)))
    seen = done(carried_out(after(30, completed()), half))
    assert [c.key for c in seen.children if c.is_review] == [FIRST]
    assert seen.state.reviews == (ReviewState(FIRST, "#14"),)


def test_the_second_review_follows_the_first() -> None:
    """And after it there is nothing more to look at."""
    first = finished(done(after(30, completed())), on=33)
    assert decide(after(33, first), Policy()).revisit_at == datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    second = done(after(60, first))
    assert [key for key in (c.key for c in second.children) if key in {FIRST, SECOND}] == [FIRST, SECOND]
    assert decide(second, Policy()).revisit_at is None


@pytest.mark.parametrize("on", [None, 61.0])
def test_nobody_is_sent_two_reviews_at_a_time(on: float | None) -> None:
    """While the first is open, or when it was done after the second one's day, that one has nothing left to ask."""
    first = done(after(30, completed()))
    seen = first if on is None else finished(first, on=on)
    assert keys(after(62, seen)) == []


def test_after_an_outage_only_the_last_review_that_has_come_is_opened() -> None:
    """And one that is a month late is history."""
    assert keys(after(74, completed())) == [SECOND]
    assert keys(after(45, completed())) == [FIRST]
    assert keys(after(95, completed())) == []


def test_a_reopened_post_mortem_begins_a_new_count() -> None:
    """The reviews of the earlier close are not opened any more; closed again on the same day it is the same close."""
    first = finished(done(after(30, completed())), on=31)
    again = closed(replace(first, issue=replace(first.issue, state="open")), at=CLOSED + timedelta(days=40))
    assert keys(after(61, again)) == []
    assert keys(after(70, again)) == ["review-030-20260411"]
    twice = closed(done(after(30, completed())), at=CLOSED + timedelta(hours=3))
    assert keys(after(31, twice)) == []


@pytest.mark.parametrize("days", [29.6, 33, 34])
def test_nobody_is_given_a_review_at_night_or_on_a_day_off(days: float) -> None:
    """It waits for the next working hour, and the look is planned for then. The 33rd day is a Saturday."""
    seen = after(days, completed())
    plan = decide(seen, policy(days=(29, 32)))
    assert opened(plan) == []
    assert plan.revisit_at is not None
    assert opened(decide(replace(seen, observed_at=plan.revisit_at), policy(days=(29, 32))))


def test_what_was_given_up_or_never_followed_is_not_looked_at_again() -> None:
    """Not planned, a duplicate, closed before it was a post-mortem, or paused."""
    seen = after(30, completed())
    assert keys(replace(seen, issue=replace(seen.issue, state_reason="not_planned"))) == []
    assert keys(replace(seen, state=SyncState(), comments=())) == []
    assert keys(replace(seen, state=replace(seen.state, paused=True))) == []


def test_a_close_that_is_refused_now_opens_no_review() -> None:
    """Whatever the order of the rules: what is open again is not completed."""
    spoilt = after(30, completed())
    emptied = spoilt.issue.body.replace("The rollback took four minutes.", "")
    plan = decide(replace(spoilt, issue=replace(spoilt.issue, body=emptied)), Policy())
    assert any(isinstance(change, Reopen) for change in plan.changes)
    assert opened(plan) == []


def test_the_days_are_the_policys() -> None:
    """Of all, of one severity, or none. A low incident is looked at once."""
    seen = after(30, completed())
    assert keys(seen, policy(days=())) == []
    assert keys(seen, policy(by_severity=DaysBySeverity(high=(7, 28)))) == ["review-028-20260302"]
    assert keys(seen, policy(enabled=False)) == []
    low = completed(labels=("post-mortem", "severity-low"))
    low = replace(low, state=replace(low.state, severity="low"))
    small = replace(
        low, issue=replace(low.issue, body=low.issue.body.replace("**Severity:** high", "**Severity:** low"))
    )
    assert keys(after(30, small)) == []
    assert keys(after(60, small)) == [SECOND]


@pytest.mark.parametrize(
    ("people", "assigned", "owner"),
    [({"alice": True}, {"alice"}, "@alice"), ({"alice": False}, set(), "@alice"), ({}, set(), "@alice")],
)
def test_who_cannot_be_assigned_is_not(people: dict[str, bool], assigned: set[str], owner: str) -> None:
    """Whoever opened the post-mortem is named all the same: somebody has to take it up."""
    [made] = opened(decide(after(30, completed(people=people)), Policy()))
    assert made.assignees == assigned
    assert f"**Owner:** {owner}" in made.body


def test_where_the_forge_has_a_deadline_it_is_set() -> None:
    """And a confidential post-mortem's review is confidential."""
    [made] = opened(decide(after(30, completed(capabilities=GITLAB, private=True)), Policy()))
    assert (made.due, made.private) == (day("2026-04-15"), True)


def test_a_review_is_no_action_line() -> None:
    """Alike as they may be: the post-mortem's lines and counts know nothing of it."""
    seen = done(after(30, completed()))
    asked = seen.issue.body.replace("(#13)", "(#13)\n- [ ] Follow-up review after 30 days: Checkout outage")
    opened_again = replace(seen, issue=replace(seen.issue, state="open", body=asked))
    plan = decide(opened_again, Policy())
    assert any("no owner" in f.message for f in plan.findings)
    assert not any(change.ref.number == 14 for change in plan.changes)


def test_an_action_that_names_the_review_it_comes_from_is_one_of_its_own() -> None:
    """Reopened with what the review found: the line gets its own issue, and is tied to that."""
    seen = done(after(30, completed()))
    line = "- [ ] Cap the pool, as #14 found - @bob - 2026-05-01"
    body = seen.issue.body.replace("(#13)", f"(#13)\n{line}")
    plan = decide(replace(seen, issue=replace(seen.issue, state="open", body=body)), Policy())
    assert [made.title for made in opened(plan)] == ["Cap the pool, as #14 found"]
    settled = carried_out(replace(seen, issue=replace(seen.issue, state="open", body=body)), plan)
    assert f"{line} (#15)" in settled.issue.body
    assert decide(settled, Policy()).changes == ()


def test_a_review_that_found_it_again_is_told_on_the_post_mortem() -> None:
    """As advice with what to do, until it is open again."""
    first = done(after(30, completed()))
    yes = "**Happened again:** yes, https://incidents.example/9"
    told = (replace(c, body=c.body.replace("**Happened again:** [yes or no]", yes)) for c in first.children)
    again = replace(first, children=tuple(told))
    [found] = [f for f in decide(again, Policy()).findings if f.rule == "follow-up" and f.level == "advises"]
    assert "#14 says that it happened again" in found.message
    assert "Reopen this post-mortem" in found.fix
    reopened = replace(again, issue=replace(again.issue, state="open", closed_at=None))
    assert not [f for f in decide(reopened, Policy()).findings if f.rule == "follow-up"]


# --- however the looks fall -----------------------------------------------------------------------------------

LOOKS = st.lists(st.integers(0, 140 * 24).map(lambda hours: CLOSED + timedelta(hours=hours)), max_size=12)
ONCE = completed()


@given(calendars(), LOOKS, st.booleans())
def test_each_review_is_opened_at_most_once_in_working_hours(
    calendar: Any,
    looks: list[datetime],
    answers: bool,
) -> None:
    """Late, bunched up or missing for weeks."""
    rules = replace(Policy(), calendars=calendar)
    seen, made = ONCE, []
    for moment in sorted(looks):
        now = replace(seen, observed_at=moment)
        plan = decide(now, rules)
        assert len(opened(plan)) <= (calendar.opens(moment) == moment)
        made += [review.key for review in opened(plan)]
        seen = carried_out(now, plan)
        assert decide(seen, rules).changes == ()
        if answers:
            seen = finished(seen, on=(moment - CLOSED) / timedelta(days=1))
    assert len(made) == len(set(made))
