"""The ladder: who hears what and when, once for each deadline, whatever runs late or twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calendar import Calendars
from service.engine import decide
from service.hidden import topic_marker
from service.ladder import LADDER, Step, rungs, standing
from service.model import Comment, Decision, EnsureComment, Plan, Snapshot, SyncState, Timebox
from service.policy import InvalidPolicy, Policy, load
from service.routing import Reach
from service.rules.escalation import EscalationOptions
from service.settings import Outlet
from service.timeboxes import Planned, current, outside, turns
from tests.build import BOT, HOME, NOW, carried_out, closed, day, issue, said, snapshot
from tests.core.strategies import calendars, case_of, timeboxes

DEADLINE = "2026-03-16"  # a Monday, two weeks after NOW
MONDAY = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
PARENT = replace(issue(), ref=replace(HOME, number=3), assignees=frozenset({"alice"}))


def item(*, owner: str = "@bob", deadline: str = DEADLINE, now: datetime = MONDAY, **more: Any) -> Snapshot:
    body = f"**Owner:** {owner}\n**Deadline:** {deadline}\n"
    values: dict[str, Any] = {"parent": PARENT, "labels": ("type-action-item",), "author": BOT}
    return snapshot(body, observed_at=now, **(values | more))


def after(days: float, seen: Snapshot | None = None) -> Snapshot:
    """So many days after the Monday of the deadline."""
    return replace(seen or item(), observed_at=MONDAY + timedelta(days=days))


def nudges(plan: Plan) -> list[EnsureComment]:
    """The new ones, in the order in which they are said."""
    found = [c for c in plan.changes if isinstance(c, EnsureComment) and c.topic.startswith("nudge:")]
    return [nudge for nudge in found if "<details>" not in nudge.body]


def topics(seen: Snapshot, policy: Policy | None = None) -> list[str]:
    return [nudge.topic.rpartition(":")[2] for nudge in nudges(decide(seen, policy or Policy()))]


def said_by_bob(number: str, text: str) -> Comment:
    return said(text, author="bob", number=number)


def steps(*rungs: Step) -> Policy:
    return Policy(rule_options={"escalation": EscalationOptions(steps=rungs)})


@pytest.mark.parametrize(
    ("days", "said"),
    [(-8, []), (-7, []), (-3, []), (-2, []), (0, ["due"]), (2, ["due"]), (3, ["+3bd"]), (7, ["+7d"]), (301, ["+14d"])],
)
def test_the_last_step_that_has_come_is_the_only_one_said(days: int, said: list[str]) -> None:
    """After an outage of any length nobody hears of what has been overtaken. Two days before was a weekend."""
    assert topics(after(days)) == said


def test_a_step_is_said_once_whatever_runs_twice_or_late() -> None:
    """The comment that says it is the record; no database is asked."""
    seen = after(0)
    once = carried_out(seen, decide(seen, Policy()))
    assert decide(once, Policy()).changes == ()
    assert topics(replace(once, observed_at=MONDAY + timedelta(days=1))) == []


def test_only_our_own_comment_is_a_record() -> None:
    """Anybody can type the marker; it silences nobody."""
    copied = Comment("7", "mallory", f"{topic_marker(f'nudge:{DEADLINE}:due')}\nhush")
    assert topics(after(0, item(comments=(copied,)))) == ["due"]


def test_the_next_step_is_a_new_comment_and_the_one_before_is_folded() -> None:
    """In that order, and every word is kept; folding happens once."""
    seen = after(0)
    first = carried_out(seen, decide(seen, Policy()))
    plan = decide(after(3, first), Policy())
    new, fold = [c for c in plan.changes if isinstance(c, EnsureComment) and c.topic.startswith("nudge:")]
    assert (new.topic, fold.topic) == (f"nudge:{DEADLINE}:+3bd", f"nudge:{DEADLINE}:due")
    old = first.comment(fold.topic)
    assert old is not None
    marker, _, words = old.body.partition("\n")
    assert fold.body.startswith(f"{marker}\n<details><summary>An earlier reminder</summary>\n")
    assert words.strip() in fold.body
    assert fold.state is None
    then = carried_out(after(3, first), plan)
    assert decide(then, Policy()).changes == ()


def test_a_new_deadline_begins_a_new_ladder() -> None:
    """What was said of the old one is folded; a deadline that comes back finds its steps taken."""
    seen = after(0)
    first = carried_out(seen, decide(seen, Policy()))
    moved = replace(first, issue=replace(first.issue, body=first.issue.body.replace(DEADLINE, "2026-03-20")))
    plan = decide(moved, Policy())
    assert nudges(plan) == []
    assert [c.topic for c in plan.changes if isinstance(c, EnsureComment)] == [f"nudge:{DEADLINE}:due"]
    later = carried_out(moved, plan)
    assert topics(after(4, later)) == ["due"]
    back = replace(later, issue=first.issue)
    assert topics(after(1, back)) == []


@pytest.mark.parametrize("days", [-0.5, 0.5, 5, 6, 6.5])
def test_nobody_is_spoken_to_at_night_or_on_a_day_off(days: float) -> None:
    """The step waits for the next working hour, and the look is planned for then."""
    seen = after(days)
    plan = decide(seen, Policy())
    assert nudges(plan) == []
    assert plan.revisit_at is not None
    opened = replace(seen, observed_at=plan.revisit_at)
    if plan.revisit_at.hour:  # not the midnight at which the overdue label changes
        assert nudges(decide(opened, Policy()))


def test_public_holidays_are_days_off() -> None:
    """Easter Monday in Germany."""
    seen = item(deadline="2026-04-06", now=datetime(2026, 4, 6, 9, tzinfo=UTC))
    german = Policy(calendars=Calendars(zone="Europe/Berlin", holidays=("DE",)))
    assert topics(seen) == ["due"]
    assert topics(seen, german) == []
    assert topics(replace(seen, observed_at=datetime(2026, 4, 7, 6, tzinfo=UTC)), german) == ["due"]


def test_closed_paused_and_undated_items_are_left_in_peace() -> None:
    """And so is one whose deadline moves along with the reader."""
    assert topics(closed(after(0), at=MONDAY, state_reason="completed")) == []
    assert topics(replace(after(0), state=SyncState(paused=True))) == []
    assert topics(after(0, item(deadline=""))) == []
    assert topics(after(0, item(deadline="next Friday"))) == []


def test_a_paused_item_is_reminded_of_again_once_it_is_resumed() -> None:
    """`/pm pause` and `/pm resume` work on an action item too."""
    asked = after(-7, item(comments=(said_by_bob("1", "/pm pause"),)))
    paused = carried_out(asked, decide(asked, Policy()))
    assert decide(after(7, paused), Policy()).changes == ()
    woken = after(7, replace(paused, comments=(*paused.comments, said_by_bob("2", "/pm resume"))))
    assert topics(woken) == ["+7d"]


def test_an_action_item_rests_while_its_post_mortem_is_paused() -> None:
    """The label that `/pm pause` puts on is seen from below; each step's moment comes to see whether it still is."""
    paused = replace(PARENT, labels=frozenset({"type-post-mortem", "PM-Paused"}))
    plan = decide(after(7, item(parent=paused)), Policy())
    assert nudges(plan) == []
    [why] = [f.message for f in plan.findings if f.rule == "escalation"]
    assert why == "No reminders while its post-mortem #3 is paused."
    assert plan.revisit_at == datetime(2026, 3, 30, 8, tzinfo=UTC)
    assert topics(after(14, item(parent=paused))) == []
    assert topics(after(14, item(parent=PARENT))) == ["+14d"]


