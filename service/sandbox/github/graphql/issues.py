"""Issues, labels, comments and timelines as GraphQL nodes."""

from __future__ import annotations

from typing import Any

from service.sandbox.github.addresses import issue_web, maybe_stamp, node_id, repo_api, row_of, stamp, web
from service.sandbox.github.call import Call
from service.sandbox.github.graphql import boards
from service.sandbox.github.graphql.nodes import Node, Refusal
from service.sandbox.github.graphql.paging import connection
from service.sandbox.github.graphql.people import actor_node, person_node
from service.sandbox.github.issue_shapes import association, due_on
from service.sandbox.rows import CommentRow, EventRow, IssueRow, LabelRow, Missing, Project
from service.sandbox.timeboxes import TimeboxRow

REACTIONS = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "HOORAY": "hooray",
    "CONFUSED": "confused",
    "HEART": "heart",
    "ROCKET": "rocket",
    "EYES": "eyes",
}
_EVENTS = {
    "labeled": ("LABELED_EVENT", "LabeledEvent"),
    "unlabeled": ("UNLABELED_EVENT", "UnlabeledEvent"),
    "closed": ("CLOSED_EVENT", "ClosedEvent"),
    "reopened": ("REOPENED_EVENT", "ReopenedEvent"),
    "assigned": ("ASSIGNED_EVENT", "AssignedEvent"),
    "unassigned": ("UNASSIGNED_EVENT", "UnassignedEvent"),
    "edited": ("RENAMED_TITLE_EVENT", "RenamedTitleEvent"),
    "commented": ("ISSUE_COMMENT", "IssueComment"),
}


def find_issue(call: Call, node: str) -> IssueRow:
    """The issue of a node id. Raises Refusal NOT_FOUND."""
    kind, row_id = row_of(node)
    try:
        issue = call.world.issue_by_id(row_id)
    except Missing:
        issue = None
    if kind != "I" or issue is None or not call.world.can_read(call.world.project_of(issue), call.login):
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")
    return issue


def numbered(call: Call, project: Project, number: int) -> Node:
    issue = project.issues.get(number)
    if issue is None:
        raise Refusal("NOT_FOUND", f"Could not resolve to an Issue with the number of {number}.")
    return issue_node(call, issue)


def issue_node(call: Call, issue: IssueRow) -> Node:
    # Imported late: a repository shows its issues and an issue its repository.
    from service.sandbox.github.graphql.reading import repository_node  # noqa: PLC0415

    world, project = call.world, call.world.project_of(issue)
    return {
        **_plain(call, issue),
        "author": lambda _info: actor_node(call, issue.author),
        "editor": lambda _info: actor_node(call, issue.body_editor),
        "authorAssociation": association(world, project, issue.author),
        "repository": lambda _info: repository_node(call, project),
        "labels": lambda _info, **page: _labels(call, project, issue, page),
        "assignees": lambda _info, **page: _assignees(call, issue, page),
        "comments": lambda _info, **page: _comments(call, issue, page),
        "timelineItems": lambda _info, **page: _timeline(call, issue, page),
        "reactionGroups": lambda _info: reaction_groups(call, issue),
        "parent": lambda _info: _parent(call, issue),
        "subIssues": lambda _info, **page: _children(call, issue, page),
        "subIssuesSummary": lambda _info: _summary(call, issue),
        "projectItems": lambda _info, **page: boards.items_connection(call, issue, page),
        "issueFieldValues": lambda _info, **_: _field_values(call, issue),
    }


def _plain(call: Call, issue: IssueRow) -> Node:
    return {
        "__typename": "Issue",
        "id": node_id("I", issue.id),
        "databaseId": issue.id,
        "fullDatabaseId": str(issue.id),
        "number": issue.number,
        "url": issue_web(call.world, issue),
        "title": issue.title,
        "body": issue.body,
        "state": issue.state.upper(),
        "stateReason": lambda _info, **_: issue.state_reason.upper() if issue.state_reason else None,
        "closed": issue.state == "closed",
        "locked": issue.locked,
        "createdAt": stamp(issue.created_at),
        "updatedAt": stamp(issue.updated_at),
        "lastEditedAt": maybe_stamp(issue.body_edited_at),
        "closedAt": maybe_stamp(issue.closed_at),
        "viewerDidAuthor": issue.author == call.login,
        "milestone": _milestone(issue.milestone) if issue.milestone else None,
    }


def _milestone(box: TimeboxRow) -> Node:
    return {
        "__typename": "Milestone",
        "id": node_id("MI", box.id),
        "number": box.number,
        "title": box.title,
        "state": "CLOSED" if box.closed_at else "OPEN",
        "dueOn": due_on(box),
    }


def label_node(call: Call, project: Project, row: LabelRow) -> Node:
    return {
        "__typename": "Label",
        "id": node_id("LA", row.id),
        "name": row.name,
        "color": row.color,
        "description": row.description or None,
        "url": f"{repo_api(call.world, project)}/labels/{row.name.replace(' ', '%20')}",
    }


def _labels(call: Call, project: Project, issue: IssueRow, page: dict[str, Any]) -> Node:
    rows = [row for name in issue.labels if (row := call.world.find_label(project, name))]
    return connection("labels", rows, lambda row: label_node(call, project, row), page)


