"""One run of the audit over the projects of the settings, for the command line and for the schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.audit import labelling, posting
from service.audit.acting import Made, make
from service.audit.gathering import Audited, Auditor
from service.audit.projects import Target, expanded
from service.bootstrap.clock import Clock, wall_clock
from service.bootstrap.looking import Looking
from service.model import Change
from service.reconciler import Journal
from service.settings import Settings
from service.store.audits import AuditRun, Audits

Progress = Callable[[int], Callable[[str], None]]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a run is kept to. `owner` as a person writes a login; `since`: only action items that changed since."""

    owner: str | None = None
    since: datetime | None = None

    def __bool__(self) -> bool:
        return self.owner is not None or self.since is not None


@dataclass(frozen=True, slots=True)
class Books:
    """Where each write, and each run, is put on record."""

    journal: Journal
    audits: Audits


class Audit:
    """Reads, and with books at hand writes and is put on record. For one thread, and one run."""

    def __init__(self, settings: Settings, looking: Looking, clock: Clock = wall_clock) -> None:
        self._settings = settings
        self._looking = looking
        self._clock = clock
        self._providers = looking.providers()
        self._started = clock()

    @property
    def requests(self) -> int:
        return sum(provider.requests for provider in self._providers.values())

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

    def act(self, audited: Audited, books: Books, *, whole: bool, step: Callable[[], None] = lambda: None) -> Made:
        """Writes what is out of step. `step` is called before each change, and may raise.

        `whole`: nothing was narrowed down. Only then are audit issues told what there is, and is the run put on record:
        a part of an audit must not pass for one. Raises `StoreUnavailable`.
        """
        posts = posting.changes(audited) if whole else ()
        made = make(_paced((*labelling.changes(audited), *posts), step), self._providers, books.journal)
        if whole:
            books.audits.record(self._run(audited, made))
        return made

    def _run(self, audited: Audited, made: Made) -> AuditRun:
        totals = dict(audited.report.totals)
        failures = (*audited.failures, *made.failures)
        return AuditRun(
            seconds=(self._clock() - self._started).total_seconds(),
            projects=len(audited.policies),
            items=totals.pop("open") + totals.pop("post-mortems"),
            problems={kind: count for kind, count in totals.items() if count},
            requests=self.requests,
            writes=len(made.changes),
            failures=len(failures),
            errors=tuple(f"{failed.where}: {failed.reason}" for failed in failures),
        )


def _paced(changes: Iterable[Change], step: Callable[[], None]) -> Iterator[Change]:
    for change in changes:
        step()
        yield change
