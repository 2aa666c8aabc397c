"""The world as JSON: what `GET /_state` answers, in the shape that a seed file has."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from service.sandbox.rows import BoardRow, CommentRow, Group, HookRow, IssueRow, LabelRow, Project, RequestRow
from service.sandbox.seed import Json
from service.sandbox.timeboxes import TimeboxRow

if TYPE_CHECKING:
    from service.sandbox.boards import Boards


def describe(world: Boards) -> Json:
    return {
        "people": [{"id": p.id, "login": p.login, "name": p.name, "kind": p.kind} for p in world.people.values()],
        "groups": [_group(world, group) for group in world.groups.values()],
        "projects": [_project(world, project) for project in world.projects.values()],
        "features": {forge: _switches(features) for forge, features in world.features.items()},
    }


def _switches(features: object) -> Json:
    names = getattr(type(features), "__slots__", ())
    return {name: getattr(features, name) for name in names}


def _group(world: Boards, group: Group) -> Json:
    return {
        "id": group.id,
        "forge": group.forge,
        "path": group.path,
        "labels": [_label(row) for row in group.labels],
        "boards": [_board(world, board) for board in group.boards],
        "hooks": [_hook(hook) for hook in group.hooks],
        "fields": [{"id": f.id, "name": f.name, "data_type": f.data_type} for f in group.fields],
    }


def _project(world: Boards, project: Project) -> Json:
    return {
        "id": project.id,
        "forge": project.forge,
        "path": project.path,
        "private": project.private,
        "description": project.description,
        "permissions": {login: level.value for login, level in project.permissions.items()},
        "labels": [_label(row) for row in project.labels],
        "files": dict(project.files),
        "branches": {name: dict(files) for name, files in project.branches.items()},
        "requests": [_request(row) for row in project.requests],
        "boards": [_board(world, board) for board in project.boards],
        "hooks": [_hook(hook) for hook in project.hooks],
        "timeboxes": [_timebox(box) for box in project.timeboxes],
        "issues": [_issue(world, issue) for issue in project.issues.values()],
    }


def _request(row: RequestRow) -> Json:
    keys = ("number", "title", "body", "author", "source", "target", "state")
    return {key: getattr(row, key) for key in keys}


def _timebox(box: TimeboxRow) -> Json:
    days = {"first": _iso(box.first), "last": _iso(box.last), "closed_at": _iso(box.closed_at)}
    return {"title": box.title, "kind": box.kind, **days}


def _label(row: LabelRow) -> Json:
    return {"id": row.id, "name": row.name, "color": row.color, "description": row.description}


def _hook(hook: HookRow) -> Json:
    return {
        "id": hook.id,
        "url": hook.url,
        "events": list(hook.events),
        "active": hook.active,
        "deliveries": [
            {
                "id": d.id,
                "guid": d.guid,
                "event": d.event,
                "action": d.action,
                "status": d.status,
                "error": d.error,
            }
            for d in hook.deliveries
        ],
    }


def _board(world: Boards, board: BoardRow) -> Json:
    cards = [(card, world.issue_by_id(card.issue_id)) for card in board.cards]
    return {
        "id": board.id,
        "number": board.number,
        "title": board.title,
        "columns": [column.name for column in board.columns],
        "closed_column": board.closed_column,
        "cards": [{"issue": _name(issue), "column": card.column} for card, issue in cards],
    }


def _issue(world: Boards, issue: IssueRow) -> Json:
    return {
        "id": issue.id,
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "labels": list(issue.labels),
        "assignees": list(issue.assignees),
        "author": issue.author,
        "due": _iso(issue.due),
        "milestone": issue.milestone.title if issue.milestone else None,
        "iteration": issue.iteration.title if issue.iteration else None,
        "private": issue.private,
        "locked": issue.locked,
        "kind": issue.kind,
        "created_at": _iso(issue.created_at),
        "updated_at": _iso(issue.updated_at),
        "closed_at": _iso(issue.closed_at),
        "closed_by": issue.closed_by,
        "parent": _name(world.issue_by_id(issue.parent)) if issue.parent is not None else None,
        "children": [_name(child) for child in world.children_of(issue)],
        "links": _links(world, issue),
        "comments": [_comment(row) for row in issue.comments],
        "events": _events(issue),
    }


def _links(world: Boards, issue: IssueRow) -> list[Json]:
    rows = [row for row in world.links_of(issue) if row.source == issue.id]
    return [{"to": _name(world.issue_by_id(row.target)), "kind": row.kind} for row in rows]


def _events(issue: IssueRow) -> list[Json]:
    return [
        {"at": _iso(row.at), "actor": row.actor, "kind": row.kind, "detail": dict(row.detail)} for row in issue.events
    ]


def _comment(row: CommentRow) -> Json:
    return {
        "id": row.id,
        "author": row.author,
        "body": row.body,
        "created_at": _iso(row.created_at),
        "updated_at": _iso(row.updated_at),
        "internal": row.internal,
        "minimized": row.minimized,
        "reactions": _reactions(row),
    }


def _reactions(row: CommentRow) -> list[Json]:
    return [{"actor": reaction.actor, "content": reaction.content} for reaction in row.reactions]


def _name(issue: IssueRow) -> str:
    return f"{issue.path}#{issue.number}"


def _iso(value: date | datetime | None) -> str | None:
    return value.isoformat() if value is not None else None
