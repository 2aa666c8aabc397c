"""What GitLab's webhooks say. https://docs.gitlab.com/user/project/integrations/webhook_events/"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from service.sandbox.boards import Boards
from service.sandbox.gitlab.issue_shapes import issue_url
from service.sandbox.gitlab.shapes import Json, web
from service.sandbox.rows import CommentRow, EventRow, IssueRow, Missing, Person, Project, ReactionRow

TYPES = {"issue": "Issue", "incident": "Incident", "task": "Task", "test_case": "Test Case"}


def stamp(at: datetime | None) -> str | None:
    """`2026-03-01 16:50:55 UTC`"""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else None


def person(world: Boards, login: str) -> Json:
    try:
        found = world.person(login)
    except Missing:
        found = Person(0, login, login)
    return {
        "id": found.id,
        "name": found.name,
        "username": found.login,
        "avatar_url": None,
        "email": "[REDACTED]",
    }


def project(world: Boards, row: Project) -> Json:
    url = f"{web(world)}/{row.path}"
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "web_url": url,
        "avatar_url": None,
        "git_ssh_url": f"git@127.0.0.1:{row.path}.git",
        "git_http_url": f"{url}.git",
        "namespace": row.owner,
        "visibility_level": 0 if row.private else 20,
        "path_with_namespace": row.path,
        "default_branch": row.default_branch,
        "ci_config_path": None,
        "homepage": url,
        "url": f"git@127.0.0.1:{row.path}.git",
        "ssh_url": f"git@127.0.0.1:{row.path}.git",
        "http_url": f"{url}.git",
    }


def repository(world: Boards, row: Project) -> Json:
    shape = project(world, row)
    return {key: shape[key] for key in ("name", "url", "description", "homepage")}


def labels(world: Boards, row: Project, names: Sequence[str]) -> list[Json]:
    known = {label.name: label for label in world.labels_of(row)}
    group = world.groups.get((row.forge, row.owner.lower()))
    shapes = []
    for label in (known[name] for name in sorted(names) if name in known):
        own = label in row.labels
        shapes.append(
            {
                "id": label.id,
                "title": label.name,
                "color": f"#{label.color}",
                "project_id": row.id if own else None,
                "created_at": stamp(label.created_at),
                "updated_at": stamp(label.created_at),
                "template": False,
                "description": label.description or None,
                "type": "ProjectLabel" if own else "GroupLabel",
                "group_id": None if own or group is None else group.id,
            }
        )
    return shapes


def issue_attributes(world: Boards, issue: IssueRow) -> Json:
    """`object_attributes` of an issue event but `action`, and `issue` of a note event."""
    row = world.project_of(issue)
    assignees = [world.person(login).id for login in issue.assignees]
    return {
        "id": issue.id,
        "iid": issue.number,
        "project_id": row.id,
        "title": issue.title,
        "description": issue.body,
        "state": "opened" if issue.state == "open" else "closed",
        "state_id": 1 if issue.state == "open" else 2,
        "type": TYPES.get(issue.kind, "Issue"),
        "confidential": issue.private,
        "author_id": person(world, issue.author)["id"],
        "assignee_ids": assignees,
        "assignee_id": assignees[0] if assignees else None,
        "labels": labels(world, row, issue.labels),
        "due_date": issue.due.isoformat() if issue.due else None,
        "milestone_id": issue.milestone.id if issue.milestone else None,
        "closed_at": stamp(issue.closed_at),
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "last_edited_at": stamp(issue.body_edited_at),
        "last_edited_by_id": person(world, issue.body_editor)["id"] if issue.body_editor else None,
        "discussion_locked": issue.locked or None,
        "severity": "unknown",
        "weight": None,
        "health_status": None,
        "moved_to_id": issue.moved_to,
        "duplicated_to_id": None,
        "relative_position": None,
        "time_estimate": 0,
        "total_time_spent": 0,
        "time_change": 0,
        "human_total_time_spent": None,
        "human_time_estimate": None,
        "human_time_change": None,
    }


def issue_event(world: Boards, issue: IssueRow, actor: str, action: str, changes: Json) -> Json:
    """Issues are `issue`; incidents, tasks and the like are `work_item`. Both come as `Issue Hook`."""
    row = world.project_of(issue)
    kind = "issue" if issue.kind == "issue" else "work_item"
    url = issue_url(world, issue)
    attributes = issue_attributes(world, issue) | {
        "updated_by_id": person(world, actor)["id"],
        "url": url if kind == "issue" else url.replace("/-/issues/", "/-/work_items/"),
        "action": action,
    }
    payload = {
        "object_kind": kind,
        "event_type": f"confidential_{kind}" if issue.private else kind,
        "user": person(world, actor),
        "project": project(world, row),
        "object_attributes": attributes,
        "labels": attributes["labels"],
        "changes": changes,
        "repository": repository(world, row),
    }
    people = [person(world, login) for login in issue.assignees]
    return payload | ({"assignees": people, "assignee": people[0]} if people else {})


def changes(world: Boards, issue: IssueRow, events: Sequence[EventRow]) -> Json:
    """`{field: {previous, current}}` of the events of one action."""
    found: Json = {}
    for event in events:
        found |= _change(issue, event)
    row, kinds = world.project_of(issue), {event.kind for event in events}
    if kinds & {"labeled", "unlabeled"}:
        before = _before(issue.labels, events, "label", ("labeled", "unlabeled"))
        found["labels"] = _pair(labels(world, row, before), labels(world, row, issue.labels))
    if kinds & {"assigned", "unassigned"}:
        before = _before(issue.assignees, events, "assignee", ("assigned", "unassigned"))
        people = ([person(world, login) for login in logins] for logins in (before, issue.assignees))
        found["assignees"] = _pair(*people)
    return found | {"updated_at": _pair(stamp(_touched_before(issue, events)), stamp(issue.updated_at))}


def _change(issue: IssueRow, event: EventRow) -> Json:
    detail = event.detail
    if event.kind == "edited":
        names = {"title": "title", "body": "description"}
        return {names[key]: _pair(value["from"], value["to"]) for key, value in detail.items()}
    if event.kind == "closed":
        return {"state_id": _pair(1, 2), "closed_at": _pair(None, stamp(issue.closed_at))}
    if event.kind == "reopened":
        return {"state_id": _pair(2, 1), "closed_at": _pair(stamp(_last_close(issue)), None)}
    columns = {"due_changed": "due_date", "privacy_changed": "confidential", "kind_changed": "type"}
    if event.kind in columns:
        return {columns[event.kind]: _pair(detail["from"], detail["to"])}
    return _switched(event)


def _switched(event: EventRow) -> Json:
    if event.kind in {"milestoned", "demilestoned"}:
        ids = (None, event.detail["timebox"])
        return {"milestone_id": _pair(*(ids if event.kind == "milestoned" else reversed(ids)))}
    if event.kind in {"locked", "unlocked"}:
        locked = event.kind == "locked"
        return {"discussion_locked": _pair(not locked or None, locked or None)}
    return {}


def opened(world: Boards, issue: IssueRow) -> Json:
    attributes = issue_attributes(world, issue)
    names = ("id", "iid", "title", "description", "author_id", "project_id", "created_at", "updated_at")
    return {name: _pair(None, attributes[name]) for name in names}


def _pair(previous: Any, current: Any) -> Json:
    return {"previous": previous, "current": current}


def _before(now: Sequence[str], events: Sequence[EventRow], key: str, kinds: tuple[str, str]) -> list[str]:
    added = {event.detail[key] for event in events if event.kind == kinds[0]}
    gone = [event.detail[key] for event in events if event.kind == kinds[1]]
    return [name for name in now if name not in added] + gone


def _touched_before(issue: IssueRow, events: Sequence[EventRow]) -> datetime:
    batch = events[0].batch if events else 0
    return max((event.at for event in issue.events if event.batch < batch), default=issue.created_at)


def _last_close(issue: IssueRow) -> datetime | None:
    return max((event.at for event in issue.events if event.kind == "closed"), default=None)


def note_event(world: Boards, issue: IssueRow, note: CommentRow, action: str) -> Json:
    """`user` is the note's author, whoever edited it."""
    row = world.project_of(issue)
    return {
        "object_kind": "note",
        "event_type": "confidential_note" if note.internal or issue.private else "note",
        "user": person(world, note.author),
        "project_id": row.id,
        "project": project(world, row),
        "object_attributes": _note(world, issue, note) | {"action": action},
        "repository": repository(world, row),
        "issue": issue_attributes(world, issue),
    }


