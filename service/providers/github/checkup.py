"""A GitHub server, looked at as its operator would. Reads alone; see `service.providers.checkup.Checkup`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from service.document import DEFAULT_DIALECT
from service.model import IssueRef, Permission
from service.providers.base import NotFound
from service.providers.checkup import Abilities, Account, Standing, Webhook, Webhooks, clock_ahead, fared
from service.providers.github import observe
from service.providers.github.errors import Reply, reading
from service.providers.github.gateway import PAGE, Gateway, repository
from service.providers.github.hooks import GitHubHooks, wiring
from service.providers.github.server import HOUR, Server
from service.providers.github.webhook import EVENTS
from service.providers.hooks import Hook, is_ours

_ROLES = (
    ("admin", Permission.ADMIN),
    ("maintain", Permission.MAINTAIN),
    ("push", Permission.WRITE),
    ("triage", Permission.TRIAGE),
    ("pull", Permission.READ),
)
_NO_FAILURE = (None, "unused", "pending", "active")  # of what a webhook's last response is called
_Json = Mapping[str, Any]


class GitHubCheckup:
    events: ClassVar[frozenset[str]] = EVENTS

    def __init__(self, server: Server) -> None:
        self._server = server

    def account(self) -> Account:
        """https://docs.github.com/en/rest/users/users#get-the-authenticated-user or, of an App,
        https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app
        """
        access = self._server.access
        reply = access.introduction()
        with reading("our own account"):
            said = reply.json()
            login = f"{said['slug']}[bot]" if access.app else str(said["login"])
        version = reply.headers.get("x-github-enterprise-version", "")
        return Account(
            login,
            is_app=access.app is not None,
            ahead=clock_ahead(reply.headers, self._server.clock()),
            scopes=_scopes(reply),
            expires_at=_expiry(reply),
            server=f"GitHub Enterprise Server {version}" if version else "",
        )

    def standing(self, project: str) -> Standing:
        """https://docs.github.com/en/rest/repos/repos#get-a-repository"""
        row = self._server.gateway(project).get(repository(project))
        with reading(f"the repository {project}"):
            return Standing(
                permission=None if self._server.access.app else _role(row.get("permissions") or {}),
                granted=self._granted(project),
                archived=bool(row["archived"]),
                has_issues=bool(row["has_issues"]),
                private=bool(row["private"]),
            )

    def _granted(self, project: str) -> _Json:
        """What the owner has accepted, which is not always what the App asks for by now."""
        app = self._server.access.app
        return dict(app.get(f"{repository(project)}/installation")["permissions"]) if app else {}

    def abilities(self, project: str) -> Abilities | None:
        ref = self._an_issue(project)
        if ref is None:
            return None
        capabilities = observe.fetch(self._server, ref, DEFAULT_DIALECT).capabilities
        return Abilities(self._server.has_graphql, capabilities)

    def _an_issue(self, project: str) -> IssueRef | None:
        """Among the newest hundred issues and pull requests."""
        rows = self._server.gateway(project).get(f"{repository(project)}/issues", {"state": "all", "per_page": PAGE})
        with reading(f"the issues of {project}"):
            numbers = (int(row["number"]) for row in rows if "pull_request" not in row)
            return next((IssueRef(self._server.forge, project, number) for number in numbers), None)

    # --- webhooks ---------------------------------------------------------------------------------------------

    def webhooks(self, project: str) -> Webhooks:
        """An App has one for all its repositories; anybody else's is the repository's or its organisation's."""
        server, hooks = self._server, GitHubHooks(self._server)
        app = server.access.app
        if app is not None:
            return server.cache.cached(server.key("app-webhook", ""), HOUR, lambda: _of_app(app, hooks, server.forge))
        owner = project.partition("/")[0]
        found: list[Webhook] = []
        hidden: list[str] = []
        for where, place in (("the project", project), (f"the organisation {owner}", owner)):
            rows = hooks.rows(project, place)
            if not isinstance(rows, tuple):
                hidden.append(where)
                continue
            with reading(f"the webhooks of {place}"):
                ours = [row for row in rows if is_ours(row["config"].get("url"), server.forge)]
                found += [_webhook(hooks, hooks.hook(place, row), row, where) for row in ours]
        return Webhooks(tuple(found), tuple(hidden))


def _of_app(app: Gateway, hooks: GitHubHooks, forge: str) -> Webhooks:
    """https://docs.github.com/en/rest/apps/webhooks"""
    try:
        config = app.get("/app/hook/config")
    except NotFound:
        return Webhooks()
    with reading("the App's webhook"):
        url = config.get("url")
        if not is_ours(url, forge):
            return Webhooks()
        row = {"events": app.get("/app")["events"], "config": config}
        return Webhooks((_webhook(hooks, Hook(forge, "", 0, url), row, "the App"),))


def _webhook(hooks: GitHubHooks, hook: Hook, row: _Json, where: str) -> Webhook:
    wired = wiring(row)
    fares, failing = fared(hooks, hook)
    last = row.get("last_response") or {}  # is kept for longer than the deliveries; only repositories' webhooks tell it
    if fares.is_well and last.get("status") not in _NO_FAILURE:
        fares, failing = replace(fares, failed=1, said=f"{last['status']}: {last.get('message')}"), True
    return Webhook(
        fares,
        wired.events,
        where,
        sends_json=wired.sends_json,
        secrets=wired.secrets,
        verifies_tls=wired.verifies_tls,
        failing=failing,
    )


def _scopes(reply: Reply) -> frozenset[str] | None:
    """A classic token's; fine-grained ones do not tell what they may do.

    https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps#available-scopes
    """
    named = frozenset(scope.strip() for scope in reply.headers.get("x-oauth-scopes", "").split(",") if scope.strip())
    return named or None


def _expiry(reply: Reply) -> datetime | None:
    """`2026-06-01 08:00:00 UTC`, or with an offset; another form is as good as none."""
    text = reply.headers.get("github-authentication-token-expiration", "").replace("UTC", "+0000")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None


def _role(switches: _Json) -> Permission | None:
    return next((role for name, role in _ROLES if switches.get(name)), Permission.NONE if switches else None)
