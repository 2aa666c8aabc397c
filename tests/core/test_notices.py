"""What is worth telling, derived from a snapshot and where the rules led: each once, by its key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adoption import adopt
from service.calendar import Calendars
from service.engine import decide
from service.ladder import Step
from service.model import EnsureComment, Issue, IssueRef, Notice, Override, Snapshot, SyncState
from service.policy import InvalidPolicy, NotifyOptions, Policy, load
from service.routing import Reach, takes
from service.rules.escalation import EscalationOptions
from service.settings import Outlet
from tests.build import HOME, NOW, WRITTEN, carried_out, closed, snapshot
from tests.core.strategies import policies, snapshots

MINUTE = timedelta(minutes=1)
OVERDUE = "**Owner:** @bob\n**Deadline:** 2026-02-20\n"


def _told(seen: Snapshot, policy: Policy | None = None) -> dict[str, Notice]:
    return {notice.kind: notice for notice in decide(seen, policy or Policy()).notices}


def _policy(text: str) -> Policy:
    read = load(f"version: 1\n{text}", "closeout.yml")
    assert not isinstance(read, InvalidPolicy), read.errors
    return read


def _lived(body: str) -> Snapshot:
    """A post-mortem that was looked at, until there was nothing left to do."""
    seen = snapshot(body)
    for _ in range(3):
        seen = carried_out(seen, decide(seen, Policy()))
    return seen


def _item(body: str = OVERDUE, **more: object) -> Snapshot:
    return snapshot(body, labels=("type-action-item",), **more)


BY_MESSAGE = EscalationOptions(steps=(Step(offset=3, how="notification"), Step(offset=7, how="notification")))
OUTLETS = (
    Outlet(name="all"),
    Outlet(name="grave", severities=frozenset({"high"})),
    Outlet(name="ops", teams=frozenset({"x"})),
)


def _late(seen: Snapshot) -> Snapshot:
    """The same surroundings, and an action item long past its deadline."""
    labels = {label for label in seen.issue.labels if "post" not in label.casefold()} | {"type-action-item"}
    late = replace(seen.issue, body=OVERDUE, labels=frozenset(labels), state="open", closed_at=None, due=None)
    return replace(seen, issue=late, observed_at=NOW)


@given(snapshots().map(_late), st.lists(st.sampled_from(OUTLETS), unique=True).map(tuple))
@settings(max_examples=60)
def test_a_reminder_by_message_leaves_by_some_route_or_is_said(seen: Snapshot, outlets: tuple[Outlet, ...]) -> None:
    """Whatever else the look changed: what is remembered as told is taken, and what is not taken is a comment."""
    always = Calendars(quiet="", weekend=())
    policy = Policy(rule_options={"escalation": BY_MESSAGE}, calendars=always, reach=Reach(outlets))
    plan = decide(seen, policy)
    after = carried_out(seen, plan, above=99)
    is_told = len(after.state.told) > len(seen.state.told)
    is_said = any(
        isinstance(change, EnsureComment) and change.topic == "nudge:2026-02-20:+7d" for change in plan.changes
    )
    was_taken = any(told.step == "2026-02-20:+7d" for told in seen.state.told)
    at_peace = seen.state.paused or after.state.paused or after.issue.state == "closed" or _is_decided(after)
    assert is_told + is_said + was_taken == 1 or at_peace
    taken = [notice for notice in plan.notices if notice.kind == "overdue" and any(takes(o, notice) for o in outlets)]
    assert not is_told or taken


def _is_decided(seen: Snapshot) -> bool:
    """Somebody has put it to sleep, or its deadline is another one now."""
    return any(made.what in {"snooze", "extend", "wont-do"} for made in seen.state.decisions)


@given(snapshots(), policies())
@settings(max_examples=40)
def test_telling_again_has_the_same_keys(seen: Snapshot, policy: Policy) -> None:
    """A plan that was cut short yields its notices again; one that was carried out tells nothing that is new."""
    plan = decide(seen, policy)
    keys = [notice.key for notice in plan.notices]
    assert len(keys) == len(set(keys))
    assert [notice.key for notice in decide(seen, policy).notices] == keys
    after = [notice.key for notice in decide(carried_out(seen, plan, above=99), policy).notices]
    assert set(after) <= set(keys)
    assert adopt(seen, policy).notices == ()


def test_a_new_post_mortem_is_told() -> None:
    """With who has it, and where it is; when it has been looked at, no more."""
    seen = snapshot("It broke.\n")
    opened = _told(seen)["opened"]
    assert opened.key == f"{HOME} opened"
    assert (opened.title, opened.url, opened.owners) == ("Checkout outage", seen.issue.url, ("alice",))
    assert _told(_lived("It broke.\n")) == {}


def test_a_text_that_is_written_is_told_for_review() -> None:
    """Once: when the post-mortem leaves Draft with every section written."""
    draft = _lived("It broke.\n")
    written = replace(draft, issue=replace(draft.issue, body=WRITTEN))
    assert set(_told(written)) == {"review"}
    assert _told(carried_out(written, decide(written, Policy()))) == {}


def test_a_refused_close_is_told_with_what_is_missing() -> None:
    """By the time of the close, so that the next one is told anew."""
    draft = _lived("It broke.\n")
    shut = closed(draft, at=NOW - MINUTE)
    refused = _told(shut)["refused"]
    assert refused.key == f"{HOME} refused 2026-03-02T08:59:00+00:00"
    assert any("Still empty" in point for point in refused.points)


def test_a_refusal_whose_plan_was_cut_short_is_told_by_its_comment() -> None:
    """The issue was reopened and the process died: the comment stands, and says when."""
    draft = _lived("It broke.\n")
    shut = closed(draft, at=NOW - MINUTE)
    after = carried_out(shut, decide(shut, Policy()))
    said = tuple(replace(c, created_at=NOW) if c.created_at is None else c for c in after.comments)
    assert _told(replace(after, comments=said))["refused"].key == _told(shut)["refused"].key
    later = replace(after, comments=said, observed_at=NOW + timedelta(days=2))
    assert "refused" not in _told(later)


def test_a_complete_post_mortem_shares_its_lessons() -> None:
    """In the words that stand there, line by line."""
    seen = _lived(WRITTEN.replace("Connection limits belong", "- Rollbacks pay off.\n- Connection limits belong"))
    done = _told(closed(seen, at=NOW))["completed"]
    assert done.points == ("Rollbacks pay off.", "Connection limits belong in the load test.")
    assert (done.severity, done.by_decision) == ("high", False)


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_what_is_given_up_teaches_nothing(reason: str) -> None:
    """It was closed, and not completed."""
    assert _told(closed(_lived(WRITTEN), at=NOW, state_reason=reason)) == {}


def test_an_old_close_is_no_news() -> None:
    """Whatever makes us look again."""
    assert _told(closed(_lived(WRITTEN), at=NOW - timedelta(days=8))) == {}


def test_a_close_by_decision_is_told_as_one() -> None:
    """With points that a maintainer let stand open."""
    draft = _lived("It broke.\n")
    state = replace(draft.state, overrides=(Override("alice", NOW, "fine"),))
    assert _told(closed(replace(draft, state=state), at=NOW))["completed"].by_decision


def test_a_reminder_after_the_deadline_reaches_the_owners_team() -> None:
    """And the teams that the step names."""
    policy = _policy(
        "audit: {teams: {payments: [bob]}}\n"
        "rules: {escalation: {steps: [{offset: 0}, {offset: 7, tell: [owner, acme/leads]}]}}\n"
    )
    overdue = _told(_item(), policy)["overdue"]
    assert overdue.key == f"{HOME} overdue 2026-02-20 +7d"
    assert overdue.teams == ("payments", "acme/leads")
    assert str(overdue.due) == "2026-02-20"


def test_a_reminder_before_the_deadline_stays_on_the_item() -> None:
    """It is nobody else's business yet."""
    assert _told(_item("**Owner:** @bob\n**Deadline:** 2026-03-02\n")) == {}