def _note(world: Boards, issue: IssueRow, note: CommentRow) -> Json:
    return {
        "id": note.id,
        "note": note.body,
        "description": note.body,
        "noteable_type": "Issue",
        "noteable_id": issue.id,
        "author_id": person(world, note.author)["id"],
        "project_id": world.project_of(issue).id,
        "created_at": stamp(note.created_at),
        "updated_at": stamp(note.updated_at),
        "system": note.system,
        "internal": note.internal,
        "attachment": None,
        "line_code": None,
        "commit_id": None,
        "st_diff": None,
        "type": None,
        "url": f"{issue_url(world, issue)}#note_{note.id}",
    }


def emoji_event(world: Boards, issue: IssueRow, on: IssueRow | CommentRow, reaction: ReactionRow, action: str) -> Json:
    """`action` is award or revoke."""
    row = world.project_of(issue)
    url = issue_url(world, issue) + (f"#note_{on.id}" if isinstance(on, CommentRow) else "")
    payload = {
        "object_kind": "emoji",
        "event_type": action,
        "user": person(world, reaction.actor),
        "project_id": row.id,
        "project": project(world, row),
        "object_attributes": {
            "id": reaction.id,
            "user_id": person(world, reaction.actor)["id"],
            "name": reaction.content,
            "awardable_type": "Note" if isinstance(on, CommentRow) else "Issue",
            "awardable_id": on.id,
            "created_at": stamp(reaction.at),
            "updated_at": stamp(reaction.at),
            "action": action,
            "awarded_on_url": url,
        },
        "issue": issue_attributes(world, issue),
    }
    return payload | ({"note": _note(world, issue, on)} if isinstance(on, CommentRow) else {})
