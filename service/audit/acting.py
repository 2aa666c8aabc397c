"""Making an audit's changes, each on record; one that fails does not stop the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.audit.gathering import Failure
from service.model import Change
from service.providers.base import Provider, ProviderError
from service.reconciler import Journal

RULE = "audit"


@dataclass(frozen=True, slots=True)
class Made:
    """What was done, and what failed."""

    changes: tuple[Change, ...] = ()
    failures: tuple[Failure, ...] = ()

    def count(self, *kinds: type[Change]) -> int:
        return sum(isinstance(change, kinds) for change in self.changes)


def make(changes: Iterable[Change], providers: Mapping[str, Provider], journal: Journal) -> Made:
    """Makes the changes one by one. Every one may be repeated, here or on another machine, without harm."""
    made: list[Change] = []
    failures: list[Failure] = []
    for change in changes:
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
