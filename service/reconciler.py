"""Observe → decide → act, for one issue: the path that every webhook, command line and schedule takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Protocol

import structlog

from service.document import read
from service.engine import decide, hold_back
from service.model import Change, CreateActionItem, IssueRef, LinkChild, Plan, Snapshot, resolve
from service.policy import FILES, InvalidPolicy, Policy, load
from service.providers.base import Forbidden, NotFound, Provider, Rejected
from service.templates import Template, TemplateError, parse

_log = structlog.get_logger()


class Journal(Protocol):
    """Where each write to a forge is put on record, with the rule that asked for it and what came of it."""

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str) -> None: ...


class Policies:
    """The policy in force in each project: its file on the default branch, else the defaults.

    `kinds` says of each configured forge whether it is a `github` or a `gitlab`. An invalid file never half-applies:
    the last good one stays in force, and without one nothing is done until the file is right.
    """

    def __init__(
        self,
        kinds: Mapping[str, str],
        fallback: Policy | None = None,
        *,
        allows: Callable[[IssueRef], bool] = lambda _: True,
    ) -> None:
        """`allows` says whether an issue's project is one that may be acted on."""
        self.allows = allows
        self._kinds = kinds
        self._fallback = fallback or Policy()
        self._read: dict[tuple[str, str], tuple[str, Policy | InvalidPolicy]] = {}
        self._good: dict[tuple[str, str], Policy] = {}

    def load(self, provider: Provider, project: str) -> Policy | InvalidPolicy:
        policy = self.written(provider, project)
        return policy if isinstance(policy, InvalidPolicy) else self._with_own_templates(policy, provider, project)

    def written(self, provider: Provider, project: str) -> Policy | InvalidPolicy:
        """The policy without the repository's own templates: one request, for those who write no text."""
        path = FILES[self._kinds[provider.forge]]
        text = provider.file_text(project, path)
        return self._fallback if text is None else self._of(provider.forge, project, path, text)

    def _of(self, forge: str, project: str, path: str, text: str) -> Policy | InvalidPolicy:
        key = (forge, project)
        if self._read.get(key, ("",))[0] != text:
            self._read[key] = (text, load(text, path))
        policy = self._read[key][1]
        if isinstance(policy, InvalidPolicy):
            return self._good.get(key, policy)
        self._good[key] = policy
        return policy

    def _with_own_templates(self, policy: Policy, provider: Provider, project: str) -> Policy:
        paths = {**OWN_TEMPLATES[self._kinds[provider.forge]], **policy.template_files}
        texts = {name: provider.file_text(project, path) for name, path in paths.items()}
        own = {
            name: _own_template(name, paths[name], text, policy.templates[name])
            for name, text in texts.items()
            if text is not None
        }
        return replace(policy, templates={**policy.templates, **own})


# Where a repository's own templates are looked for when its policy names no others.
OWN_TEMPLATES = {
    "github": {
        "full_incident": ".github/ISSUE_TEMPLATE/post-mortem.md",
        "action_item": ".github/ISSUE_TEMPLATE/action-item.md",
    },
    "gitlab": {
        "full_incident": ".gitlab/issue_templates/post-mortem.md",
        "action_item": ".gitlab/issue_templates/action-item.md",
    },
}


def _own_template(name: str, path: str, text: str, shipped: Template) -> Template:
    """A repository's template in place of the shipped one; it requires what both of them have."""
    try:
        own = parse(path, text)
    except TemplateError as error:
        _log.warning("template_refused", path=path, reason=str(error), kept=name)
        return shipped
    present = {section.id for section in read(own.text, today=date.min).sections}
    required = own.required or tuple(section for section in shipped.required if section in present)
    return replace(own, name=name, purpose=shipped.purpose, required=required)


class Reconciler:
    """Looks at one issue and makes it so. Use one a thread, like the providers it holds."""

    def __init__(
        self, providers: Mapping[str, Provider], policies: Policies, *, journal: Journal, dry_run: bool
    ) -> None:
        self._providers = providers
        self._policies = policies
        self._journal = journal
        self._dry_run = dry_run

    def plan(self, ref: IssueRef) -> Plan:
        """What would change, and why. Writes nothing. Raises the `ProviderError` family."""
        provider = self._providers[ref.forge]
        policy = self._policies.load(provider, ref.project)
        if isinstance(policy, InvalidPolicy):
            plan = hold_back(provider.fetch(ref), policy)
        else:
            seen = provider.fetch(ref, policy.vocabulary.dialect)
            plan = decide(_within(seen, self._policies.allows), policy)
        for error in (finding for finding in plan.findings if finding.level == "error"):
            _log.error("rule_error", issue=str(ref), rule=error.rule, message=error.message)
        return plan

    def reconcile(self, ref: IssueRef) -> Plan:
        """Plans, and makes the changes unless this is a dry run. Raises the `ProviderError` family."""
        plan = self.plan(ref)
        if not self._dry_run:
            self._act(plan)
        return plan

    def _act(self, plan: Plan) -> None:
        created: dict[str, IssueRef] = {}
        for change, rule in zip(plan.changes, plan.reasons, strict=True):
            made = self._make(plan, resolve(change, created), rule)
            if made is not None:
                created[getattr(change, "key", "")] = made

    def _make(self, plan: Plan, change: Change, rule: str) -> IssueRef | None:
        """Makes one change and puts it on record. What is refused on another issue does not stop this one."""
        try:
            self._within_reach(change)
            made = self._providers[plan.ref.forge].apply(change)
        except Exception as error:
            self._journal.record(plan.ref, rule=rule, change=change, result=f"{type(error).__name__}: {error}")
            if not (isinstance(error, (Forbidden, NotFound, Rejected)) and _is_aside(plan, change)):
                raise
            _log.warning("change_refused", issue=str(change.ref), change=type(change).__name__, reason=str(error))
            return None
        self._journal.record(plan.ref, rule=rule, change=change, result="ok")
        return made

    def _within_reach(self, change: Change) -> None:
        """A policy's target project must be one that may be acted on, whoever wrote the policy."""
        project = change.project if isinstance(change, CreateActionItem) else change.ref.project
        if not self._policies.allows(replace(change.ref, project=project)):
            raise Forbidden(f"{project} is not among the projects that may be acted on (CLOSEOUT_PROJECTS)")


def _within(seen: Snapshot, allows: Callable[[IssueRef], bool]) -> Snapshot:
    """The snapshot without issues of other people's projects: naming one, or forging a marker, gives no reach there."""
    parent = seen.parent if seen.parent is not None and allows(seen.parent.ref) else None
    return replace(seen, parent=parent, children=tuple(child for child in seen.children if allows(child.ref)))


def _is_aside(plan: Plan, change: Change) -> bool:
    return isinstance(change, LinkChild) or change.ref != plan.ref
