"""Which action items an audit looks at: what a rule can have something to do about, once, the longest overdue first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.audit.attention import LABEL, Attention, chosen
from service.audit.classification import classify
from service.audit.rows import Row
from service.model import Issue, IssueRef, Marker
from service.policy import Policy, load

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
HOME = ("github", "acme/shop")
PM = IssueRef(*HOME, 1)


def _policy(text: str) -> Policy:
    found = load(f"version: 1\n{text}", "closeout.yml")
    assert isinstance(found, Policy)
    return found


def _row(due: date | None, policy: str = "", *labels: str, now: datetime = NOW, **more: Any) -> Row:
    issue = Issue(IssueRef(*HOME, 7), "Page", due=due, labels=frozenset({"type-action-item", *labels}), **more)
    (row,) = classify((issue,), _policy(policy), now).items
    return row


@pytest.mark.parametrize(
    ("due", "labels", "more", "why"),
    [
        (date(2026, 3, 1), (), {}, ("step due", LABEL)),
        (date(2026, 3, 1), ("Overdue",), {}, ("step due",)),
        (date(2026, 3, 2), (), {}, ("step due",)),
        (date(2026, 3, 4), (), {}, ("step -2d",)),
        (date(2026, 3, 9), (), {}, None),
        (date(2026, 4, 1), (), {}, None),
        (date(2026, 4, 1), ("overdue",), {}, (LABEL,)),
        (date(2020, 1, 1), ("overdue",), {"state": "closed"}, (LABEL,)),
        (date(2020, 1, 1), (), {"state": "closed"}, None),
        (None, ("overdue",), {}, None),
    ],
)
def test_the_rules_say_what_wants_a_look(
    due: date | None, labels: tuple[str, ...], more: Mapping[str, Any], why: tuple[str, ...] | None
) -> None:
    """A reminder that has come, or a label out of step; a step for the digest asks for none."""
    found = _row(due, "", *labels, **more).attention
    assert (found and found.why) == why


def _closed(days: int, *reviews: Issue, policy: str = "", **more: Any) -> Row:
    """A post-mortem that was closed so many days ago, among its reviews."""
    values: dict[str, Any] = {"labels": frozenset({"type-post-mortem"}), "state_reason": "completed"}
    at = NOW - timedelta(days=days)
    ended = Issue(PM, "Outage", state="closed", closed_at=at, updated_at=at, **(values | more))
    return next(row for row in classify((ended, *reviews), _policy(policy), NOW).items if row.ref == PM)


def _review(key: str, **more: Any) -> Issue:
    labels = frozenset({"type-action-item", "follow-up-review"})
    return Issue(IssueRef(*HOME, 9), "Follow-up review", f"{Marker(PM, key)}\n", labels=labels, **more)


@pytest.mark.parametrize(
    ("days", "policy", "key"),
    [
        (29, "", None),
        (30, "", "review-030-20260131"),
        (59, "", "review-030-20260102"),
        (60, "", "review-060-20260101"),
        (91, "", None),
        (30, "rules: {follow-up: {enabled: false}}", None),
        (30, "rules: {follow-up: {days: []}}", None),
        (200, "rules: {follow-up: {days: [180]}}", "review-180-20250814"),
    ],
)
def test_a_closed_post_mortem_may_lack_its_follow_up_review(days: int, policy: str, key: str | None) -> None:
    """From its day on, and no longer than a month: who was not looked at by then is history."""
    found = _closed(days, policy=policy).attention
    assert (found and found.opens) == key


def test_a_review_that_is_there_is_not_looked_for() -> None:
    """Open or just closed; neither is one beside another that is open, or of what was given up or paused."""
    assert _closed(61, _review("review-030-20251231")).attention is None
    assert _closed(61, _review("review-060-20251231", state="closed")).attention is None
    assert _closed(61, _review("review-030-20251231", state="closed")).attention is not None
    assert _closed(61, state_reason="not_planned").attention is None
    assert _closed(61, labels=frozenset({"type-post-mortem", "pm-paused"})).attention is None


def test_what_is_paused_is_left_alone() -> None:
    """By its label: nothing of the item itself, and of a post-mortem's items nobody is reminded; their label is kept right."""
    assert _row(date(2026, 3, 1), "", "pm-paused").attention is None
    parent = IssueRef(*HOME, 1)
    late = Issue(IssueRef(*HOME, 7), "Page", f"{Marker(parent, 'k')}\n", labels=frozenset({"type-action-item"}))
    items = [replace(late, due=date(2026, 3, 1)), replace(late, ref=IssueRef(*HOME, 8), due=date(2026, 3, 4))]
    names = frozenset({"type-post-mortem", "Pm-Paused"})
    report = classify((Issue(parent, "Outage", labels=names), *items), Policy(), NOW)
    why = {row.ref.number: row.attention.why for row in report.items if row.attention is not None}
    assert why == {7: (LABEL,)}
    assert [row.step for row in report.items] == [None, None, None]
    assert [row.paused for row in report.items] == [True, False, False]


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("rules: {overdue: {enabled: false}}", ("step +14d",)),
        ("rules: {escalation: {enabled: false}}", (LABEL,)),
        ("rules: {escalation: {steps: []}}", (LABEL,)),
        ("rules: {escalation: {enabled: false}, overdue: {enabled: false}}", None),
        ("rules: {escalation: {steps: [{offset: 3}, {offset: 9, how: digest}]}}", (LABEL,)),
    ],
)
def test_a_rule_that_a_policy_turned_off_asks_for_nothing(policy: str, why: tuple[str, ...] | None) -> None:
    """Or the same issue would be looked at in vain in every run."""
    found = _row(date(2026, 2, 1), policy).attention
    assert (found and found.why) == why


