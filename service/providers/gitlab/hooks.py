"""Webhooks of projects, and what became of their deliveries: https://docs.gitlab.com/api/project_webhooks/

Needs the Maintainer role. Those of groups need a paid tier and an owner, and are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from service.providers.gitlab.connection import Row
from service.providers.gitlab.errors import reading
from service.providers.gitlab.gateway import Gateway
from service.providers.gitlab.webhook import EVENTS
from service.providers.hooks import Attempt, Hook, HookState, Wiring, is_ours

_FAILURES, _SUCCESSES = 100, 200  # rows of a hook's log, the newest first
_SECRETS = {"token_present": "secret", "signing_token_present": "signing token"}
_STATES: Mapping[str, HookState] = {"temporarily_disabled": "paused", "disabled": "off"}


class GitLabHooks:
    at_once = 5  # a minute, for each hook and account

    def __init__(self, forge: str, gateway: Gateway) -> None:
        self._forge, self._gateway = forge, gateway

    def of(self, project: str) -> Sequence[Hook]:
        with reading(f"the webhooks of {project}"):
            return [self.hook(project, row) for row in self._gateway.hooks(project) if is_ours(row["url"], self._forge)]

    def attempts(self, hook: Hook, since: datetime | None) -> Iterator[Attempt]:
        """The log goes back seven days (17.3 and later) and tells no times.

        It is asked for failures, which are few or none, and only then for the successes that came after the first.
        """
        del since
        failures = ("client_failure", "server_failure")
        found = [_attempt(row) for row in self._gateway.hook_events(hook.owner, hook.id, failures, most=_FAILURES)]
        if found:
            first = min(attempt.id for attempt in found)
            for row in self._gateway.hook_events(hook.owner, hook.id, ("successful",), most=_SUCCESSES):
                attempt = _attempt(row)
                if attempt.id < first:
                    break
                found.append(attempt)
        yield from sorted(found, key=lambda attempt: attempt.id, reverse=True)

    def repeat(self, hook: Hook, attempt: Attempt) -> None:
        self._gateway.resend(hook.owner, hook.id, attempt.id)

    def hook(self, project: str, row: Row) -> Hook:
        until = row.get("disabled_until")
        return Hook(
            self._forge,
            project,
            int(row["id"]),
            str(row["url"]),
            wiring(row).state,
            datetime.fromisoformat(until) if until else None,
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


def _attempt(row: Mapping[str, Any]) -> Attempt:
    """An event is known by its Idempotency-Key, which a resend keeps (17.4); before, each try is one of its own."""
    with reading("a webhook's log"):
        headers = {str(name).lower(): value for name, value in (row.get("request_headers") or {}).items()}
        status = str(row["response_status"])
        event = str(headers.get("idempotency-key") or row["id"])
        return Attempt(int(row["id"]), event, ok=status.startswith(("2", "3")), said=status)
