"""Walking the projects: few requests, and one that fails never stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeAlias, TypeVar

import structlog

from service import hidden
from service.audit.classification import RECENT, Seen, joined, judged
from service.audit.rows import AuditReport
from service.model import Issue
from service.policy import InvalidPolicy, Policy
from service.providers.base import Listing, Provider, ProviderError, Scope
from service.reviews import LATEST
from service.rules.follow_up import FollowUpOptions

_log = structlog.get_logger()

T = TypeVar("T")
TOPIC = "audit"
_TOGETHER = 50  # policy files are read so many projects ahead
Project: TypeAlias = tuple[str, str]  # (forge, path)
Progress: TypeAlias = Callable[[str], None]


class PolicyFiles(Protocol):
    """The policy in force in a project, in one request at most."""

    def read_ahead(self, provider: Provider, projects: Sequence[str]) -> None: ...

    def written(self, provider: Provider, project: str) -> Policy | InvalidPolicy: ...


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be audited or written, and why."""

    where: str  # `github:acme/shop`, or an issue of it
    reason: str


@dataclass(frozen=True, slots=True)
class Audited:
    """`policies` are those of the projects that could be read; `notices` the open audit issues found in them."""

    report: AuditReport
    failures: tuple[Failure, ...]
    policies: Mapping[Project, Policy]
    notices: Mapping[Project, Issue] = field(default_factory=dict)


@dataclass
class _Found:
    """What was read so far."""

    seen: list[Seen] = field(default_factory=list)
    policies: dict[Project, Policy] = field(default_factory=dict)
    notices: dict[Project, Issue] = field(default_factory=dict)

    def add(self, other: _Found) -> None:
        self.seen += other.seen
        self.policies |= other.policies
        self.notices |= other.notices


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

    def audit(self, projects: Sequence[Project], now: datetime, *, progress: Progress = lambda _: None) -> Audited:
        """Every (forge, project), judged at `now`. `progress` is told a project's name when its policy was read, and
        again when its issues were.
        """
        found = _Found()
        failures: list[Failure] = []
        for forge in dict.fromkeys(forge for forge, _ in projects):
            paths = tuple(dict.fromkeys(path for one, path in projects if one == forge))
            policies = self._read_policies(forge, paths, failures, progress)
            for scope in self._scopes(forge, policies):
                failures += self._survey(forge, scope, policies, now, found)
                for path in scope.projects:
                    progress(f"{forge}:{path}")
        report = joined(found.seen, now, complete=found.policies)
        return Audited(report, tuple(failures), found.policies, found.notices)

    # --- policies ---------------------------------------------------------------------------------------------

    def _read_policies(
        self, forge: str, paths: Sequence[str], failures: list[Failure], progress: Progress
    ) -> Mapping[str, Policy]:
        provider = self._providers[forge]
        policies: dict[str, Policy] = {}
        for start in range(0, len(paths), _TOGETHER):
            together = paths[start : start + _TOGETHER]
            self._policies.read_ahead(provider, together)
            for path in together:
                policy = _tried(f"{forge}:{path}", partial(self._policy, provider, path))
                if isinstance(policy, Failure):
                    failures.append(policy)
                else:
                    policies[path] = policy
                progress(f"{forge}:{path}")
        return policies

    def _policy(self, provider: Provider, path: str) -> Policy:
        policy = self._policies.written(provider, path)
        if isinstance(policy, InvalidPolicy):
            raise _Unusable("; ".join(policy.errors))
        return policy

    # --- issues -----------------------------------------------------------------------------------------------

    def _scopes(self, forge: str, policies: Mapping[str, Policy]) -> Iterator[Scope]:
        """Projects whose labels have the same names are listed together."""
        by_names: dict[object, list[str]] = {}
        for path, policy in policies.items():
            labels = policy.vocabulary.labels
            names = (labels.post_mortem, labels.action_item, labels.overdue, labels.audit)
            by_names.setdefault(names, []).append(path)
        for together in by_names.values():
            yield from self._providers[forge].scopes(together)

    def _survey(
        self, forge: str, scope: Scope, policies: Mapping[str, Policy], now: datetime, found: _Found
    ) -> Iterable[Failure]:
        """Adds to `found` what a scope holds. One of several projects that cannot be listed is tried one by one."""
        own = {(forge, path): policies[path] for path in scope.projects}
        read = _tried(f"{forge}:{scope.name}", lambda: self._read(forge, scope, own, now))
        if not isinstance(read, Failure):
            found.add(read)
            return ()
        if len(scope.projects) == 1:
            return (read,)
        _log.info("audited_one_by_one", scope=read.where, reason=read.reason)
        alone = (Scope(path, (path,)) for path in scope.projects)
        return [failure for one in alone for failure in self._survey(forge, one, policies, now, found)]

    def _read(self, forge: str, scope: Scope, policies: Mapping[Project, Policy], now: datetime) -> _Found:
        provider = self._providers[forge]
        found = _Found(policies=dict(policies))
        listings = tuple(_listings(tuple(policies.values()), self._since, now))
        for issue in provider.survey(scope, listings):
            home = (issue.ref.forge, issue.ref.project)
            if hidden.is_issue_on(TOPIC, issue.body) and issue.author.casefold() == provider.viewer().casefold():
                found.notices[home] = min(issue, found.notices.get(home, issue), key=lambda one: one.ref)
                continue
            one = judged(issue, policies[home], now)
            found.seen += () if one is None else (one,)
        return found


def _listings(policies: Sequence[Policy], since: datetime | None, now: datetime) -> Iterator[Listing]:
    """What is open; what still carries the overdue label; and what was closed of late, for its proof and its follow-up.

    The policies are those of projects that are listed together: their labels have the same names.
    """
    labels = policies[0].vocabulary.labels
    yield Listing(labels.action_item, "open", since)
    yield Listing(labels.post_mortem, "open", likely=25)
    yield Listing(labels.audit, "open", likely=2)
    yield Listing(labels.overdue, "closed", since, likely=10)
    recently = max(now - RECENT, since) if since is not None else now - RECENT
    yield Listing(labels.action_item, "closed", recently, likely=50)
    looking_back = max(RECENT, *(_horizon(policy) for policy in policies))
    yield Listing(labels.post_mortem, "closed", now - looking_back, likely=15)


def _horizon(policy: Policy) -> timedelta:
    """How long ago a post-mortem can have been closed of which a follow-up review may still be opened.

    A week more, for days off and time zones: a review comes on a working day.
    """
    options = policy.options("follow-up")
    if not (isinstance(options, FollowUpOptions) and options.enabled and options.longest):
        return timedelta()
    return timedelta(days=options.longest + 7) + LATEST


class _Unusable(Exception):
    """The project's policy file is wrong: which labels to look for is not known."""


def _tried(where: str, act: Callable[[], T]) -> T | Failure:
    try:
        return act()
    except (_Unusable, ProviderError) as error:
        return Failure(where, str(error))
    except Exception as error:  # noqa: BLE001 - one project's trouble must not end the others' audit
        _log.exception("audit_failed", project=where)
        return Failure(where, f"an error of Closeout's own: {type(error).__name__}: {error}")
