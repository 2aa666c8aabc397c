"""Our webhooks as a forge keeps them: whether it delivers, what came of it, and how to have it try again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

HookState: TypeAlias = Literal["active", "paused", "off"]


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook whose deliveries come to us. `until`: when the forge tries a paused one again."""

    forge: str
    owner: str  # a project's path, an organisation or a group, or empty for the App itself
    id: int
    url: str
    state: HookState = "active"
    until: datetime | None = None
    of_group: bool = False  # GitLab's; its path looks like a project's

    def __str__(self) -> str:
        if self.of_group:
            return f"{self.forge}:group {self.owner} hook {self.id}"
        return f"{self.forge}:{self.owner} hook {self.id}" if self.owner else f"{self.forge} App hook"


@dataclass(frozen=True, slots=True)
class Wiring:
    """How a webhook is set up, as its forge shows it, for whoever mends it and whoever judges it.

    `secrets` are the kinds that it was given, of `secret` and `signing token`; None where the forge does not tell.
    """

    events: frozenset[str]
    state: HookState = "active"
    sends_json: bool = True
    secrets: frozenset[str] | None = None
    verifies_tls: bool = True

    @property
    def faults(self) -> tuple[str, ...]:
        """What keeps its deliveries from being of use, as words; which events it should have is for others to say."""
        found = {
            "is switched off": self.state == "off",
            "sends forms instead of JSON": not self.sends_json,
            "has no secret": self.secrets is not None and not self.secrets,
            "does not check certificates": not self.verifies_tls,
        }
        return tuple(words for words, holds in found.items() if holds)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver. `event` is equal for every try at the same event."""

    id: int
    event: str
    ok: bool
    said: str = ""  # what came of it, in the forge's words
    at: datetime | None = None  # by the forge's clock; None where it does not tell
    repeated: bool = False  # on request, where the forge tells


@dataclass(frozen=True, slots=True)
class HookHealth:
    """What is known of a webhook. `failed`: events, of those looked at, that no try delivered. `failing`: the newest
    try failed.
    """

    hook: Hook
    failed: int = 0
    said: str = ""  # what came of the latest of them
    failing: bool = False

    @property
    def is_well(self) -> bool:
        return self.hook.state == "active" and not self.failed


class Hooks(Protocol):
    """Every method raises the `ProviderError` family."""

    at_once: int  # how many tries may be asked for in a row

    def of(self, project: str) -> Sequence[Hook]:
        """Our webhooks that tell of this project. Raises `Forbidden` or `NotFound` where we may not see them."""

    def attempts(self, hook: Hook, since: datetime | None) -> Iterator[Attempt]:
        """The newest first, back to that time where the forge tells times; a bounded number of them.

        A forge may leave out successes that came before every failure.
        """

    def repeat(self, hook: Hook, attempt: Attempt) -> None:
        """Has the forge try this event once more, under the same name."""


def is_ours(url: object, forge: str) -> bool:
    """Whether a webhook's address is one of a Closeout that calls this forge by this name."""
    return isinstance(url, str) and urlsplit(url).path.rstrip("/").endswith(f"/webhooks/{forge}")


def missed(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Of the newest first, those worth another try, the oldest first: an event's only one, and it failed.

    What failed twice will hardly get through the third time; the resync makes good for it.
    """
    tries = _by_event(attempts)
    alone = [first for first, *more in tries.values() if not more]
    return tuple(reversed([one for one in alone if not one.ok and not one.repeated]))


def health(hook: Hook, attempts: Iterable[Attempt]) -> HookHealth:
    """From its attempts, the newest first."""
    tries = list(attempts)
    failed = [every[0] for every in _by_event(tries).values() if not any(one.ok for one in every)]
    return HookHealth(hook, len(failed), failed[0].said if failed else "", failing=bool(tries) and not tries[0].ok)


def _by_event(attempts: Iterable[Attempt]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        found.setdefault(attempt.event, []).append(attempt)
    return found
