"""What an audit tells by each route: the counts and the most pressing items of what that route may hear of. Pure.

A route may have it once for each owner or team instead: one message with all that is theirs, in their working hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from service.audit.choices import Kind
from service.audit.gathering import Audited, Project
from service.audit.rows import AuditReport, Row
from service.notifications.letters import said, summary
from service.policy import Policy
from service.routing import takes_owners, takes_teams, wants
from service.settings import Route
from service.store.outbox import Letter

_NAMED = 10  # items of a summary
_THEIRS = 50  # items of a digest
_DIGESTS = 50  # for one route in one run; whom that leaves out is named
_NEXT = (
    "What to do: close an action with its proof, assign somebody else, or comment on it /pm extend with a date and a "
    "reason, /pm snooze 2w or /pm wont-do with a reason."
)


@dataclass(frozen=True, slots=True)
class Digest:
    """A letter, and how long it waits: nobody is told of what is theirs in quiet hours or on a day off."""

    letter: Letter
    later: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class _Part:
    """What one letter is about. `whom`: an owner or a team, empty for what has none; None for everything."""

    whom: str | None
    rows: tuple[Row, ...]


def digests(audited: Audited, routes: Sequence[Route]) -> list[Digest]:
    """One a day for each route, owner or team that there is something to say to; a second audit of the day tells
    nothing new.
    """
    return [digest for route in routes for digest in _by(route, audited)]


def _by(route: Route, audited: Audited) -> Iterator[Digest]:
    report = audited.report
    rows = [row for row in report.rows if row.problems and may_hear(route, row, "audit", audited.policies)]
    rows.sort(key=lambda row: (not row.has(Kind.OVERDUE), row.due or date.max, row.ref))
    parts = list(_parts(route, rows))
    yield from (_digest(report, route, part) for part in parts[:_DIGESTS])
    if len(parts) > _DIGESTS:
        yield Digest(_rest(report, route, parts[_DIGESTS:]))


def may_hear(route: Route, row: Row, kind: Literal["audit", "weekly"], policies: Mapping[Project, Policy]) -> bool:
    """Whether this kind of message may name the row by this route: every filter fits, what is confidential stays."""
    policy = policies.get(row.project)
    named = getattr(policy.notify, kind) if policy is not None else None
    return (
        (wants(route, kind, named) or (kind == "audit" and route.name in row.routes))
        and route.reaches(row.ref)
        and (route.confidential or not row.kept)
        and (route.severities is None or row.severity in route.severities)
        and takes_teams(route, row.teams)
        and takes_owners(route, row.audience)
    )


def _parts(route: Route, rows: Sequence[Row]) -> Iterator[_Part]:
    """Those with the most pressing item first."""
    if route.each is None:
        if rows:
            yield _Part(None, tuple(rows))
        return
    found: dict[str, list[Row]] = {}
    spelt: dict[str, str] = {}
    for row in rows:
        for whom in (row.audience if route.each == "owner" else row.teams) or ("",):
            found.setdefault(whom.casefold(), []).append(row)
            spelt.setdefault(whom.casefold(), whom)
    yield from (_Part(spelt[whom], tuple(theirs)) for whom, theirs in found.items())


def _digest(report: AuditReport, route: Route, part: _Part) -> Digest:
    opening = f"{replace(report, items=part.rows).summary}. As of {report.at.date()}."
    text = summary(opening, _lines(part, _THEIRS if _is_somebodys(route, part) else _NAMED), _NEXT)
    letter = Letter(_key(report, part), route.name, "audit", _title(route, part), text)
    return Digest(letter, _wait(report, route, part))


def _key(report: AuditReport, part: _Part) -> str:
    return f"audit {report.at.date()}" + ("" if part.whom is None else f" {part.whom.casefold() or '-'}")


def _title(route: Route, part: _Part) -> str:
    if part.whom is None:
        return f"Post-mortem audit: {len(part.rows)} want attention"
    whose = f"for {said(part.whom)}" if part.whom else f"without {'an owner' if route.each == 'owner' else 'a team'}"
    return f"Post-mortem audit: {len(part.rows)} {whose}"


def _wait(report: AuditReport, route: Route, part: _Part) -> timedelta:
    """A summary for everybody goes when the audit runs, which its operator chose; what is somebody's in their hours."""
    theirs = part.rows if _is_somebodys(route, part) else ()
    opens = [row.opens for row in theirs if row.opens is not None]
    return max(max(opens, default=report.at) - report.at, timedelta())


def _is_somebodys(route: Route, part: _Part) -> bool:
    return bool(part.whom) or route.owners is not None


def _lines(part: _Part, most: int) -> Iterator[str]:
    for row in part.rows[:most]:
        problems = "; ".join(said(problem.detail) for problem in row.problems)
        yield f"{said(row.title)} ({row.ref.seen_from('')}): {problems}{f' {row.url}' if row.url else ''}"
    if len(part.rows) > most:
        yield f"and {len(part.rows) - most} more"


def _rest(report: AuditReport, route: Route, parts: Sequence[_Part]) -> Letter:
    """Whom no message of their own is sent in this run: too many at once are read by nobody."""
    names = (f"{said(part.whom or 'nobody')}: {len(part.rows)}" for part in parts[:_THEIRS])
    more = [f"and {len(parts) - _THEIRS} more"] if len(parts) > _THEIRS else []
    title = f"Post-mortem audit: {len(parts)} more have something open"
    opening = f"Beyond the first {_DIGESTS}, with how many each has:"
    return Letter(f"audit {report.at.date()} +", route.name, "audit", title, summary(opening, (*names, *more)))
