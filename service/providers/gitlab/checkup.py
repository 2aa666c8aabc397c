"""A GitLab server, looked at as its operator would. Reads alone; see `service.providers.checkup.Checkup`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

from service.document import DEFAULT_DIALECT
from service.model import IssueRef
from service.providers.base import Forbidden, NotFound, Rejected
from service.providers.checkup import Abilities, Account, Standing, Webhook, Webhooks, clock_ahead, fared
from service.providers.gitlab import observe
from service.providers.gitlab.checkup_requests import CheckupRequests
from service.providers.gitlab.errors import reading
from service.providers.gitlab.hooks import GitLabHooks, Seen, owners, wiring
from service.providers.gitlab.people import permission, saw_user
from service.providers.gitlab.server import Server
from service.providers.gitlab.setup_requests import SetupRequests
from service.providers.gitlab.webhook import EVENTS
from service.providers.hooks import Hook, HookHealth

_UNTOLD = (NotFound, Forbidden, Rejected)  # how a server or an account says that it does not tell
_Json = Mapping[str, Any]


class GitLabCheckup:
    events: ClassVar[frozenset[str]] = frozenset(EVENTS.values())

    def __init__(self, server: Server, requests: CheckupRequests, about_projects: SetupRequests) -> None:
        self._server = server
        self._requests = requests
        self._about_projects = about_projects

    def account(self) -> Account:
        me = self._server.gateway.viewer()
        ahead = clock_ahead(self._requests.headers, self._server.clock())
        token, metadata = self._token(), self._metadata()
        with reading("our own account and token"):
            login = str(me["username"])
            self._server.saw_viewer(login)
            saw_user(self._server, login, int(me["id"]))
            return Account(
                login,
                ahead=ahead,
                scopes=frozenset(map(str, token["scopes"])) if token else None,
                expires_at=_end_of(token.get("expires_at")),
                server=_version(metadata),
            )

    def _token(self) -> _Json:
        """Nothing for what is no access token, such as one of OAuth."""
        try:
            return self._requests.token()
        except _UNTOLD:
            return {}

    def _metadata(self) -> _Json:
        try:
            return self._requests.metadata()
        except _UNTOLD:
            return {}

    def standing(self, project: str) -> Standing:
        """https://docs.gitlab.com/api/projects/#get-a-single-project"""
        row = self._about_projects.project(project)
        with reading(f"the project {project}"):
            return Standing(
                permission=permission(self._server, project, self._server.viewer()),
                archived=bool(row.get("archived")),
                has_issues=row.get("issues_access_level") != "disabled",
                private=row.get("visibility") == "private",
            )

    def abilities(self, project: str) -> Abilities | None:
        row = next(self._server.gateway.issues(project, {"scope": "all"}, most=1), None)
        if row is None:
            return None
        with reading(f"the issues of {project}"):
            ref = IssueRef(self._server.forge, project, int(row["iid"]))
        capabilities = observe.fetch(self._server, ref, DEFAULT_DIALECT).capabilities
        return Abilities(self._server.has_graphql, capabilities)

    def webhooks(self, project: str) -> Webhooks:
        """The project's, and those of the groups above it, which need a paid tier and an owner."""
        hooks = GitLabHooks(self._server)
        found: list[Webhook] = []
        hidden: list[str] = []
        for owner in owners(project):
            where, seen = str(owner) if owner.is_group else "the project", hooks.rows(owner)
            if not isinstance(seen, Seen):
                hidden.append(where)
                continue
            with reading(f"the webhooks of {owner}"):
                found += [self._webhook(hooks, *one, where) for one in zip(seen.hooks, seen.rows, strict=True)]
        return Webhooks(tuple(found), tuple(hidden))

    def _webhook(self, hooks: GitLabHooks, hook: Hook, row: _Json, where: str) -> Webhook:
        (fares, failing), wired = self._fared(hooks, hook), wiring(row)
        return Webhook(
            fares, wired.events, where, secrets=wired.secrets, verifies_tls=wired.verifies_tls, failing=failing
        )

    @staticmethod
    def _fared(hooks: GitLabHooks, hook: Hook) -> tuple[HookHealth, bool]:
        """Before 17.3 GitLab lists no deliveries; whether it paused the webhook it tells all the same."""
        try:
            return fared(hooks, hook)
        except _UNTOLD:
            return HookHealth(hook), False


def _end_of(day: str | None) -> datetime | None:
    """A token ends when its day begins: https://docs.gitlab.com/user/profile/personal_access_tokens/"""
    return datetime.combine(date.fromisoformat(day[:10]), time.min, UTC) if day else None


def _version(metadata: _Json) -> str:
    if not metadata.get("version"):
        return ""
    edition = "Enterprise" if metadata.get("enterprise") else "Community"
    return f"GitLab {metadata['version']}, {edition} Edition"
