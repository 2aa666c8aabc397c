"""GitHub's JSON for issues, comments, reactions and what happened to an issue."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from service.model import Permission
from service.sandbox.boards import Boards
from service.sandbox.github.addresses import (
    api,
    issue_api,
    issue_web,
    maybe_stamp,
    node_id,
    repo_api,
    stamp,
    web,
)
from service.sandbox.github.shapes import Json, issue_labels_json, user_json
from service.sandbox.rows import CommentRow, EventRow, IssueRow, Project, ReactionRow
from service.sandbox.timeboxes import TimeboxRow

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")


def association(world: Boards, project: Project, login: str) -> str:
    """Anybody with a grant in one of the organisation's projects counts as its member."""
    siblings = [p for p in world.projects_of("github") if p.owner == project.owner]
    member = any(world.permission(p, login) is not Permission.NONE for p in siblings)
    return "MEMBER" if member else "NONE"


def issue_json(world: Boards, issue: IssueRow) -> Json:
    """An `issue`, as REST answers it."""
    project, url = world.project_of(issue), issue_api(world, issue)
    assignees = [user_json(world, login) for login in issue.assignees]
    data: Json = {
        "id": issue.id,
        "node_id": node_id("I", issue.id),
        "url": url,
        "repository_url": repo_api(world, project),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": issue_web(world, issue),
        "number": issue.number,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "title": issue.title,
        "body": issue.body or None,
        "user": user_json(world, issue.author),
        "labels": issue_labels_json(world, project, issue.labels),
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": milestone_json(world, issue.milestone, project) if issue.milestone else None,
        "locked": issue.locked,
        "active_lock_reason": None,
        "comments": len(issue.comments),
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": maybe_stamp(issue.closed_at),
        "closed_by": user_json(world, issue.closed_by) if issue.closed_by else None,
        "author_association": association(world, project, issue.author),
        "performed_via_github_app": None,
        "reactions": rollup_json(f"{url}/reactions", issue.reactions),
        "type": None,
    }
    return data | _family_json(world, issue) | _fields_json(world, issue)


def milestone_json(world: Boards, box: TimeboxRow, project: Project) -> Json:
    url, number = f"{repo_api(world, project)}/milestones/{box.number}", box.number
    planned = [issue for issue in project.issues.values() if issue.milestone is box]
    is_open = sum(issue.state == "open" for issue in planned)
    return {
        "id": box.id,
        "node_id": node_id("MI", box.id),
        "number": number,
        "url": url,
        "html_url": f"{web(world)}/{project.path}/milestone/{number}",
        "labels_url": f"{url}/labels",
        "title": box.title,
        "description": None,
        "state": "closed" if box.closed_at else "open",
        "creator": None,
        "open_issues": is_open,
        "closed_issues": len(planned) - is_open,
        "created_at": stamp(box.created_at),
        "updated_at": stamp(box.closed_at or box.created_at),
        "closed_at": maybe_stamp(box.closed_at),
        "due_on": due_on(box),
    }


def due_on(box: TimeboxRow) -> str | None:
    """GitHub keeps a day as the midnight in California with which it begins."""
    if box.last is None:
        return None
    return stamp(datetime.combine(box.last, time(), ZoneInfo("America/Los_Angeles")).astimezone(UTC))


def _family_json(world: Boards, issue: IssueRow) -> Json:
    if not world.features["github"].sub_issues:
        return {}
    total, done = len(issue.children), sum(c.state == "closed" for c in world.children_of(issue))
    summary = {
        "total": total,
        "completed": done,
        "percent_completed": round(100 * done / total) if total else 0,
    }
    parent = world.issue_by_id(issue.parent) if issue.parent is not None else None
    return {"sub_issues_summary": summary} | ({"parent_issue_url": issue_api(world, parent)} if parent else {})


def _fields_json(world: Boards, issue: IssueRow) -> Json:
    return {"issue_field_values": field_values_json(world, issue)} if world.features["github"].issue_fields else {}


def field_values_json(world: Boards, issue: IssueRow) -> list[Json]:
    group = world.groups.get(("github", issue.path.partition("/")[0].lower()))
    return [
        {
            "issue_field_id": field.id,
            "issue_field_name": field.name,
            "node_id": node_id("IFV", issue.id * 1000 + field.id),
            "data_type": field.data_type,
            "value": issue.field_values[field.id],
        }
        for field in (group.fields if group else ())
        if field.id in issue.field_values
    ]


def webhook_issue_json(world: Boards, issue: IssueRow) -> Json:
    """An issue as webhooks carry it."""
    data = issue_json(world, issue)
    return {key: value for key, value in data.items() if key != "closed_by"}


