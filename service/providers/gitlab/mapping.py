"""GitLab's JSON → the model. REST issues and link rows are one shape, GraphQL work items the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from service.model import Issue, IssueRef, Permission, State, StateReason, Timebox, TimeboxKind

_Json = Mapping[str, Any]

# https://docs.gitlab.com/api/access_requests/#valid-access-levels; the levels are no ladder: a Planner (15) has
# rights over issues that a Guest lacks, a Security Manager (25) has none that a Reporter lacks.
_LEVELS = (
    (50, Permission.ADMIN),
    (40, Permission.MAINTAIN),
    (30, Permission.WRITE),
    (15, Permission.TRIAGE),
    (10, Permission.READ),
)


@dataclass(frozen=True, slots=True)
class Note:
    """A person's comment or ours; what GitLab writes of itself ("system notes") is never read into one."""

    id: str
    author: str
    author_id: int
    body: str
    created_at: datetime | None
    updated_at: datetime | None


# --- REST -----------------------------------------------------------------------------------------------------


def issue(row: _Json, forge: str, ref: IssueRef | None = None) -> Issue:
    """An issue of the issues API, or a row of its links API. `ref` where the caller knows it already."""
    state: State = "closed" if row["state"] == "closed" else "open"
    return Issue(
        ref=ref or full_ref(row["references"]["full"], forge),
        title=row["title"],
        body=row.get("description") or "",
        state=state,
        state_reason=_reason(row) if state == "closed" else None,
        labels=frozenset(row.get("labels") or ()),
        assignees=frozenset(person["username"] for person in row.get("assignees") or ()),
        due=_day(row.get("due_date")),
        author=_login(row.get("author")),
        created_at=moment(row.get("created_at")),
        updated_at=moment(row.get("updated_at")),
        closed_at=moment(row.get("closed_at")) if state == "closed" else None,
        closed_by=(_login(row.get("closed_by")) or None) if state == "closed" else None,
        url=row.get("web_url") or "",
        timeboxes=tuple(_timeboxes(row)),
        private=bool(row.get("confidential")),
    )


def _timeboxes(row: _Json) -> Iterator[Timebox]:
    """Its milestone, and on Premium its iteration, which may have no title and is closed in state 3.

    https://docs.gitlab.com/api/milestones/ · https://docs.gitlab.com/api/group_iterations/
    """
    kinds: tuple[tuple[TimeboxKind, object], ...] = (("milestone", "closed"), ("iteration", 3))
    for kind, over in kinds:
        found = row.get(kind)
        if found:
            first, last = _day(found.get("start_date")), _day(found.get("due_date"))
            yield Timebox(kind, found.get("title") or "", first, last, found.get("state") != over)


def inactive(row: _Json) -> frozenset[str]:
    """The assignees whose account is blocked, banned or deactivated: https://docs.gitlab.com/api/users/"""
    people = row.get("assignees") or ()
    return frozenset(person["username"] for person in people if person.get("state", "active") != "active")


def note(row: _Json) -> Note | None:
    """A row of the notes API; None for a system note."""
    if row.get("system"):
        return None
    return Note(
        id=str(row["id"]),
        author=_login(row.get("author")),
        author_id=int((row.get("author") or {}).get("id") or 0),
        body=row.get("body") or "",
        created_at=moment(row.get("created_at")),
        updated_at=moment(row.get("updated_at")),
    )


def label_times(events: Iterable[_Json]) -> dict[str, datetime]:
    """When each label was last put on, from the resource label events. A deleted label's events name none."""
    times: dict[str, datetime] = {}
    for event in events:
        name, at = (event.get("label") or {}).get("name"), moment(event.get("created_at"))
        if event.get("action") == "add" and name and at:
            times[name] = max(at, times.get(name, at))
    return times


def permission(access_level: int) -> Permission:
    return next((level for least, level in _LEVELS if access_level >= least), Permission.NONE)


def _reason(row: _Json) -> StateReason:
    """GitLab has no "not planned": what is closed counts as completed unless it went on elsewhere."""
    if row.get("moved_to_id"):
        return "moved"
    if (row.get("_links") or {}).get("closed_as_duplicate_of"):
        return "duplicate"
    return "completed"


# --- GraphQL --------------------------------------------------------------------------------------------------


def work_item(node: _Json, forge: str) -> Issue | None:
    """A related work item; None for what lives in no project (epics are `group&1`)."""
    if "#" not in node["reference"]:
        return None
    parts = widgets(node)
    state: State = "closed" if node["state"] == "CLOSED" else "open"
    description = parts.get("WorkItemWidgetDescription", {})
    return Issue(
        ref=full_ref(node["reference"], forge),
        title=node["title"],
        body=description.get("description") or "",
        state=state,
        state_reason="completed" if state == "closed" else None,
        labels=frozenset(label["title"] for label in _nodes(parts.get("WorkItemWidgetLabels"), "labels")),
        assignees=frozenset(p["username"] for p in _nodes(parts.get("WorkItemWidgetAssignees"), "assignees")),
        due=_day(parts.get("WorkItemWidgetStartAndDueDate", {}).get("dueDate")),
        author=_login(node.get("author")),
        created_at=moment(node.get("createdAt")),
        updated_at=moment(node.get("updatedAt")),
        closed_at=moment(node.get("closedAt")) if state == "closed" else None,
        body_edited_at=moment(description.get("lastEditedAt")),
        url=node.get("webUrl") or "",
        private=bool(node.get("confidential")),
    )


def graphql_note(node: _Json) -> Note | None:
    """A note of a discussion; None for a system note."""
    if node.get("system"):
        return None
    author = node.get("author") or {}
    return Note(
        id=number_of(node["id"]),
        author=_login(author),
        author_id=int(number_of(author.get("id") or "0")),
        body=node.get("body") or "",
        created_at=moment(node.get("createdAt")),
        updated_at=moment(node.get("updatedAt")),
    )


def widgets(node: _Json) -> dict[str, _Json]:
    """A work item's widgets by type. A type or tier without a feature has no widget for it."""
    return {widget["__typename"]: widget for widget in node.get("widgets") or ()}


def number_of(gid: str) -> str:
    """`gid://gitlab/DiscussionNote/12` → `12`, the id that REST knows."""
    return gid.rpartition("/")[2]


def _nodes(widget: _Json | None, name: str) -> list[_Json]:
    connection = (widget or {}).get(name) or {}
    return [node for node in connection.get("nodes") or () if node]


# --- small values ---------------------------------------------------------------------------------------------


def full_ref(text: str, forge: str) -> IssueRef:
    """`acme/shop#12` → the ref. Raises ValueError for anything else."""
    project, _, number = text.rpartition("#")
    return IssueRef(forge, project, int(number))


def moment(text: str | None) -> datetime | None:
    """An ISO time, with `Z` or an offset, in UTC."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _login(person: _Json | None) -> str:
    return (person or {}).get("username") or ""
