"""What a forge failed to deliver, it is asked to deliver again; and how our webhooks fare there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from service.providers.base import Forbidden, NotFound, Provider
from service.providers.hooks import Attempt, Hook, HookHealth, health, missed
from service.store.watermarks import Watermark, Watermarks
from service.store.webhooks import Fared, State, Webhooks
from service.work.jobs import Turn
from service.work.rounds import Project, visit

_log = structlog.get_logger()
OVERLAP = timedelta(minutes=15)  # within which an attempt stands in the forge's log


@dataclass
class Redelivery:
    """For one thread, like the providers it holds. `unseen` are projects of which it was said that no hook is seen."""

    providers: Mapping[str, Provider]
    watermarks: Watermarks
    webhooks: Webhooks
    unseen: set[Project] = field(default_factory=set)

    def run(self, turn: Turn, projects: Iterable[Project]) -> dict[Hook, HookHealth]:
        """Every webhook of ours once, however many projects it serves; how they fare is kept.

        Raises `RateLimited` and `StoreUnavailable`.
        """
        found: dict[Hook, HookHealth] = {}

        def tend(forge: str, project: str) -> None:
            for hook in self._hooks(forge, project):
                if hook not in found:
                    found[hook] = self._tend(turn, hook)

        try:
            visit(turn, sorted(set(projects)), tend, failed="redelivery_failed")
        finally:
            self.webhooks.keep(Fared(str(hook), hook.forge, _state(found[hook])) for hook in found)
        return found

    def _hooks(self, forge: str, project: str) -> Iterable[Hook]:
        """Where none is seen, that is said once: there may be none, or ours may not be the account to see it."""
        reason = f"no webhook there has an address that ends in /webhooks/{forge}"
        try:
            hooks = self.providers[forge].hooks.of(project)
        except (Forbidden, NotFound) as error:
            hooks, reason = (), str(error)
        if hooks:
            self.unseen.discard((forge, project))
        elif (forge, project) not in self.unseen:
            self.unseen.add((forge, project))
            _log.warning("webhook_not_seen", project=f"{forge}:{project}", reason=reason)
        return hooks

    def _tend(self, turn: Turn, hook: Hook) -> HookHealth:
        log = _log.bind(hook=str(hook))
        there, name = self.providers[hook.forge].hooks, f"redelivery {hook}"
        mark = self.watermarks.find(name)
        attempts = list(there.attempts(hook, None if mark is None else mark.at - OVERLAP))
        wanted = [one for one in missed(attempts) if mark is None or one.event not in mark.seen]
        now, later = wanted[: there.at_once], wanted[there.at_once :]
        for attempt in now:
            turn.go_on()
            there.repeat(hook, attempt)
        if now:
            log.info("deliveries_repeated", count=len(now), left=len(later))
        self._keep(name, mark, later or attempts[:1], now)
        found = health(hook, attempts)
        if not found.is_well:
            log.warning("webhook_unwell", state=hook.state, until=hook.until, failed=found.failed, said=found.said)
        return found

    def _keep(self, name: str, last: Watermark | None, upto: Sequence[Attempt], repeated: Sequence[Attempt]) -> None:
        """The log was dealt with up to the first of `upto`, where the forge tells times."""
        at = upto[0].at if upto else None
        if at is None:
            return
        seen = dict(last.seen if last else {}) | {one.event: one.at.timestamp() for one in repeated if one.at}
        kept = {event: when for event, when in seen.items() if when >= (at - OVERLAP).timestamp()}
        self.watermarks.keep(name, Watermark(at, kept))


def _state(found: HookHealth) -> State:
    return "failing" if found.failing and found.hook.state == "active" else found.hook.state
