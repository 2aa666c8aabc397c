"""Judging what a listing shows: which day is too late, what is missing, and what is none of our business."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from service.audit.choices import Kind, kinds
from service.audit.classification import classify
from service.audit.rows import AuditReport, Row
from service.model import Issue, IssueRef, Marker
from service.policy import NotifyOptions, Policy, load
from service.routing import Reach

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PARENT = IssueRef("github", "acme/shop", 1)
HOME = ("github", "acme/shop")
CRITERION = "## Definition of done\n\n- [ ] The alert fires in a drill\n"


def _item(number: int = 7, *, body: str = CRITERION, marker: bool = True, **more: Any) -> Issue:
    text = f"{Marker(PARENT, f'k{number}')}\n{body}" if marker else body
    values: dict[str, Any] = {
        "labels": frozenset({"type-action-item"}),
        "assignees": frozenset({"bob"}),
        "due": date(2026, 6, 1),
    }
    return Issue(IssueRef(*HOME, number), f"Item {number}", text, **(values | more))


def _post_mortem(body: str = "", **more: Any) -> Issue:
    return Issue(PARENT, "Outage", body, labels=frozenset({"type-post-mortem", "severity-high"}), **more)


def _items(report: AuditReport) -> tuple[Row, ...]:
    return tuple(row for row in report.items if row.sort == "action-item")


def _only(report: AuditReport) -> Row:
    (row,) = _items(report)
    return row


def _judged(
    *issues: Issue, now: datetime = NOW, policy: Policy | None = None, parent: Issue | None = None
) -> AuditReport:
    return classify((parent or _post_mortem(), *issues), policy or Policy(), now)


def _kinds(row: Row) -> list[str]:
    return [problem.kind.value for problem in row.problems]


@pytest.mark.parametrize(
    ("due", "now", "kind", "days"),
    [
        (date(2026, 3, 2), NOW, "due-soon", 0),
        (date(2026, 3, 1), NOW, "overdue", 1),
        (date(2026, 2, 28), NOW, "overdue", 2),
        (date(2024, 2, 28), datetime(2024, 3, 1, tzinfo=UTC), "overdue", 2),
        (date(2024, 2, 29), datetime(2024, 2, 29, 23, 59, tzinfo=UTC), "due-soon", 0),
        (date(2024, 2, 29), datetime(2024, 3, 1, tzinfo=UTC), "overdue", 1),
        (date(2025, 12, 31), datetime(2026, 1, 1, tzinfo=UTC), "overdue", 1),
        (date(2026, 3, 9), NOW, "due-soon", 7),
    ],
)
def test_a_deadline_passes_with_its_day(due: date, now: datetime, kind: str, days: int) -> None:
    """Due today is not overdue; months, leap days and years are counted as the calendar has them."""
    row = _only(_judged(_item(due=due), now=now))
    assert [(p.kind.value, p.days) for p in row.problems] == [(kind, days)]


def test_a_deadline_beyond_a_week_is_no_problem() -> None:
    """An item with everything in order has nothing to report, and counts as open."""
    report = _judged(_item(due=date(2026, 3, 10)))
    assert _only(report).problems == ()
    assert report.totals["open"] == 1


def test_days_are_those_of_utc() -> None:
    """Whatever zone the moment is written in: half past midnight in Kiritimati is the day before in UTC."""
    east = datetime(2026, 3, 3, 0, 30, tzinfo=timezone(timedelta(hours=14)))
    assert _kinds(_only(_judged(_item(due=date(2026, 3, 2)), now=east))) == ["due-soon"]


@pytest.mark.parametrize(
    ("written", "due", "says"),
    [
        ("2026-02-28", date(2026, 2, 28), "overdue by 2 days"),
        ("", None, "there is no deadline"),
        ("31/02/2026", None, "cannot be read"),
        ("next Friday", None, "a different day whenever it is read"),
        ("in 2 weeks", None, "a different day whenever it is read"),
        ("Q3", None, "a different day whenever it is read"),
        ("Q1 2026", date(2026, 3, 31), None),
        ("31 March 2026", date(2026, 3, 31), None),
        ("2026-03-31 14:00", date(2026, 3, 31), None),
    ],
)
def test_a_deadline_in_the_text_counts_where_the_forge_has_none(
    written: str, due: date | None, says: str | None
) -> None:
    """It must name one day for good: a deadline that moves along is none."""
    row = _only(_judged(_item(due=None, body=f"**Deadline:** {written}\n\n{CRITERION}")))
    assert row.due == due
    details = [problem.detail for problem in row.problems]
    assert says in details[0] if says else details == []


def test_the_forges_own_field_wins_over_the_text() -> None:
    """One deadline, that of the field people see on the board."""
    assert _only(_judged(_item(body=f"**Deadline:** 2020-01-01\n\n{CRITERION}"))).due == date(2026, 6, 1)


def test_an_owner_is_who_is_assigned_else_whom_the_text_names() -> None:
    """Nobody in either place is a problem."""
    named = _item(8, assignees=frozenset(), body=f"**Owner:** @eve, @bob\n\n{CRITERION}")
    rows = _items(_judged(_item(7), named, _item(9, assignees=frozenset())))
    assert [row.owners for row in rows] == [("bob",), ("eve", "bob"), ()]
    assert [_kinds(row) for row in rows] == [[], [], ["no-owner"]]


@pytest.mark.parametrize("body", ["", "## Definition of done\n\n- [ ] a drill (N/A)\n"])
def test_an_item_that_nothing_can_prove_done_is_reported(body: str) -> None:
    """No criterion, or none that counts."""
    assert _kinds(_only(_judged(_item(body=body)))) == ["no-definition-of-done"]


def test_an_item_belongs_to_the_post_mortem_of_its_marker_or_of_the_line_that_names_it() -> None:
    """An adopted issue has no marker; its post-mortem's action line names it. Severity comes from above."""
    adopted = _item(8, marker=False)
    body = "## Action items\n\n- [ ] Page on a full pool - @bob - 2026-06-01 (#8)\n"
    rows = _items(_judged(_item(7), adopted, parent=_post_mortem(body)))
    assert [(row.post_mortem, row.severity, row.problems) for row in rows] == [(PARENT, "high", ())] * 2


