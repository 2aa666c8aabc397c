"""What each route hears of the time since the last such message: opened, completed with its lessons, refused, overdue.

Pure. A route with nothing to hear of hears nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from service.audit.choices import Kind
from service.audit.gathering import Audited
from service.audit.rows import Row
from service.audit.sharing import may_hear
from service.notifications.letters import said
from service.settings import Route
from service.store.outbox import Letter
from service.wording import counted

_NAMED = 10  # of each part
_LESSONS = 5  # of each post-mortem


@dataclass(frozen=True, slots=True)
class Period:
    """Later than `after`, and no later than `until`, a tick of the schedule. Its days are those of the zone."""

    after: datetime
    until: datetime

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.after < at <= self.until

    def __str__(self) -> str:
        return f"{self.after.date()} to {self.until.date()}"


@dataclass(frozen=True, slots=True)
class Week:
    """What one route may hear of. `refused` counts how often the close of an issue was undone."""

    opened: tuple[Row, ...]
    completed: tuple[Row, ...]
    refused: Mapping[Row, int]
    done: int  # actions
    overdue: tuple[Row, ...]

    def __bool__(self) -> bool:
        return any((self.opened, self.completed, self.refused, self.done, self.overdue))


def letters(audited: Audited, routes: Sequence[Route], period: Period, refused: Mapping[str, int]) -> list[Letter]:
    """One for each route that there is something to say to. `refused`: how often closes of these issues were undone."""
    made = ((route, _week(audited, route, period, refused)) for route in routes)
    return [_letter(route, week, period, len(audited.failures)) for route, week in made if week]


def _week(audited: Audited, route: Route, period: Period, refused: Mapping[str, int]) -> Week:
    rows = [row for row in audited.report.items if may_hear(route, row, "weekly", audited.policies)]
    post_mortems = [row for row in rows if row.sort == "post-mortem"]
    late = [row for row in rows if row.has(Kind.OVERDUE)]
    return Week(
        opened=tuple(row for row in post_mortems if period.holds(row.opened_at)),
        completed=tuple(row for row in post_mortems if period.holds(row.done_at)),
        refused={row: refused[str(row.ref)] for row in rows if str(row.ref) in refused},
        done=sum(period.holds(row.done_at) for row in rows if row.sort == "action-item"),
        overdue=tuple(sorted(late, key=lambda row: (row.due or date.max, row.ref))),
    )


def _letter(route: Route, week: Week, period: Period, failures: int) -> Letter:
    key = f"weekly {period.until.isoformat(timespec='minutes')}"
    return Letter(key, route.name, "weekly", f"Post-mortems, {period}", "\n".join(_lines(week, failures)))


def _lines(week: Week, failures: int) -> Iterator[str]:
    refused, late = sum(week.refused.values()), len(week.overdue)
    yield (
        f"{len(week.opened)} opened, {len(week.completed)} completed, {counted(refused, 'close')} refused, "
        f"{counted(week.done, 'action')} done, {counted(late, 'action')} overdue."
    )
    yield from _part("Opened:", [_name(row, row.severity) for row in week.opened])
    yield from _part("Completed:", [_name(row) for row in week.completed])
    yield from _learned(week.completed)
    yield from _part("Closed with points left, and opened again:", [_name(row) for row in week.refused])
    yield from _part("Past their deadline, to be done, moved, handed over or let go:", _late(week.overdue))
    if failures:
        yield f"Not everything could be read; failures: {failures}."


def _part(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield heading
        yield from (f"• {line}" for line in lines[:_NAMED])
    if len(lines) > _NAMED:
        yield f"• and {len(lines) - _NAMED} more"


def _learned(completed: Sequence[Row]) -> Iterator[str]:
    taught = [row for row in completed if row.lessons]
    for row in taught[:_NAMED]:
        yield f"What {row.ref.seen_from('')} taught us:"
        yield from (f"• {said(lesson)}" for lesson in row.lessons[:_LESSONS])
        if len(row.lessons) > _LESSONS:
            yield f"• and {len(row.lessons) - _LESSONS} more in it"


def _late(overdue: Sequence[Row]) -> list[str]:
    return [_name(row, f"due {row.due}") for row in overdue]


def _name(row: Row, remark: str | None = None) -> str:
    name = f"{said(row.title)} ({row.ref.seen_from('')})"
    return f"{name}{f', {remark}' if remark else ''}{f' {row.url}' if row.url else ''}"
