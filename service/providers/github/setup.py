"""What a repository is set up with: labels, webhooks, and files that are proposed in a pull request."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from service.model import EnsureComment, EnsureLabel, IssueRef, Label
from service.providers.base import Conflict, Forbidden, NotFound, Rejected
from service.providers.github import comments, labelling, setup_boards
from service.providers.github.errors import reading
from service.providers.github.gateway import Gateway, repository, segment
from service.providers.github.hooks import wiring
from service.providers.github.server import Server
from service.providers.github.webhook import EVENTS
from service.providers.setup import Board, ProjectLabel, Proposal, Request, RequestState, WantedWebhook, Webhook

_Json = Mapping[str, Any]
_HOOKS_NEED = "it needs the admin role, or the repository permission Webhooks: read and write"


class GitHubSetup:
    """See `service.providers.setup.ProjectSetup`."""

    events: ClassVar[frozenset[str]] = EVENTS
    adds_columns: ClassVar[bool] = False

    def __init__(self, server: Server) -> None:
        self._server = server

    def _gateway(self, project: str) -> Gateway:
        return self._server.gateway(project)

    # --- labels -----------------------------------------------------------------------------------------------

    def labels(self, project: str) -> tuple[ProjectLabel, ...]:
        """https://docs.github.com/en/rest/issues/labels#list-labels-for-a-repository"""
        with reading(f"the labels of {project}"):
            rows = self._gateway(project).pages(f"{repository(project)}/labels")
            labels = (Label(str(row["name"]), str(row["color"]), str(row["description"] or "")) for row in rows)
            return tuple(ProjectLabel(label) for label in labels)

    def used_labels(self, project: str, names: Sequence[str]) -> frozenset[str]:
        """One request a label: nothing tells about all of them at once. Pull requests count too."""
        asked = {name: {"labels": name, "state": "all"} for name in names}
        issues = f"{repository(project)}/issues"
        first = {name: next(self._gateway(project).pages(issues, asked[name]), None) for name in names}
        return frozenset(name for name, row in first.items() if row is not None)

    def create_label(self, project: str, label: Label) -> None:
        labelling.ensure(self._server, EnsureLabel(IssueRef(self._server.forge, project, 0), label))

    def delete_label(self, project: str, name: str) -> None:
        self._gateway(project).write("DELETE", f"{repository(project)}/labels/{segment(name)}")
        self._server.forget_labels(project)

    # --- webhooks ---------------------------------------------------------------------------------------------

    def webhooks(self, project: str) -> tuple[Webhook, ...]:
        """https://docs.github.com/en/rest/repos/webhooks#list-repository-webhooks"""
        with _hooks_of(project), reading(f"the webhooks of {project}"):
            return tuple(_webhook(row) for row in self._gateway(project).pages(f"{repository(project)}/hooks"))

    def create_webhook(self, project: str, wanted: WantedWebhook) -> None:
        body = {"name": "web", "active": True, "events": sorted(EVENTS), "config": _config(wanted)}
        with _hooks_of(project):
            self._gateway(project).create(f"{repository(project)}/hooks", body)

    def change_webhook(self, project: str, webhook: Webhook, wanted: WantedWebhook) -> None:
        """A config without its secret would take the secret away, so it is always whole."""
        body = {"active": True, "add_events": sorted(EVENTS), "config": _config(wanted)}
        with _hooks_of(project):
            self._gateway(project).write("PATCH", f"{repository(project)}/hooks/{webhook.id}", body)

    def delete_webhook(self, project: str, webhook: Webhook) -> None:
        with _hooks_of(project):
            self._gateway(project).write("DELETE", f"{repository(project)}/hooks/{webhook.id}")

    # --- boards -----------------------------------------------------------------------------------------------

    def boards(self, project: str) -> tuple[Board, ...]:
        return setup_boards.boards(self._server, project)

    def create_board(self, project: str, title: str, columns: Sequence[str]) -> Board:
        return setup_boards.create(self._server, project, title, columns)

    def add_columns(self, project: str, board: Board, columns: Sequence[str]) -> None:
        del project, columns
        raise Rejected(f"writing the options of {board.title!r} would take every card's column away")

    def delete_board(self, project: str, board: Board) -> None:
        setup_boards.delete(self._server, project, board)

    # --- files ------------------------------------------------------------------------------------------------

    def file_text(self, project: str, path: str, branch: str | None = None) -> str | None:
        """https://docs.github.com/en/rest/repos/contents#get-repository-content"""
        at = f"?ref={segment(branch)}" if branch else ""
        try:
            return self._gateway(project).text(f"{_contents(project, path)}{at}")
        except NotFound:
            return None

    def has_branch(self, project: str, branch: str) -> bool:
        return self._tip(project, branch) is not None

    def request(self, project: str, branch: str) -> Request | None:
        """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests (newest first)"""
        asked = {"head": f"{project.partition('/')[0]}:{branch}", "state": "all"}
        with reading(f"the pull requests of {project}"):
            found = self._gateway(project).pages(f"{repository(project)}/pulls", asked)
            mine = (row for row in found if row["head"]["ref"] == branch)  # a server may not know the filter
            return next((_request(row) for row in mine), None)

    def propose(self, project: str, proposal: Proposal) -> Request:
        gateway, branch = self._gateway(project), proposal.branch
        base = self._default_branch(project)
        self._ensure_branch(project, branch, base)
        for path, text in proposal.files.items():
            if self.file_text(project, path, branch) is None:
                content = base64.b64encode(text.encode()).decode()
                body = {"message": f"Add {path}", "content": content, "branch": branch}
                gateway.write("PUT", _contents(project, path), body)
        there = self.request(project, branch)
        if there is not None and there.state == "open":
            return there
        asked = {"title": proposal.title, "body": proposal.body, "head": branch, "base": base}
        with reading("the new pull request"):
            return _request(gateway.create(f"{repository(project)}/pulls", asked))

    def comment(self, project: str, request: int, topic: str, body: str) -> None:
        """A pull request's conversation is an issue's: https://docs.github.com/en/rest/issues/comments"""
        comments.ensure(self._server, EnsureComment(IssueRef(self._server.forge, project, request), topic, body))

    def _default_branch(self, project: str) -> str:
        with reading(f"the repository {project}"):
            return str(self._gateway(project).get(repository(project))["default_branch"])

    def _ensure_branch(self, project: str, branch: str, base: str) -> None:
        """https://docs.github.com/en/rest/git/refs#create-a-reference"""
        if self.has_branch(project, branch):
            return
        tip = self._tip(project, base)
        if tip is None:
            raise Rejected(f"{project} has no commit yet; make a first one (a README will do), then run this again")
        body = {"ref": f"refs/heads/{branch}", "sha": tip}
        self._gateway(project).create(f"{repository(project)}/git/refs", body)

    def _tip(self, project: str, branch: str) -> str | None:
        """The id of the branch's last commit. A repository without any answers 409."""
        try:
            ref = self._gateway(project).get(f"{repository(project)}/git/ref/heads/{segment(branch)}")
        except (NotFound, Conflict):
            return None
        with reading(f"the branch {branch}"):
            return str(ref["object"]["sha"])


@contextmanager
def _hooks_of(project: str) -> Iterator[None]:
    """GitHub answers 404 about the webhooks to whoever may not see them."""
    try:
        yield
    except (NotFound, Forbidden) as error:
        raise Forbidden(f"our account may not manage the webhooks of {project}; {_HOOKS_NEED}") from error


def _contents(project: str, path: str) -> str:
    return f"{repository(project)}/contents/{'/'.join(segment(part) for part in path.split('/'))}"


def _config(wanted: WantedWebhook) -> dict[str, str]:
    """GitHub's own default for the content type is a form."""
    return {"url": wanted.url, "content_type": "json", "insecure_ssl": "0", "secret": wanted.secret}


def _webhook(row: _Json) -> Webhook:
    wired = wiring(row)
    return Webhook(int(row["id"]), str(row["config"].get("url", "")), wired.events, wired.faults)


def _request(row: _Json) -> Request:
    state: RequestState = "merged" if row["merged_at"] else "open" if row["state"] == "open" else "closed"
    return Request(int(row["number"]), str(row["html_url"]), state)
