"""Which routes of the installation a notice takes. Pure; where a route leads plays no part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from service.model import IssueRef, Notice
from service.settings import Outlet, RouteKind, project_matches


@dataclass(frozen=True, slots=True)
class Reach:
    """What leaves an installation: its routes, and (globs) the projects of which everything is confidential."""

    outlets: tuple[Outlet, ...] = ()
    confidential: tuple[str, ...] = ()

    def keeps(self, ref: IssueRef) -> bool:
        """Whether whatever is told of this issue is confidential."""
        return project_matches(ref, self.confidential)


def takes(route: Outlet, notice: Notice) -> bool:
    """A route takes what it is there for; a policy may name it for a kind, but opens no other of its filters."""
    if notice.confidential and not route.confidential:
        return False
    return (
        wants(route, notice.kind, notice.routes)
        and route.reaches(notice.ref)
        and (route.severities is None or notice.severity in route.severities)
        and takes_teams(route, notice.teams)
        and takes_owners(route, (*notice.owners, *notice.told))
    )


def wants(route: Outlet, kind: RouteKind, named: Iterable[str] | None) -> bool:
    """`named` are the routes that a policy names for this kind, or None where it leaves that to the routes."""
    if named is not None:
        return route.name in named
    return route.kinds is None or kind in route.kinds


def takes_teams(route: Outlet, teams: Iterable[str]) -> bool:
    return route.teams is None or _any_of(teams, route.teams)


def takes_owners(route: Outlet, people: Iterable[str]) -> bool:
    return route.owners is None or _any_of(people, route.owners)


def _any_of(names: Iterable[str], wanted: Iterable[str]) -> bool:
    return not {name.casefold() for name in wanted}.isdisjoint(name.casefold() for name in names)


def unknown(named: Iterable[str], routes: Iterable[Outlet]) -> tuple[str, ...]:
    """Routes that a policy names and the installation does not have."""
    known = {route.name for route in routes}
    return tuple(name for name in named if name not in known)
