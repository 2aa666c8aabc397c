"""GitLab's JSON in both its shapes, and what it means here."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.model import Issue, IssueRef, Permission, Timebox
from service.providers.gitlab import mapping

ROW: dict[str, Any] = {
    "id": 900,
    "iid": 3,
    "project_id": 7,
    "title": "Checkout down",
    "description": "What happened\r\n",
    "state": "opened",
    "labels": ["post-mortem", "severity-high"],
    "assignees": [{"id": 1, "username": "alice"}],
    "author": {"id": 2, "username": "bob"},
    "due_date": "2026-04-01",
    "confidential": True,
    "created_at": "2026-03-01T10:00:00.123+01:00",
    "updated_at": "2026-03-01T10:00:00.000Z",
    "closed_at": None,
    "closed_by": None,
    "moved_to_id": None,
    "web_url": "https://gitlab.example/acme/shop/-/issues/3",
    "references": {"short": "#3", "full": "acme/shop#3"},
    "_links": {"self": "…", "closed_as_duplicate_of": None},
}
CLOSED = ROW | {
    "state": "closed",
    "closed_at": "2026-03-02T10:00:00Z",
    "closed_by": {"username": "eve"},
}
NODE: dict[str, Any] = {
    "iid": "3",
    "title": "Checkout down",
    "state": "OPEN",
    "confidential": True,
    "createdAt": "2026-03-01T09:00:00Z",
    "updatedAt": "2026-03-01T10:00:00Z",
    "closedAt": None,
    "webUrl": "https://gitlab.example/acme/shop/-/issues/3",
    "reference": "acme/shop#3",
    "author": {"username": "bob"},
    "widgets": [
        {"__typename": "WorkItemWidgetDescription", "description": "text", "lastEditedAt": "2026-03-01T09:30:00Z"},
        {"__typename": "WorkItemWidgetLabels", "labels": {"nodes": [{"title": "post-mortem"}, None]}},
        {"__typename": "WorkItemWidgetAssignees", "assignees": {"nodes": [{"username": "alice"}]}},
        {"__typename": "WorkItemWidgetStartAndDueDate", "dueDate": "2026-04-01"},
        {"__typename": "WorkItemWidgetHierarchy"},
    ],
}
REF = IssueRef("gitlab", "acme/shop", 3)


def test_a_rest_issue_is_read_whole() -> None:
    """Every stable field has its place; times are in UTC, the text is untouched."""
    assert mapping.issue(ROW, "gitlab") == Issue(
        ref=REF,
        title="Checkout down",
        body="What happened\r\n",
        labels=frozenset({"post-mortem", "severity-high"}),
        assignees=frozenset({"alice"}),
        due=date(2026, 4, 1),
        author="bob",
        created_at=datetime(2026, 3, 1, 9, 0, 0, 123000, UTC),
        updated_at=datetime(2026, 3, 1, 10, 0, tzinfo=UTC),
        url="https://gitlab.example/acme/shop/-/issues/3",
        private=True,
    )


def test_what_it_is_planned_in_is_read() -> None:
    """A milestone, and on Premium an iteration, which may have no title and names its state by a number."""
    sprint = {"title": None, "state": 2, "start_date": "2026-03-02", "due_date": "2026-03-13"}
    release = {"title": "v2", "state": "active", "start_date": None, "due_date": "2026-03-31"}
    seen = mapping.issue(ROW | {"milestone": release, "iteration": sprint}, "gitlab")
    assert seen.timeboxes == (
        Timebox("milestone", "v2", last=date(2026, 3, 31)),
        Timebox("iteration", "", date(2026, 3, 2), date(2026, 3, 13)),
    )
    over = mapping.issue(
        ROW | {"milestone": release | {"state": "closed"}, "iteration": sprint | {"state": 3}}, "gitlab"
    )
    assert [box.open for box in over.timeboxes] == [False, False]


def test_an_issue_without_anything_optional_is_read() -> None:
    """Nulls and missing keys are empty values: an empty description comes as null."""
    bare = {"title": "x", "state": "opened", "description": None, "assignees": None, "author": None}
    assert mapping.issue(bare, "gitlab", REF) == Issue(REF, "x")


def test_a_closed_issue_tells_by_whom_and_when() -> None:
    """GitLab has no "not planned", so a plain close counts as completed."""
    issue = mapping.issue(CLOSED, "gitlab")
    assert (issue.state, issue.state_reason, issue.closed_by) == ("closed", "completed", "eve")
    assert issue.closed_at == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"moved_to_id": 12}, "moved"),
        ({"_links": {"closed_as_duplicate_of": "https://gitlab.example/api/v4/projects/1/issues/2"}}, "duplicate"),
        ({"moved_to_id": 12, "_links": None}, "moved"),
    ],
)
def test_a_close_because_it_goes_on_elsewhere_says_so(values: dict[str, Any], reason: str) -> None:
    """Reopening a moved or duplicate issue would be wrong."""
    assert mapping.issue(CLOSED | values, "gitlab").state_reason == reason


def test_a_reopened_issue_keeps_nothing_of_its_close() -> None:
    """GitLab may still show the old closer."""
    issue = mapping.issue(CLOSED | {"state": "opened"}, "gitlab")
    assert (issue.state_reason, issue.closed_at, issue.closed_by) == (None, None, None)


def test_a_work_item_is_the_same_issue() -> None:
    """Whether GraphQL or REST told of a child must make no difference, but for what only one of them knows."""
    found = mapping.work_item(NODE, "gitlab")
    assert found is not None
    assert (found.ref, found.title, found.body, found.state) == (REF, "Checkout down", "text", "open")
    assert found.labels == {"post-mortem"}
    assert (found.assignees, found.due) == (frozenset({"alice"}), date(2026, 4, 1))
    assert (found.author, found.private) == ("bob", True)
    assert found.body_edited_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def test_a_closed_work_item_is_closed() -> None:
    """The words differ from REST's: OPEN and CLOSED."""
    found = mapping.work_item(NODE | {"state": "CLOSED", "closedAt": "2026-03-02T10:00:00Z"}, "gitlab")
    assert found is not None
    assert (found.state, found.state_reason) == ("closed", "completed")
    assert found.closed_at == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_a_work_item_without_widgets_is_read() -> None:
    """A type or a tier without a feature has no widget for it."""
    found = mapping.work_item(NODE | {"widgets": None, "author": None}, "gitlab")
    assert found is not None
    assert (found.body, found.author, found.due) == ("", "", None)
    assert not found.labels | found.assignees