@pytest.mark.parametrize(
    ("parents", "complete", "says"),
    [
        ((_post_mortem(state="closed"),), (), "is closed"),
        ((), (HOME,), "is closed or gone"),
        ((), (), None),
    ],
)
def test_an_orphan_has_no_open_post_mortem(
    parents: tuple[Issue, ...], complete: tuple[tuple[str, str], ...], says: str | None
) -> None:
    """Closed or gone; one in a project that was not read may well be there, and nothing is claimed."""
    row = _only(classify((*parents, _item()), Policy(), NOW, complete=complete))
    assert [problem.detail for problem in row.problems] == ([f"its post-mortem {PARENT} {says}"] if says else [])
    assert all(problem.kind is Kind.ORPHAN for problem in row.problems)


def test_an_item_without_any_post_mortem_is_an_orphan() -> None:
    """Only its label says that it is an action item."""
    assert _kinds(_only(_judged(_item(marker=False)))) == ["orphan"]


def test_a_follow_up_review_is_no_orphan() -> None:
    """Its post-mortem is closed: that is why it is there."""
    review = Issue(IssueRef(*HOME, 7), "Review", f"{Marker(PARENT, 'review-030-20260302')}\n{CRITERION}")
    assert _kinds(_only(_judged(review, parent=_post_mortem(state="closed")))) == ["no-deadline", "no-owner"]


def test_closed_items_are_not_reported() -> None:
    """They are done; what is left is to take the label off."""
    report = _judged(_item(due=date(2020, 1, 1), state="closed"))
    assert (_items(report)[0].problems, report.totals["overdue"], report.totals["open"]) == ((), 0, 0)


