"""Labels of repositories and issues over REST. https://docs.github.com/rest/issues/labels"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from service.model import Permission
from service.sandbox.github import acts
from service.sandbox.github.call import Call, Problem, current, names_of, text_of, validation
from service.sandbox.github.shapes import issue_labels_json, label_json
from service.sandbox.rows import IssueRow, LabelRow, Project, Refused

routes = Blueprint("labels", __name__)


@routes.get("/repos/<owner>/<repo>/labels")
def list_labels(owner: str, repo: str) -> Response:
    call = current()
    project = call.project(owner, repo)
    return call.page(project.labels, lambda row: label_json(call.world, project, row))


@routes.post("/repos/<owner>/<repo>/labels")
def create_label(owner: str, repo: str) -> tuple[Response, int]:
    call = current()
    project, data = call.project(owner, repo), call.body()
    login = call.require(project, Permission.WRITE)
    name, color = text_of(data, "name"), text_of(data, "color")
    if name is None:
        raise Problem(422, 'Invalid request.\n\n"name" wasn\'t supplied.')
    _check_color(color)
    description = text_of(data, "description") or ""
    try:
        row = call.world.create_label(
            "github", project.path, actor=login, name=name, color=color or "ededed", description=description
        )
    except Refused as problem:
        raise validation("Label", problem) from problem
    return jsonify(label_json(call.world, project, row)), 201


def _check_color(color: str | None) -> None:
    """Six hex digits, without the leading `#` that GitLab asks for."""
    if color is None:
        return
    if len(color) != 6 or not set(color.lower()) <= set("0123456789abcdef"):
        raise Problem(422, "Validation Failed", errors=[{"resource": "Label", "code": "invalid", "field": "color"}])


def _label(call: Call, project: Project, name: str) -> LabelRow:
    row = call.world.find_label(project, name)
    if row is None:
        raise Problem(404, "Not Found")
    return row


@routes.get("/repos/<owner>/<repo>/labels/<path:name>")
def get_label(owner: str, repo: str, name: str) -> Response:
    call = current()
    project = call.project(owner, repo)
    return jsonify(label_json(call.world, project, _label(call, project, name)))


@routes.patch("/repos/<owner>/<repo>/labels/<path:name>")
def edit_label(owner: str, repo: str, name: str) -> Response:
    call = current()
    project, data = call.project(owner, repo), call.body()
    login, row = call.require(project, Permission.WRITE), _label(call, project, name)
    _check_color(text_of(data, "color"))
    given = {key: text_of(data, key) for key in ("color", "description")}
    values = {key: value for key, value in given.items() if value is not None}
    try:
        call.world.edit_label(project, row, actor=login, new_name=text_of(data, "new_name"), **values)
    except Refused as problem:
        raise validation("Label", problem) from problem
    return jsonify(label_json(call.world, project, row))


@routes.delete("/repos/<owner>/<repo>/labels/<path:name>")
def delete_label(owner: str, repo: str, name: str) -> tuple[str, int]:
    call = current()
    project = call.project(owner, repo)
    login = call.require(project, Permission.WRITE)
    call.world.delete_label(project, _label(call, project, name), actor=login)
    return "", 204


# --- of an issue ---------------------------------------------------------------------------------------


def _labels_json(call: Call, issue: IssueRow) -> list[dict[str, Any]]:
    return issue_labels_json(call.world, call.world.project_of(issue), issue.labels)


@routes.get("/repos/<owner>/<repo>/issues/<int:number>/labels")
def issue_labels(owner: str, repo: str, number: int) -> Response:
    call = current()
    return call.page(_labels_json(call, call.issue(owner, repo, number)), lambda row: row)


@routes.post("/repos/<owner>/<repo>/issues/<int:number>/labels")
def add_labels(owner: str, repo: str, number: int) -> Response:
    call = current()
    issue = call.issue(owner, repo, number)
    acts.set_labels(call, issue, [*issue.labels, *_given(call)])
    return jsonify(_labels_json(call, issue))


@routes.put("/repos/<owner>/<repo>/issues/<int:number>/labels")
def replace_labels(owner: str, repo: str, number: int) -> Response:
    call = current()
    issue = call.issue(owner, repo, number)
    acts.set_labels(call, issue, _given(call))
    return jsonify(_labels_json(call, issue))


def _given(call: Call) -> list[str]:
    """The documented object, or the bare array that GitHub takes as well."""
    data = call.any_body()
    return names_of(data if isinstance(data, dict) else {"labels": data}, "labels") or []


@routes.delete("/repos/<owner>/<repo>/issues/<int:number>/labels")
def clear_labels(owner: str, repo: str, number: int) -> tuple[str, int]:
    call = current()
    acts.set_labels(call, call.issue(owner, repo, number), [])
    return "", 204


@routes.delete("/repos/<owner>/<repo>/issues/<int:number>/labels/<path:name>")
def remove_label(owner: str, repo: str, number: int, name: str) -> Response:
    call = current()
    issue = call.issue(owner, repo, number)
    call.require(call.world.project_of(issue), Permission.TRIAGE)
    left = [label for label in issue.labels if label.lower() != name.lower()]
    if left == issue.labels:
        raise Problem(404, "Label does not exist")
    acts.set_labels(call, issue, left)
    return jsonify(_labels_json(call, issue))
