"""What an audit tells by each route: the counts and the most pressing items of what that route may hear of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.audit.rows import AuditReport, Row
from service.notifications.letters import said, summary
from service.routing import takes_teams, wants
from service.settings import Route
from service.store.outbox import Letter

_MOST = 10  # items that are named


def letters(report: AuditReport, routes: Sequence[Route]) -> list[Letter]:
    """One a day for each route that there is something to say to; a second audit of the day tells nothing new."""
    told = (_letter(report, route) for route in routes if wants(route, "audit", None))
    return [letter for letter in told if letter is not None]


def _letter(report: AuditReport, route: Route) -> Letter | None:
    part = replace(report, items=tuple(row for row in report.items if _may_hear_of(route, row)))
    troubled = [row for row in part.rows if row.problems]
    if not troubled:
        return None
    title = f"Post-mortem audit: {len(troubled)} want attention"
    return Letter(
        f"audit {report.at.date()}", route.name, "audit", title, summary(f"{part.summary}.", _lines(troubled))
    )


def _may_hear_of(route: Route, row: Row) -> bool:
    return (
        route.reaches(row.ref)
        and (route.confidential or not row.confidential)
        and (route.severities is None or row.severity in route.severities)
        and takes_teams(route, row.teams)
    )


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows[:_MOST]:
        problems = "; ".join(said(problem.detail) for problem in row.problems)
        yield f"{said(row.title)} ({row.ref.seen_from('')}): {problems}{f' {row.url}' if row.url else ''}"
    if len(rows) > _MOST:
        yield f"and {len(rows) - _MOST} more"