def test_other_peoples_issues_are_left_alone() -> None:
    """Without one of our labels or our marker an issue is none of our business, however late."""
    theirs = Issue(IssueRef(*HOME, 3), "Theirs", labels=frozenset({"bug", "overdue"}), due=date(2020, 1, 1))
    assert _items(_judged(theirs)) == ()


def test_a_policy_may_rename_the_labels() -> None:
    """Then the old names mean nothing."""
    policy = load("version: 1\nvocabulary:\n  labels:\n    action_item: todo\n    overdue: Late!\n", "closeout.yml")
    assert isinstance(policy, Policy)
    old = _item(7, marker=False, due=date(2020, 1, 1))
    new = _item(8, marker=False, due=date(2020, 1, 1), labels=frozenset({"Todo"}))
    row = _only(_judged(old, new, policy=policy))
    assert (row.ref, row.attention is not None) == (new.ref, True)


def test_one_owners_part_is_found_without_case() -> None:
    """As people write names."""
    report = _judged(_item(7), _item(8, assignees=frozenset({"eve"})))
    assert [row.ref.number for row in report.of("@Bob").rows] == [7]


def test_the_longest_overdue_comes_first() -> None:
    """Then by deadline; those without one come last."""
    days = {7: None, 8: date(2026, 2, 1), 9: date(2026, 1, 1), 10: date(2026, 4, 1)}
    report = _judged(*(_item(number, due=due) for number, due in days.items()))
    assert [row.ref.number for row in report.rows if row.sort == "action-item"] == [9, 8, 10, 7]


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    """A pipeline that asks for the wrong word must not pass for ever."""
    assert kinds("overdue, no-owner,") == (Kind.OVERDUE, Kind.NO_OWNER)
    with pytest.raises(ValueError, match="late: there is overdue, due-soon"):
        kinds("late")


# --- who left, and what was closed too early ------------------------------------------------------------------


def test_an_owner_who_left_is_named() -> None:
    """Assigned is not enough where the forge says that nobody is there any more."""
    row = _only(_judged(_item(assignees=frozenset({"bob", "eve"}), inactive=frozenset({"eve"}))))
    assert [problem.detail for problem in row.problems] == ["eve left, or cannot be assigned any more"]
    assert _kinds(row) == ["owner-left"]


DONE, OPEN = "- [x] The alert fired\n", "- [ ] The runbook names it\n"


@pytest.mark.parametrize(
    ("criteria", "more", "says"),
    [
        (DONE, {}, None),
        (DONE + OPEN, {}, "closed with 1 of 2 criteria not ticked"),
        (OPEN, {}, "closed, and nothing of its definition of done is ticked"),
        ("", {}, "closed, and nothing of its definition of done is ticked"),
        (DONE + "- [ ] A second region (optional)\n", {}, None),
        (OPEN, {"state_reason": "not_planned"}, None),
        (OPEN, {"labels": frozenset({"type-action-item", "wont-do"})}, None),
        (OPEN, {"closed_at": NOW - timedelta(days=31)}, None),
        (OPEN, {"closed_at": None}, None),
        ("", {"marker": False}, None),
    ],
)
def test_a_close_without_proof_is_reported(criteria: str, more: dict[str, Any], says: str | None) -> None:
    """While it is recent, and only where it was closed as done and a definition of done is expected."""
    body = f"## Definition of done\n\n{criteria}" if criteria else "Done.\n"
    values: dict[str, Any] = {"state": "closed", "closed_at": NOW - timedelta(days=2)} | more
    report = _judged(_item(body=body, **values))
    row = _only(report)
    assert [problem.detail for problem in row.problems] == ([says] if says else [])
    assert (row in report.rows) is bool(says)


# --- post-mortems ---------------------------------------------------------------------------------------------


def _alone(parent: Issue, policy: Policy | None = None) -> Row:
    (row,) = classify((parent,), policy or Policy(), NOW).items
    return row


