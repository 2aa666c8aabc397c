"""What a project is set up with: labels, webhooks, a board, and files that are proposed in a merge request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, ClassVar

from service.hidden import topic_of
from service.model import Label
from service.providers.base import Forbidden, NotFound, Rejected
from service.providers.gitlab import mapping
from service.providers.gitlab.errors import AlreadyThere, reading
from service.providers.gitlab.hooks import wiring
from service.providers.gitlab.quick_actions import defused
from service.providers.gitlab.setup_requests import SetupRequests
from service.providers.gitlab.webhook import EVENTS
from service.providers.setup import Board, ProjectLabel, Proposal, Request, RequestState, WantedWebhook, Webhook

_Json = Mapping[str, Any]
_STATES: Mapping[str, RequestState] = {"opened": "open", "locked": "open", "merged": "merged", "closed": "closed"}
_COUNTS = ("open_issues_count", "closed_issues_count", "open_merge_requests_count")


class GitLabSetup:
    """See `service.providers.setup.ProjectSetup`."""

    events: ClassVar[frozenset[str]] = frozenset(EVENTS.values())
    adds_columns: ClassVar[bool] = True

    def __init__(self, requests: SetupRequests, viewer: Callable[[], str]) -> None:
        """`viewer` asks for our own login."""
        self._requests, self._viewer = requests, viewer

    # --- labels -----------------------------------------------------------------------------------------------

    def labels(self, project: str) -> tuple[ProjectLabel, ...]:
        """https://docs.gitlab.com/api/labels/#list-labels"""
        with reading(f"the labels of {project}"):
            return tuple(_label(row) for row in self._requests.labels(project))

    def used_labels(self, project: str, names: Sequence[str]) -> frozenset[str]:
        with reading(f"the labels of {project}"):
            rows = (row for row in self._requests.labels(project) if row["name"] in names)
            return frozenset(str(row["name"]) for row in rows if any(row.get(count) for count in _COUNTS))

    def create_label(self, project: str, label: Label) -> None:
        """https://docs.gitlab.com/api/labels/#create-a-new-label"""
        fields = {"name": label.name, "color": f"#{label.color}", "description": label.description}
        with suppress(AlreadyThere):
            self._requests.create_label(project, fields)

    def delete_label(self, project: str, name: str) -> None:
        self._requests.delete_label(project, name)

    # --- webhooks ---------------------------------------------------------------------------------------------

    def webhooks(self, project: str) -> tuple[Webhook, ...]:
        """https://docs.gitlab.com/api/project_webhooks/#list-webhooks-for-a-project"""
        with _maintaining(project), reading(f"the webhooks of {project}"):
            return tuple(_webhook(row) for row in self._requests.hooks(project))

    def create_webhook(self, project: str, wanted: WantedWebhook) -> None:
        """Push events are on unless they are switched off."""
        with _maintaining(project):
            self._requests.create_hook(project, {**_fields(wanted), "push_events": False})

    def change_webhook(self, project: str, webhook: Webhook, wanted: WantedWebhook) -> None:
        """The token goes with the address: GitLab forgets it when the address changes."""
        with _maintaining(project):
            self._requests.update_hook(project, webhook.id, _fields(wanted))

    def delete_webhook(self, project: str, webhook: Webhook) -> None:
        with _maintaining(project):
            self._requests.delete_hook(project, webhook.id)

    # --- boards -----------------------------------------------------------------------------------------------

    def boards(self, project: str) -> tuple[Board, ...]:
        """https://docs.gitlab.com/api/boards/#list-project-issue-boards"""
        with reading(f"the boards of {project}"):
            return tuple(_board(row) for row in self._requests.boards(project))

    def create_board(self, project: str, title: str, columns: Sequence[str]) -> Board:
        with reading(f"the new board {title!r}"):
            made = _board(self._requests.create_board(project, title))
        self.add_columns(project, made, columns)
        return replace(made, columns=tuple(columns))

    def add_columns(self, project: str, board: Board, columns: Sequence[str]) -> None:
        """A list for each label; it shows the open issues that carry it."""
        with reading(f"the labels of {project}"):
            ids = {str(row["name"]).casefold(): int(row["id"]) for row in self._requests.labels(project)}
        for column in columns:
            if column.casefold() not in ids:
                raise Rejected(f"the board {board.title!r} has no list {column!r}: there is no label of that name")
            self._requests.create_list(project, board.number, ids[column.casefold()])

    def delete_board(self, project: str, board: Board) -> None:
        self._requests.delete_board(project, board.number)

    # --- files ------------------------------------------------------------------------------------------------

    def file_text(self, project: str, path: str, branch: str | None = None) -> str | None:
        """https://docs.gitlab.com/api/repository_files/#get-raw-file-from-repository"""
        try:
            return self._requests.file(project, path, branch or "HEAD").decode("utf-8-sig", "replace")
        except NotFound:
            return None

    def has_branch(self, project: str, branch: str) -> bool:
        try:
            self._requests.branch(project, branch)
        except NotFound:
            return False
        return True

    def request(self, project: str, branch: str) -> Request | None:
        """https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests"""
        with reading(f"the merge requests of {project}"):
            return next((_request(row) for row in self._requests.merge_requests(project, branch)), None)

    def propose(self, project: str, proposal: Proposal) -> Request:
        branch = proposal.branch
        with reading(f"the project {project}"):
            base = str(self._requests.project(project).get("default_branch") or "")
        self._ensure_branch(project, branch, base)
        for path, text in proposal.files.items():
            if self.file_text(project, path, branch) is None:
                self._requests.create_file(project, path, branch, text)
        there = self.request(project, branch)
        if there is not None and there.state == "open":
            return there
        asked = {"title": proposal.title, "description": proposal.body, "source_branch": branch, "target_branch": base}
        with reading("the new merge request"):
            return _request(self._requests.create_merge_request(project, {**asked, "remove_source_branch": True}))

    def comment(self, project: str, request: int, topic: str, body: str) -> None:
        """https://docs.gitlab.com/api/notes/#merge-requests"""
        viewer = self._viewer().casefold()
        with reading(f"the comments of {project}!{request}"):
            found = ((int(row["id"]), mapping.note(row)) for row in self._requests.notes(project, request))
            mine = ((i, n.body) for i, n in found if n and n.author.casefold() == viewer and topic_of(n.body) == topic)
            note, written = next(mine, (0, ""))
        text = defused(body, written)
        if not note:
            self._requests.create_note(project, request, text)
        elif text != written:
            self._requests.update_note(project, request, note, text)

    def _ensure_branch(self, project: str, branch: str, base: str) -> None:
        """https://docs.gitlab.com/api/branches/#create-repository-branch"""
        if self.has_branch(project, branch):
            return
        if not base or not self.has_branch(project, base):
            raise Rejected(f"{project} has no commit yet; make a first one (a README will do), then run this again")
        self._requests.create_branch(project, branch, base)