def test_the_day_and_the_hours_are_the_teams() -> None:
    """Half past eight in the evening of the 1st in UTC is the 2nd in Auckland, and working time there."""
    late, east = datetime(2026, 3, 1, 20, 30, tzinfo=UTC), "calendar: {zone: Pacific/Auckland}"
    here, found = (_row(date(2026, 3, 1), policy, now=late).attention for policy in ("", east))
    assert here is not None
    assert found is not None
    assert here.why == ("step -2d",)  # a Sunday: what came on Friday still stands
    assert (found.why, found.since) == (("step due", LABEL), datetime(2026, 3, 1, 19, tzinfo=UTC))


def test_a_digest_names_whom_its_step_tells() -> None:
    """Besides the owners; and an item is due soon as soon as its ladder has begun."""
    steps = "rules: {escalation: {steps: [{offset: -30, how: digest, tell: [owner, acme/leads, '@eve']}]}}"
    row = _row(date(2026, 3, 30), steps, assignees=frozenset({"Eve"}))
    assert (row.step, row.audience, row.teams) == ("-30d", ("acme/leads", "Eve"), ("acme/leads",))
    assert row.problems[0].detail == "due in 28 days"


def test_a_digest_for_the_post_mortems_owner_finds_them() -> None:
    """Who that is stands in another issue."""
    steps = "rules: {escalation: {steps: [{offset: 1, how: digest, tell: [post-mortem-owner]}]}}"
    body = "## Action items\n\n- [ ] Page - @bob - 2026-02-01 (#7)\n"
    above = Issue(
        IssueRef(*HOME, 1), "Outage", body, labels=frozenset({"type-post-mortem"}), assignees=frozenset({"alice"})
    )
    item = Issue(IssueRef(*HOME, 7), "Page", due=date(2026, 2, 1), labels=frozenset({"type-action-item"}))
    assert classify((above, item), _policy(steps), NOW).items[1].audience == ("alice",)


# --- what one run takes on ------------------------------------------------------------------------------------


def _wants(number: int, *, late: int = 1, touched: bool = False, why: tuple[str, ...] = ("step due",)) -> Attention:
    since = NOW - timedelta(days=late)
    changed = since + timedelta(hours=1 if touched else -1)
    return Attention(IssueRef(*HOME, number), why, since, changed, since.date())


def _numbers(found: tuple[Attention, ...]) -> list[int]:
    return [one.ref.number for one in found]


def test_the_longest_overdue_come_first_and_the_rest_waits() -> None:
    """A label out of step reminds nobody, and does not wait."""
    wanted = (_wants(1, late=1), _wants(2, late=9), _wants(3, late=5), _wants(4, why=(LABEL,)))
    found = chosen(wanted, {}, 2)
    assert (_numbers(found.now), _numbers(found.later)) == ([2, 3, 4], [1])
    assert _numbers(chosen(wanted, {}, 0).now) == [4]


def test_what_is_certainly_news_goes_first() -> None:
    """Without a memory of looks, those that were reminded already must not take the turns of those that were not."""
    old = _wants(1, late=9, touched=True)
    for news in (_wants(2, late=1), _wants(2, late=1, touched=True, why=("step due", LABEL))):
        found = chosen((old, news), {}, 1)
        assert (_numbers(found.now), _numbers(found.later)) == ([2], [1])


@pytest.mark.parametrize(
    ("touched", "seen", "looks"),
    [
        (False, timedelta(days=-1, hours=-2), True),
        (False, timedelta(days=-1), False),
        (True, timedelta(days=-1), True),
        (True, timedelta(hours=-23), False),
        (False, None, True),
    ],
)
def test_what_was_looked_at_since_is_left_alone(touched: bool, seen: timedelta | None, looks: bool) -> None:
    """After it came due, and after its last change: another look would find nothing."""
    one = _wants(1, touched=touched)
    looked_at = {} if seen is None else {one.ref: NOW + seen}
    assert bool(chosen((one,), looked_at, 9).now) is looks


@pytest.mark.parametrize(
    ("zone", "since"),
    [
        ("UTC", datetime(2026, 3, 2, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 3, 1, 10, 0, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 3, 2, 11, 0, tzinfo=UTC)),
    ],
)
def test_a_look_on_the_day_of_the_deadline_has_not_seen_it_pass(zone: str, since: datetime) -> None:
    """The label is wrong from the end of that day on, where the owner works: on both sides of the date line."""
    policy = f"calendar: {{zone: {zone}}}\nrules: {{escalation: {{enabled: false}}}}"
    found = _row(date(2026, 3, 1), policy, now=datetime(2026, 3, 2, 12, 0, tzinfo=UTC)).attention
    assert found is not None
    assert (found.why, found.since) == ((LABEL,), since)
    assert chosen((found,), {found.ref: since - timedelta(hours=1)}, 9).now == (found,)
    assert chosen((found,), {found.ref: since}, 9).now == ()
