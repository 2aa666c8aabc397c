"""One examination by the doctor: instruments are put together, everything is looked at, and judged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from service.audit.projects import Target, expanded
from service.bootstrap.clock import Clock, Sleep, pause, wall_clock
from service.bootstrap.jobs import Tools, jobs
from service.bootstrap.looking import Looking
from service.doctor.gathering import Doctor, Found, Instruments
from service.doctor.judging import lines
from service.doctor.lines import Report
from service.notifications.sending import understood
from service.providers.base import Provider
from service.providers.exchanges import Exchange
from service.settings import Settings
from service.store.database import Database
from service.store.journal import Journal
from service.work.jobs import Job
from service.work.limiter import SharedLimits
from service.work.queue import Queue

Progress = Callable[[int], Callable[[str], None]]


class Examination:
    """Of these forges of the settings. Writes nothing anywhere."""

    def __init__(
        self,
        settings: Settings,
        forges: Collection[str],
        *,
        clock: Clock = wall_clock,
        sleep: Sleep = pause,
        limits: SharedLimits | None = None,
    ) -> None:
        """Raises `SettingsError` where the fallback policy cannot be used."""
        self._settings = settings
        self._forges = tuple(one for one in settings.forges if one.name in forges)
        self._clock = clock
        self._exchanges: list[Exchange] = []
        self._looking = Looking(settings, clock, sleep, lambda _, exchange: self._exchanges.append(exchange), limits)

    def report(self, targets: Sequence[Target], progress: Progress = lambda _: lambda _: None) -> Report:
        """What is to be said of these projects, of their forges, and of the service itself."""
        providers = self._looking.providers()
        with _database(self._settings) as database:
            instruments = Instruments(
                checkups={forge.name: self._looking.checkup(forge.name) for forge in self._forges},
                providers=providers,
                policies=self._looking.policies,
                projects=lambda forges: _found(targets, forges, providers, self._settings),
                database=database,
                jobs=self._jobs(database) if database is not None else (),
                understood=understood,
            )
            seen = Doctor(self._settings, instruments, progress).examine(self._forges, self._clock())
        return Report(seen.at, lines(seen), len(self._exchanges))

    def _jobs(self, database: Database) -> tuple[Job, ...]:
        """By their names and times; none of them is run."""
        tools = Tools(
            database, Queue(database), Journal(database), lambda: self._looking, lambda look: look, self._clock
        )
        return jobs(self._settings, tools)


def _found(
    targets: Sequence[Target], forges: frozenset[str], providers: Mapping[str, Provider], settings: Settings
) -> Found:
    """Those on these forges. What may be on others too is looked up there as well."""
    projects, failures = expanded([one for one in targets if forges & {*one.forges}], providers, settings)
    on_these = tuple(project for project in projects if project[0] in forges)
    return Found(on_these, tuple(f"{failure.where}: {failure.reason}" for failure in failures))


@contextmanager
def _database(settings: Settings) -> Iterator[Database | None]:
    """As it is; None where opening it would make it."""
    url = settings.database_url.get_secret_value()
    if Database.is_absent(url):
        yield None
        return
    database = Database(url)
    try:
        yield database
    finally:
        database.close()
