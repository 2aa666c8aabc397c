"""Sub-issues over REST. https://docs.github.com/rest/issues/sub-issues"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from service.model import Permission
from service.sandbox.github import acts
from service.sandbox.github.call import Call, Problem, current, wrong_type
from service.sandbox.github.issue_shapes import issue_json
from service.sandbox.rows import IssueRow, Missing

routes = Blueprint("family", __name__)


def _issue(call: Call, owner: str, repo: str, number: int) -> IssueRow:
    """Servers without sub-issues answer 404 here."""
    if not call.world.features["github"].sub_issues:
        raise Problem(404, "Not Found")
    return call.issue(owner, repo, number)


@routes.get("/repos/<owner>/<repo>/issues/<int:number>/sub_issues")
def list_children(owner: str, repo: str, number: int) -> Response:
    call = current()
    children = call.world.children_of(_issue(call, owner, repo, number))
    return call.page([c for c in children if _visible(call, c)], lambda row: issue_json(call.world, row))


def _visible(call: Call, issue: IssueRow) -> bool:
    return call.world.can_read(call.world.project_of(issue), call.caller.login)


@routes.get("/repos/<owner>/<repo>/issues/<int:number>/parent")
def get_parent(owner: str, repo: str, number: int) -> Response:
    call = current()
    issue = _issue(call, owner, repo, number)
    if issue.parent is None:
        raise Problem(404, "Not Found")
    parent = call.world.issue_by_id(issue.parent)
    if not _visible(call, parent):
        raise Problem(404, "Not Found")
    return jsonify(issue_json(call.world, parent))


def _child(call: Call, parent: IssueRow) -> IssueRow:
    """The issue that `sub_issue_id` names: an id, never a number."""
    given = call.body().get("sub_issue_id")
    if not isinstance(given, int) or isinstance(given, bool):
        raise wrong_type("sub_issue_id", given, "integer")
    try:
        child = call.world.issue_by_id(given)
    except Missing:
        raise Problem(404, "The provided sub-issue does not exist") from None
    if child.forge != "github" or not _visible(call, child) or child.id == parent.id:
        raise Problem(404, "The provided sub-issue does not exist")
    return child


@routes.post("/repos/<owner>/<repo>/issues/<int:number>/sub_issues")
def add_child(owner: str, repo: str, number: int) -> tuple[Response, int]:
    """Answers with the parent."""
    call = current()
    parent = _issue(call, owner, repo, number)
    call.require(call.world.project_of(parent), Permission.TRIAGE)
    replace = call.body().get("replace_parent") is True
    acts.add_child(call, parent, _child(call, parent), replace_parent=replace)
    return jsonify(issue_json(call.world, parent)), 201


@routes.delete("/repos/<owner>/<repo>/issues/<int:number>/sub_issue")
def remove_child(owner: str, repo: str, number: int) -> Response:
    call = current()
    parent = _issue(call, owner, repo, number)
    login = call.require(call.world.project_of(parent), Permission.TRIAGE)
    try:
        call.world.remove_child(parent, _child(call, parent), actor=login)
    except Missing:
        raise Problem(404, "Not Found") from None
    return jsonify(issue_json(call.world, parent))
