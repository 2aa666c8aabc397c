"""What an operator wants to know of a forge before relying on it: seen in reading requests alone, judged elsewhere.

A value that the forge does not tell is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import ClassVar, Protocol

from service.model import Capabilities, Permission
from service.providers.exchanges import dated
from service.providers.hooks import Hook, HookHealth, Hooks, health

_TRIES = 100  # of a webhook's newest


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are. `ahead`: seconds by which our clock is ahead of the forge's. `server`: its version, in words."""

    login: str
    is_app: bool = False
    ahead: float | None = None
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    server: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What our account may do in a project. An App has `granted` permissions, by their keys; anybody else a role."""

    permission: Permission | None = None
    granted: Mapping[str, str] = field(default_factory=dict)
    archived: bool = False
    has_issues: bool = True
    private: bool = False  # members alone see it


@dataclass(frozen=True, slots=True)
class Webhook:
    """One that sends to us: how it is set up, and how it fares. `failing`: so ended the newest try.

    `secrets` are the kinds that it was given, of `secret` and `signing token`.
    """

    fares: HookHealth
    events: frozenset[str]
    where: str = "the project"
    sends_json: bool = True
    secrets: frozenset[str] | None = None
    verifies_tls: bool = True
    failing: bool = False

    @property
    def url(self) -> str:
        return self.fares.hook.url


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Those that send to us, and the places where our account may not look for more."""

    found: tuple[Webhook, ...] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this project, on this server, can do, as the look at one of its issues found it."""

    graphql: bool
    capabilities: Capabilities


class Checkup(Protocol):
    """One forge, seen through one credential; for one thread. Every method raises the `ProviderError` family."""

    events: ClassVar[frozenset[str]]  # what a webhook has to subscribe to, in the forge's words

    def account(self) -> Account: ...

    def standing(self, project: str) -> Standing:
        """Raises `NotFound` where the project is not there, or our account may not see it."""

    def webhooks(self, project: str) -> Webhooks:
        """The project's, its organisation's, the App's."""

    def abilities(self, project: str) -> Abilities | None:
        """None where the project has no issue to look at yet."""


def clock_ahead(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds by which `now` is ahead of the answer's date, which has whole seconds. Names are in lower case."""
    date = dated(headers)
    return None if date is None else (now - date).total_seconds()


def fared(hooks: Hooks, hook: Hook) -> tuple[HookHealth, bool]:
    """How a webhook fares by its newest deliveries, and whether the very newest failed."""
    found = health(hook, islice(hooks.attempts(hook, None), _TRIES))
    return found, found.failing