def test_an_epic_is_no_issue() -> None:
    """It lives in a group, and its reference has another sign."""
    assert mapping.work_item(NODE | {"reference": "acme&3"}, "gitlab") is None


def test_notes_of_both_kinds_are_one() -> None:
    """REST numbers its notes, GraphQL gives them global ids of several types."""
    rest = {"id": 12, "body": "/pm help", "system": False, "author": {"id": 5, "username": "bob"}, "created_at": None}
    graph = {
        "id": "gid://gitlab/DiscussionNote/12",
        "body": "/pm help",
        "system": False,
        "author": {"id": "gid://gitlab/User/5", "username": "bob"},
    }
    assert mapping.note(rest) == mapping.graphql_note(graph) == mapping.Note("12", "bob", 5, "/pm help", None, None)


def test_system_notes_are_never_read() -> None:
    """A system note that quotes a command is nobody's command."""
    assert mapping.note({"id": 1, "system": True}) is None
    assert mapping.graphql_note({"id": "gid://gitlab/Note/1", "system": True}) is None


def test_a_label_counts_from_when_it_was_last_put_on() -> None:
    """Taking off does not count, and events of a deleted label name none."""
    events: list[dict[str, Any]] = [
        {"action": "add", "label": {"name": "a"}, "created_at": "2026-03-01T10:00:00Z"},
        {"action": "remove", "label": {"name": "a"}, "created_at": "2026-03-01T11:00:00Z"},
        {"action": "add", "label": {"name": "a"}, "created_at": "2026-03-01T12:00:00Z"},
        {"action": "add", "label": None, "created_at": "2026-03-01T13:00:00Z"},
    ]
    assert mapping.label_times(events) == {"a": datetime(2026, 3, 1, 12, 0, tzinfo=UTC)}
    assert mapping.label_times(reversed(events)) == {"a": datetime(2026, 3, 1, 12, 0, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (0, Permission.NONE),
        (5, Permission.NONE),
        (10, Permission.READ),
        (15, Permission.TRIAGE),
        (20, Permission.TRIAGE),
        (25, Permission.TRIAGE),
        (30, Permission.WRITE),
        (40, Permission.MAINTAIN),
        (50, Permission.ADMIN),
        (60, Permission.ADMIN),
    ],
)
def test_each_role_is_a_permission(level: int, expected: Permission) -> None:
    """Planner and Security Manager are newer than the ladder of old."""
    assert mapping.permission(level) is expected
