"""What an audit says: a row for each action item and post-mortem, with what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from service.audit.choices import Kind
from service.case import Kind as Sort
from service.model import AddLabels, Change, IssueRef, RemoveLabels


@dataclass(frozen=True, slots=True)
class Problem:
    """`days`: past the deadline for `overdue` and `stale`, left until it for `due-soon`, else None."""

    kind: Kind
    detail: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One issue. `labelled` are the spellings of the overdue label on it."""

    ref: IssueRef
    title: str
    sort: Sort = "action-item"
    url: str = ""
    open: bool = True
    confidential: bool = False
    owners: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    due: date | None = None
    severity: str | None = None
    post_mortem: IssueRef | None = None
    problems: tuple[Problem, ...] = ()
    labelled: frozenset[str] = frozenset()
    overdue_label: str = "overdue"

    def has(self, kind: Kind) -> bool:
        return any(problem.kind is kind for problem in self.problems)

    @property
    def project(self) -> tuple[str, str]:
        return (self.ref.forge, self.ref.project)

    @property
    def change(self) -> Change | None:
        """What would bring the overdue label in step. Without a deadline nobody can say: it is left alone."""
        if self.open and self.has(Kind.OVERDUE):
            return None if self.labelled else AddLabels(self.ref, frozenset({self.overdue_label}))
        known = not self.open or self.due is not None
        return RemoveLabels(self.ref, self.labelled) if self.labelled and known else None


@dataclass(frozen=True, slots=True)
class Attention:
    """An issue that wants to be looked at now, and why."""

    ref: IssueRef
    why: tuple[str, ...]


_URGENT = (Kind.OVERDUE, Kind.DUE_SOON, Kind.STALE, Kind.UNPROVEN)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """`items` are all that was seen; closed ones matter for what is wrong with them, and for the overdue label."""

    at: datetime
    items: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The open ones, and closed ones that should not be: the longest overdue first, those without a date last."""
        shown = (row for row in self.items if row.open or row.problems)
        return tuple(sorted(shown, key=lambda row: (row.due or date.max, row.ref)))

    @property
    def totals(self) -> Mapping[str, int]:
        """How many action items and post-mortems are open, and how many issues have each kind of problem."""
        counted = Counter(kind for row in self.rows for kind in Kind if row.has(kind))
        is_open = Counter(row.sort for row in self.items if row.open)
        counts = {"open": is_open["action-item"], "post-mortems": is_open["post-mortem"]}
        return counts | {kind.value: counted[kind] for kind in Kind}

    @property
    def summary(self) -> str:
        """One line: what is open, and how many of each problem there are."""
        totals = dict(self.totals)
        items, post_mortems = totals.pop("open"), totals.pop("post-mortems")
        parts = [f"{number} {kind}" for kind, number in totals.items() if number]
        found = f"{_counted(items, 'open action item')}, {_counted(post_mortems, 'open post-mortem')}"
        return f"{found}: {', '.join(parts) or 'all is well'}"

    @property
    def attention(self) -> Iterator[Attention]:
        """Which issues want a look now: something is due or stale, or the overdue label is out of step."""
        for row in self.items:
            why = tuple(kind.value for kind in _URGENT if row.has(kind))
            why += ("overdue label out of step",) if row.change is not None else ()
            if why:
                yield Attention(row.ref, why)

    def of(self, owner: str) -> AuditReport:
        """One owner's part, compared without case; `@` may stand in front."""
        wanted = owner.lstrip("@").casefold()
        mine = (row for row in self.items if wanted in {name.casefold() for name in row.owners})
        return replace(self, items=tuple(mine))

    @property
    def by_project(self) -> Mapping[tuple[str, str], AuditReport]:
        """The part of each (forge, project) in which something was seen."""
        parts: dict[tuple[str, str], list[Row]] = {}
        for row in self.items:
            parts.setdefault(row.project, []).append(row)
        return {project: replace(self, items=tuple(rows)) for project, rows in parts.items()}


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
