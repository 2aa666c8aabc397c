"""Writing the audit issues, each write on record; one that fails does not stop the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from service.audit.gathering import Failure
from service.model import Change, EnsureIssue, SetBody
from service.providers.base import Provider, ProviderError
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


def make(
    changes: Iterable[Change], providers: Mapping[str, Provider], journal: Journal, step: Callable[[str], None]
) -> Made:
    """Makes the changes one by one. Every one may be repeated, here or on another machine, without harm.

    `step` is called before each, and may raise.
    """
    made: list[Change] = []
    failures: list[Failure] = []
    for change in changes:
        step(f"{change.ref.forge}:{change.ref.project}")
        provider, result = providers[change.ref.forge], "ok"
        try:
            provider.apply(change)
        except ProviderError as error:
            result = f"{type(error).__name__}: {error}"
            failures.append(Failure(str(change.ref), str(error)))
        else:
            made.append(change)
        journal.record(change.ref, rule=RULE, change=change, result=result, request=provider.request_id)
    return Made(tuple(made), tuple(failures))
