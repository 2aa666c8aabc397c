"""Users, members, projects, groups, the token and the version.

https://docs.gitlab.com/api/users/ · https://docs.gitlab.com/api/project_members/
"""

from __future__ import annotations

from typing import Any

from service.sandbox.gitlab import shapes
from service.sandbox.gitlab.call import FORGE, Call, Reply, not_found
from service.sandbox.gitlab.paging import page
from service.sandbox.rows import Person, Project

VERSION = "19.5.0-ee"


def me(call: Call) -> Any:
    return shapes.full_user(call.world, call.world.person(call.actor))


def list_users(call: Call) -> Reply:
    """`username` is exact, without case."""
    call.actor  # noqa: B018 - refuses anonymous callers
    username, words = call.text("username").lower(), call.text("search").lower()
    people = [
        person
        for person in call.world.people.values()
        if (not username or person.login.lower() == username) and words in f"{person.login} {person.name}".lower()
    ]
    return page(call, people, lambda person: shapes.user(call.world, person.login))


def show_user(call: Call, user_id: int) -> Any:
    call.actor  # noqa: B018 - refuses anonymous callers
    return shapes.full_user(call.world, _by_id(call, user_id, "User"))


def _by_id(call: Call, user_id: int, thing: str = "") -> Person:
    for person in call.world.people.values():
        if person.id == user_id:
            return person
    raise not_found(thing)


def list_members(call: Call) -> Reply:
    """With or without `all`: the sandbox keeps no membership but the project's."""
    project, words = _project(call), call.text("query").lower()
    people = [p for p in call.world.members(project) if words in f"{p.login} {p.name}".lower()]
    return page(call, people, lambda person: shapes.member(call.world, project, person))


def show_member(call: Call, user_id: int) -> Any:
    project = _project(call)
    person = _by_id(call, user_id)
    if person.login.lower() not in project.permissions:
        raise not_found()
    return shapes.member(call.world, project, person)


def _project(call: Call) -> Project:
    call.actor  # noqa: B018 - refuses anonymous callers
    return call.project()


def show_project(call: Call) -> Any:
    row = call.project()
    return shapes.project(call.world, row, call.level(row))


def show_group(call: Call) -> Any:
    group = call.group()
    projects = [shapes.basic_project(call.world, row) for row in call.group_projects(group)]
    return shapes.group(call.world, group) | {"projects": projects, "shared_projects": []}


def list_group_projects(call: Call) -> Reply:
    archived = call.flag("archived")
    projects = [p for p in call.group_projects(call.group()) if archived is None or p.archived is archived]
    return page(call, projects, lambda row: shapes.basic_project(call.world, row))


def token(call: Call) -> Any:
    """The token of the request itself."""
    person = call.world.person(call.actor)
    return {
        "id": person.id,
        "name": f"token of {person.login}",
        "revoked": False,
        "created_at": "2026-01-01T00:00:00.000Z",
        "scopes": list(call.world.scopes(FORGE, call.token)),
        "user_id": person.id,
        "active": True,
        "expires_at": "2030-01-01",
    }


def metadata(call: Call) -> Any:
    call.actor  # noqa: B018 - refuses anonymous callers
    return {
        "version": VERSION,
        "revision": "0123456789a",
        "kas": {"enabled": False, "externalUrl": None, "version": None},
        "enterprise": True,
    }


ROUTES = (
    ("GET", "/user", me),
    ("GET", "/users", list_users),
    ("GET", "/users/<int:user_id>", show_user),
    ("GET", "/projects/<owner>/members", list_members),
    ("GET", "/projects/<owner>/members/all", list_members),
    ("GET", "/projects/<owner>/members/<int:user_id>", show_member),
    ("GET", "/projects/<owner>/members/all/<int:user_id>", show_member),
    ("GET", "/projects/<owner>", show_project),
    ("GET", "/groups/<owner>", show_group),
    ("GET", "/groups/<owner>/projects", list_group_projects),
    ("GET", "/personal_access_tokens/self", token),
    ("GET", "/metadata", metadata),
    ("GET", "/version", metadata),
)