def comment_json(world: Boards, issue: IssueRow, row: CommentRow) -> Json:
    """An `issue-comment`."""
    project = world.project_of(issue)
    url = f"{repo_api(world, project)}/issues/comments/{row.id}"
    return {
        "id": row.id,
        "node_id": node_id("IC", row.id),
        "url": url,
        "html_url": f"{issue_web(world, issue)}#issuecomment-{row.id}",
        "issue_url": issue_api(world, issue),
        "body": row.body,
        "user": user_json(world, row.author),
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "author_association": association(world, project, row.author),
        "performed_via_github_app": None,
        "reactions": rollup_json(f"{url}/reactions", row.reactions),
    }


def reaction_json(world: Boards, row: ReactionRow) -> Json:
    return {
        "id": row.id,
        "node_id": node_id("REA", row.id),
        "user": user_json(world, row.actor),
        "content": row.content,
        "created_at": stamp(row.at),
    }


def rollup_json(url: str, rows: list[ReactionRow]) -> Json:
    counts = {content: sum(row.content == content for row in rows) for content in REACTIONS}
    return {"url": url, "total_count": len(rows), **counts}


# --- what happened ------------------------------------------------------------------------------------

_NAMES = {
    "labeled": "labeled",
    "unlabeled": "unlabeled",
    "assigned": "assigned",
    "unassigned": "unassigned",
    "closed": "closed",
    "reopened": "reopened",
    "milestoned": "milestoned",
    "demilestoned": "demilestoned",
    "locked": "locked",
    "unlocked": "unlocked",
    "child_added": "sub_issue_added",
    "child_removed": "sub_issue_removed",
    "parent_added": "parent_issue_added",
    "parent_removed": "parent_issue_removed",
}


def events_json(world: Boards, issue: IssueRow) -> list[Json]:
    """The issue's events, oldest first; edits of the body and board moves are none."""
    found = [(row, event_json(world, issue, row)) for row in issue.events]
    return [event | _assigner(world, row) for row, event in found if event is not None]


def _assigner(world: Boards, row: EventRow) -> Json:
    """Events say who assigned; the timeline does not."""
    return {"assigner": user_json(world, row.actor)} if row.kind in ("assigned", "unassigned") else {}


def timeline_json(world: Boards, issue: IssueRow) -> list[Json]:
    """Events and comments, oldest first."""
    comments = {row.id: row for row in issue.comments}
    rows: list[Json] = []
    for event in issue.events:
        shown = event_json(world, issue, event)
        if shown is not None:
            rows.append(shown | ({"state_reason": event.detail["reason"]} if event.kind == "closed" else {}))
        elif event.kind == "commented" and event.detail["comment"] in comments:
            rows.append(_comment_event(world, issue, comments[event.detail["comment"]]))
    return rows


def _comment_event(world: Boards, issue: IssueRow, row: CommentRow) -> Json:
    return {"event": "commented", "actor": user_json(world, row.author), **comment_json(world, issue, row)}


def event_json(world: Boards, issue: IssueRow, row: EventRow) -> Json | None:
    """One event as REST answers it, or None for what GitHub does not show as one."""
    renamed = row.kind == "edited" and "title" in row.detail
    name = "renamed" if renamed else _NAMES.get(row.kind)
    if name is None:
        return None
    return {
        "id": row.id,
        "node_id": node_id("EV", row.id),
        "url": api(world, f"/repos/{issue.path}/issues/events/{row.id}"),
        "actor": user_json(world, row.actor),
        "event": name,
        "commit_id": None,
        "commit_url": None,
        "created_at": stamp(row.at),
        "performed_via_github_app": None,
        **_event_detail(world, row, name),
    }


def _event_detail(world: Boards, row: EventRow, name: str) -> Json:  # noqa: PLR0911 - one case a kind of event
    detail = row.detail
    match name:
        case "labeled" | "unlabeled":
            return {"label": {"name": detail["label"], "color": detail["color"]}}
        case "assigned" | "unassigned":
            return {"assignee": user_json(world, detail["assignee"])}
        case "milestoned" | "demilestoned":
            return {"milestone": {"title": detail["title"]}}
        case "renamed":
            return {"rename": dict(detail["title"])}
        case "locked":
            return {"lock_reason": None}
        case "sub_issue_added" | "sub_issue_removed":
            return {"sub_issue": _reference(world, detail["child"])}
        case "parent_issue_added" | "parent_issue_removed":
            return {"parent_issue": _reference(world, detail["parent"])}
        case _:
            return {}


def _reference(world: Boards, issue_id: int) -> Json | None:
    try:
        issue = world.issue_by_id(issue_id)
    except LookupError:
        return None
    return {"id": issue.id, "number": issue.number, "title": issue.title, "html_url": issue_web(world, issue)}