def test_an_action_of_a_confidential_post_mortem_is_confidential() -> None:
    """Like a post-mortem that is so itself."""
    secret = Issue(IssueRef("github", "acme/shop", 3), "Leaked key", labels=frozenset({"post-mortem"}), private=True)
    assert _told(_item(parent=secret))["overdue"].confidential
    assert not _told(_item())["overdue"].confidential
    assert _told(snapshot("It broke.\n", private=True))["opened"].confidential


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (Policy(), False),
        (Policy(notify=NotifyOptions(confidential=True)), True),
        (Policy(reach=Reach(confidential=("acme/sh*",))), True),
        (Policy(reach=Reach(confidential=("acme/ops",))), False),
        (Policy(reach=Reach(confidential=("github:acme/vault",))), True),
    ],
)
def test_a_project_can_be_confidential_as_a_whole(policy: Policy, kept: bool) -> None:
    """Because its policy or the installation says so; an action item also for its post-mortem's project."""
    above = Issue(IssueRef("github", "acme/vault", 3), "Leak", labels=frozenset({"post-mortem"}))
    assert _told(_item(parent=above), policy)["overdue"].confidential is kept


def test_a_policy_names_routes_for_a_kind() -> None:
    """By name alone; a kind that it does not name is left to the routes."""
    told = _told(snapshot("It broke.\n"), _policy("notify: {opened: [oncall], completed: []}\n"))
    assert told["opened"].routes == ("oncall",)
    assert _told(snapshot("It broke.\n"))["opened"].routes is None


def test_nothing_is_told_of_a_paused_issue_or_of_history() -> None:
    """Whoever paused it wants silence, and what was closed before it was labelled is no news."""
    assert _told(snapshot("It broke.\n", state=SyncState(paused=True))) == {}
    assert _told(closed(snapshot("It broke.\n"), at=NOW)) == {}


def test_an_action_item_that_is_closed_half_way_is_told_as_refused() -> None:
    """Its owner's team hears of it, too."""
    body = "**Owner:** @bob\n**Deadline:** 2026-04-01\n\n## Definition of done\n\n- [ ] It fired in a drill\n"
    item = _item(body)
    lived = carried_out(item, decide(item, Policy()))
    refused = _told(closed(lived, at=NOW - MINUTE), _policy("audit: {teams: {payments: [bob]}}\n"))["refused"]
    assert (refused.owners, refused.teams) == (("bob",), ("payments",))
