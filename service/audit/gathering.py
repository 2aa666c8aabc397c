"""Walking the projects: few requests, and one that fails never stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from service.audit.classification import AuditReport, PostMortem, classify, post_mortems
from service.model import Issue, IssueRef
from service.policy import InvalidPolicy, Policy
from service.providers.base import Provider, ProviderError

_log = structlog.get_logger()


class PolicyFiles(Protocol):
    """The policy in force in a project, in one request."""

    def written(self, provider: Provider, project: str) -> Policy | InvalidPolicy: ...


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be audited or labelled, and why."""

    where: str  # `github:acme/shop`, or an issue of it
    reason: str


@dataclass(frozen=True, slots=True)
class Audited:
    """`policies` are those of the projects that could be read, by (forge, project)."""

    report: AuditReport
    failures: tuple[Failure, ...]
    policies: Mapping[tuple[str, str], Policy]


@dataclass(frozen=True, slots=True)
class _Seen:
    forge: str
    project: str
    policy: Policy
    items: tuple[Issue, ...]
    parents: Mapping[IssueRef, PostMortem]


class Auditor:
    """Reads projects through one provider a forge. Writes nothing."""

    def __init__(
        self, providers: Mapping[str, Provider], policies: PolicyFiles, *, since: datetime | None = None
    ) -> None:
        """`since`: only action items that changed at or after it. Post-mortems are read all the same."""
        self._providers = providers
        self._policies = policies
        self._since = since

    @property
    def requests(self) -> int:
        return sum(provider.requests for provider in self._providers.values())

    def audit(
        self,
        projects: Sequence[tuple[str, str]],
        now: datetime,
        *,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Audited:
        """Every (forge, project), judged at `now`. `progress` is told each project's name before it is read."""
        seen: list[_Seen] = []
        failures: list[Failure] = []
        for forge, project in dict.fromkeys(projects):
            progress(f"{forge}:{project}")
            found = self._tried(forge, project, now)
            if isinstance(found, Failure):
                failures.append(found)
            else:
                seen.append(found)
        policies = {(one.forge, one.project): one.policy for one in seen}
        return Audited(_judged(seen, now), tuple(failures), policies)

    def _tried(self, forge: str, project: str, now: datetime) -> _Seen | Failure:
        where = f"{forge}:{project}"
        try:
            return self._read(forge, project, now)
        except _Unusable as invalid:
            return Failure(where, str(invalid))
        except ProviderError as error:
            return Failure(where, str(error))
        except Exception as error:  # noqa: BLE001 - one project's trouble must not end the others' audit
            _log.exception("audit_failed", project=where)
            return Failure(where, f"an error of Closeout's own: {type(error).__name__}: {error}")

    def _read(self, forge: str, project: str, now: datetime) -> _Seen:
        provider = self._providers[forge]
        policy = self._policies.written(provider, project)
        if isinstance(policy, InvalidPolicy):
            raise _Unusable("; ".join(policy.errors))
        labels = policy.vocabulary.labels
        parents = post_mortems(provider.list(project, labels=(labels.post_mortem,)), policy, now)
        items = tuple(provider.list(project, labels=(labels.action_item,), since=self._since))
        return _Seen(forge, project, policy, items, parents)


class _Unusable(Exception):
    """The project's policy file is wrong: which labels to look for is not known."""


def _judged(seen: Iterable[_Seen], now: datetime) -> AuditReport:
    every = tuple(seen)
    known = {ref: parent for one in every for ref, parent in one.parents.items()}
    complete = {(one.forge, one.project) for one in every}
    reports = [classify(one.items, one.policy, now, known=known, complete=complete) for one in every]
    return AuditReport(now, tuple(row for report in reports for row in report.items))
