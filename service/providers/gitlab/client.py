"""GitLab as a `Provider`: fetch sees an issue whole, apply makes one change true."""

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
from service.providers.base import Listing, Rejected, Scope
from service.providers.cache import Cache
from service.providers.exchanges import Observer, unobserved
from service.providers.forge_time import ForgeTime
from service.providers.gitlab import action_items, comments, files, issue_changes, observe, own_issues, people, survey
from service.providers.gitlab.checkup import GitLabCheckup
from service.providers.gitlab.checkup_requests import CheckupRequests
from service.providers.gitlab.connection import Connection
from service.providers.gitlab.gateway import Gateway
from service.providers.gitlab.hooks import GitLabHooks
from service.providers.gitlab.server import Server
from service.providers.gitlab.setup import GitLabSetup
from service.providers.gitlab.setup_requests import SetupRequests
from service.providers.last_reply import LastReply
from service.providers.limits import PATIENCE, Budget, Limits, unlimited

DOTCOM = "https://gitlab.com"
_FILE_SECONDS = 60
_CREATIONS = (Budget(60, 60.0),)  # https://docs.gitlab.com/user/gitlab_com/#rate-limits-on-gitlabcom (notes)


class GitLab:
    """One GitLab server through one token, for one thread; see `service.providers.base.Provider`.

    `url` is the server's own (https://gitlab.com, https://gitlab.example.org/relative/root), without `/api/v4`.
    Providers of several threads share `cache`, so that what rarely changes is asked for once. `observer` hears of
    each request, and each waits until `limits` let it, where that takes no more than `patience` seconds.
    """

    def __init__(  # noqa: PLR0913 - all are named
        self,
        *,
        token: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        forge: str = "gitlab",
        url: str = DOTCOM,
        cache: Cache | None = None,
        observer: Observer = unobserved,
        limits: Limits = unlimited,
        patience: float = PATIENCE,
    ) -> None:
        self.forge = forge
        limiter = limits(forge, _CREATIONS if url == DOTCOM else ())  # elsewhere they are what the server's owner sets
        time = ForgeTime(clock)
        observer = time.hearing(observer)
        self._connection = Connection(
            url, token, clock=time.now, sleep=sleep, observer=observer, limiter=limiter, patience=patience
        )
        self._gateway = Gateway(self._connection)
        last_reply = LastReply(lambda: self.requests, clock)
        kept = cache if cache is not None else Cache(clock)
        self._server = Server(forge, self._gateway, kept, clock, time.now, last_reply)

    @property
    def requests(self) -> int:
        return self._gateway.sent

    @property
    def request_id(self) -> str:
        """https://docs.gitlab.com/administration/logs/tracing_correlation_id/ (X-Request-Id)"""
        return self._gateway.written

    @property
    def hooks(self) -> GitLabHooks:
        return GitLabHooks(self._server)

    def setup(self) -> GitLabSetup:
        """The same server, for setting projects up."""
        return GitLabSetup(SetupRequests(self._connection), self._server.viewer)

    def checkup(self) -> GitLabCheckup:
        """The same server, for looking at how it is set up."""
        return GitLabCheckup(self._server, CheckupRequests(self._connection), SetupRequests(self._connection))

    def named(self, ref: IssueRef) -> IssueRef | None:
        """GitLab's events name every issue by project and number; there is no other id to ask about."""
        return None if ref.node is not None else ref

    def fetch(self, ref: IssueRef, dialect: Dialect = DEFAULT_DIALECT) -> Snapshot:
        return observe.fetch(self._server, ref, dialect)

    def apply(self, change: Change) -> IssueRef | None:  # noqa: C901, PLR0912, PLR0915 - one case a variant
        server = self._server
        self._gateway.forget_written()
        match change:
            case EnsureLabel():
                issue_changes.ensure_label(server, change)
            case AddLabels():
                issue_changes.add_labels(server, change)
            case RemoveLabels():
                issue_changes.remove_labels(server, change)
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
                raise Rejected("GitLab's boards show labels and hold no cards; put the column's label on the issue")
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
        if len(projects) > 1:
            for project, text in files.read(self._server, projects, path):
                self._server.cache.put(self._file_key(project, path), text, _FILE_SECONDS)

    def scopes(self, projects: Sequence[str]) -> Sequence[Scope]:
        return survey.scopes(projects)

    def survey(self, scope: Scope, listings: Sequence[Listing]) -> Iterator[Issue]:
        return survey.survey(self._server, scope, listings)

    def last_change(self, project: str) -> datetime | None:
        return survey.last_change(self._server, project)

    def permission(self, project: str, user: str) -> Permission:
        return people.permission(self._server, project, user)

    def file_text(self, project: str, path: str) -> str | None:
        """https://docs.gitlab.com/api/repository_files/#get-raw-file-from-repository"""
        key = self._file_key(project, path)
        return self._server.cache.cached(key, _FILE_SECONDS, lambda: self._server.file_text(project, path))

    def _file_key(self, project: str, path: str) -> tuple[str, str, str, str]:
        return (*self._server.key("file", project), path)
