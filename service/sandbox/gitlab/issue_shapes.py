"""Issues, notes, links and their history as GitLab's REST API shows them."""

from __future__ import annotations

import re
from typing import Any

from service.sandbox.boards import Boards
from service.sandbox.gitlab.shapes import Json, basic_label, time, user, web
from service.sandbox.rows import CommentRow, EventRow, IssueRow, LabelRow, LinkRow, ReactionRow
from service.sandbox.timeboxes import TimeboxRow

_TASK = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[(?P<tick>[ xX~])\]\s", re.MULTILINE)
TOLD_AS_NOTES = {
    "assigned": "assigned to @{assignee}",
    "unassigned": "unassigned @{assignee}",
    "due_changed": "changed due date",
    "milestoned": 'changed milestone to %"{title}"',
    "demilestoned": 'removed milestone %"{title}"',
    "locked": "locked the discussion in this issue",
    "unlocked": "unlocked the discussion in this issue",
    "privacy_changed": "changed the confidentiality",
    "linked": "marked this issue as related",
    "unlinked": "removed the relation",
}
_MORE_THAN_BASIC = {
    "_links",
    "has_tasks",
    "imported",
    "imported_from",
    "iteration",
    "moved_to_id",
    "references",
    "service_desk_reply_to",
    "severity",
    "task_status",
}


def reference(issue: IssueRow) -> str:
    return f"{issue.path}#{issue.number}"


def issue_url(world: Boards, issue: IssueRow) -> str:
    return f"{web(world)}/{issue.path}/-/issues/{issue.number}"


def api_url(world: Boards, issue: IssueRow) -> str:
    project = world.project_of(issue)
    return f"{world.url}/gitlab/api/v4/projects/{project.id}/issues/{issue.number}"


def tasks(body: str) -> tuple[int, int]:
    """How many task items the text has, and how many of them are ticked. `[~]` counts as neither."""
    ticks = [m["tick"] for m in _TASK.finditer(body) if m["tick"] != "~"]
    return len(ticks), sum(tick != " " for tick in ticks)


def issue(world: Boards, row: IssueRow, *, details: bool = False) -> Json:
    """`details`: labels as objects (`with_labels_details`)."""
    people = [user(world, login) for login in row.assignees]
    return {
        "id": row.id,
        "iid": row.number,
        "project_id": world.project_of(row).id,
        "title": row.title,
        "description": row.body,
        "state": "opened" if row.state == "open" else "closed",
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "closed_at": time(row.closed_at),
        "closed_by": user(world, row.closed_by) if row.closed_by else None,
        "labels": _labels(world, row, details=details),
        "milestone": milestone(world, row),
        "assignees": people,
        "author": user(world, row.author),
        "type": row.kind.upper(),
        "assignee": people[0] if people else None,
        **_counts(row),
        "due_date": row.due.isoformat() if row.due else None,
        "confidential": row.private,
        "discussion_locked": row.locked or None,
        "issue_type": row.kind,
        "web_url": issue_url(world, row),
        "references": {"short": f"#{row.number}", "relative": f"#{row.number}", "full": reference(row)},
        "severity": "UNKNOWN",
        "moved_to_id": row.moved_to,
        "imported": False,
        "imported_from": "none",
        "service_desk_reply_to": None,
        "_links": _links(world, row),
        **_iteration(world, row),
    }


def milestone(world: Boards, row: IssueRow) -> Json | None:
    box, project = row.milestone, world.project_of(row)
    if box is None:
        return None
    return {
        "id": box.id,
        "iid": box.number,
        "project_id": project.id,
        "title": box.title,
        "description": "",
        "state": "closed" if box.closed_at else "active",
        **_days(box),
        "expired": box.last is not None and box.last < world.clock().date(),
        "web_url": f"{web(world)}/{row.path}/-/milestones/{box.number}",
    }


def _iteration(world: Boards, row: IssueRow) -> Json:
    """A key that only a server with iterations has. https://docs.gitlab.com/api/group_iterations/ (state 1, 2, 3)"""
    if not world.features["gitlab"].premium:
        return {}
    box, today = row.iteration, world.clock().date()
    if box is None:
        return {"iteration": None}
    state = 3 if box.closed_at or (box.last and box.last < today) else 1 if box.first and box.first > today else 2
    place = f"{web(world)}/groups/{row.path.rpartition('/')[0]}/-/iterations/{box.id}"
    title = {"title": box.title or None, "description": None}
    known = {"id": box.id, "iid": box.number, "sequence": box.number, "group_id": world.project_of(row).id}
    return {"iteration": {**known, **title, "state": state, **_days(box), "web_url": place}}


