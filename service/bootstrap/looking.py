"""What it takes to look at issues: policies, and a provider for each forge."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypedDict

from pydantic import SecretStr

from service.bootstrap.clock import Clock, Sleep, pause, wall_clock
from service.engine import judge
from service.links import Links
from service.model import Plan, Snapshot
from service.policies import Policies
from service.policy import InvalidPolicy, Policy, load
from service.providers.base import Provider
from service.providers.cache import Cache
from service.providers.checkup import Checkup
from service.providers.exchanges import Exchange, Observer
from service.providers.limits import PATIENCE, Limits, unlimited
from service.providers.setup import ProjectSetup
from service.reconciler import Journal, Judge, Reconciler, Telling
from service.routing import Reach
from service.settings import Forge, Settings, SettingsError
from service.vocabulary import Vocabulary
from service.work.limiter import SharedLimits

if TYPE_CHECKING:
    from service.providers.github.client import GitHub
    from service.providers.gitlab.client import GitLab


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long one wait for a forge's limit may be, in seconds, and who hears of each wait, with the forge's name."""

    longest: float = PATIENCE
    told: Callable[[str, float], None] = lambda forge, seconds: None  # noqa: ARG005 - nobody watches


class Looking:
    """Makes reconcilers, one for each thread, that share what they have learnt of the forges.

    `exchanged` hears of each request, with the forge's name. `limits` are shared with other processes; without them
    each process goes by what the forges tell it alone. `waiting` is what a thread waits for itself.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock = wall_clock,
        sleep: Sleep = pause,
        exchanged: Callable[[str, Exchange], None] = lambda forge, exchange: None,  # noqa: ARG005 - nobody counts
        limits: SharedLimits | None = None,
        waiting: Waiting = Waiting(),
    ) -> None:
        """Raises `SettingsError` where the fallback policy cannot be used."""
        self._settings, self._exchanged, self._limits, self._waiting = settings, exchanged, limits, waiting
        self._clock, self._sleep = clock, sleep
        self._links = Links.of(settings)
        self._caches = {forge.name: Cache(clock) for forge in settings.forges}
        kinds = {forge.name: forge.kind for forge in settings.forges}
        reach = Reach(settings.routes, settings.confidential)
        self.policies = Policies(kinds, _fallback(settings), allows=settings.allows, reach=reach)

    def providers(self, *, patience: float | None = None) -> dict[str, Provider]:
        """New ones, for one thread, which waits for so many seconds at once; None: for as long as `waiting` says."""
        return {forge.name: self._client(forge, patience) for forge in self._settings.forges}

    def setup(self, name: str) -> ProjectSetup:
        """A new one for the forge of this name, for one thread."""
        return self._named(name).setup()

    def checkup(self, name: str) -> Checkup:
        """A new one for the forge of this name, for one thread."""
        return self._named(name).checkup()

    def _observer(self, forge: Forge) -> Observer:
        return partial(self._exchanged, forge.name)

    def vocabulary(self, provider: Provider, project: str) -> Vocabulary:
        """The words in force in a project; the usual ones while its policy cannot be used."""
        policy = self.policies.written(provider, project)
        return Vocabulary() if isinstance(policy, InvalidPolicy) else policy.vocabulary

    def reconciler(self, journal: Journal, decide: Judge | None = None, telling: Telling = nullcontext) -> Reconciler:
        """A new one, for one thread. `decide` takes the place of `judge`."""
        providers, dry_run, judging = self.providers(), self._settings.dry_run, decide or self.judge
        return Reconciler(providers, self.policies, journal=journal, dry_run=dry_run, decide=judging, telling=telling)

    def judge(self, seen: Snapshot, policy: Policy | InvalidPolicy) -> Plan:
        """Told the addresses that it may have to tell; what they are sealed with is not for rules to know."""
        return judge(seen if self._links is None else replace(seen, invitations=self._links.invitations(seen)), policy)

    def _named(self, name: str) -> GitHub | GitLab:
        [forge] = [forge for forge in self._settings.forges if forge.name == name]
        return self._client(forge)

    def _client(self, forge: Forge, patience: float | None = None) -> GitHub | GitLab:
        shared = _Shared(
            clock=self._clock,
            sleep=partial(self._wait, forge.name),
            cache=self._caches[forge.name],
            observer=self._observer(forge),
            limits=unlimited if self._limits is None else self._limits.of,
            patience=self._waiting.longest if patience is None else patience,
        )
        return _client(forge, shared)

    def _wait(self, forge: str, seconds: float) -> None:
        self._waiting.told(forge, seconds)
        self._sleep(seconds)


def _fallback(settings: Settings) -> Policy | None:
    if settings.policy is None:
        return None
    try:
        text = settings.policy.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"CLOSEOUT_POLICY: cannot read {settings.policy}: {error}",)) from None
    policy = load(text, str(settings.policy))
    if isinstance(policy, InvalidPolicy):
        raise SettingsError(policy.errors)
    return policy


class _Shared(TypedDict):
    """What every client of a forge is made with."""

    clock: Clock
    sleep: Sleep
    cache: Cache
    observer: Observer
    limits: Limits
    patience: float


def _client(forge: Forge, shared: _Shared) -> GitHub | GitLab:
    # The SDKs take half a second to import: only those that are used are.
    if forge.kind == "gitlab":
        from service.providers.gitlab.client import GitLab  # noqa: PLC0415

        return GitLab(forge=forge.name, url=forge.url, token=_text(forge.token), **shared)
    from service.providers.github.auth import AppAuth, TokenAuth  # noqa: PLC0415
    from service.providers.github.client import GitHub  # noqa: PLC0415

    auth = AppAuth(forge.app_id, _text(forge.private_key)) if forge.app_id else TokenAuth(_text(forge.token))
    return GitHub(forge=forge.name, url=api_root(forge.url), auth=auth, **shared)


def api_root(url: str) -> str:
    """GitHub's REST root for the address people use in a browser; a REST root stays as it is."""
    if url in ("https://github.com", "https://api.github.com"):
        return "https://api.github.com"
    return url if url.endswith("/api/v3") else f"{url}/api/v3"


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