@contextmanager
def _maintaining(project: str) -> Iterator[None]:
    """GitLab's refusal names no role, and webhooks need more than the rest."""
    try:
        yield
    except Forbidden as error:
        raise Forbidden(
            f"our account may not manage the webhooks of {project}; it needs the Maintainer role"
        ) from error


def _label(row: _Json) -> ProjectLabel:
    label = Label(str(row["name"]), str(row["color"]).removeprefix("#").lower(), str(row.get("description") or ""))
    return ProjectLabel(label, inherited=row.get("is_project_label") is False)


def _fields(wanted: WantedWebhook) -> dict[str, Any]:
    secrets = {"token": wanted.secret, "signing_token": wanted.signing_token}
    return {
        "url": wanted.url,
        "enable_ssl_verification": True,
        **dict.fromkeys(sorted(EVENTS.values()), True),
        **{name: secret for name, secret in secrets.items() if secret},
    }


def _webhook(row: _Json) -> Webhook:
    wired = wiring(row)
    return Webhook(int(row["id"]), str(row["url"]), wired.events, wired.faults)


def _board(row: _Json) -> Board:
    """Lists for people and milestones are no columns."""
    lists = sorted(
        (found for found in row.get("lists") or () if found.get("label")), key=lambda found: found["position"]
    )
    columns = tuple(str(found["label"]["name"]) for found in lists)
    number = int(row["id"])
    return Board(id=str(number), number=number, title=str(row["name"]), columns=columns)


def _request(row: _Json) -> Request:
    return Request(int(row["iid"]), str(row["web_url"]), _STATES[row["state"]])
