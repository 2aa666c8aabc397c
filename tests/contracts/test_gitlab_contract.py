"""The contract checker itself: it lets GitLab's own usage pass and catches what GitLab would not take or send."""

from __future__ import annotations

import pytest

from tests.contracts.gitlab_contract import check_reply, check_request

ISSUES = "/gitlab/api/v4/projects/acme%2Fshop/issues"
LISTS = "/api/v4/projects/1/boards/2/lists"
FILE = "/api/v4/projects/1/repository/files/.gitlab%2Fcloseout.yml"
ISSUE = {
    "id": 1,
    "iid": 1,
    "labels": ["bug"],
    "assignees": [{"id": 3, "username": "bob"}],
    "milestone": None,
    "closed_at": None,
    "type": "ISSUE",
    "created_at": "2026-03-01T16:50:55.000Z",
    "due_date": "2026-04-01",
}


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", ISSUES, {"labels": "a,b", "state": "opened", "due_date": "overdue", "per_page": "100"}, None),
        ("GET", ISSUES, {"pagination": "keyset", "order_by": "updated_at", "iids[]": ["1", "2"]}, None),
        ("GET", ISSUES, {"not[labels]": ["a"], "updated_after": "2026-03-01T00:00:00Z"}, None),
        ("POST", ISSUES, {}, {"title": "x", "labels": "a,b", "due_date": "2026-03-01", "assignee_ids": [3]}),
        ("PUT", f"{ISSUES}/1", {}, {"state_event": "reopen", "add_labels": ["a"], "due_date": ""}),
        ("POST", f"{ISSUES}/1/notes", {}, {"body": "x", "internal": True}),
        (
            "POST",
            f"{ISSUES}/1/links",
            {},
            {"target_project_id": 1, "target_issue_iid": "2", "link_type": "relates_to"},
        ),
        ("POST", LISTS, {}, {"label_id": 4}),
        ("PUT", FILE, {}, {"branch": "main", "content": "x", "commit_message": "y"}),
        ("GET", f"{FILE}/raw", {"ref": "HEAD"}, None),
        ("GET", "/api/v4/projects/1/members/all/7", {}, None),
        ("GET", "/api/v4/users/7", {}, None),
    ],
)
def test_documented_requests_pass(method: str, path: str, query: dict[str, object], body: object) -> None:
    """What GitLab documents, in prose or in the schema, is no problem."""
    assert check_request(method, path, query, body) == []


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "words"),
    [
        ("PUT", f"{ISSUES}/1", {}, {"state_event": "closed"}, "'closed' is not one of"),
        ("PUT", f"{ISSUES}/1", {}, {"lables": "a"}, "'lables' was unexpected"),
        ("PUT", f"{ISSUES}/1", {}, {"due_date": "1 March"}, "'1 March' is not a 'date'"),
        ("PUT", f"{ISSUES}/1", {}, {}, "needs at least one field"),
        ("PUT", f"{ISSUES}/one", {}, {"title": "x"}, "'one' is not an integer"),
        ("POST", ISSUES, {}, {"title": None}, "None is not of type 'string'"),
        ("POST", ISSUES, {}, None, "'title' is a required property"),
        ("POST", f"{ISSUES}/1/notes", {}, {"body": "x", "visible": True}, "'visible' was unexpected"),
        ("POST", LISTS, {}, {"label_id": 1, "assignee_id": 2}, "exactly one of"),
        ("POST", LISTS, {}, {}, "exactly one of"),
        ("PUT", FILE, {}, {"branch": "main", "content": "x"}, "'commit_message' is a required property"),
        ("GET", FILE, {}, None, "query ref: is required"),
        ("GET", ISSUES, {"state": "open"}, None, "'open' is not one of"),
        ("GET", ISSUES, {"label": "a"}, None, "has no such parameter"),
        ("GET", ISSUES, {"per_page": "200"}, None, "at most 100"),
        ("GET", ISSUES, {"updated_after": "yesterday"}, None, "'yesterday' is not a date-time"),
        ("GET", f"{ISSUES}/1", {"page": "2"}, None, "has no such parameter"),
        ("DELETE", f"{ISSUES}/1", {}, {"confirm": True}, "takes no body"),
        ("PATCH", f"{ISSUES}/1", {}, {"title": "x"}, "documents no PATCH"),
        ("GET", "/api/v4/projects/1/isues", {}, None, "documents no GET"),
    ],
)
def test_wrong_requests_are_caught(method: str, path: str, query: dict[str, object], body: object, words: str) -> None:
    """Each request GitLab would refuse or misread is named in a sentence."""
    assert any(words in problem for problem in check_request(method, path, query, body))


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", f"{ISSUES}/1", 200, ISSUE),
        ("GET", ISSUES, 200, [ISSUE, ISSUE]),
        ("GET", ISSUES, 200, []),
        ("GET", ISSUES, 200, [ISSUE | {"labels": [{"id": 1, "name": "bug"}]}]),
        ("GET", "/api/v4/projects/1/members/all/7", 200, {"id": 7, "access_level": 30, "expires_at": None}),
        ("POST", f"{ISSUES}/1/notes", 202, {"commands_changes": {}, "summary": ["Closed this issue."]}),
        ("DELETE", "/api/v4/projects/1/labels/bug", 204, ""),
        ("GET", f"{ISSUES}/9", 404, {"message": "404 Not found"}),
        ("GET", ISSUES, 429, "Retry later"),
        ("GET", f"{FILE}/raw", 200, "version: 1"),
        ("GET", f"{FILE}/raw", 200, {"version": 1}),
    ],
)
def test_replies_that_gitlab_sends_pass(method: str, path: str, status: int, body: object) -> None:
    """Nulls, lists, integer access levels and undeclared errors are how a real server answers."""
    assert check_reply(method, path, status, body) == []


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "words"),
    [
        ("GET", f"{ISSUES}/1", 200, ISSUE | {"type": "Issue"}, "'Issue' is not one of"),
        ("GET", f"{ISSUES}/1", 200, ISSUE | {"assignees": {"id": 3}}, "is not of type 'array'"),
        ("GET", f"{ISSUES}/1", 200, ISSUE | {"assignees": [{"login": "bob"}]}, "'login' was unexpected"),
        ("GET", f"{ISSUES}/1", 200, ISSUE | {"number": 4}, "'number' was unexpected"),
        ("GET", f"{ISSUES}/1", 200, ISSUE | {"id": "1"}, "'1' is not of type 'integer'"),
        ("GET", f"{ISSUES}/1", 200, ISSUE | {"created_at": "1 March 2026"}, "is not a 'date-time'"),
        ("GET", f"{ISSUES}/1", 200, ISSUE | {"due_date": "2026-02-30"}, "is not a 'date'"),
        ("GET", f"{ISSUES}/1", 200, [ISSUE], "is not of type 'object'"),
        ("GET", ISSUES, 200, ISSUE, "answers a list"),
        ("GET", ISSUES, 200, [ISSUE, ISSUE | {"iid": "x"}], "[1] $.iid"),
        ("POST", ISSUES, 200, ISSUE, "does not answer 200"),
        ("GET", f"{ISSUES}/1", 404, {"detail": "gone"}, "an error says"),
        ("DELETE", f"{ISSUES}/1", 204, {"id": 1}, "204 has no entity"),
    ],
)
def test_wrong_replies_are_caught(method: str, path: str, status: int, body: object, words: str) -> None:
    """A reply no GitLab would send is named in a sentence."""
    assert any(words in problem for problem in check_reply(method, path, status, body))
