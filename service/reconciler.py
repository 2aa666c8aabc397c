"""Observe → decide → act, for one issue: the path that every webhook, command line and schedule takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeAlias

import structlog

from service.document import DEFAULT_DIALECT
from service.engine import judge
from service.model import (
    Change,
    CreateActionItem,
    EnsureComment,
    IssueRef,
    LinkChild,
    Plan,
    Snapshot,
    made_by,
    resolve,
)
from service.policies import Policies
from service.policy import InvalidPolicy, Policy
from service.providers.base import Forbidden, NotFound, Provider, Rejected, Unavailable
from service.tracing import span

_log = structlog.get_logger()
Judge: TypeAlias = Callable[[Snapshot, Policy | InvalidPolicy], Plan]
Telling: TypeAlias = Callable[[Plan], AbstractContextManager[object]]


class Journal(Protocol):
    """Where each write to a forge is put on record, with the rule that asked for it and what came of it."""

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str, request: str = "") -> None:
        """`request` is the forge's own id of the request that wrote it."""

    def made_lately(self, target: IssueRef, names: Collection[str]) -> Collection[str]:
        """Which of these (see `made_by`) were, or may have been, written on this issue a moment ago, by any process."""


class ForbiddenHere(Forbidden):
    """By our own settings: the forge was not asked."""


class Behind(Unavailable):
    """The forge does not show yet what we wrote: whoever went by that would write it again."""


class Reconciler:
    """Looks at one issue and makes it so. Use one a thread, like the providers it holds."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        policies: Policies,
        *,
        journal: Journal,
        dry_run: bool,
        decide: Judge = judge,
        telling: Telling = nullcontext,
    ) -> None:
        """`telling` surrounds the changes of a plan, and keeps what it means outside the tracker."""
        self._providers = providers
        self._policies = policies
        self._journal = journal
        self._dry_run = dry_run
        self._decide = decide
        self._telling = telling

    def plan(self, ref: IssueRef) -> Plan:
        """What would change, and why. Writes nothing. Raises the `ProviderError` family, `Behind` among it."""
        provider = self._providers[ref.forge]
        if ref.node is not None:
            return self._by_its_name(ref, provider.named(ref))
        with span("fetch"):
            policy = self._policies.load(provider, ref.project)
            dialect = DEFAULT_DIALECT if isinstance(policy, InvalidPolicy) else policy.vocabulary.dialect
            seen = _within(provider.fetch(ref, dialect), self._policies.allows)
        with span("decide"):
            plan = self._decide(seen, policy)
        self._insist(seen, plan)
        for error in (finding for finding in plan.findings if finding.level == "error"):
            _log.error("rule_error", issue=str(ref), rule=error.rule, message=error.message)
        return plan

    def _insist(self, seen: Snapshot, plan: Plan) -> None:
        """A replica of the forge may answer from before our last write, and nothing must come twice."""
        new = (c for c in plan.changes if not (isinstance(c, EnsureComment) and seen.comment(c.topic) is not None))
        names = {name for change in new if change.ref == plan.ref and (name := made_by(change)) is not None}
        hidden = self._journal.made_lately(plan.ref, names) if names else ()
        if hidden:
            raise Behind(
                f"{plan.ref}: the forge does not show yet what we wrote a moment ago ({', '.join(sorted(hidden))})"
            )

    def _by_its_name(self, ref: IssueRef, found: IssueRef | None) -> Plan:
        """An event told an issue's id alone: what is planned is to look at that issue, if it may be acted on."""
        return Plan(ref, related=(found,) if found is not None and self._policies.allows(found) else ())

    def reconcile(self, ref: IssueRef) -> Plan:
        """Plans, and makes the changes unless this is a dry run. Raises the `ProviderError` family."""
        plan = self.plan(ref)
        if not self._dry_run:
            with self._telling(plan):
                self._act(plan)
        return plan

    def _act(self, plan: Plan) -> None:
        created: dict[str, IssueRef] = {}
        for change, rule in zip(plan.changes, plan.reasons, strict=True):
            with span("apply", rule=rule, change=type(change).__name__):
                made = self._make(plan, resolve(change, created), rule)
            if made is not None:
                created[getattr(change, "key", "")] = made

    def _make(self, plan: Plan, change: Change, rule: str) -> IssueRef | None:
        """Makes one change and puts it on record. What is refused on another issue does not stop this one."""
        provider = self._providers[plan.ref.forge]
        note = partial(self._journal.record, plan.ref, rule=rule, change=change)
        try:
            self._within_reach(change)
            made = provider.apply(change)
        except Exception as error:
            request = "" if isinstance(error, ForbiddenHere) else provider.request_id
            note(result=f"{type(error).__name__}: {error}", request=request)
            if not (isinstance(error, (Forbidden, NotFound, Rejected)) and _is_aside(plan, change)):
                raise
            about = {"rule": rule, "change": type(change).__name__, "target": str(change.ref)}
            _log.warning("change_refused", issue=str(plan.ref), **about, reason=str(error))
            return None
        note(result="ok", request=provider.request_id)
        return made

    def _within_reach(self, change: Change) -> None:
        """A policy's target project must be one that may be acted on, whoever wrote the policy."""
        project = change.project if isinstance(change, CreateActionItem) else change.ref.project
        if not self._policies.allows(replace(change.ref, project=project)):
            raise ForbiddenHere(f"{project} is not among the projects that may be acted on (CLOSEOUT_PROJECTS)")


def _within(seen: Snapshot, allows: Callable[[IssueRef], bool]) -> Snapshot:
    """The snapshot without issues of other people's projects: naming one, or forging a marker, gives no reach there.

    Nor has an issue that more people read a sight of a confidential one that somebody wrote on a line of it.
    """
    parent = seen.parent if seen.parent is not None and allows(seen.parent.ref) else None
    children = (child for child in seen.children if allows(child.ref) and (seen.issue.private or not child.private))
    return replace(seen, parent=parent, children=tuple(children))


def _is_aside(plan: Plan, change: Change) -> bool:
    return isinstance(change, LinkChild) or change.ref != plan.ref
