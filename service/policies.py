"""The policy in force in each project: read from the repository, checked, and kept while it is good."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import structlog

from service.document import read
from service.model import IssueRef
from service.policy import FILES, InvalidPolicy, Policy, load
from service.providers.base import Provider
from service.routing import Reach
from service.templates import Template, TemplateError, parse

_log = structlog.get_logger()


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
        reach: Reach | None = None,
    ) -> None:
        """`allows` says whether an issue's project is one that may be acted on."""
        self.allows = allows
        self._reach = reach or Reach()
        self._kinds = kinds
        self._fallback = fallback or Policy()
        self._read: dict[tuple[str, str], tuple[str, Policy | InvalidPolicy]] = {}
        self._good: dict[tuple[str, str], Policy] = {}

    def load(self, provider: Provider, project: str) -> Policy | InvalidPolicy:
        policy = self.written(provider, project)
        return policy if isinstance(policy, InvalidPolicy) else self.with_own_templates(policy, provider, project)

    def read_ahead(self, provider: Provider, projects: Sequence[str]) -> None:
        """Reads the policy files of many projects in few requests, where the forge allows."""
        provider.read_ahead(projects, FILES[self._kinds[provider.forge]])

    def written(self, provider: Provider, project: str) -> Policy | InvalidPolicy:
        """The policy without the repository's own templates: one request, for those who write no text."""
        path = FILES[self._kinds[provider.forge]]
        text = provider.file_text(project, path)
        policy = self._fallback if text is None else self._of(provider.forge, project, path, text)
        return policy if isinstance(policy, InvalidPolicy) else self._here(policy)

    def _here(self, policy: Policy) -> Policy:
        """A policy as it holds in this installation."""
        return replace(policy, reach=self._reach)

    def _of(self, forge: str, project: str, path: str, text: str) -> Policy | InvalidPolicy:
        key = (forge, project)
        if self._read.get(key, ("",))[0] != text:
            self._read[key] = (text, load(text, path))
        policy = self._read[key][1]
        if isinstance(policy, InvalidPolicy):
            return self._good.get(key, policy)
        self._good[key] = policy
        return policy

    def with_own_templates(self, policy: Policy, provider: Provider, project: str) -> Policy:
        """The policy with the repository's templates in place of the shipped ones."""
        paths = {**OWN_TEMPLATES[self._kinds[provider.forge]], **policy.template_files}
        texts = {name: provider.file_text(project, path) for name, path in paths.items()}
        own = {
            name: _own_template(name, paths[name], text, policy.templates[name])
            for name, text in texts.items()
            if text is not None
        }
        return replace(self._here(policy), templates={**policy.templates, **own})


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
