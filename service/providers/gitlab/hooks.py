"""Webhooks of projects and of the groups above them, and what became of their deliveries.

https://docs.gitlab.com/api/project_webhooks/ needs the Maintainer role; https://docs.gitlab.com/api/group_webhooks/ a
paid tier and the group's Owner role. Who may not see those of a group sees the project's all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.providers.base import Forbidden, NotFound, ProviderError, Rejected
from service.providers.gitlab.connection import Row
from service.providers.gitlab.errors import reading
from service.providers.gitlab.gateway import Owner
from service.providers.gitlab.server import HOUR, Server
from service.providers.gitlab.webhook import EVENTS
from service.providers.hooks import Attempt, Hook, HookState, Wiring, is_ours

_MINUTES = 300  # seconds for which a group's webhooks are remembered, so that its projects share one request
_FAILURES, _SUCCESSES = 100, 200  # rows of a hook's log, the newest first
_SECRETS = {"token_present": "secret", "signing_token_present": "signing token"}
_STATES: Mapping[str, HookState] = {"temporarily_disabled": "paused", "disabled": "off"}


@dataclass(frozen=True, slots=True)
class Seen:
    """Webhooks of ours on one project or group: GitLab's rows, and what they mean to us."""

    rows: tuple[Row, ...]
    hooks: tuple[Hook, ...]


class GitLabHooks:
    at_once = 5  # a minute, for each hook and account

    def __init__(self, server: Server) -> None:
        self._server, self._gateway = server, server.gateway

    def of(self, project: str) -> Sequence[Hook]:
        own, *above = [self.rows(owner) for owner in owners(project)]
        hooks = [hook for found in (own, *above) if isinstance(found, Seen) for hook in found.hooks]
        if not hooks and not isinstance(own, Seen):
            raise own
        return hooks

    def rows(self, owner: Owner) -> Seen | ProviderError:
        """Ours among its webhooks, or why GitLab shows none. A group's are asked for once for all its projects."""
        if not owner.is_group:
            return self._ask(owner)
        key = self._server.key("group-hooks", owner.name)
        kept: Seen | ProviderError | None = self._server.cache.get(key, None)
        found = self._ask(owner) if kept is None else kept
        if kept is None:
            self._server.cache.put(key, found, _MINUTES if isinstance(found, Seen) else HOUR)
        return found

    def _ask(self, owner: Owner) -> Seen | ProviderError:
        try:
            rows = self._gateway.hooks(owner)
        except (Forbidden, NotFound, Rejected) as error:
            return error
        with reading(f"the webhooks of {owner}"):
            ours = tuple(row for row in rows if is_ours(row["url"], self._server.forge))
            return Seen(ours, tuple(self._hook(owner, row) for row in ours))

    def attempts(self, hook: Hook, since: datetime | None) -> Iterator[Attempt]:
        """The log goes back seven days (17.3 and later) and tells no times.

        It is asked for failures, which are few or none, and only then for the successes that came after the first.
        """
        del since
        failures = ("client_failure", "server_failure")
        found = [_attempt(row) for row in self._gateway.hook_events(_owner(hook), hook.id, failures, most=_FAILURES)]
        if found:
            first = min(attempt.id for attempt in found)
            for row in self._gateway.hook_events(_owner(hook), hook.id, ("successful",), most=_SUCCESSES):
                attempt = _attempt(row)
                if attempt.id < first:
                    break
                found.append(attempt)
        yield from sorted(found, key=lambda attempt: attempt.id, reverse=True)

    def repeat(self, hook: Hook, attempt: Attempt) -> None:
        self._gateway.resend(_owner(hook), hook.id, attempt.id)

    def _hook(self, owner: Owner, row: Row) -> Hook:
        until = row.get("disabled_until")
        return Hook(
            self._server.forge,
            owner.name,
            int(row["id"]),
            str(row["url"]),
            wiring(row).state,
            datetime.fromisoformat(until) if until else None,
            of_group=owner.is_group,
        )


def wiring(row: Mapping[str, Any]) -> Wiring:
    """Servers before 19 do not say whether there is a token."""
    known = {word: row[name] for name, word in _SECRETS.items() if row.get(name) is not None}
    return Wiring(
        frozenset(name for name in EVENTS.values() if row.get(name)),
        state=_STATES.get(str(row.get("alert_status")), "active"),
        secrets=frozenset(word for word, there in known.items() if there) if known else None,
        verifies_tls=bool(row.get("enable_ssl_verification", True)),
    )


def owners(project: str) -> Iterator[Owner]:
    """Whose webhooks tell of the project: its own, and those of the groups above it, the nearest first."""
    yield Owner(project)
    while (project := project.rpartition("/")[0]) != "":
        yield Owner(project, is_group=True)


def _owner(hook: Hook) -> Owner:
    return Owner(hook.owner, is_group=hook.of_group)


def _attempt(row: Mapping[str, Any]) -> Attempt:
    """An event is known by its Idempotency-Key, which a resend keeps (17.4); before, each try is one of its own."""
    with reading("a webhook's log"):
        headers = {str(name).lower(): value for name, value in (row.get("request_headers") or {}).items()}
        status = str(row["response_status"])
        event = str(headers.get("idempotency-key") or row["id"])
        return Attempt(int(row["id"]), event, ok=status.startswith(("2", "3")), said=status)