def test_a_snooze_ends_by_itself() -> None:
    """While it lasts nobody is reminded; the first step said after it is the one that has come by then."""
    nap = Decision("snooze", "bob", MONDAY, "the vendor is late", day("2026-03-30"))
    seen = replace(item(), state=SyncState(decisions=(nap,)))
    asleep = decide(after(7, seen), Policy())
    assert nudges(asleep) == []
    assert any("No reminders before 2026-03-30" in finding.message for finding in asleep.findings)
    assert asleep.revisit_at == datetime(2026, 3, 30, 8, tzinfo=UTC)
    assert topics(replace(seen, observed_at=datetime(2026, 3, 30, 8, tzinfo=UTC))) == ["+14d"]


SPRINT = Timebox("iteration", "Sprint 12", day("2026-03-09"), day("2026-03-20"))
RELEASE = Timebox("milestone", "v2", last=day("2026-03-20"))  # as GitHub knows it: without a first day
WAITS = Policy(rule_options={"escalation": EscalationOptions(planned=Planned(wait=True))})


@pytest.mark.parametrize("box", [SPRINT, RELEASE])
def test_an_item_in_a_current_milestone_is_left_alone_where_the_policy_says_so(box: Timebox) -> None:
    """The report says why, the look after its end is planned, and there the last step that has come is said, once."""
    seen = item(timeboxes=(box,))
    assert topics(seen) == ["due"]
    plan = decide(seen, WAITS)
    assert nudges(plan) == []
    [why] = [f.message for f in plan.findings if f.rule == "escalation"]
    assert why == f"No reminders before the {box.kind} “{box.title}” is over, on 2026-03-20."
    assert plan.revisit_at == datetime(2026, 3, 17, tzinfo=UTC)  # the overdue label waits for nothing
    later = decide(after(2, seen), WAITS)
    assert later.revisit_at == datetime(2026, 3, 23, 8, tzinfo=UTC)  # the Monday after it
    woken = replace(seen, observed_at=datetime(2026, 3, 23, 8, tzinfo=UTC))
    assert topics(woken, WAITS) == ["+7d"]
    assert topics(carried_out(woken, decide(woken, WAITS)), WAITS) == []


