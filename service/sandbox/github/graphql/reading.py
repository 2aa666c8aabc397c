"""GraphQL's queries: repositories, people and organisations, and nodes by id."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from service.model import Permission
from service.sandbox.github.addresses import node_id, row_of, stamp, web
from service.sandbox.github.call import Call, Problem
from service.sandbox.github.graphql import boards, issues
from service.sandbox.github.graphql.nodes import Node, Refusal
from service.sandbox.github.graphql.paging import connection
from service.sandbox.github.graphql.people import actor_node, owner_node, person_node
from service.sandbox.rows import IssueRow, Missing, Person, Project


def query_root(call: Call) -> Node:
    return {
        "viewer": lambda _info: person_node(call, call.world.person(call.login)),
        "rateLimit": lambda _info, **_: _rate_limit(call),
        "repository": lambda _info, owner, name, **_: repository_node(call, find_repository(call, owner, name)),
        "organization": lambda _info, login: _organization(call, login),
        "repositoryOwner": lambda _info, login: _owner(call, login),
        "user": lambda _info, login: _user(call, login),
        "node": lambda _info, id: node_of(call, id),  # noqa: A006 - the schema's name
        "nodes": lambda _info, ids: [node_of(call, one) for one in ids],
    }


def _rate_limit(call: Call) -> Node:
    reset = stamp(call.world.clock().replace(minute=59, second=59))
    return {"cost": 1, "limit": 5_000, "nodeCount": 1, "remaining": 4_999, "resetAt": reset, "used": 1}


def find_repository(call: Call, owner: str, name: str) -> Project:
    """Renames are followed, as GitHub does by default. Raises Refusal NOT_FOUND."""
    path = f"{owner}/{name}"
    project = call.world.projects.get(("github", path.lower())) or call.world.renamed("github", path)
    if project is None or not call.world.can_read(project, call.login):
        raise Refusal("NOT_FOUND", f"Could not resolve to a Repository with the name '{path}'.")
    return project


def _organization(call: Call, login: str) -> Node:
    if ("github", login.lower()) not in call.world.groups:
        raise Refusal("NOT_FOUND", f"Could not resolve to an Organization with the login of '{login}'.")
    return owner_node(call, login, find_repository, repository_node)


def _owner(call: Call, login: str) -> Node | None:
    if ("github", login.lower()) in call.world.groups:
        return owner_node(call, login, find_repository, repository_node)
    person = call.world.people.get(login.lower())
    return person_node(call, person) if person else None


def _user(call: Call, login: str) -> Node:
    person = call.world.people.get(login.lower())
    if person is None:
        raise Refusal("NOT_FOUND", f"Could not resolve to a User with the login of '{login}'.")
    return person_node(call, person)


def node_of(call: Call, node: str) -> Node:
    """Any node by its id. Raises Refusal NOT_FOUND for what is not there or not to be seen."""
    unknown = Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")
    try:
        kind, row_id = row_of(node)
        if kind == "R":
            return repository_node(call, readable(call, call.world.project_by_id("github", row_id)))
        if kind == "PVT":
            return boards.project_node(call, boards.find_board(call, node))
        if kind == "IC":
            issue, row = call.world.find_comment("github", row_id)
            readable(call, call.world.project_of(issue))
            return issues.comment_node(call, issue, row)
        if kind == "I":
            return issues.issue_node(call, issues.find_issue(call, node))
        person = next(person for person in call.world.people.values() if person.id == row_id)
        return actor_node(call, person.login) or {}
    except (Missing, Problem, StopIteration) as problem:
        raise unknown from problem


def readable(call: Call, project: Project) -> Project:
    if not call.world.can_read(project, call.login):
        raise Missing("hidden")
    return project


def repository_node(call: Call, project: Project) -> Node:
    world = call.world
    granted = world.permission(project, call.login)
    shown = granted if granted is not Permission.NONE else Permission.READ
    return {
        "__typename": "Repository",
        "id": node_id("R", project.id),
        "databaseId": project.id,
        "name": project.name,
        "nameWithOwner": project.path,
        "url": web(world, f"/{project.path}"),
        "isPrivate": project.private,
        "isArchived": project.archived,
        "hasIssuesEnabled": True,
        "viewerPermission": shown.name,
        "owner": lambda _info: owner_node(call, project.owner, find_repository, repository_node),
        "issue": lambda _info, number: issues.numbered(call, project, number),
        "issues": lambda _info, **page: _issues(call, project, page),
        "label": lambda _info, name: _label(call, project, name),
        "labels": lambda _info, **page: _labels(call, project, page),
        "assignableUsers": lambda _info, **page: _people(call, "assignableUsers", project, page),
        "collaborators": lambda _info, **page: _collaborators(call, project, page),
        "object": lambda _info, **asked: _blob(project, asked.get("expression") or ""),
        "projectsV2": lambda _info, **page: boards.projects_connection(call, world.boards_of(project), page),
    }


def _issues(call: Call, project: Project, page: dict[str, Any]) -> Node:
    states = {state.lower() for state in page.get("states") or ("OPEN", "CLOSED")}
    wanted = {name.lower() for name in page.get("labels") or ()}
    since = (page.get("filterBy") or {}).get("since")
    rows = [row for row in project.issues.values() if row.state in states]
    rows = [row for row in rows if not since or row.updated_at.replace(microsecond=0) >= datetime.fromisoformat(since)]
    found = [row for row in rows if not wanted or wanted & {name.lower() for name in row.labels}]
    order = page.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    found.sort(key=lambda row: _order(row, order["field"]), reverse=order["direction"] == "DESC")
    return connection("issues", found, lambda row: issues.issue_node(call, row), page)


def _order(row: IssueRow, field: str) -> tuple[Any, int]:
    by: dict[str, Any] = {"CREATED_AT": row.created_at, "UPDATED_AT": row.updated_at, "COMMENTS": len(row.comments)}
    return by[field], row.number


def _label(call: Call, project: Project, name: str) -> Node | None:
    row = call.world.find_label(project, name)
    return issues.label_node(call, project, row) if row else None


def _labels(call: Call, project: Project, page: dict[str, Any]) -> Node:
    query = (page.get("query") or "").lower()
    rows = [row for row in project.labels if query in row.name.lower()]
    return connection("labels", rows, lambda row: issues.label_node(call, project, row), page)


def _members(call: Call, project: Project, query: str | None) -> list[Person]:
    """GitHub looks for the words in logins and names alike."""
    wanted = (query or "").lower()
    return [p for p in call.world.members(project) if wanted in p.login.lower() or wanted in p.name.lower()]


def _people(call: Call, name: str, project: Project, page: dict[str, Any]) -> Node:
    found = [person for person in _members(call, project, page.get("query")) if person.kind == "User"]
    return connection(name, found, lambda person: person_node(call, person), page)


def _collaborators(call: Call, project: Project, page: dict[str, Any]) -> Node:
    if not call.world.can(project, call.login, Permission.WRITE):
        raise Refusal("FORBIDDEN", "You do not have permission to view repository collaborators.")
    found = _members(call, project, page.get("query"))
    shown = connection("collaborators", found, lambda person: person_node(call, person), page)
    for edge in shown["edges"]:
        edge["permission"] = call.world.permission(project, edge["node"]["login"]).name
    return shown


def _blob(project: Project, expression: str) -> Node | None:
    """A file named as `HEAD:path` or `main:path`."""
    _, _, path = expression.partition(":")
    text = project.files.get(path.strip("/"))
    if text is None:
        return None
    raw = text.encode()
    oid = hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
    shown = {"oid": oid, "byteSize": len(raw), "isTruncated": False, "text": text}
    return {"__typename": "Blob", "id": node_id("B", project.id), **shown}