@pytest.mark.parametrize(
    ("days", "more", "late"),
    [
        (10, {}, None),
        (11, {}, 1),
        (30, {"labels": frozenset({"post-mortem"})}, None),
        (31, {"labels": frozenset({"post-mortem"})}, 1),
        (11, {"labels": frozenset({"type-post-mortem", "severity-high", "pm-in-progress"})}, None),
        (11, {"labels": frozenset({"type-post-mortem", "severity-high", "pm-review"})}, 1),
        (11, {"due": date(2026, 3, 2)}, None),
        (1, {"due": date(2026, 2, 28)}, 2),
        (11, {"state": "closed"}, None),
        (11, {"body": "## Action items\n\n- [ ] Page on a full pool - @bob - 2026-06-01 (#8)\n"}, None),
    ],
)
def test_a_post_mortem_without_actions_goes_stale_by_its_severity(
    days: int, more: dict[str, Any], late: int | None
) -> None:
    """Its own due date first; else so many days after its opening; the column's label knows better than the text."""
    values: dict[str, Any] = {"labels": frozenset({"type-post-mortem", "severity-high"})} | more
    parent = Issue(PARENT, "Outage", created_at=NOW - timedelta(days=days), **{"body": "", **values})
    assert [(p.kind, p.days) for p in _alone(parent).problems] == ([(Kind.STALE, late)] if late else [])


def test_a_policy_sets_how_long_a_post_mortem_may_take() -> None:
    """By severity."""
    policy = load("version: 1\naudit:\n  stale_days: {high: 40}\n", "closeout.yml")
    assert isinstance(policy, Policy)
    assert _alone(_post_mortem(created_at=NOW - timedelta(days=40)), policy).problems == ()
    assert _alone(_post_mortem(created_at=NOW - timedelta(days=41)), policy).has(Kind.STALE)


def test_a_post_mortem_closed_with_an_open_review_is_reported() -> None:
    """Points that count and were not ticked."""
    body = "## Final review\n\n- [x] Blameless\n- [ ] Read by the team\n- [ ] Published (optional)\n"
    row = _alone(_post_mortem(body, state="closed", closed_at=NOW))
    assert [problem.detail for problem in row.problems] == ["closed with 1 of 3 points of its final review not ticked"]


@pytest.mark.parametrize(
    ("more", "kinds"),
    [
        ({}, ["override"]),
        ({"body": "## Final review\n\n- [ ] Read by the team\n"}, ["override"]),
        ({"state": "open", "closed_at": None}, []),
        ({"closed_at": NOW - timedelta(days=31)}, []),
        ({"state_reason": "not_planned"}, []),
    ],
)
def test_a_close_by_override_is_reported(more: dict[str, Any], kinds: list[str]) -> None:
    """While it is recent; what was decided on is not said to lack its proof as well."""
    labels = frozenset({"type-post-mortem", "Closed-by-override"})
    values: dict[str, Any] = {"body": "", "state": "closed", "closed_at": NOW} | more
    assert _kinds(_alone(Issue(PARENT, "Outage", labels=labels, **values))) == kinds


def test_an_item_that_slips_is_reported() -> None:
    """With how often at least, by the policy of its rules; a closed one has slipped for good."""
    labels = frozenset({"type-action-item", "slipping"})
    (problem,) = _only(_judged(_item(labels=labels))).problems
    assert (problem.kind, problem.detail) == (Kind.SLIPPING, "deadline moved at least twice")
    assert not _only(_judged(_item(labels=labels, state="closed"))).has(Kind.SLIPPING)
    names, rules = "labels: {slipping: rutscht}", "escalation: {extensions: 4}, progress: {slips: 3}"
    policy = load(f"version: 1\nvocabulary: {{{names}}}\nrules: {{{rules}}}\n", "closeout.yml")
    assert isinstance(policy, Policy)
    renamed = _only(_judged(_item(labels=frozenset({"type-action-item", "rutscht"})), policy=policy))
    assert [one.detail for one in renamed.problems] == ["deadline moved at least 3 times"]


# --- teams ------------------------------------------------------------------------------------------------


