"""What was seen, as values. What could not be looked at is a `Trouble` in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from service.providers.checkup import Abilities, Account, Standing, Webhooks
from service.providers.gitlab.webhook import SIGNING_PREFIX
from service.settings import Forge, Outlet
from service.store.outbox import Mail
from service.work.jobs import Job, Known
from service.work.overview import Backlog


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something could not be looked at. `away`: nobody answered, so trying again may help."""

    why: str
    away: bool = False


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A project's policy file, and what is wrong with it."""

    path: str
    is_there: bool
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What routes may hear of a project, as its policy and the installation have it.

    `unknown`: routes that the policy names and there are not; `unheard`: steps by message that no route would take.
    """

    by: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteSeen:
    """One way out. `understood`: whether Apprise knows what to do with its address; None where it is not installed."""

    outlet: Outlet
    understood: bool | None


@dataclass(frozen=True, slots=True)
class ProjectSeen:
    path: str
    standing: Standing | Trouble
    webhooks: Webhooks | Trouble
    abilities: Abilities | Trouble | None
    policy: PolicyFile | Trouble
    heard: Heard | None = None  # None where the policy cannot be used


@dataclass(frozen=True, slots=True)
class ForgeSeen:
    """`events` are what a webhook has to subscribe to. Without an account no project was looked at."""

    forge: Forge
    account: Account | Trouble
    events: frozenset[str]
    projects: tuple[ProjectSeen, ...] = ()

    @property
    def name(self) -> str:
        return self.forge.name

    @property
    def kinds_of_secrets(self) -> frozenset[str]:
        """Those that deliveries are verified with, in a webhook's words."""
        is_signing = [
            self.forge.kind == "gitlab" and secret.startswith(SIGNING_PREFIX) for secret in self.forge.secrets
        ]
        return frozenset("signing token" if signs else "secret" for signs in is_signing)


@dataclass(frozen=True, slots=True)
class Work:
    """What the database says of the service, at its own time."""

    at: datetime
    backlog: Backlog
    known: Mapping[str, Known]  # jobs that were ever seen, by name
    last_deliveries: Mapping[str, datetime | None]  # by forge
    audited_at: datetime | None = None  # when an audit last ended without a failure
    mail: Mapping[str, Mail] = field(default_factory=dict)  # by route


@dataclass(frozen=True, slots=True)
class StoreSeen:
    """`schema` is the version of its tables, 0 for none. `is_absent`: a file that is not there yet."""

    schema: int = 0
    needed: int = 0
    is_absent: bool = False
    work: Work | None = None  # where the tables are those that are needed


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that is judged. `unfound` says of each entry of CLOSEOUT_PROJECTS that names nothing why so."""

    at: datetime
    forges: tuple[ForgeSeen, ...]
    store: StoreSeen | Trouble
    jobs: tuple[Job, ...] = ()
    unfound: tuple[str, ...] = ()
    left_out: int = 0  # projects that were too many
    dry_run: bool = False
    routes: tuple[RouteSeen, ...] = ()
    is_weekly: bool = False  # a weekly message is asked for
    public_url: str = ""  # where links of ours lead; empty: there are none