@pytest.mark.parametrize(
    "box",
    [
        replace(SPRINT, last=day("2026-03-13")),
        replace(SPRINT, first=day("2026-03-17")),
        replace(RELEASE, last=None),
        replace(RELEASE, open=False),
        replace(RELEASE, last=day("2026-05-20")),
        replace(SPRINT, last=day("2027-03-11")),
    ],
    ids=["over", "not begun", "without an end", "closed", "far away", "longer than a year"],
)
def test_a_milestone_that_is_not_current_silences_nobody(box: Timebox) -> None:
    """One without an end, or with an end far away and no beginning, would do so for ever."""
    assert topics(item(timeboxes=(box,)), WAITS) == ["due"]


@pytest.mark.parametrize(
    ("zone", "moment", "said"),
    [
        ("Pacific/Kiritimati", datetime(2026, 3, 29, 9, 59, tzinfo=UTC), []),
        ("Pacific/Kiritimati", datetime(2026, 3, 29, 10, 0, tzinfo=UTC), ["+14d"]),
        ("Pacific/Pago_Pago", datetime(2026, 3, 30, 10, 59, tzinfo=UTC), []),
        ("Pacific/Pago_Pago", datetime(2026, 3, 30, 11, 0, tzinfo=UTC), ["+14d"]),
    ],
)
def test_a_snooze_ends_when_its_day_begins_where_the_owner_works(zone: str, moment: datetime, said: list[str]) -> None:
    """On both sides of the date line."""
    nap = Decision("snooze", "bob", MONDAY, "the vendor is late", day("2026-03-30"))
    seen = replace(item(now=moment), state=SyncState(decisions=(nap,)))
    assert topics(seen, Policy(calendars=Calendars(zone=zone, quiet="", weekend=()))) == said


