"""Merge requests within one project. https://docs.gitlab.com/api/merge_requests/"""

from __future__ import annotations

from typing import Any

from service.sandbox.gitlab.access import DEVELOPER
from service.sandbox.gitlab.call import FORGE, Call, Problem, Reply, not_found
from service.sandbox.gitlab.paging import page
from service.sandbox.gitlab.shapes import Json, time, user, web
from service.sandbox.rows import Missing, Project, Refused, RequestRow

_STATES = {"open": "opened", "merged": "merged", "closed": "closed"}


def list_of_project(call: Call) -> Reply:
    """Newest first."""
    project = call.project()
    state, source = call.choice("state", ("all", "opened", "merged", "closed"), "all"), call.text("source_branch")
    rows = [
        row for row in reversed(project.requests) if state in ("all", _STATES[row.state]) and source in ("", row.source)
    ]
    return page(call, rows, lambda row: _shape(call, project, row))


def show(call: Call, iid: int) -> Any:
    project = call.project()
    try:
        return _shape(call, project, call.world.request(FORGE, project.path, iid))
    except Missing:
        raise not_found() from None


def create(call: Call) -> Reply:
    """409 where one is open between these branches."""
    actor, project = call.actor, call.project()
    call.need(project, DEVELOPER)
    source, target = str(call.required("source_branch")), str(call.required("target_branch"))
    title, body = str(call.required("title")), call.text("description")
    try:
        row = call.world.open_request(project, actor=actor, title=title, body=body, source=source, target=target)
    except Missing:
        raise Problem(400, {"message": ["Source branch does not exist"]}) from None
    except Refused as problem:
        status = 409 if problem.code == "already_exists" else 400
        raise Problem(status, {"message": [str(problem)]}) from None
    return Reply(_shape(call, project, row), 201)


def _shape(call: Call, project: Project, row: RequestRow) -> Json:
    ended = time(row.ended_at)
    return {
        "id": row.id,
        "iid": row.number,
        "project_id": project.id,
        "title": row.title,
        "description": row.body,
        "state": _STATES[row.state],
        "created_at": time(row.created_at),
        "updated_at": ended or time(row.created_at),
        "merged_at": ended if row.state == "merged" else None,
        "closed_at": ended if row.state == "closed" else None,
        "source_branch": row.source,
        "target_branch": row.target,
        "source_project_id": project.id,
        "target_project_id": project.id,
        "author": user(call.world, row.author),
        "assignees": [],
        "labels": [],
        "draft": False,
        "sha": call.world.head(project, row),
        "web_url": f"{web(call.world)}/{project.path}/-/merge_requests/{row.number}",
    }


_ALL = "/projects/<owner>/merge_requests"
ROUTES = (
    ("GET", _ALL, list_of_project),
    ("POST", _ALL, create),
    ("GET", f"{_ALL}/<int:iid>", show),
)
