"""GitHub as a `Provider`: fetch sees an issue whole, apply makes one change true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import assert_never

from service.document import DEFAULT_DIALECT, Dialect
from service.model import (
    Acknowledge,
    AddLabels,
    Change,
    CloseAsNotPlanned,
    CreateActionItem,
    EnsureComment,
    EnsureIssue,
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
    State,
)
from service.providers.base import Listing, NotFound, Scope
from service.providers.cache import Cache
from service.providers.exchanges import Observer, unobserved
from service.providers.forge_time import ForgeTime
from service.providers.github import (
    action_items,
    boards,
    comments,
    issue_changes,
    labelling,
    look,
    observe,
    own_issues,
    people,
    survey,
)
from service.providers.github.auth import AppAuth, TokenAuth, access
from service.providers.github.checkup import GitHubCheckup
from service.providers.github.connection import Counter
from service.providers.github.gateway import Wire, repository, segment
from service.providers.github.hooks import GitHubHooks
from service.providers.github.server import Server
from service.providers.github.setup import GitHubSetup
from service.providers.last_reply import LastReply
from service.providers.limits import PATIENCE, Budget, Limiter, Limits, unlimited

DOTCOM = "https://api.github.com"
_FILE_SECONDS = 60
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
_CREATIONS = (Budget(80, 60.0), Budget(500, 3600.0))


class GitHub:
    """One GitHub server through one credential, for one thread; see `service.providers.base.Provider`.

    `url` is the REST root: https://api.github.com, or https://HOST/api/v3 on GitHub Enterprise Server. Providers
    of several threads share `cache`, so that what rarely changes is asked for once. `observer` hears of each request;
    each waits until `limits` let it, where that takes no more than `patience` seconds.
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
        limits: Limits = unlimited,
        patience: float = PATIENCE,
    ) -> None:
        self.forge = forge
        self._counter = Counter()
        kept = cache if cache is not None else Cache(clock)
        creations = _CREATIONS if url == DOTCOM else ()  # an Enterprise Server has the limits that its owner sets

        def limiter(account: str) -> Limiter:
            return limits(f"{forge} {account}".rstrip(), creations)

        time = ForgeTime(clock)
        heard = time.hearing(observer)
        wire = Wire(url, self._counter, time.now, sleep, heard, limiter, patience, kept.answers)
        last_reply = LastReply(lambda: self.requests, clock)
        self._server = Server(
            forge, access(auth, wire, kept), kept, clock, time.now, last_reply, is_dotcom=url == DOTCOM
        )

    @property
    def requests(self) -> int:
        return self._counter.requests

    @property
    def request_id(self) -> str:
        """https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api (X-GitHub-Request-Id)"""
        return self._counter.written

    @property
    def hooks(self) -> GitHubHooks:
        return GitHubHooks(self._server)

    def setup(self) -> GitHubSetup:
        """The same server, for setting projects up."""
        return GitHubSetup(self._server)

    def checkup(self) -> GitHubCheckup:
        """The same server, for looking at how it is set up."""
        return GitHubCheckup(self._server)

    def named(self, ref: IssueRef) -> IssueRef | None:
        return look.by_node(self._server, ref)

    def fetch(self, ref: IssueRef, dialect: Dialect = DEFAULT_DIALECT) -> Snapshot:
        return observe.fetch(self._server, ref, dialect)

    def apply(self, change: Change) -> IssueRef | None:  # noqa: C901, PLR0912, PLR0915 - one case a variant
        server, self._counter.written = self._server, ""
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
            case EnsureIssue():
                return own_issues.ensure(server, change)
            case LinkChild():
                issue_changes.link_child(server, change)
            case MoveCard():
                boards.move(server, change)
            case Reopen():
                issue_changes.reopen(server, change)
            case CloseAsNotPlanned():
                issue_changes.close_as_not_planned(server, change)
            case EnsureComment():
                comments.ensure(server, change)
            case Acknowledge():
                comments.acknowledge(server, change)
            case _:
                assert_never(change)
        return None

    def viewer(self) -> str:
        return self._server.viewer()

    def list(
        self,
        project: str,
        *,
        labels: Sequence[str] = (),
        since: datetime | None = None,
        state: State | None = None,
    ) -> Iterator[Issue]:
        return survey.listed(self._server, project, labels, since, state)

    def projects(self, under: str) -> Iterator[str]:
        return survey.projects(self._server, under)

    def read_ahead(self, projects: Sequence[str], path: str) -> None:
        if self._server.has_graphql and len(projects) > 1:
            for project, text in survey.read_files(self._server, projects, path):
                self._server.cache.put(self._file_key(project, path), text, _FILE_SECONDS)

    def scopes(self, projects: Sequence[str]) -> Sequence[Scope]:
        return tuple(Scope(project, (project,)) for project in projects)

    def survey(self, scope: Scope, listings: Sequence[Listing]) -> Iterator[Issue]:
        for project in scope.projects:
            yield from survey.survey(self._server, project, listings)

    def last_change(self, project: str) -> datetime | None:
        return survey.last_change(self._server, project)

    def permission(self, project: str, user: str) -> Permission:
        return people.permission(self._server, project, user)

    def file_text(self, project: str, path: str) -> str | None:
        """https://docs.github.com/en/rest/repos/contents#get-repository-content"""
        key = self._file_key(project, path)
        return self._server.cache.cached(key, _FILE_SECONDS, lambda: self._file_text(project, path))

    def _file_key(self, project: str, path: str) -> tuple[str, ...]:
        return (*self._server.key("file", project), path)

    def _file_text(self, project: str, path: str) -> str | None:
        parts = "/".join(segment(part) for part in path.split("/"))
        try:
            return self._server.gateway(project).text(f"{repository(project)}/contents/{parts}")
        except NotFound:
            return None