def _days(box: TimeboxRow) -> Json:
    return {
        "created_at": time(box.created_at),
        "updated_at": time(box.closed_at or box.created_at),
        "start_date": box.first.isoformat() if box.first else None,
        "due_date": box.last.isoformat() if box.last else None,
    }


def _labels(world: Boards, row: IssueRow, *, details: bool) -> list[Any]:
    names = sorted(row.labels)
    if not details:
        return list(names)
    known = {label.name: label for label in world.labels_of(world.project_of(row))}
    return [basic_label(known[name]) for name in names if name in known]


def _counts(row: IssueRow) -> Json:
    total, done = tasks(row.body)
    return {
        "user_notes_count": sum(not note.system for note in row.comments),
        "merge_requests_count": 0,
        "upvotes": sum(r.content == "thumbsup" for r in row.reactions),
        "downvotes": sum(r.content == "thumbsdown" for r in row.reactions),
        "time_stats": {
            "time_estimate": 0,
            "total_time_spent": 0,
            "human_time_estimate": None,
            "human_total_time_spent": None,
        },
        "task_completion_status": {"count": total, "completed_count": done},
        "blocking_issues_count": 0,
        "has_tasks": total > 0,
        "task_status": f"{done} of {total} checklist items completed",
    }


def _links(world: Boards, row: IssueRow) -> Json:
    here = api_url(world, row)
    return {
        "self": here,
        "notes": f"{here}/notes",
        "award_emoji": f"{here}/award_emoji",
        "project": here.rpartition("/issues/")[0],
        "closed_as_duplicate_of": None,
    }


def link(world: Boards, row: LinkRow) -> Json:
    ends = world.issue_by_id(row.source), world.issue_by_id(row.target)
    source, target = (issue(world, end) for end in ends)
    return {"id": row.id, "source_issue": _basic(source), "target_issue": _basic(target), "link_type": row.kind}


def _basic(shape: Json) -> Json:
    return {name: value for name, value in shape.items() if name not in _MORE_THAN_BASIC}


def linked(world: Boards, seen_from: IssueRow, row: LinkRow, other: IssueRow) -> Json:
    """A related issue as the list of links shows it: `blocks` reads `is_blocked_by` from the other end."""
    turned = {"blocks": "is_blocked_by", "is_blocked_by": "blocks"}
    kind = row.kind if row.source == seen_from.id else turned.get(row.kind, row.kind)
    return issue(world, other) | {"issue_link_id": row.id, "link_type": kind}


def note(world: Boards, on: IssueRow, row: CommentRow) -> Json:
    return {
        "id": row.id,
        "type": None,
        "body": row.body,
        "author": user(world, row.author),
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "system": row.system,
        "noteable_id": on.id,
        "noteable_type": "Issue",
        "project_id": world.project_of(on).id,
        "resolvable": False,
        "confidential": row.internal,
        "internal": row.internal,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": on.number,
        "commands_changes": {},
    }


def system_notes(on: IssueRow) -> list[CommentRow]:
    """What GitLab itself writes into a discussion. Labels and state are not among it: they have event lists."""
    told = [(event, _told(event)) for event in on.events]
    return [
        CommentRow(event.id, on.id, event.actor, text, event.at, event.at, system=True) for event, text in told if text
    ]


def _told(event: EventRow) -> str:
    if event.kind == "edited":
        parts = {"title": "changed title", "body": "changed the description"}
        return " and ".join(words for key, words in parts.items() if key in event.detail)
    return TOLD_AS_NOTES.get(event.kind, "").format(**event.detail)


def award(world: Boards, row: ReactionRow, on: IssueRow | CommentRow) -> Json:
    return {
        "id": row.id,
        "name": row.content,
        "user": user(world, row.actor),
        "created_at": time(row.at),
        "updated_at": time(row.at),
        "awardable_id": on.id,
        "awardable_type": "Issue" if isinstance(on, IssueRow) else "Note",
        "url": None,
    }


def state_event(world: Boards, on: IssueRow, row: EventRow) -> Json:
    return _event(world, on, row) | {
        "source_commit": None,
        "source_merge_request_id": None,
        "state": row.kind,
    }


def label_event(world: Boards, on: IssueRow, row: EventRow) -> Json:
    """The label is null once it is deleted."""
    known: dict[int, LabelRow] = {label.id: label for label in world.labels_of(world.project_of(on))}
    found = known.get(row.detail["label_id"])
    return _event(world, on, row) | {
        "label": basic_label(found) if found else None,
        "action": "add" if row.kind == "labeled" else "remove",
    }


def _event(world: Boards, on: IssueRow, row: EventRow) -> Json:
    return {
        "id": row.id,
        "user": user(world, row.actor),
        "created_at": time(row.at),
        "resource_type": "Issue",
        "resource_id": on.id,
    }
