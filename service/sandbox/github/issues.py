"""Issues over REST. https://docs.github.com/rest/issues/issues"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast

from flask import Blueprint, Response, jsonify, request

from service.model import Permission
from service.sandbox.github import acts
from service.sandbox.github.call import Call, Problem, current, names_of, text_of, wrong_type
from service.sandbox.github.issue_shapes import events_json, issue_json, timeline_json
from service.sandbox.issues import IssueEdit
from service.sandbox.rows import IssueRow

routes = Blueprint("issues", __name__)
_REASONS = ("completed", "not_planned", "duplicate", "reopened", None)


@routes.get("/repos/<owner>/<repo>/issues")
def list_issues(owner: str, repo: str) -> Response:
    call = current()
    project = call.project(owner, repo)
    rows = [row for row in project.issues.values() if _listed(row)]
    sort = {"updated": "updated_at", "comments": "comments"}.get(request.args.get("sort", ""), "created_at")
    rows.sort(key=lambda row: _sort_key(row, sort), reverse=request.args.get("direction", "desc") != "asc")
    return call.page(rows, lambda row: issue_json(call.world, row))


def _sort_key(row: IssueRow, sort: str) -> tuple[Any, int]:
    value = getattr(row, sort)
    return (len(value) if isinstance(value, list) else value), row.number


def _listed(row: IssueRow) -> bool:
    asked = request.args
    state, since = asked.get("state", "open"), asked.get("since")
    labels = {name.lower() for name in asked.get("labels", "").split(",") if name}
    return (
        state in ("all", row.state)
        and labels <= {name.lower() for name in row.labels}
        and (not since or row.updated_at.replace(microsecond=0) >= _moment(since))
        and asked.get("creator", row.author).lower() == row.author.lower()
        and _assigned(row, asked.get("assignee", ""))
    )


def _assigned(row: IssueRow, wanted: str) -> bool:
    if wanted in ("none", "*"):
        return bool(row.assignees) is (wanted == "*")
    return not wanted or wanted.lower() in {login.lower() for login in row.assignees}


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Problem(422, "Validation Failed", errors=[{"resource": "Issue", "code": "invalid", "field": "since"}])
    return found


@routes.post("/repos/<owner>/<repo>/issues")
def create_issue(owner: str, repo: str) -> tuple[Response, int]:
    call = current()
    project, data = call.project(owner, repo), call.body()
    title = data.get("title")
    if title is None:
        raise Problem(422, 'Invalid request.\n\n"title" wasn\'t supplied.')
    if not isinstance(title, (str, int)):
        raise wrong_type("title", title, "string")
    changes = _edit_of(data)
    issue = acts.create_issue(call, project, str(title), changes)
    return jsonify(issue_json(call.world, issue)), 201


@routes.get("/repos/<owner>/<repo>/issues/<int:number>")
def get_issue(owner: str, repo: str, number: int) -> Response:
    call = current()
    return jsonify(issue_json(call.world, call.issue(owner, repo, number)))


@routes.patch("/repos/<owner>/<repo>/issues/<int:number>")
@routes.post("/repos/<owner>/<repo>/issues/<int:number>")
def edit_issue(owner: str, repo: str, number: int) -> Response:
    call = current()
    issue, data = call.issue(owner, repo, number), call.body()
    changes = _edit_of(data)
    if (title := text_of(data, "title")) is not None:
        changes["title"] = title
    return jsonify(issue_json(call.world, acts.edit_issue(call, issue, changes)))


def _edit_of(data: dict[str, Any]) -> IssueEdit:
    """What a create or edit request asks for, its types checked."""
    changes = IssueEdit()
    if "body" in data:
        changes["body"] = text_of(data, "body") or ""
    if (labels := names_of(data, "labels")) is not None:
        changes["labels"] = labels
    if (assignees := names_of(data, "assignees", key="login")) is not None:
        changes["assignees"] = assignees
    elif (assignee := text_of(data, "assignee")) is not None:
        changes["assignees"] = [assignee] if assignee else []
    return changes | _state_of(data)


def _state_of(data: dict[str, Any]) -> IssueEdit:
    state, reason = text_of(data, "state"), text_of(data, "state_reason")
    if state not in (None, "open", "closed") or reason not in _REASONS:
        field = "state" if state not in (None, "open", "closed") else "state_reason"
        raise Problem(422, "Validation Failed", errors=[{"resource": "Issue", "code": "invalid", "field": field}])
    if state is None:
        return IssueEdit()
    return IssueEdit(state=cast("Literal['open', 'closed']", state), state_reason=reason)


@routes.get("/repos/<owner>/<repo>/issues/<int:number>/events")
def list_events(owner: str, repo: str, number: int) -> Response:
    call = current()
    issue = call.issue(owner, repo, number)
    return call.page(events_json(call.world, issue), lambda row: row)


@routes.get("/repos/<owner>/<repo>/issues/<int:number>/timeline")
def list_timeline(owner: str, repo: str, number: int) -> Response:
    call = current()
    issue = call.issue(owner, repo, number)
    return call.page(timeline_json(call.world, issue), lambda row: row)


@routes.put("/repos/<owner>/<repo>/issues/<int:number>/lock")
def lock(owner: str, repo: str, number: int) -> tuple[str, int]:
    return _set_locked(current(), current().issue(owner, repo, number), locked=True)


@routes.delete("/repos/<owner>/<repo>/issues/<int:number>/lock")
def unlock(owner: str, repo: str, number: int) -> tuple[str, int]:
    return _set_locked(current(), current().issue(owner, repo, number), locked=False)


def _set_locked(call: Call, issue: IssueRow, *, locked: bool) -> tuple[str, int]:
    login = call.require(call.world.project_of(issue), Permission.WRITE)
    call.world.edit_issue("github", issue.path, issue.number, actor=login, locked=locked)
    return "", 204
