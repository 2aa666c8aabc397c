"""Who may be assigned in a project, and what a person may do there."""

from __future__ import annotations

from collections.abc import Iterable

from service.model import Permission
from service.providers.base import NotFound
from service.providers.github import mapping, queries
from service.providers.github.errors import reading
from service.providers.github.gateway import NoGraphQL, repository, segment
from service.providers.github.server import HOUR, Server, named

_SECONDS = 600
_MOST = 25  # logins in one request


def assignable(server: Server, project: str, logins: Iterable[str]) -> dict[str, bool]:
    """Of each login, whether it may be assigned. Asked once for all that are not known yet."""
    wanted = tuple(dict.fromkeys(login for login in logins if login and "/" not in login))
    unknown = tuple(login for login in wanted if _known(server, project, login) is None)
    for start in range(0, len(unknown), _MOST):
        _ask(server, project, unknown[start : start + _MOST])
    return {login: bool(_known(server, project, login)) for login in wanted}


def node_ids(server: Server, project: str, logins: Iterable[str]) -> list[str]:
    """The GraphQL ids of those who may be assigned; the others are left out, as GitHub itself would."""
    wanted = sorted(logins)
    assignable(server, project, wanted)
    return [node for node in (_known(server, project, login) for login in wanted) if node]


def saw(server: Server, project: str, login: str, node: str) -> None:
    """Remembers a person's id, or "" for one who may not be assigned."""
    server.cache.put(_key(server, project, login), node, _SECONDS)


def permission(server: Server, project: str, user: str) -> Permission:
    """Asked anew each time: a command counts only by what its author may do now."""
    path = f"{repository(project)}/collaborators/{segment(user)}/permission"
    try:
        found = server.gateway(project).get(path)
    except NotFound:
        return Permission.NONE
    with reading(f"the permission of {user}"):
        return mapping.permission_of(found)


def _known(server: Server, project: str, login: str) -> str | None:
    unknown: str | None = None
    return server.cache.get(_key(server, project, login), unknown)


def _key(server: Server, project: str, login: str) -> tuple[str, str, str, str]:
    return (*server.key("assignable", project), login.casefold())


def _ask(server: Server, project: str, logins: tuple[str, ...]) -> None:
    if not server.has_graphql:
        return _ask_rest(server, project, logins)
    variables = {**named(project), **{f"login{i}": login for i, login in enumerate(logins)}}
    try:
        answer = server.gateway(project).query(queries.assignable(len(logins)), variables)
    except NoGraphQL:
        server.lacks_graphql(HOUR)
        return _ask_rest(server, project, logins)
    with reading("assignable people"):
        if answer.error is not None and not answer.data.get("repository"):
            raise answer.error
        for i, login in enumerate(logins):
            found = mapping.nodes(answer.data["repository"][f"u{i}"])
            exact = (str(n["id"]) for n in found if str(n["login"]).casefold() == login.casefold())
            saw(server, project, login, next(exact, ""))
    return None


def _ask_rest(server: Server, project: str, logins: tuple[str, ...]) -> None:
    """https://docs.github.com/en/rest/issues/assignees#check-if-a-user-can-be-assigned"""
    for login in logins:
        try:
            server.gateway(project).get(f"{repository(project)}/assignees/{segment(login)}")
        except NotFound:
            saw(server, project, login, "")
        else:
            saw(server, project, login, login)
