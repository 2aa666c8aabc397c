"""Who may be assigned in a project, and what a person may do there.

https://docs.gitlab.com/api/members/ · https://docs.gitlab.com/api/users/
"""

from __future__ import annotations

from collections.abc import Iterable

from service.model import Permission
from service.providers.base import NotFound, Rejected
from service.providers.gitlab import mapping
from service.providers.gitlab.errors import reading
from service.providers.gitlab.server import HOUR, Server

_SECONDS = 600
_PERMISSION_SECONDS = 60
_UNKNOWN = 0


def assignable(server: Server, project: str, logins: Iterable[str], seen: frozenset[str]) -> dict[str, bool]:
    """Of each login, whether it may be assigned. `seen` are logins in lower case that are assigned right now.

    Teams (`group/name`) are left out: GitLab assigns people only.
    """
    wanted = tuple(dict.fromkeys(login for login in logins if login and "/" not in login))
    return {login: login.casefold() in seen or _is_assignable(server, project, login) for login in wanted}


def user_ids(server: Server, logins: Iterable[str]) -> list[int]:
    """Ids for a write. Raises `Rejected` for a name nobody has."""
    found = {login: user_id(server, login) for login in sorted(logins)}
    unknown = [login for login, user in found.items() if user == _UNKNOWN]
    if unknown:
        raise Rejected(f"GitLab knows nobody called {', '.join(unknown)}")
    return list(found.values())


def permission(server: Server, project: str, login: str) -> Permission:
    """By membership, direct or inherited. An instance's administrator who is no member counts as a stranger."""
    user = user_id(server, login)
    return Permission.NONE if user == _UNKNOWN else permission_of(server, project, user)


def permission_of(server: Server, project: str, user: int) -> Permission:
    key = (*server.key("permission", project), user)
    return server.cache.cached(key, _PERMISSION_SECONDS, lambda: _permission(server, project, user))


def user_id(server: Server, login: str) -> int:
    """The id behind a login; 0 where nobody has it, or the account is blocked."""
    return server.cache.cached(server.key("user", login), HOUR, lambda: _user_id(server, login))


def saw_user(server: Server, login: str, user: int) -> None:
    if login and user:
        server.cache.put(server.key("user", login), user, HOUR)


def _user_id(server: Server, login: str) -> int:
    row = server.gateway.user(login)
    if row is None or row.get("state", "active") != "active":
        return _UNKNOWN
    if str(row.get("username", "")).casefold() != login.casefold():
        return _UNKNOWN
    with reading(f"user {login}"):
        return int(row["id"])


def _permission(server: Server, project: str, user: int) -> Permission:
    try:
        return mapping.permission(server.gateway.access_level(project, user))
    except NotFound:
        return Permission.NONE


def _is_assignable(server: Server, project: str, login: str) -> bool:
    key = (*server.key("assignable", project), login.casefold())
    return server.cache.cached(key, _SECONDS, lambda: _may_be_assigned(server, project, login))


def _may_be_assigned(server: Server, project: str, login: str) -> bool:
    """GitLab drops an assignee who cannot read the project, without a word."""
    user = user_id(server, login)
    if user == _UNKNOWN:
        return False
    return server.is_open_to_all(project) or permission_of(server, project, user) is not Permission.NONE
