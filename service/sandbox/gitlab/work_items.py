"""The values behind the GraphQL schema: mappings whose callables are resolved when they are asked for."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

from service.sandbox.gitlab.access import GUEST, OWNER, PLANNER, can_read, can_see, can_set_metadata, can_update
from service.sandbox.gitlab.call import FORGE, Call
from service.sandbox.gitlab.issue_shapes import issue_url, reference, system_notes
from service.sandbox.gitlab.payloads import TYPES
from service.sandbox.gitlab.shapes import Json, time
from service.sandbox.rows import CommentRow, IssueRow, LinkRow, Missing, Project

Row = TypeVar("Row")
Resolver: TypeAlias = Callable[..., Any]

MAX_NODES = 100
LINK_FILTERS = {"RELATED": "relates_to", "BLOCKS": "blocks", "BLOCKED_BY": "is_blocked_by"}


def root(call: Call) -> Json:
    return {
        "currentUser": _user(call, call.login) if call.login else None,
        "namespace": lambda _, fullPath: _namespace(call, fullPath),  # noqa: N803 - GraphQL's argument name
        "workItem": lambda _, id: _by_id(call, id),  # noqa: A006 - GraphQL's argument name
    }


def _namespace(call: Call, path: str) -> Json | None:
    """A project's or a group's; only a project's has work items here."""
    group = call.world.groups.get((FORGE, path.lower()))
    if group is not None:
        return {"id": f"gid://gitlab/Group/{group.id}", "fullPath": group.path, "workItem": None}
    project = call.world.projects.get((FORGE, path.lower()))
    if project is None or not can_read(project, call.login):
        return None
    return {
        "id": f"gid://gitlab/Namespaces::ProjectNamespace/{project.id}",
        "fullPath": project.path,
        "workItem": lambda _, iid: _by_iid(call, project, iid),
    }


def _by_iid(call: Call, project: Project, iid: str) -> Json | None:
    issue = project.issues.get(int(iid)) if iid.isdigit() else None
    return _visible(call, issue)


def _by_id(call: Call, gid: str) -> Json | None:
    try:
        issue = call.world.issue_by_id(int(gid.rpartition("/")[2]))
    except (Missing, ValueError):
        return None
    return _visible(call, issue if issue.forge == FORGE else None)


def _visible(call: Call, issue: IssueRow | None) -> Json | None:
    return work_item(call, issue) if issue is not None and can_see(call.world, issue, call.login) else None


def work_item(call: Call, issue: IssueRow) -> Json:
    return {
        "id": f"gid://gitlab/WorkItem/{issue.id}",
        "iid": str(issue.number),
        "title": issue.title,
        "state": "OPEN" if issue.state == "open" else "CLOSED",
        "description": issue.body,
        "confidential": issue.private,
        "closedAt": time(issue.closed_at),
        "createdAt": time(issue.created_at),
        "updatedAt": time(issue.updated_at),
        "lockVersion": sum(event.kind == "edited" for event in issue.events),
        "webUrl": issue_url(call.world, issue),
        "reference": lambda _, full=False: reference(issue) if full else f"#{issue.number}",
        "author": _user(call, issue.author),
        "namespace": lambda _: _namespace(call, issue.path),
        "userPermissions": lambda _: _permissions(call, issue),
        "workItemType": {"id": f"gid://gitlab/WorkItems::Type/{issue.kind}", "name": TYPES.get(issue.kind, "Issue")},
        "widgets": lambda _: _widgets(call, issue),
    }


def _permissions(call: Call, issue: IssueRow) -> Json:
    project = call.world.project_of(issue)
    metadata, update = can_set_metadata(project, call.login), can_update(call.world, issue, call.login)
    level = call.level(project)
    return {
        "adminWorkItem": metadata,
        "adminWorkItemLink": update,
        "adminParentLink": update,
        "createNote": call.login is not None and (not issue.locked or level >= GUEST),
        "readWorkItem": True,
        "setWorkItemMetadata": metadata,
        "updateWorkItem": update,
        "deleteWorkItem": level in {OWNER, PLANNER},
    }


def _user(call: Call, login: str) -> Json | None:
    try:
        person = call.world.person(login)
    except Missing:
        return None
    return {
        "id": f"gid://gitlab/User/{person.id}",
        "username": person.login,
        "name": person.name,
        "bot": person.kind == "Bot",
    }


# --- widgets --------------------------------------------------------------------------------------------------


def _widgets(call: Call, issue: IssueRow) -> list[Json]:
    return [
        _widget("Description", "DESCRIPTION", _description(call, issue)),
        _widget("Labels", "LABELS", {"labels": partial(_labels, call, issue)}),
        _widget("Assignees", "ASSIGNEES", {"assignees": partial(_assignees, call, issue)}),
        _widget("StartAndDueDate", "START_AND_DUE_DATE", _dates(issue)),
        _widget("Hierarchy", "HIERARCHY", _hierarchy(call, issue)),
        _widget("LinkedItems", "LINKED_ITEMS", _linked_items(call, issue)),
        _widget("Notes", "NOTES", _notes(call, issue)),
    ]


def _widget(name: str, kind: str, fields: Json) -> Json:
    return {"__typename": f"WorkItemWidget{name}", "type": kind, **fields}


