"""The issue lists' filters and orders. https://docs.gitlab.com/api/issues/#list-issues"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

from service.sandbox.gitlab.access import can_see
from service.sandbox.gitlab.call import Call, bad_parameter
from service.sandbox.rows import IssueRow

Test: TypeAlias = Callable[[IssueRow], bool]

STATES = ("opened", "closed", "all")
ORDERS = ("created_at", "due_date", "label_priority", "milestone_due", "popularity", "priority",
          "relative_position", "title", "updated_at", "weight", "id")  # fmt: skip
SCOPES = ("all", "created_by_me", "assigned_to_me", "created-by-me", "assigned-to-me")
DUE = ("", "0", "any", "today", "tomorrow", "overdue", "week", "month", "next_month_and_previous_two_weeks")


def select(call: Call, issues: Iterable[IssueRow], *, scope: str = "all") -> list[IssueRow]:
    """Those the caller sees that pass every filter, in the order asked for. `scope` is the list's default."""
    tests = [*_tests(call), *_people_tests(call, scope), *_text_tests(call), *_time_tests(call)]
    found = [i for i in issues if can_see(call.world, i, call.login) and all(test(i) for test in tests)]
    descending = call.choice("sort", ("asc", "desc"), "desc") == "desc"
    return sorted(found, key=lambda issue: sort_key(call, issue), reverse=descending)


def sort_key(call: Call, issue: IssueRow) -> list[Any]:
    """JSON values, so that a keyset cursor can hold it; the id comes last and makes it unique."""
    order = call.choice("order_by", ORDERS, "created_at")
    if order == "due_date":
        return [issue.due is None, issue.due.isoformat() if issue.due else "", issue.id]
    if order in {"title", "created_at", "updated_at"}:
        value = getattr(issue, order)
        return [value if order == "title" else value.isoformat(timespec="microseconds"), issue.id]
    return [issue.id]


def _tests(call: Call) -> Iterable[Test]:
    state = call.choice("state", STATES, "all")
    if state != "all":
        wanted = "open" if state == "opened" else "closed"
        yield lambda issue: issue.state == wanted
    if (labels := call.words("labels")) is not None:
        yield _labels_test(labels)
    if unwanted := _negated(call, "labels"):
        yield lambda issue: not unwanted & set(issue.labels)
    if (iids := call.words("iids")) is not None:
        yield lambda issue: str(issue.number) in iids
    if kind := call.text("issue_type"):
        yield lambda issue: issue.kind == kind
    if (private := call.flag("confidential")) is not None:
        yield lambda issue: issue.private == private
    if (due := call.params.get("due_date")) is not None:
        yield _due_test(str(due), call.world.clock().astimezone(UTC).date())


def _labels_test(labels: list[str]) -> Test:
    """All of them; `None` and `Any` are GitLab's words for no label and some label."""
    if [word.lower() for word in labels] == ["none"]:
        return lambda issue: not issue.labels
    if [word.lower() for word in labels] == ["any"]:
        return lambda issue: bool(issue.labels)
    return lambda issue: set(labels) <= set(issue.labels)


def _negated(call: Call, name: str) -> set[str]:
    """`not[labels]=a,b`, `not[labels][]=a`, or the same as a JSON object."""
    given = call.params.get(f"not[{name}]")
    inner = call.params.get("not")
    if given is None and isinstance(inner, Mapping):
        given = inner.get(name)
    items = given if isinstance(given, list) else str(given or "").split(",")
    return {str(item).strip() for item in items if str(item).strip()}


def _due_test(word: str, today: date) -> Test:
    if word not in DUE:
        raise bad_parameter("due_date does not have a valid value")
    if word in {"", "0"}:
        return lambda issue: issue.due is None
    if word == "overdue":
        return lambda issue: issue.due is not None and issue.due < today
    first, last = _due_range(word, today)
    return lambda issue: issue.due is not None and first <= issue.due <= last


def _due_range(word: str, today: date) -> tuple[date, date]:
    monday, month = today - timedelta(days=today.weekday()), today.replace(day=1)
    next_month = (month + timedelta(days=32)).replace(day=1)
    return {
        "any": (date.min, date.max),
        "today": (today, today),
        "tomorrow": (today + timedelta(days=1), today + timedelta(days=1)),
        "week": (monday, monday + timedelta(days=6)),
        "month": (month, next_month - timedelta(days=1)),
        "next_month_and_previous_two_weeks": (
            today - timedelta(days=14),
            (next_month + timedelta(days=32)).replace(day=1) - timedelta(days=1),
        ),
    }[word]


def _people_tests(call: Call, default_scope: str) -> Iterable[Test]:
    scope = call.choice("scope", SCOPES, default_scope).replace("-", "_")
    if scope == "created_by_me":
        yield lambda issue: issue.author == call.login
    if scope == "assigned_to_me":
        yield lambda issue: call.login in issue.assignees
    if author := call.text("author_username").lower():
        yield lambda issue: issue.author.lower() == author
    if logins := call.words("assignee_username"):
        yield lambda issue: {login.lower() for login in logins} <= {login.lower() for login in issue.assignees}
    if assignee := call.text("assignee_id"):
        yield lambda issue: _assigned(call, issue, assignee.lower())


def _assigned(call: Call, issue: IssueRow, wanted: str) -> bool:
    if wanted in {"none", "any"}:
        return bool(issue.assignees) == (wanted == "any")
    return wanted in {str(call.world.person(login).id) for login in issue.assignees}


def _text_tests(call: Call) -> Iterable[Test]:
    if words := call.text("search").lower().split():
        fields = call.words("in") or ["title", "description"]
        yield lambda issue: all(
            word in " ".join(getattr(issue, "body" if f == "description" else f) for f in fields).lower()
            for word in words
        )


def _time_tests(call: Call) -> Iterable[Test]:
    for name, attribute in (("created", "created_at"), ("updated", "updated_at")):
        if after := call.text(f"{name}_after"):
            yield _since(attribute, _moment(f"{name}_after", after))
        if before := call.text(f"{name}_before"):
            yield _until(attribute, _moment(f"{name}_before", before))


def _since(attribute: str, moment: datetime) -> Test:
    return lambda issue: bool(getattr(issue, attribute) >= moment)


def _until(attribute: str, moment: datetime) -> Test:
    return lambda issue: bool(getattr(issue, attribute) <= moment)


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_parameter(f"{name} is invalid") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
