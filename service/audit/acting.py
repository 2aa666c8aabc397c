"""Writing the audit issues, each write on record; one that fails does not stop the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from service.audit.gathering import Failure
from service.audit.pace import in_haste
from service.model import Change, EnsureIssue, SetBody
from service.providers.base import Provider, ProviderError, RateLimited
from service.reconciler import Journal

RULE = "audit"


@dataclass(frozen=True, slots=True)
class Made:
    """What was done, and what failed."""

    changes: tuple[Change, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def issues(self) -> int:
        """How many audit issues were written."""
        return sum(isinstance(change, EnsureIssue | SetBody) for change in self.changes)


@dataclass(frozen=True, slots=True)
class Hands:
    """What changes are made with. `waits` as in `look_through`."""

    providers: Mapping[str, Provider]
    journal: Journal
    waits: Callable[[str, RateLimited], bool] = in_haste

    def make(self, change: Change) -> ProviderError | None:
        """Makes it and puts it on record, once it was made or refused for good."""
        forge = change.ref.forge
        while True:
            error = self._tried(change)
            if not (isinstance(error, RateLimited) and self.waits(forge, error)):
                break
        result = "ok" if error is None else f"{type(error).__name__}: {error}"
        request = self.providers[forge].request_id
        self.journal.record(change.ref, rule=RULE, change=change, result=result, request=request)
        return error

    def _tried(self, change: Change) -> ProviderError | None:
        try:
            self.providers[change.ref.forge].apply(change)
        except ProviderError as error:
            return error
        return None


def make(changes: Iterable[Change], hands: Hands, step: Callable[[str], None]) -> Made:
    """Makes the changes one by one. Every one may be repeated, here or on another machine, without harm.

    `step` is called before each, and may raise. A forge that asks to wait for longer is asked no more in this run.
    """
    made: list[Change] = []
    failures: list[Failure] = []
    left: dict[str, int] = {}  # by forge
    for change in changes:
        step(f"{change.ref.forge}:{change.ref.project}")
        if change.ref.forge in left:
            left[change.ref.forge] += 1
            continue
        error = hands.make(change)
        if isinstance(error, RateLimited):
            left[change.ref.forge] = 0
        if error is None:
            made.append(change)
        else:
            failures.append(Failure(str(change.ref), str(error)))
    failures += [
        Failure(forge, f"{count} more writes are left to the next run") for forge, count in left.items() if count
    ]
    return Made(tuple(made), tuple(failures))
