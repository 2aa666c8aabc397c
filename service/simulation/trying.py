"""Reading the projects that a policy is tried on: every request a read, and one project that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.listing import labelled
from service.model import Issue, Snapshot
from service.policies import Policies
from service.policy import InvalidPolicy, Policy
from service.providers.base import NotFound, Provider
from service.simulation.effects import Effect, simulate


@dataclass(frozen=True, slots=True)
class Window:
    """Issues that changed at or after `since`, as they are at `now`."""

    since: datetime
    now: datetime

    def holds(self, issue: Issue) -> bool:
        return issue.updated_at is None or issue.updated_at >= self.since


@dataclass(frozen=True, slots=True)
class Tried:
    """What one project comes to under the policy that is tried, and under its own (None: that one cannot be used)."""

    proposed: Effect
    in_force: Effect | None


class Trial:
    """Tries one policy on projects, through providers for one thread. Writes nothing."""

    def __init__(self, providers: Mapping[str, Provider], policies: Policies, policy: Policy, window: Window) -> None:
        self._providers = providers
        self._policies = policies
        self._policy = policy
        self._window = window

    def listed(self, forge: str, project: str) -> tuple[Issue, ...]:
        """Everything that the policy is about, whenever it changed. Raises the `ProviderError` family."""
        return labelled(self._providers[forge], project, self._policy.vocabulary.labels)

    def tried(
        self, forge: str, project: str, listed: Sequence[Issue], progress: Callable[[str], None] = lambda _: None
    ) -> Tried:
        """`listed` is what `listed` gave for the project. `progress` is told each issue. Raises the same."""
        provider, now = self._providers[forge], self._window.now
        within = [issue for issue in listed if self._window.holds(issue)]
        seen = [snapshot for issue in within if (snapshot := self._seen(provider, issue, progress)) is not None]
        proposed = self._policies.with_own_templates(self._policy, provider, project)
        present = self._policies.load(provider, project)
        in_force = None if isinstance(present, InvalidPolicy) else simulate(seen, listed, present, now)
        return Tried(simulate(seen, listed, proposed, now), in_force)

    def _seen(self, provider: Provider, issue: Issue, progress: Callable[[str], None]) -> Snapshot | None:
        """None for one that is gone since it was listed."""
        progress(str(issue.ref))
        try:
            return provider.fetch(issue.ref, self._policy.vocabulary.dialect)
        except NotFound:
            return None
