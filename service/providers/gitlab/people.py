"""Who may be assigned in a project, and what a person may do there.

https://docs.gitlab.com/api/members/ · https://docs.gitlab.com/api/users/
"""

from __future__ import annotations

from collections.abc import Iterable

from service.model import Issue, Permission
from service.providers.base import NotFound, Rejected
from service.providers.gitlab import mapping
from service.providers.gitlab.errors import reading
from service.providers.gitlab.server import HOUR, Server

_SECONDS = 600
_MOST = 100  # people named in one text
_UNKNOWN = 0


def assignable(server: Server, issue: Issue, logins: Iterable[str], seen: frozenset[str]) -> dict[str, bool]:
    """Of each login, whether we would assign it. `seen` are logins in lower case that are assigned right now.

    In a public project GitLab takes anybody who has an account; members only is what is meant. On GitLab.com nearly
    every word behind an `@` is some stranger's name. Teams (`group/name`) are left out: GitLab assigns people only.
    """
    wanted = tuple(dict.fromkeys(login for login in logins if login and "/" not in login))
    return {login: login.casefold() in seen or _is_assignable(server, issue, login) for login in wanted[:_MOST]}


def user_ids(server: Server, logins: Iterable[str]) -> list[int]:
    """Ids for a write. Raises `Rejected` for a name nobody has."""
    found = {login: user_id(server, login) for login in sorted(logins)}
    unknown = [login for login, user in found.items() if user == _UNKNOWN]
    if unknown:
        raise Rejected(f"GitLab knows nobody called {', '.join(unknown)}")
    return list(found.values())


def permission(server: Server, project: str, login: str) -> Permission:
    """By membership, direct or inherited, asked anew each time: it decides what a person's command may do.

    An instance's administrator who is no member counts as a stranger.
    """
    user = user_id(server, login)
    return Permission.NONE if user == _UNKNOWN else permission_of(server, project, user)


def permission_of(server: Server, project: str, user: int) -> Permission:
    try:
        return mapping.permission(server.gateway.access_level(project, user))
    except NotFound:
        return Permission.NONE


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


def _is_assignable(server: Server, issue: Issue, login: str) -> bool:
    """GitLab drops an assignee who cannot read the issue without a word; a Guest reads no confidential one."""
    needed = Permission.TRIAGE if issue.private else Permission.READ
    key = (*server.key("assignable", issue.ref.project), login.casefold(), needed)
    return server.cache.cached(key, _SECONDS, lambda: permission(server, issue.ref.project, login).allows(needed))