def test_a_step_for_the_digest_says_nothing_on_the_item() -> None:
    """Whoever writes the digest asks the same pure function."""
    seen = item(now=MONDAY - timedelta(days=7))
    assert decide(seen, Policy()).changes == ()
    now = standing(case_of(seen, Policy()), LADDER)
    assert now.rung is not None
    assert (now.rung.step.name, now.rung.step.how) == ("-7d", "digest")
    assert now.next_at == datetime(2026, 3, 16, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tell", "owner", "called"),
    [
        (("owner",), "@bob", "@bob: "),
        (("owner", "post-mortem-owner"), "@bob", "@bob, @alice: "),
        (("post-mortem-owner", "owner"), "@alice", "@alice: "),
        (("owner",), "", "@alice: "),
        (("owner",), "@mallory", "`mallory`: "),
        (("owner",), "@all", "`all`: "),
        (("acme/leads", "@eve"), "@bob", "@acme/leads, @eve: "),
    ],
)
def test_a_step_tells_whom_the_policy_names(tell: tuple[str, ...], owner: str, called: str) -> None:
    """Each once. A name in the text is called only if the forge lets that person be assigned: our voice is not lent."""
    [nudge] = nudges(decide(after(0, item(owner=owner)), steps(Step(offset=0, tell=tell))))
    assert nudge.body.partition("\n")[2].startswith(f"{called}this action is due on {DEADLINE}.")


def test_a_reminder_says_each_way_out() -> None:
    """Tick, extend, snooze, hand over, or decide against it; and it blames nobody."""
    [nudge] = nudges(decide(after(7), Policy()))
    for way in ("definition of done", "`/pm extend 2026-03-30 ", "`/pm snooze 2w ", "assign", "`/pm wont-do "):
        assert way in nudge.body
    assert "was due on 2026-03-16 and is still open. Plans change, and that is fine." in nudge.body


def test_what_moves_again_and_again_is_remarked_on() -> None:
    """From the policy's number on, as advice that blocks nothing."""
    moved = [Decision("extend", "bob", NOW, "busy", day("2026-04-01"), day("2026-03-01"))] * 2
    naps = [Decision("snooze", "bob", NOW, "busy", day("2026-03-01"))] * 3
    seen = replace(item(now=NOW), state=SyncState(decisions=(*moved, *naps)))
    plan = decide(seen, Policy())
    [advice] = [f for f in plan.findings if f.rule == "escalation" and f.level == "advises"]
    assert advice.message == "Its deadline was moved twice. It was snoozed 3 times."
    [status] = [c.body for c in plan.changes if isinstance(c, EnsureComment) and c.topic == "status"]
    assert "- 2026-03-02, `bob`: deadline moved from 2026-03-01 to 2026-04-01: busy" in status
    fewer = replace(seen, state=SyncState(decisions=tuple(moved[:1])))
    assert not [f for f in decide(fewer, Policy()).findings if f.rule == "escalation"]


def test_a_step_that_names_nobody_can_be_told() -> None:
    """A login is one, and a policy with a sentence in its place is refused with the line."""
    read = load("version: 1\nrules:\n  escalation:\n    steps: [{offset: 3, tell: [the whole team]}]\n", "closeout.yml")
    assert isinstance(read, InvalidPolicy)
    assert "closeout.yml:4: rules.escalation.steps.0.tell.0" in read.errors[0]


def test_two_steps_at_one_time_are_a_mistake() -> None:
    """Only one of them would ever be taken."""
    text = "version: 1\nrules: {escalation: {steps: [{offset: 7}, {offset: 7, how: notification}]}}\n"
    read = load(text, "closeout.yml")
    assert isinstance(read, InvalidPolicy)
    assert "there are two steps +7d, and one is taken: name everybody in its `tell`" in read.errors[0]


# --- by message -----------------------------------------------------------------------------------------------

ONCALL = Outlet(name="oncall")


def by_message(*rungs: Step, outlets: tuple[Outlet, ...] = (ONCALL,)) -> Policy:
    ladder = rungs or (Step(offset=0, how="notification"), Step(offset=7, how="notification"))
    return replace(steps(*ladder), reach=Reach(outlets))


def test_a_step_by_message_leaves_no_reminder_on_the_item() -> None:
    """It is told outside, and the status comment remembers it: a later look, and another database, tell nothing new."""
    policy = by_message()
    plan = decide(after(0), policy)
    assert nudges(plan) == []
    [notice] = plan.notices
    assert (notice.kind, notice.key, notice.told) == ("due", f"{HOME} due {DEADLINE} due", ("bob",))
    seen = carried_out(after(0), plan)
    assert [told.step for told in seen.state.told] == [f"{DEADLINE}:due"]
    [status] = [c.body for c in seen.comments if c.topic == "status"]
    assert f"- {DEADLINE}: a reminder went out by message (due {DEADLINE})." in status
    assert decide(seen, policy).changes == ()
    assert decide(after(2, seen), policy).notices == ()


