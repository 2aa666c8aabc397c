"""People, repositories, organisations, permissions and assignees over REST."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.model import Permission
from service.sandbox.github import acts
from service.sandbox.github.call import Call, Problem, current, names_of
from service.sandbox.github.issue_shapes import issue_json
from service.sandbox.github.shapes import (
    counted_repository_json,
    full_organization_json,
    permissions_json,
    public_user_json,
    repository_json,
    user_json,
)
from service.sandbox.issues import IssueEdit
from service.sandbox.rows import Missing, Person, Project

routes = Blueprint("people", __name__)
_LEGACY = {Permission.MAINTAIN: "write", Permission.TRIAGE: "read"}


@routes.get("/user")
def me() -> Response:
    call = current()
    if call.caller.installation or call.caller.app:
        raise Problem(403, "Resource not accessible by integration")
    answer = jsonify(public_user_json(call.world, call.world.person(call.login)))
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    answer.headers["X-OAuth-Scopes"] = ", ".join(call.world.scopes("github", token))
    return answer


@routes.get("/users/<login>")
def get_user(login: str) -> Response:
    call = current()
    return jsonify(public_user_json(call.world, _person(call, login)))


def _person(call: Call, login: str) -> Person:
    try:
        return call.world.person(login)
    except Missing:
        raise Problem(404, "Not Found") from None


@routes.get("/orgs/<org>")
def get_organization(org: str) -> Response:
    call = current()
    try:
        return jsonify(full_organization_json(call.world, call.world.group("github", org)))
    except Missing:
        raise Problem(404, "Not Found") from None


@routes.get("/repos/<owner>/<repo>")
def get_repository(owner: str, repo: str) -> Response:
    call = current()
    return jsonify(counted_repository_json(call.world, call.project(owner, repo), call.caller.login))


@routes.get("/orgs/<org>/repos")
def list_repositories(org: str) -> Response:
    call = current()
    rows = [p for p in call.world.projects_of("github") if p.owner.lower() == org.lower()]
    seen = [p for p in rows if call.world.can_read(p, call.caller.login)]
    return call.page(seen, lambda project: repository_json(call.world, project, call.caller.login))


@routes.get("/user/repos")
def my_repositories() -> Response:
    call = current()
    rows = [p for p in call.world.projects_of("github") if call.world.can(p, call.login, Permission.READ)]
    return call.page(rows, lambda project: repository_json(call.world, project, call.login))


# --- permissions ------------------------------------------------------------------------------------------


@routes.get("/repos/<owner>/<repo>/collaborators/<login>/permission")
def get_permission(owner: str, repo: str, login: str) -> Response:
    call = current()
    project = call.project(owner, repo)
    if not call.world.can(project, call.login, Permission.WRITE):
        call.refuse("Must have push access to view collaborator permission.")
    person = _person(call, login)
    granted = call.world.permission(project, person.login)
    if granted is Permission.NONE and not project.private:
        granted = Permission.READ  # what everybody may do in a public repository
    return jsonify(
        permission=_LEGACY.get(granted, granted.value),
        role_name=granted.value,
        user=_collaborator_json(call, project, person, granted),
    )


def _collaborator_json(call: Call, project: Project, person: Person, granted: Permission) -> dict[str, Any]:
    permissions = permissions_json(call.world, project, person.login)
    return {**user_json(call.world, person.login), "permissions": permissions, "role_name": granted.value}


@routes.get("/repos/<owner>/<repo>/collaborators")
def list_collaborators(owner: str, repo: str) -> Response:
    call = current()
    project = call.project(owner, repo)
    if not call.world.can(project, call.login, Permission.WRITE):
        call.refuse("Must have push access to view repository collaborators.")
    return call.page(
        call.world.members(project),
        lambda person: _collaborator_json(call, project, person, call.world.permission(project, person.login)),
    )


@routes.get("/repos/<owner>/<repo>/collaborators/<login>")
def is_collaborator(owner: str, repo: str, login: str) -> tuple[str, int]:
    call = current()
    project = call.project(owner, repo)
    if call.world.permission(project, login) is Permission.NONE:
        raise Problem(404, "Not Found")
    return "", 204


# --- assignees --------------------------------------------------------------------------------------------


@routes.get("/repos/<owner>/<repo>/assignees")
def list_assignees(owner: str, repo: str) -> Response:
    call = current()
    project = call.project(owner, repo)
    return call.page(call.world.members(project), lambda person: user_json(call.world, person.login))


@routes.get("/repos/<owner>/<repo>/assignees/<login>")
def is_assignable(owner: str, repo: str, login: str) -> tuple[str, int]:
    call = current()
    if not call.world.assignable(call.project(owner, repo), login):
        raise Problem(404, "Not Found")
    return "", 204


@routes.post("/repos/<owner>/<repo>/issues/<int:number>/assignees")
def assign(owner: str, repo: str, number: int) -> tuple[Response, int]:
    """Whoever may not be assigned is ignored without a word, and so is a caller without rights."""
    call = current()
    issue = call.issue(owner, repo, number)
    names = [*issue.assignees, *(names_of(call.body(), "assignees", key="login") or [])]
    acts.edit_issue(call, issue, IssueEdit(assignees=names))
    return jsonify(issue_json(call.world, issue)), 201


@routes.delete("/repos/<owner>/<repo>/issues/<int:number>/assignees")
def unassign(owner: str, repo: str, number: int) -> Response:
    call = current()
    issue = call.issue(owner, repo, number)
    gone = {name.lower() for name in names_of(call.body(), "assignees", key="login") or []}
    left = [login for login in issue.assignees if login.lower() not in gone]
    acts.edit_issue(call, issue, IssueEdit(assignees=left))
    return jsonify(issue_json(call.world, issue))
