"""The requests that setting up makes of GitLab, one method each, as `gateway.py` has those about issues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitlab.v4.objects import Project, ProjectMergeRequest

from service.providers.gitlab.connection import Connection, Row, Sdk


class SetupRequests:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def project(self, project: str) -> Row:
        return self._connection.repeat(f"reading {project}", lambda sdk: sdk.projects.get(project).attributes)

    # --- labels -----------------------------------------------------------------------------------------------

    def labels(self, project: str) -> Iterator[Row]:
        """With how many issues carry each; those of the groups above are among them."""
        return self._connection.rows(
            f"listing labels of {project}",
            lambda sdk: _of(sdk, project).labels.list(iterator=True, with_counts=True, include_ancestor_groups=True),
        )

    def create_label(self, project: str, fields: Mapping[str, str]) -> None:
        """Raises `AlreadyThere` also where a group above the project has a label of that name."""
        doing = f"creating label {fields['name']!r} in {project}"
        self._connection.create(doing, lambda sdk: _of(sdk, project).labels.create(dict(fields)))

    def delete_label(self, project: str, name: str) -> None:
        doing = f"deleting label {name!r} in {project}"
        self._connection.repeat(doing, lambda sdk: _of(sdk, project).labels.delete(name))

    # --- webhooks ---------------------------------------------------------------------------------------------

    def hooks(self, project: str) -> Iterator[Row]:
        doing = f"listing webhooks of {project}"
        return self._connection.rows(doing, lambda sdk: _of(sdk, project).hooks.list(iterator=True))

    def create_hook(self, project: str, fields: Mapping[str, Any]) -> None:
        doing = f"creating a webhook in {project}"
        self._connection.create(doing, lambda sdk: _of(sdk, project).hooks.create(dict(fields)))

    def update_hook(self, project: str, hook: int, fields: Mapping[str, Any]) -> None:
        doing = f"changing webhook {hook} of {project}"
        self._connection.repeat(doing, lambda sdk: _of(sdk, project).hooks.update(hook, dict(fields)))

    def delete_hook(self, project: str, hook: int) -> None:
        doing = f"deleting webhook {hook} of {project}"
        self._connection.repeat(doing, lambda sdk: _of(sdk, project).hooks.delete(hook))

    # --- boards -----------------------------------------------------------------------------------------------

    def boards(self, project: str) -> Iterator[Row]:
        doing = f"listing boards of {project}"
        return self._connection.rows(doing, lambda sdk: _of(sdk, project).boards.list(iterator=True))

    def create_board(self, project: str, name: str) -> Row:
        doing = f"creating a board in {project}"
        return self._connection.create(doing, lambda sdk: _of(sdk, project).boards.create({"name": name}).attributes)

    def create_list(self, project: str, board: int, label_id: int) -> None:
        doing = f"adding a list to board {board} of {project}"
        fields = {"label_id": label_id}
        self._connection.create(doing, lambda sdk: _of(sdk, project).boards.get(board, lazy=True).lists.create(fields))

    def delete_board(self, project: str, board: int) -> None:
        doing = f"deleting board {board} of {project}"
        self._connection.repeat(doing, lambda sdk: _of(sdk, project).boards.delete(board))

    # --- branches, files, merge requests ----------------------------------------------------------------------

    def branch(self, project: str, name: str) -> Row:
        doing = f"reading the branch {name} of {project}"
        return self._connection.repeat(doing, lambda sdk: _of(sdk, project).branches.get(name).attributes)

    def create_branch(self, project: str, name: str, source: str) -> None:
        doing = f"creating the branch {name} in {project}"
        fields = {"branch": name, "ref": source}
        self._connection.create(doing, lambda sdk: _of(sdk, project).branches.create(fields))

    def file(self, project: str, path: str, ref: str) -> bytes:
        doing = f"reading {path} in {project}"
        return self._connection.repeat(doing, lambda sdk: _of(sdk, project).files.raw(file_path=path, ref=ref))

    def create_file(self, project: str, path: str, branch: str, text: str) -> None:
        fields = {"file_path": path, "branch": branch, "content": text, "commit_message": f"Add {path}"}
        self._connection.create(f"adding {path} to {project}", lambda sdk: _of(sdk, project).files.create(fields))

    def merge_requests(self, project: str, branch: str) -> Iterator[Row]:
        """Newest first."""
        asked = {"source_branch": branch, "state": "all", "order_by": "created_at", "sort": "desc"}
        return self._connection.rows(
            f"listing merge requests of {project}",
            lambda sdk: _of(sdk, project).mergerequests.list(iterator=True, **asked),
        )

    def create_merge_request(self, project: str, fields: Mapping[str, Any]) -> Row:
        doing = f"opening a merge request in {project}"
        return self._connection.create(
            doing, lambda sdk: _of(sdk, project).mergerequests.create(dict(fields)).attributes
        )

    def notes(self, project: str, request: int) -> Iterator[Row]:
        """The comments on a merge request, oldest first."""
        wanted = {"sort": "asc", "order_by": "created_at", "activity_filter": "only_comments"}
        doing = f"listing comments of {project}!{request}"
        return self._connection.rows(
            doing, lambda sdk: _request(sdk, project, request).notes.list(iterator=True, **wanted)
        )

    def create_note(self, project: str, request: int, body: str) -> None:
        doing = f"commenting on {project}!{request}"
        self._connection.create(doing, lambda sdk: _request(sdk, project, request).notes.create({"body": body}))

    def update_note(self, project: str, request: int, note: int, body: str) -> None:
        doing = f"editing comment {note} on {project}!{request}"
        self._connection.repeat(doing, lambda sdk: _request(sdk, project, request).notes.update(note, {"body": body}))


def _request(sdk: Sdk, path: str, number: int) -> ProjectMergeRequest:
    return _of(sdk, path).mergerequests.get(number, lazy=True)


def _of(sdk: Sdk, path: str) -> Project:
    return sdk.projects.get(path, lazy=True)
