"""What an audit says: a row for each action item and post-mortem, with what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from service.audit.attention import Attention
from service.audit.choices import Kind
from service.model import IssueRef
from service.vocabulary import Kind as Sort
from service.wording import counted


@dataclass(frozen=True, slots=True)
class Problem:
    """`days`: past the deadline for `overdue` and `stale`, left until it for `due-soon`, else None."""

    kind: Kind
    detail: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One issue. `step` is the last step of its ladder that has come; `told` whom a digest tells besides its owners."""

    ref: IssueRef
    title: str
    sort: Sort = "action-item"
    url: str = ""
    open: bool = True
    confidential: bool = False
    kept: bool = False  # what routes hear of it is confidential: it is itself, or its project or post-mortem
    opens: datetime | None = None  # when whoever has it may be spoken to
    is_review: bool = False  # its post-mortem is closed by nature
    key: str | None = None  # of an issue that we made
    owners: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    due: date | None = None
    severity: str | None = None
    post_mortem: IssueRef | None = None
    problems: tuple[Problem, ...] = ()
    step: str | None = None
    told: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()  # that its step names: a digest by these holds it, whatever they take by themselves
    attention: Attention | None = None
    opened_at: datetime | None = None
    done_at: datetime | None = None  # closed as done; None where it is open, or was given up
    lessons: tuple[str, ...] = ()  # of a post-mortem that is done
    paused: bool = False  # somebody said `/pm pause` on it

    def has(self, kind: Kind) -> bool:
        return any(problem.kind is kind for problem in self.problems)

    @property
    def project(self) -> tuple[str, str]:
        return (self.ref.forge, self.ref.project)

    @property
    def audience(self) -> tuple[str, ...]:
        """Whose digest it stands in, each person once, in whatever case they are written."""
        return tuple({name.casefold(): name for name in (*self.told, *self.owners)}.values())


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
        seen = Counter(kind for row in self.rows for kind in Kind if row.has(kind))
        is_open = Counter(row.sort for row in self.items if row.open)
        counts = {"open": is_open["action-item"], "post-mortems": is_open["post-mortem"]}
        return counts | {kind.value: seen[kind] for kind in Kind}

    @property
    def summary(self) -> str:
        """One line: what is open, and how many of each problem there are."""
        totals = dict(self.totals)
        items, post_mortems = totals.pop("open"), totals.pop("post-mortems")
        parts = [f"{number} {kind}" for kind, number in totals.items() if number]
        found = f"{counted(items, 'open action item')}, {counted(post_mortems, 'open post-mortem')}"
        return f"{found}: {', '.join(parts) or 'all is well'}"

    @property
    def attention(self) -> Iterator[Attention]:
        """The issues that want to be looked at now: a reminder is due, or the overdue label is out of step."""
        return (row.attention for row in self.items if row.attention is not None)

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