def _description(call: Call, issue: IssueRow) -> Json:
    return {
        "description": issue.body,
        "edited": issue.body_edited_at is not None,
        "lastEditedAt": time(issue.body_edited_at),
        "lastEditedBy": _user(call, issue.body_editor) if issue.body_editor else None,
    }


def _dates(issue: IssueRow) -> Json:
    return {"startDate": None, "dueDate": issue.due.isoformat() if issue.due else None}


def _labels(call: Call, issue: IssueRow, _info: Any, **page: Any) -> Json:
    project = call.world.project_of(issue)
    known = {row.name: row for row in call.world.labels_of(project)}
    rows = [known[name] for name in sorted(issue.labels) if name in known]
    kind = {row.id: "ProjectLabel" if row in project.labels else "GroupLabel" for row in rows}
    return connection(
        rows,
        lambda row: {"id": f"gid://gitlab/{kind[row.id]}/{row.id}", "title": row.name, "color": f"#{row.color}"},
        **page,
    )


def _assignees(call: Call, issue: IssueRow, _info: Any, **page: Any) -> Json:
    return connection(issue.assignees, lambda login: _user(call, login), **page)


def _hierarchy(call: Call, issue: IssueRow) -> Json:
    def children(_info: Any, **page: Any) -> Json:
        return connection(call.world.children_of(issue), lambda child: _visible(call, child), **page)

    parent = call.world.issue_by_id(issue.parent) if issue.parent is not None else None
    return {
        "hasChildren": bool(issue.children),
        "hasParent": parent is not None,
        "parent": lambda _: _visible(call, parent),
        "children": children,
    }


def _linked_items(call: Call, issue: IssueRow) -> Json:
    seen = [(row, other) for row, other in call.world.linked_to(issue) if can_see(call.world, other, call.login)]
    kinds = [_link_kind(issue, row) for row, _ in seen]

    def linked_items(_info: Any, filter: str | None = None, **page: Any) -> Json:  # noqa: A002 - GraphQL's argument name
        wanted = [
            pair for pair, kind in zip(seen, kinds, strict=True) if LINK_FILTERS.get(filter or "") in {None, kind}
        ]
        return connection(wanted, lambda pair: _link(call, issue, *pair), **page)

    return {
        "blocked": "is_blocked_by" in kinds,
        "blockedByCount": kinds.count("is_blocked_by"),
        "blockingCount": kinds.count("blocks"),
        "linkedItems": linked_items,
    }


def _link_kind(issue: IssueRow, row: LinkRow) -> str:
    turned = {"blocks": "is_blocked_by", "is_blocked_by": "blocks"}
    return row.kind if row.source == issue.id else turned.get(row.kind, row.kind)


def _link(call: Call, issue: IssueRow, row: LinkRow, other: IssueRow) -> Json:
    return {
        "linkId": f"gid://gitlab/WorkItems::RelatedWorkItemLink/{row.id}",
        "linkType": _link_kind(issue, row),
        "workItem": lambda _: work_item(call, other),
    }


def _notes(call: Call, issue: IssueRow) -> Json:
    return {"discussionLocked": issue.locked, "discussions": partial(_discussions, call, issue)}


def _discussions(call: Call, issue: IssueRow, _info: Any, filter: str = "ALL_NOTES", **page: Any) -> Json:  # noqa: A002 - GraphQL's argument name
    """Each note is a thread of its own, oldest first."""
    member = call.level(call.world.project_of(issue)) >= PLANNER
    written = [note for note in issue.comments if member or not note.internal]
    rows = [
        *(written if filter != "ONLY_ACTIVITY" else ()),
        *(system_notes(issue) if filter != "ONLY_COMMENTS" else ()),
    ]
    rows.sort(key=lambda note: (note.created_at, note.id))
    return connection(rows, lambda note: _discussion(call, issue, note), **page)


def _discussion(call: Call, issue: IssueRow, note: CommentRow) -> Json:
    shape = {
        "id": f"gid://gitlab/Note/{note.id}",
        "body": note.body,
        "system": note.system,
        "internal": note.internal,
        "createdAt": time(note.created_at),
        "updatedAt": time(note.updated_at),
        "url": f"{issue_url(call.world, issue)}#note_{note.id}",
        "author": _user(call, note.author),
    }
    return {
        "id": f"gid://gitlab/Discussion/{note.id}",
        "notes": lambda _, **page: connection([shape], lambda one: one, **page),
    }


def connection(
    rows: Sequence[Row], shape: Callable[[Row], Any], *, first: int | None = None, after: str | None = None
) -> Json:
    """At most 100 nodes, whatever was asked for."""
    start = _offset(after)
    end = start + min(MAX_NODES, MAX_NODES if first is None else max(0, first))
    shown = rows[start:end]
    cursor = base64.b64encode(str(start + len(shown)).encode()).decode() if shown else None
    return {
        "nodes": [shape(row) for row in shown],
        "pageInfo": {"hasNextPage": end < len(rows), "endCursor": cursor},
    }


def _offset(cursor: str | None) -> int:
    text = base64.b64decode(cursor).decode() if cursor else "0"
    return int(text) if text.isdigit() else 0
