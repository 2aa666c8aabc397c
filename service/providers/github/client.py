"""GitHub as a `Provider`: fetch sees an issue whole, apply makes one change true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import assert_never

from service.document import DEFAULT_DIALECT, Dialect
from service.model import (
    Acknowledge,
    AddLabels,
    Change,
    CreateActionItem,
    EnsureComment,
    EnsureLabel,
    Issue,
    IssueRef,
    LinkChild,
    MoveCard,
    Permission,
    RemoveLabels,
    Reopen,
    SetAssignees,
    SetBody,
    SetDue,
    SetTitle,
    Snapshot,
)
from service.providers.base import NotFound
from service.providers.cache import Cache
from service.providers.exchanges import Observer, unobserved
from service.providers.github import (
    action_items,
    boards,
    comments,
    issue_changes,
    labelling,
    mapping,
    observe,
    people,
)
from service.providers.github.auth import AppAuth, TokenAuth, access
from service.providers.github.connection import Counter
from service.providers.github.errors import reading
from service.providers.github.gateway import Wire, repository, segment
from service.providers.github.server import Server
from service.providers.last_reply import LastReply

DOTCOM = "https://api.github.com"
_FILE_SECONDS = 60


class GitHub:
    """One GitHub server through one credential, for one thread; see `service.providers.base.Provider`.

    `url` is the REST root: https://api.github.com, or https://HOST/api/v3 on GitHub Enterprise Server. Providers
    of several threads share `cache`, so that what rarely changes is asked for once. `observer` hears of each request.
    """

    def __init__(  # noqa: PLR0913 - all are named
        self,
        *,
        auth: TokenAuth | AppAuth,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        forge: str = "github",
        url: str = DOTCOM,
        cache: Cache | None = None,
        observer: Observer = unobserved,
    ) -> None:
        self.forge = forge
        self._counter = Counter()
        kept = cache if cache is not None else Cache(clock)
        wire = Wire(url, self._counter, clock, sleep, observer)
        last_reply = LastReply(lambda: self.requests, clock)
        self._server = Server(forge, access(auth, wire, kept), kept, clock, last_reply, is_dotcom=url == DOTCOM)

    @property
    def requests(self) -> int:
        return self._counter.requests

    def fetch(self, ref: IssueRef, dialect: Dialect = DEFAULT_DIALECT) -> Snapshot:
        return observe.fetch(self._server, ref, dialect)

    def apply(self, change: Change) -> IssueRef | None:  # noqa: C901, PLR0912 - one case a variant
        server = self._server
        match change:
            case EnsureLabel():
                labelling.ensure(server, change)
            case AddLabels():
                labelling.add(server, change)
            case RemoveLabels():
                labelling.remove(server, change)
            case SetTitle():
                issue_changes.set_title(server, change)
            case SetBody():
                issue_changes.set_body(server, change)
            case SetAssignees():
                issue_changes.set_assignees(server, change)
            case SetDue():
                issue_changes.set_due(server, change)
            case CreateActionItem():
                return action_items.create(server, change)
            case LinkChild():
                issue_changes.link_child(server, change)
            case MoveCard():
                boards.move(server, change)
            case Reopen():
                issue_changes.reopen(server, change)
            case EnsureComment():
                comments.ensure(server, change)
            case Acknowledge():
                comments.acknowledge(server, change)
            case _:
                assert_never(change)
        return None

    def list(self, project: str, *, labels: Sequence[str] = (), since: datetime | None = None) -> Iterator[Issue]:
        """https://docs.github.com/en/rest/issues/issues#list-repository-issues (pull requests are among them)

        Oldest first by creation, so that an issue which changes meanwhile does not move between pages.
        """
        query: dict[str, str | int] = {"state": "all", "sort": "created", "direction": "asc"}
        if labels:
            query["labels"] = ",".join(labels)
        if since is not None:
            query["since"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for row in self._server.gateway(project).pages(f"{repository(project)}/issues", query):
            if "pull_request" not in row:
                with reading(f"the issues of {project}"):
                    issue = mapping.issue_of_rest(row, IssueRef(self.forge, project, int(row["number"])))
                yield issue

    def permission(self, project: str, user: str) -> Permission:
        return people.permission(self._server, project, user)

    def file_text(self, project: str, path: str) -> str | None:
        """https://docs.github.com/en/rest/repos/contents#get-repository-content"""
        key = (*self._server.key("file", project), path)
        return self._server.cache.cached(key, _FILE_SECONDS, lambda: self._file_text(project, path))

    def _file_text(self, project: str, path: str) -> str | None:
        parts = "/".join(segment(part) for part in path.split("/"))
        try:
            return self._server.gateway(project).text(f"{repository(project)}/contents/{parts}")
        except NotFound:
            return None