def _assignees(call: Call, issue: IssueRow, page: dict[str, Any]) -> Node:
    people = [call.world.person(login) for login in issue.assignees]
    return connection("assignees", people, lambda person: person_node(call, person), page)


# --- family and fields ----------------------------------------------------------------------------------


def _visible(call: Call, issue: IssueRow) -> bool:
    return call.world.can_read(call.world.project_of(issue), call.login)


def _parent(call: Call, issue: IssueRow) -> Node | None:
    if issue.parent is None:
        return None
    parent = call.world.issue_by_id(issue.parent)
    return issue_node(call, parent) if _visible(call, parent) else None


def _children(call: Call, issue: IssueRow, page: dict[str, Any]) -> Node:
    rows = [child for child in call.world.children_of(issue) if _visible(call, child)]
    return connection("subIssues", rows, lambda row: issue_node(call, row), page)


def _summary(call: Call, issue: IssueRow) -> Node:
    total = len(issue.children)
    done = sum(child.state == "closed" for child in call.world.children_of(issue))
    return {"total": total, "completed": done, "percentCompleted": round(100 * done / total) if total else 0}


def _field_values(call: Call, issue: IssueRow) -> Node:
    group = call.world.groups.get(("github", issue.path.partition("/")[0].lower()))
    fields = [field for field in (group.fields if group else ()) if field.id in issue.field_values]
    values = []
    for field in fields:
        kind = "Date" if field.data_type == "date" else "Text"
        about = {"id": node_id("IF", field.id), "fullDatabaseId": str(field.id), "name": field.name}
        value = {"id": node_id("IFV", issue.id * 1000 + field.id), "value": issue.field_values[field.id]}
        about["__typename"] = f"IssueField{kind}"
        values.append({"__typename": f"IssueField{kind}Value", **value, "field": about})
    return {"nodes": values, "totalCount": len(values)}


# --- conversation ---------------------------------------------------------------------------------------


def _comments(call: Call, issue: IssueRow, page: dict[str, Any]) -> Node:
    return connection("comments", issue.comments, lambda row: comment_node(call, issue, row), page)


def comment_node(call: Call, issue: IssueRow, row: CommentRow) -> Node:
    return {
        "__typename": "IssueComment",
        "id": node_id("IC", row.id),
        "databaseId": row.id,
        "fullDatabaseId": str(row.id),
        "url": f"{web(call.world)}/{issue.path}/issues/{issue.number}#issuecomment-{row.id}",
        "author": lambda _info: actor_node(call, row.author),
        "authorAssociation": association(call.world, call.world.project_of(issue), row.author),
        "body": row.body,
        "createdAt": stamp(row.created_at),
        "updatedAt": stamp(row.updated_at),
        "lastEditedAt": stamp(row.updated_at) if row.editor else None,
        "editor": lambda _info: actor_node(call, row.editor),
        "viewerDidAuthor": row.author == call.login,
        "isMinimized": row.minimized is not None,
        "minimizedReason": row.minimized,
        "issue": lambda _info: issue_node(call, issue),
        "reactionGroups": lambda _info: reaction_groups(call, row),
    }


def reaction_groups(call: Call, on: IssueRow | CommentRow) -> list[Node]:
    mine = {row.content for row in on.reactions if row.actor == call.login}
    return [{"content": word, "viewerHasReacted": content in mine} for word, content in REACTIONS.items()]


def _timeline(call: Call, issue: IssueRow, page: dict[str, Any]) -> Node:
    wanted = set(page.get("itemTypes") or (kind for kind, _ in _EVENTS.values()))
    rows = [row for row in issue.events if _timeline_kind(row) in wanted and _is_shown(issue, row)]
    return connection("timelineItems", rows, lambda row: _event_node(call, issue, row), page)


def _timeline_kind(row: EventRow) -> str:
    return _EVENTS.get(row.kind, ("", ""))[0]


def _is_shown(issue: IssueRow, row: EventRow) -> bool:
    if row.kind == "commented":
        return any(comment.id == row.detail["comment"] for comment in issue.comments)
    return row.kind != "edited" or "title" in row.detail


def _event_node(call: Call, issue: IssueRow, row: EventRow) -> Node:
    if row.kind == "commented":
        comment = next(one for one in issue.comments if one.id == row.detail["comment"])
        return comment_node(call, issue, comment)
    return {
        "__typename": _EVENTS[row.kind][1],
        "id": node_id("EV", row.id),
        "actor": lambda _info: actor_node(call, row.actor),
        "createdAt": stamp(row.at),
        **_event_detail(call, issue, row),
    }


def _event_detail(call: Call, issue: IssueRow, row: EventRow) -> Node:
    detail = row.detail
    match row.kind:
        case "labeled" | "unlabeled":
            project = call.world.project_of(issue)
            label = call.world.find_label(project, detail["label"])
            gone = LabelRow(detail["label_id"] or 0, detail["label"], detail["color"])
            return {"label": label_node(call, project, label or gone)}
        case "assigned" | "unassigned":
            return {"assignee": actor_node(call, detail["assignee"])}
        case "closed":
            return {"stateReason": detail["reason"].upper(), "closer": None}
        case "reopened":
            return {"stateReason": "REOPENED"}
        case _:
            return {"previousTitle": detail["title"]["from"], "currentTitle": detail["title"]["to"]}
