"""What a project is set up with, and changing it: a protocol of its own, apart from looking after issues.

Every method raises the `ProviderError` family; where a permission is missing, the message names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, TypeAlias

from service.model import Label

RequestState: TypeAlias = Literal["open", "merged", "closed"]


@dataclass(frozen=True, slots=True)
class ProjectLabel:
    """A label that issues of the project can carry; `inherited` from a group above it (GitLab)."""

    label: Label
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as the forge shows it. `faults` are what keeps its deliveries from being of use, as words."""

    id: int
    url: str
    events: frozenset[str]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedWebhook:
    """Where deliveries should go. A signing token is GitLab's (19.0 and later)."""

    url: str
    secret: str = field(default="", repr=False)
    signing_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Board:
    """A GitHub project or a GitLab board. `columns` are options of the Status field, or labels that lists stand for.

    `marked`: it carries the note that set-up leaves where a forge has room for one; where there is none, True.
    """

    id: str
    number: int
    title: str
    columns: tuple[str, ...]
    url: str = ""
    cards: int = 0
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """A pull request or merge request."""

    number: int
    url: str
    state: RequestState


@dataclass(frozen=True, slots=True)
class Proposal:
    """Files to be added to the default branch, by path, through a request from a branch of this name."""

    branch: str
    title: str
    body: str
    files: Mapping[str, str]


class ProjectSetup(Protocol):
    """One forge's projects, through one credential; for one thread."""

    events: ClassVar[frozenset[str]]  # what a webhook has to subscribe to, in the forge's words
    adds_columns: ClassVar[bool]  # whether columns can be added to a board that is in use, without harm

    def labels(self, project: str) -> tuple[ProjectLabel, ...]: ...

    def used_labels(self, project: str, names: Sequence[str]) -> frozenset[str]:
        """Those of the names that an issue carries."""

    def create_label(self, project: str, label: Label) -> None:
        """The label exists; one that is there, under any colour, is left as it is."""

    def delete_label(self, project: str, name: str) -> None: ...

    def webhooks(self, project: str) -> tuple[Webhook, ...]: ...

    def create_webhook(self, project: str, wanted: WantedWebhook) -> None: ...

    def change_webhook(self, project: str, webhook: Webhook, wanted: WantedWebhook) -> None:
        """What is wanted comes to what is there: events that somebody added stay. The secret is sent again."""

    def delete_webhook(self, project: str, webhook: Webhook) -> None: ...

    def boards(self, project: str) -> tuple[Board, ...]:
        """Those of the project, or of its organisation (GitHub), that are open."""

    def create_board(self, project: str, title: str, columns: Sequence[str]) -> Board: ...

    def add_columns(self, project: str, board: Board, columns: Sequence[str]) -> None:
        """Raises `Rejected` where this forge `adds_columns` to no board that is in use."""

    def delete_board(self, project: str, board: Board) -> None: ...

    def file_text(self, project: str, path: str, branch: str | None = None) -> str | None:
        """A file on a branch, by default the default one; None where there is none, or no such branch."""

    def has_branch(self, project: str, branch: str) -> bool: ...

    def request(self, project: str, branch: str) -> Request | None:
        """The newest request to merge this branch."""

    def propose(self, project: str, proposal: Proposal) -> Request:
        """An open request holds every file. What the branch has already stays as it is; so does an open request."""

    def comment(self, project: str, request: int, topic: str, body: str) -> None:
        """Our comment on this topic stands on the request, edited in place. `body` begins with the topic's marker."""
