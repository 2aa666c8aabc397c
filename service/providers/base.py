"""What every forge adapter promises, and the errors it raises: one per decision its caller can make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from service.document import DEFAULT_DIALECT, Dialect
from service.model import Change, Issue, IssueRef, Permission, Snapshot, State
from service.providers.hooks import Hooks


class ProviderError(Exception):
    """A forge could not be read or written. `str()` is a sentence for an operator; it never holds a secret."""


class NotFound(ProviderError):
    """The issue, project or file is not there, or our account may not see it (forges answer 404 for both)."""


class Gone(NotFound):
    """It was deleted, or moved to another project."""


class Forbidden(ProviderError):
    """Our credentials are refused, or lack a permission; the message names it where the forge does."""


class Rejected(ProviderError):
    """The forge understood and refused the value (422 and its like); trying again is pointless."""


class RateLimited(ProviderError):
    """Wait `retry_after` seconds before the next request with this credential."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Reserved(RateLimited):
    """For work that nobody waits for: what is left of the forge's quota is kept for people until it resets."""


class Conflict(ProviderError):
    """What we meant to edit changed under us and the edit does not carry over; look again."""


class Unavailable(ProviderError):
    """No answer, a timeout, or a server error; worth trying again."""


class MalformedReply(Unavailable):
    """The answer was not what the forge documents (not JSON, cut short, or missing what we need)."""


class Unverified(Exception):
    """A webhook delivery whose signature or token is missing or wrong. Nothing of it may be believed."""


class Stale(Exception):
    """The delivery's signature holds, and its signed time does not: somebody sends it again, or a clock is wrong."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a delivery is held against. All `secrets` count: an old and a new one while they are rotated.

    `window`: seconds by which a time that the forge signed may differ from `now`, to either side.
    """

    secrets: Sequence[str] = field(repr=False)
    now: datetime
    window: float = 24 * 3600


DELIVERY_ID = re.compile(r"[!-+\--~]{1,200}")  # forges send UUIDs; with a comma it would be two headers in one
MAX_PROJECT = 1000  # characters: GitLab nests groups, each with a name of up to 255
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook delivery, reduced to what it nudges. Its payload decides nothing."""

    id: str  # stable across redeliveries of the same event
    event: str  # the forge's own name of it, like "issues.closed" or "Issue Hook"
    refs: tuple[IssueRef, ...]
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which issues: those with this label, in this state, and changed at or after `since`.

    `likely` is how many there will hardly be more of: a forge that charges for what is asked for is asked for so many
    first. A wrong guess costs a request.
    """

    label: str
    state: State
    since: datetime | None = None
    likely: int = 100


@dataclass(frozen=True, slots=True)
class Scope:
    """What a forge lists at once: one project, or several that stand under one group (`acme/*`)."""

    name: str
    projects: tuple[str, ...]


class WebhookParser(Protocol):
    """Bytes in, a value out; no I/O, no clock but the one handed in.

    Returns None for a verified delivery that is none of our business. Raises `Unverified`, `Stale`, or ValueError
    (with a sentence) where the verified body is not what the forge documents. Header names compare without case.
    """

    def __call__(self, headers: Mapping[str, str], body: bytes, *, forge: str, trust: Trust) -> Delivery | None: ...


class Provider(Protocol):
    """One forge, seen through one credential. Use one instance a thread: the SDKs are not safe to share."""

    forge: str

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, retries included."""

    @property
    def request_id(self) -> str:
        """The forge's own id of the last writing request of the last `apply`, to ask its support by; else ""."""

    @property
    def hooks(self) -> Hooks:
        """Our webhooks, as the forge keeps them."""

    def named(self, ref: IssueRef) -> IssueRef | None:
        """The issue that `ref.node` stands for; None where that is no issue, or none that our account may see."""

    def fetch(self, ref: IssueRef, dialect: Dialect = DEFAULT_DIALECT) -> Snapshot:
        """Everything a decision about this issue needs. Raises `NotFound`, `Gone` and the rest of the family.

        `dialect` is how the team writes: it tells which people and issues the text names, to be looked up too.
        """

    def apply(self, change: Change) -> IssueRef | None:
        """Makes the change true on the forge; safe to repeat. Returns the issue's ref for `CreateActionItem`."""

    def viewer(self) -> str:
        """Our own login, as it stands in `Issue.author`."""

    def list(
        self,
        project: str,
        *,
        labels: Sequence[str] = (),
        since: datetime | None = None,
        state: State | None = None,
    ) -> Iterator[Issue]:
        """Issues of a project, in any state or in this one, that carry all `labels` and changed at or after `since`."""

    # --- many projects at once --------------------------------------------------------------------------------

    def projects(self, under: str) -> Iterator[str]:
        """Paths of the projects of this owner or group, its subgroups included, that our account was let into.

        Archived ones are left out. Raises `Rejected` where the forge needs a group and `under` is empty.
        """

    def read_ahead(self, projects: Sequence[str], path: str) -> None:
        """Reads this file of many projects in as few requests as the forge allows, for `file_text` to answer from.

        What cannot be read is left to `file_text`, and so are the errors.
        """

    def scopes(self, projects: Sequence[str]) -> Sequence[Scope]:
        """The projects, each in one scope, put together as the forge lists them in the fewest requests. Sends none."""

    def survey(self, scope: Scope, listings: Sequence[Listing]) -> Iterator[Issue]:
        """The issues of these projects that are in any of the listings, each once, a hundred a request.

        Raises `Rejected` for a scope of several projects that is too large for one listing; list them one by one.
        """

    def last_change(self, project: str) -> datetime | None:
        """When anything in the project's tracker last changed, by the forge's clock; None where it is empty."""

    def permission(self, project: str, user: str) -> Permission:
        """What this person may do in the project; `Permission.NONE` for a stranger."""

    def file_text(self, project: str, path: str) -> str | None:
        """A file on the default branch as text, or None where there is none. Cached for a short while."""
