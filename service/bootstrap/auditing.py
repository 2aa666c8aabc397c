"""One run of the audit over the projects of the settings, for the command line and for the schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from service.audit import posting, sharing
from service.audit.acting import Hands, Made, make
from service.audit.attention import Attention, chosen
from service.audit.gathering import Audited, Auditor, Failure
from service.audit.looking import Looked, look_through
from service.audit.pace import Pace
from service.audit.projects import Target, expanded
from service.bootstrap.clock import Clock, Sleep, pause, wall_clock
from service.bootstrap.looking import Looking
from service.bootstrap.outside import Outside
from service.hindsight import look_back
from service.model import IssueRef
from service.notifications.letters import worded
from service.providers.limits import PATIENCE, in_background
from service.reconciler import Journal, Judge, Reconciler
from service.settings import Settings
from service.store.audits import AuditRun, Audits
from service.store.database import Database
from service.store.outbox import Outbox
from service.work.looks import Look
from service.work.overview import Overview
from service.work.queue import Queue

Progress = Callable[[int], Callable[[str], None]]
_AN_HOUR = 3600.0  # seconds for which reading waits: begun anew when a quota resets, a large audit would never end


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a run is kept to. `owner` as a person writes a login; `since`: only action items that changed since."""

    owner: str | None = None
    since: datetime | None = None

    def __bool__(self) -> bool:
        return self.owner is not None or self.since is not None


@dataclass(frozen=True, slots=True)
class Books:
    """Where each write and each run is put on record, and who looks at which issue. `counted` times a look."""

    database: Database
    journal: Journal
    queue: Queue
    counted: Callable[[Look], Look] = lambda look: look


@dataclass(frozen=True, slots=True)
class Acted:
    """What a run did: its looks at issues, then the audit issues. `waiting` are left to the next run."""

    looked: Looked = field(default_factory=Looked)
    made: Made = field(default_factory=Made)
    waiting: tuple[IssueRef, ...] = ()

    @property
    def failures(self) -> tuple[Failure, ...]:
        return (*self.looked.failures, *self.made.failures)

    @property
    def writes(self) -> int:
        return len(self.looked.changes) + len(self.made.changes)


class Audit:
    """Reads, and with books at hand writes and is put on record. For one thread, and one run."""

    def __init__(self, settings: Settings, looking: Looking, clock: Clock = wall_clock, sleep: Sleep = pause) -> None:
        self._settings = settings
        self._looking = looking
        self._clock, self._sleep = clock, sleep
        self._providers = looking.providers(patience=_AN_HOUR)
        self._lookers = looking.providers(patience=PATIENCE)
        self._started = clock()

    @property
    def requests(self) -> int:
        return sum(provider.requests for group in (self._providers, self._lookers) for provider in group.values())

    @in_background()
    def look(
        self,
        targets: Sequence[Target],
        narrowed: Narrowed = Narrowed(),
        progress: Progress = lambda _: lambda _: None,
    ) -> Audited:
        """Writes nothing. `progress` is told how many steps there are, and what it returns each step's project."""
        projects, failures = expanded(targets, self._providers, self._settings)
        auditor = Auditor(self._providers, self._looking.policies, since=narrowed.since)
        audited = auditor.audit(projects, self._clock(), progress=progress(2 * len(projects)))
        report = audited.report if narrowed.owner is None else audited.report.of(narrowed.owner)
        return replace(audited, report=report, failures=(*failures, *audited.failures))

    @in_background()
    def act(
        self,
        audited: Audited,
        books: Books,
        *,
        whole: bool,
        progress: Progress = lambda _: lambda _: None,
    ) -> Acted:
        """Looks at what wants attention, and tells the audit issues. `progress` as in `look`; a step may raise.

        `whole`: nothing was narrowed down. Only then are audit issues told what there is, and is the run put on record:
        a part of an audit must not pass for one. The routes are told, too. Raises `StoreUnavailable`.
        """
        wanted = tuple(audited.report.attention)
        seen = Overview(books.database).looked_at(one.ref for one in wanted)
        picked = chosen(wanted, seen, self._settings.audit_looks)
        posts = tuple(posting.changes(audited)) if whole else ()
        step = progress(len(picked.now) + len(posts))
        pace = Pace(self._sleep)
        looked = look_through(picked.now, books.queue, self._look(books, picked.now), step, pace.waits)
        made = make(posts, Hands(self._providers, books.journal, pace.waits), step)
        acted = Acted(looked, made, (*looked.left, *(one.ref for one in picked.later)))
        if whole:
            Audits(books.database).record(self._run(audited, acted))
            self._share(audited, Outbox(books.database))
        return acted

    def _look(self, books: Books, wanted: Sequence[Attention]) -> Look:
        """As a webhook would have it; back at closed post-mortems with more care."""
        outside, usually = Outside(books.database, self._settings), self._looking.judge
        usual = self._reconciler(books, outside, usually)
        careful = self._reconciler(books, outside, partial(look_back, judging=usually))
        closed = frozenset(one.ref for one in wanted if one.opens)
        return books.counted(outside.cleared(lambda ref: (careful if ref in closed else usual).reconcile(ref)))

    def _reconciler(self, books: Books, outside: Outside, decide: Judge) -> Reconciler:
        policies, dry_run = self._looking.policies, self._settings.dry_run
        return Reconciler(
            self._lookers, policies, journal=books.journal, dry_run=dry_run, decide=decide, telling=outside
        )

    def _share(self, audited: Audited, outbox: Outbox) -> None:
        for digest in sharing.digests(audited, self._settings.routes):
            outbox.put([worded(digest.letter, self._settings.messages)], later=digest.later.total_seconds())

    def _run(self, audited: Audited, acted: Acted) -> AuditRun:
        totals = dict(audited.report.totals)
        failures = (*audited.failures, *acted.failures)
        return AuditRun(
            seconds=(self._clock() - self._started).total_seconds(),
            projects=len(audited.policies),
            items=totals.pop("open") + totals.pop("post-mortems"),
            problems=totals,
            requests=self.requests,
            writes=acted.writes,
            failures=len(failures),
            errors=tuple(f"{failed.where}: {failed.reason}" for failed in failures),
        )