def test_a_plan_that_was_cut_short_tells_its_message_again() -> None:
    """The status comment was written and its answer lost: for a day the same notice is made, under the same key."""
    plan = decide(after(0), by_message())
    seen = carried_out(after(0), plan)
    assert decide(after(0.5, seen), by_message()).notices == plan.notices


def test_after_the_deadline_a_message_is_of_the_kind_overdue() -> None:
    """Routes that take what is overdue take it, however the step is told."""
    [notice] = decide(after(7), by_message()).notices
    assert (notice.kind, str(notice.due)) == ("overdue", DEADLINE)


@pytest.mark.parametrize(
    ("outlets", "private", "comments"),
    [
        ((), False, 1),
        ((Outlet(name="oncall", kinds=frozenset({"completed"})),), False, 1),
        ((Outlet(name="oncall", projects=("acme/ops",)),), False, 1),
        ((ONCALL,), True, 1),
        ((Outlet(name="vault", confidential=True),), True, 0),
        ((ONCALL,), False, 0),
    ],
)
def test_where_no_route_takes_it_it_is_said_on_the_item(
    outlets: tuple[Outlet, ...], private: bool, comments: int
) -> None:
    """Not lost in silence, and what is confidential leaves by no route that does not say so. Once, either way."""
    policy, seen = by_message(outlets=outlets), after(0, item(private=private))
    plan = decide(seen, policy)
    assert len(nudges(plan)) == comments
    assert len(carried_out(seen, plan).state.told) == 1 - comments
    then = carried_out(seen, plan)
    assert decide(then, policy).changes == ()
    assert decide(then, by_message()).changes == ()  # a route that comes later tells nothing twice


def test_a_step_names_a_channel_by_its_route() -> None:
    """By message, to that route alone; on the item too where it is a comment. What it names is no person."""
    tell = ("owner", "route:oncall")
    [notice] = decide(after(0), by_message(Step(offset=0, how="notification", tell=tell))).notices
    assert (notice.routes, notice.told) == (("oncall",), ("bob",))
    both = decide(after(0), by_message(Step(offset=0, tell=tell)))
    assert [notice.routes for notice in both.notices] == [("oncall",)]
    assert [nudge.body.partition("\n")[2][:6] for nudge in nudges(both)] == ["@bob: "]
    channel = decide(after(0), by_message(Step(offset=0, how="notification", tell=("route:oncall",))))
    assert channel.notices[0].told == ()
    lost = by_message(Step(offset=0, how="notification", tell=("route:oncal",)))
    assert len(nudges(decide(after(0), lost))) == 1


def test_a_step_tells_the_leads_of_the_owners_teams() -> None:
    """Those that the policy names; without one, whoever owns the post-mortem."""
    ladder = "rules: {escalation: {steps: [{offset: 0, tell: [owner, team-lead]}]}}\n"
    led = load(
        f"version: 1\naudit: {{teams: {{payments: [Bob]}}, leads: {{Payments: [eve]}}}}\n{ladder}", "closeout.yml"
    )
    assert isinstance(led, Policy)
    [nudge] = nudges(decide(after(0), led))
    assert nudge.body.partition("\n")[2].startswith("@bob, @eve: ")
    alone = load("version: 1\n" + ladder.replace("owner, ", ""), "closeout.yml")
    assert isinstance(alone, Policy)
    [nudge] = nudges(decide(after(0), alone))
    assert nudge.body.partition("\n")[2].startswith("@alice: ")


def test_a_message_waits_for_the_morning_too() -> None:
    """A reminder is one, whichever way it goes."""
    assert decide(after(0.5), by_message()).notices == ()
    morning = replace(item(), observed_at=MONDAY.replace(hour=8) + timedelta(days=1))
    assert [notice.kind for notice in decide(morning, by_message()).notices] == ["due"]


# --- laws -----------------------------------------------------------------------------------------------------

