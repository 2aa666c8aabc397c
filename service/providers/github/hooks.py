"""Webhooks of repositories, organisations and the App, and what became of their deliveries.

https://docs.github.com/en/rest/repos/webhooks, https://docs.github.com/en/rest/orgs/webhooks and
https://docs.github.com/en/rest/apps/webhooks: the App's own with its key only, the others with the Webhooks permission.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from service.providers.base import Forbidden, NotFound
from service.providers.github.errors import reading
from service.providers.github.gateway import Gateway, repository, segment
from service.providers.github.server import HOUR, Server
from service.providers.github.webhook import EVENTS
from service.providers.hooks import Attempt, Hook, Wiring, is_ours

_PAGES = 10  # of a hundred attempts
_Rows = tuple[Mapping[str, Any], ...]


class GitHubHooks:
    at_once = 50

    def __init__(self, server: Server) -> None:
        self._server = server

    def of(self, project: str) -> Sequence[Hook]:
        owner = project.partition("/")[0]
        refused: list[Forbidden | NotFound] = []
        found = [*self._of_app(), *self._listed(project, project, refused), *self._listed(project, owner, refused)]
        if not found and refused:
            raise refused[0]
        return found

    def attempts(self, hook: Hook, since: datetime | None) -> Iterator[Attempt]:
        """The log goes back three days, on Enterprise Server seven.

        https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
        """
        path = f"{self._path(hook)}/deliveries"
        for row in self._gateway(hook).pages_by_cursor(path, most=_PAGES):
            with reading(f"the deliveries of {hook}"):
                attempt = _attempt(row)
            if since is not None and attempt.at is not None and attempt.at <= since:
                return
            yield attempt

    def repeat(self, hook: Hook, attempt: Attempt) -> None:
        self._gateway(hook).create(f"{self._path(hook)}/deliveries/{attempt.id}/attempts", None)

    # --- where they are ---------------------------------------------------------------------------------------

    def _of_app(self) -> Iterator[Hook]:
        app = self._server.access.app
        if app is None:
            return
        url = self._server.cache.cached(self._server.key("app-hook", ""), HOUR, lambda: _app_url(app))
        if is_ours(url, self._server.forge):
            yield Hook(self._server.forge, "", 0, str(url))

    def _listed(self, project: str, owner: str, refused: list[Forbidden | NotFound]) -> Iterator[Hook]:
        """Those of the repository or the organisation `owner`, seen with the credential that serves the project."""
        rows = self.rows(project, owner)
        if not isinstance(rows, tuple):
            refused.append(rows)
            return
        with reading(f"the webhooks of {owner}"):
            for row in rows:
                if is_ours(row["config"].get("url"), self._server.forge):
                    yield self.hook(owner, row)

    def rows(self, project: str, owner: str) -> _Rows | Forbidden | NotFound:
        """As GitHub shows them, or why it does not; those of others are among them."""
        key = self._server.key("hooks", owner)
        return self._server.cache.cached(key, HOUR, lambda: self._ask(project, owner))

    def hook(self, owner: str, row: Mapping[str, Any]) -> Hook:
        return Hook(self._server.forge, owner, int(row["id"]), str(row["config"]["url"]), wiring(row).state)

    def _ask(self, project: str, owner: str) -> _Rows | Forbidden | NotFound:
        try:
            return tuple(self._server.gateway(project).pages(f"{_base(owner)}/hooks"))
        except (Forbidden, NotFound) as error:
            return error

    def _gateway(self, hook: Hook) -> Gateway:
        app = self._server.access.app
        return app if not hook.owner and app is not None else self._server.gateway(hook.owner)

    @staticmethod
    def _path(hook: Hook) -> str:
        return f"{_base(hook.owner)}/hooks/{hook.id}" if hook.owner else "/app/hook"


def wiring(row: Mapping[str, Any]) -> Wiring:
    """Of a webhook's row; the App's own has no word for being active."""
    config, events = row["config"], frozenset(map(str, row["events"]))
    return Wiring(
        EVENTS if "*" in events else events,
        state="active" if row.get("active", True) else "off",
        sends_json=config.get("content_type") == "json",
        secrets=frozenset({"secret"} if config.get("secret") else ()),
        verifies_tls=str(config.get("insecure_ssl", "0")) == "0",
    )


def _base(owner: str) -> str:
    return repository(owner) if "/" in owner else f"/orgs/{segment(owner)}"


def _app_url(app: Gateway) -> str:
    """Empty where the App has no webhook."""
    try:
        config = app.get("/app/hook/config")
    except NotFound:
        return ""
    with reading("the App's webhook"):
        return str(config.get("url") or "")


def _attempt(row: Mapping[str, Any]) -> Attempt:
    """`status_code` is 0 where nobody answered, which the API's own filter for failures leaves out."""
    return Attempt(
        id=int(row["id"]),
        event=str(row["guid"]),
        ok=200 <= int(row["status_code"]) < 400,
        said=str(row["status"]),
        at=datetime.fromisoformat(str(row["delivered_at"])),
        repeated=bool(row["redelivery"]),
    )
