"""Which routes a notice takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from service.model import Notice
from service.settings import Route, RouteKind


def takes(route: Route, notice: Notice) -> bool:
    """A route takes what it is there for; a policy may name it for a kind, but opens no other of its filters."""
    if notice.confidential and not route.confidential:
        return False
    wanted = takes_kind(route, notice.kind) if notice.routes is None else route.name in notice.routes
    return (
        wanted
        and route.reaches(notice.ref)
        and (route.severities is None or notice.severity in route.severities)
        and takes_teams(route, notice.teams)
    )


def takes_kind(route: Route, kind: RouteKind) -> bool:
    return route.kinds is None or kind in route.kinds


def takes_teams(route: Route, teams: Iterable[str]) -> bool:
    if route.teams is None:
        return True
    return not {team.casefold() for team in route.teams}.isdisjoint(team.casefold() for team in teams)


def unknown(notice: Notice, routes: Iterable[Route]) -> tuple[str, ...]:
    """Routes that the policy names and the installation does not have."""
    known = {route.name for route in routes}
    return tuple(name for name in notice.routes or () if name not in known)