LADDERS = st.lists(
    st.builds(
        Step,
        offset=st.integers(-20, 40),
        days=st.sampled_from(["calendar", "business"]),
        how=st.sampled_from(["comment", "comment", "digest", "notification"]),
    ),
    max_size=5,
    unique_by=lambda step: step.name,
)
LOOKS = st.lists(st.integers(-40 * 24, 80 * 24).map(lambda hours: MONDAY + timedelta(hours=hours)), max_size=25)


@given(calendars(), LADDERS, LOOKS)
def test_however_the_looks_fall_each_step_is_told_at_most_once_by_message(
    calendar: Calendars, ladder: list[Step], looks: list[datetime]
) -> None:
    """Under one key each, in working hours, and never beside a comment."""
    policy = replace(steps(*ladder), reach=Reach((ONCALL,)), calendars=calendar)
    seen, told, said = item(), set[str](), set[str]()
    for moment in sorted(looks):
        now = replace(seen, observed_at=moment)
        plan = decide(now, policy)
        seen = carried_out(now, plan)
        new = {one.step for one in seen.state.told} - told
        assert len(new) <= (calendar.opens(moment) == moment)
        assert {notice.key.partition("due ")[2].replace(" ", ":") for notice in plan.notices} >= new
        told |= new
        said |= {nudge.topic.removeprefix("nudge:") for nudge in nudges(plan)}
    by = {step.name: step.how for step in ladder}
    assert {by[step.rpartition(":")[2]] for step in told} <= {"notification"}
    assert {by[step.rpartition(":")[2]] for step in said} <= {"comment"}


@given(calendars(), LADDERS, LOOKS, timeboxes())
def test_however_the_looks_fall_each_step_is_said_at_most_once_and_in_working_hours(
    calendar: Calendars, ladder: list[Step], looks: list[datetime], boxes: tuple[Timebox, ...]
) -> None:
    """Late, bunched up, or missing for weeks: never two at a time, never again, never at night, never backwards."""
    planned = Planned(wait=True)
    options = EscalationOptions(steps=tuple(ladder), planned=planned)
    policy = Policy(rule_options={"escalation": options}, calendars=calendar)
    seen, heard = item(timeboxes=boxes), []
    for moment in sorted(looks):
        now = replace(seen, observed_at=moment)
        plan = decide(now, policy)
        is_planned = current(turns(boxes, planned, calendar), moment, calendar) is not None
        assert len(nudges(plan)) <= (calendar.opens(moment) == moment and not is_planned)
        heard += [nudge.topic for nudge in nudges(plan)]
        seen = carried_out(now, plan)
        assert decide(seen, policy).changes == ()
    assert max(Counter(heard).values(), default=1) == 1
    whole = [c for c in seen.comments if (c.topic or "").startswith("nudge:") and "<details>" not in c.body]
    assert [c.topic for c in whole] == heard[-1:]


@given(calendars(), LADDERS, timeboxes())
def test_following_every_planned_look_says_each_step_that_is_said_on_the_item(
    calendar: Calendars, ladder: list[Step], boxes: tuple[Timebox, ...]
) -> None:
    """Nobody has to nudge: the looks that Closeout plans for itself climb the whole ladder, and come to an end."""
    planned = Planned(wait=True)
    options = EscalationOptions(steps=tuple(ladder), planned=planned)
    policy = Policy(rule_options={"escalation": options}, calendars=calendar)
    seen, heard = item(now=MONDAY - timedelta(days=60), timeboxes=boxes), []
    plan = decide(seen, policy)
    while plan.revisit_at is not None:
        seen = replace(seen, observed_at=plan.revisit_at)
        plan = decide(seen, policy)
        heard += [nudge.topic.rpartition(":")[2] for nudge in nudges(plan)]
        seen = carried_out(seen, plan)
    taken = turns(boxes, planned, calendar)
    ladders = rungs(tuple(ladder), day(DEADLINE), calendar)
    last = {outside(taken, rung.at, calendar): rung.step for rung in ladders}  # of each moment
    assert heard == [step.name for step in last.values() if step.how != "digest"]
