"""Which routes of the installation a notice takes. Pure; where a route leads plays no part."""

from __future__ import annotations

from collections.abc import Iterable

from service.model import Notice
from service.settings import Outlet, RouteKind


def takes(route: Outlet, notice: Notice) -> bool:
    """A route takes what it is there for; a policy may name it for a kind, but opens no other of its filters."""
    if notice.confidential and not route.confidential:
        return False
    return (
        wants(route, notice.kind, notice.routes)
        and route.reaches(notice.ref)
        and (route.severities is None or notice.severity in route.severities)
        and takes_teams(route, notice.teams)
    )


def wants(route: Outlet, kind: RouteKind, named: Iterable[str] | None) -> bool:
    """`named` are the routes that a policy names for this kind, or None where it leaves that to the routes."""
    if named is not None:
        return route.name in named
    return route.kinds is None or kind in route.kinds


def takes_teams(route: Outlet, teams: Iterable[str]) -> bool:
    if route.teams is None:
        return True
    return not {team.casefold() for team in route.teams}.isdisjoint(team.casefold() for team in teams)


def unknown(named: Iterable[str], routes: Iterable[Outlet]) -> tuple[str, ...]:
    """Routes that a policy names and the installation does not have."""
    known = {route.name for route in routes}
    return tuple(name for name in named if name not in known)