def test_people_are_grouped_into_the_policys_teams() -> None:
    """Without case; an owner that is a team stands for itself."""
    policy = load('version: 1\naudit:\n  teams: {payments: ["Bob", "eve"], web: ["bob"]}\n', "closeout.yml")
    assert isinstance(policy, Policy)
    named = _item(8, assignees=frozenset(), body=f"**Owner:** @acme/shop\n\n{CRITERION}")
    rows = _items(_judged(_item(7), named, _item(9, assignees=frozenset({"mallory"})), policy=policy))
    assert [row.teams for row in rows] == [("payments", "web"), ("acme/shop",), ()]


def test_a_post_mortem_that_items_come_from_is_not_stale() -> None:
    """Its text may name them in a way that is not read as a reference: their markers say so as well."""
    parent = _post_mortem(created_at=NOW - timedelta(days=41))
    (row,) = (row for row in _judged(_item(), parent=parent).items if row.sort == "post-mortem")
    assert row.problems == ()


@pytest.mark.parametrize(
    ("zone", "opened", "late"),
    [
        ("UTC", datetime(2026, 2, 19, 23, 0, tzinfo=UTC), 1),
        ("Pacific/Kiritimati", datetime(2026, 2, 19, 9, 0, tzinfo=UTC), 2),
        ("Pacific/Kiritimati", datetime(2026, 2, 19, 11, 0, tzinfo=UTC), 1),
        ("Pacific/Pago_Pago", datetime(2026, 2, 19, 10, 0, tzinfo=UTC), 2),
        ("Pacific/Pago_Pago", datetime(2026, 2, 19, 12, 0, tzinfo=UTC), 1),
    ],
)
def test_a_post_mortems_time_begins_with_its_day_where_the_team_works(zone: str, opened: datetime, late: int) -> None:
    """On both sides of the date line, for the day it was opened as for today."""
    policy = load(f"version: 1\ncalendar: {{zone: {zone}}}\naudit: {{stale_days: {{high: 10}}}}\n", "closeout.yml")
    assert isinstance(policy, Policy)
    found = _judged(now=datetime(2026, 3, 2, 12, 0, tzinfo=UTC), policy=policy, parent=_post_mortem(created_at=opened))
    assert [problem.days for problem in found.items[0].problems] == [late]


# --- what leaves ----------------------------------------------------------------------------------------------


def test_an_item_of_a_confidential_post_mortem_is_kept_from_routes() -> None:
    """Its title may be shown here all the same: who reads the tracker sees it there."""
    body = "## Action items\n\n- [ ] Page - @bob - 2026-02-01 (#7)\n"
    above = Issue(
        IssueRef("github", "acme/shop", 1), "Leak", body, labels=frozenset({"type-post-mortem"}), private=True
    )
    item = Issue(IssueRef("github", "acme/shop", 7), "Page", labels=frozenset({"type-action-item"}))
    rows = classify((above, item), Policy(), NOW).items
    assert [(row.confidential, row.kept) for row in rows] == [(True, True), (False, True)]
    whole = Policy(notify=NotifyOptions(confidential=True))
    assert [row.kept for row in classify((item,), whole, NOW).items] == [True]
    assert [row.kept for row in classify((item,), Policy(), NOW).items] == [False]


def test_an_item_of_a_confidential_project_is_kept_wherever_it_is() -> None:
    """Its marker names the post-mortem, which may be closed and not be listed any more."""
    away = Policy(reach=Reach(confidential=("acme/vault",)))
    body = f"{Marker(IssueRef('github', 'acme/vault', 3), 'k')}\n"
    item = Issue(IssueRef("github", "acme/shop", 7), "Rotate keys", body, labels=frozenset({"type-action-item"}))
    assert [row.kept for row in classify((item,), away, NOW).items] == [True]


def test_whoever_has_it_is_told_when_they_work() -> None:
    """A digest waits for that; 20:00 on a Friday is Monday morning."""
    item = Issue(IssueRef("github", "acme/shop", 7), "Page", labels=frozenset({"type-action-item"}))
    (row,) = classify((item,), Policy(), datetime(2026, 2, 27, 20, tzinfo=UTC)).items
    assert row.opens == datetime(2026, 3, 2, 8, tzinfo=UTC)
