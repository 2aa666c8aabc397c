"""Looking: at the database, then at each forge and project, in reading requests alone. What fails ends nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

import structlog

from service.doctor import routes
from service.doctor.observation import (
    ForgeSeen,
    Heard,
    Observation,
    PolicyFile,
    ProjectSeen,
    RouteSeen,
    StoreSeen,
    Trouble,
    Work,
)
from service.model import IssueRef
from service.policies import Policies
from service.policy import FILES, InvalidPolicy, Policy
from service.providers.base import Provider, ProviderError, RateLimited, Unavailable
from service.providers.checkup import Account, Checkup
from service.settings import Forge, Route, Settings
from service.store.audits import Audits
from service.store.database import Database, StoreUnavailable
from service.store.inbox import Inbox
from service.store.outbox import Outbox
from service.store.tables import VERSION
from service.work.jobs import Job
from service.work.overview import Overview
from service.work.ticks import Ticks
from service.work.timing import Timing

Project: TypeAlias = tuple[str, str]  # (forge, path)
T = TypeVar("T")
_MOST_PROJECTS = 50
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Found:
    """The projects to look at, and why what was asked for names none."""

    projects: tuple[Project, ...]
    unfound: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Instruments:
    """What is looked through. `projects` looks up those of these forges; `database`: None where it is not there yet."""

    checkups: Mapping[str, Checkup]
    providers: Mapping[str, Provider]
    policies: Policies
    projects: Callable[[frozenset[str]], Found]
    database: Database | None
    jobs: tuple[Job, ...]
    understood: Callable[[Route], bool | None]


class Doctor:
    """For one thread, and one examination. `progress` is told how many steps there are, and then each one's name."""

    def __init__(
        self,
        settings: Settings,
        instruments: Instruments,
        progress: Callable[[int], Callable[[str], None]] = lambda _: lambda _: None,
    ) -> None:
        self._settings = settings
        self._with = instruments
        self._progress = progress

    def examine(self, forges: Sequence[Forge], now: datetime) -> Observation:
        database = self._with.database
        store = StoreSeen(needed=VERSION, is_absent=True) if database is None else tried(lambda: self._store(database))
        accounts = {forge.name: tried(self._with.checkups[forge.name].account) for forge in forges}
        found = self._found(frozenset(name for name, seen in accounts.items() if not isinstance(seen, Trouble)))
        looked_at = found.projects[:_MOST_PROJECTS]
        step = self._progress(len(looked_at))
        return Observation(
            at=now,
            forges=tuple(self._forge(forge, accounts[forge.name], looked_at, step) for forge in forges),
            store=store,
            jobs=self._with.jobs,
            unfound=found.unfound,
            left_out=len(found.projects) - len(looked_at),
            dry_run=self._settings.dry_run,
            routes=tuple(RouteSeen(route, self._with.understood(route)) for route in self._settings.routes),
            is_weekly=bool(self._settings.weekly),
            public_url=self._settings.public_url,
        )

    def _found(self, reachable: frozenset[str]) -> Found:
        found = tried(lambda: self._with.projects(reachable))
        return Found((), (found.why,)) if isinstance(found, Trouble) else found

    # --- the database -----------------------------------------------------------------------------------------

    def _store(self, database: Database) -> StoreSeen:
        schema = database.schema()
        return StoreSeen(schema, VERSION, work=self._work(database) if schema == VERSION else None)

    def _work(self, database: Database) -> Work:
        inbox = Inbox(database)
        at, known = Ticks(database, Timing().lease).known()
        last = {forge.name: inbox.last_received(forge.name) for forge in self._settings.forges}
        age = Audits(database).success_age()
        audited_at = None if age is None else at - timedelta(seconds=age)
        outbox, lately = Outbox(database), routes.LATELY.total_seconds()
        mail = {route.name: outbox.mail(route.name, lately) for route in self._settings.routes}
        return Work(at, Overview(database).backlog(), known, last, audited_at, mail)

    # --- the forges -------------------------------------------------------------------------------------------

    def _forge(
        self, forge: Forge, account: Account | Trouble, projects: Sequence[Project], step: Callable[[str], None]
    ) -> ForgeSeen:
        seen: list[ProjectSeen] = []
        for name, path in projects:
            if name == forge.name:
                step(f"{name}:{path}")
                seen.append(self._project(forge, path))
        return ForgeSeen(forge, account, self._with.checkups[forge.name].events, tuple(seen))

    def _project(self, forge: Forge, path: str) -> ProjectSeen:
        checkup = self._with.checkups[forge.name]
        standing = tried(lambda: checkup.standing(path))
        if isinstance(standing, Trouble):
            return ProjectSeen(path, standing, standing, standing, standing)
        return ProjectSeen(
            path,
            standing,
            webhooks=tried(lambda: checkup.webhooks(path)),
            abilities=tried(lambda: checkup.abilities(path)),
            policy=tried(lambda: self._policy(forge, path)),
            heard=self._heard(forge, path),
        )

    def _heard(self, forge: Forge, project: str) -> Heard | None:
        policy = tried(lambda: self._with.policies.written(self._with.providers[forge.name], project))
        usable = policy if isinstance(policy, Policy) else None
        return None if usable is None else routes.heard(usable, IssueRef(forge.name, project, 0))

    def _policy(self, forge: Forge, project: str) -> PolicyFile:
        path, provider = FILES[forge.kind], self._with.providers[forge.name]
        is_there = provider.file_text(project, path) is not None
        found = self._with.policies.written(provider, project)
        return PolicyFile(path, is_there, found.errors if isinstance(found, InvalidPolicy) else ())


def tried(look: Callable[[], T]) -> T | Trouble:
    """What was seen, or why not; an error of our own is logged with its traceback."""
    try:
        return look()
    except (Unavailable, RateLimited, StoreUnavailable) as error:
        return Trouble(str(error), away=True)
    except ProviderError as error:
        return Trouble(str(error))
    except Exception as error:  # noqa: BLE001 - one check's trouble must not end the others
        _log.exception("check_failed")
        return Trouble(f"an error of Closeout's own: {type(error).__name__}: {error}")
