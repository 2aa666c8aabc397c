"""Taking in the issues that a project had before Closeout: oldest first, at a bounded rate, and safe to begin anew.

What Closeout looks after already gets the place in the queue back that a lost database took away.

How far it came is in the tracker: an issue that was taken in carries the status comment, written last. So a run that
was killed is simply started again, and what is done needs one look and no write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from service.listing import labelled
from service.model import IssueRef, Plan
from service.policies import Policies
from service.policy import InvalidPolicy
from service.providers.base import Conflict, Provider, ProviderError, RateLimited, Unavailable

TRIES = 5
PER_MINUTE = 60  # changes; GitHub allows 80 that create something
_FIRST_PAUSE = 2.0  # seconds after an answer that failed; doubled with each
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one issue, or of a project's listing; `error` where it failed.

    `ref` is the issue that was looked at, `look_at` when it wants to be looked at again, as after an event.
    """

    where: str
    changes: tuple[str, ...] = ()
    error: str = ""
    ref: IssueRef | None = None
    look_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: at most so many changes a minute, None where none is made. `sleep` waits so many seconds."""

    sleep: Callable[[float], None]
    per_minute: int | None = PER_MINUTE

    def rest(self, changes: int) -> None:
        if changes and self.per_minute is not None:
            self.sleep(changes * 60 / self.per_minute)


def find(provider: Provider, policies: Policies, project: str, since: datetime | None) -> Sequence[IssueRef] | Taken:
    """The project's post-mortems and action items that changed since then, oldest first; or why there is no list."""
    where = f"{provider.forge}:{project}"
    try:
        policy = policies.written(provider, project)
        if isinstance(policy, InvalidPolicy):
            return Taken(where, error="; ".join(policy.errors))
        return tuple(issue.ref for issue in labelled(provider, project, policy.vocabulary.labels, since))
    except ProviderError as error:
        return Taken(where, error=str(error))


def take_in(refs: Iterable[IssueRef], look: Callable[[IssueRef], Plan], pace: Pace) -> Iterator[Taken]:
    """Looks at each issue; one that fails stops none of the others. Waits as long as the forge asks for."""
    for ref in refs:
        try:
            plan = _patiently(ref, look, pace)
        except ProviderError as error:
            yield Taken(str(ref), error=str(error))
        else:
            changes = tuple(type(change).__name__ for change in plan.changes)
            yield Taken(str(ref), changes, ref=ref, look_at=plan.revisit_at)
            pace.rest(len(plan.changes))


def _patiently(ref: IssueRef, look: Callable[[IssueRef], Plan], pace: Pace) -> Plan:
    pause = _FIRST_PAUSE
    for _ in range(TRIES - 1):
        try:
            return look(ref)
        except RateLimited as limit:
            _log.warning("waiting", issue=str(ref), seconds=limit.retry_after)
            pace.sleep(limit.retry_after)
        except (Unavailable, Conflict):
            pace.sleep(pause)
            pause *= 2
    return look(ref)
