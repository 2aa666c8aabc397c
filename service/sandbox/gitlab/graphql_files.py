"""Files in a project's repository as GraphQL shows them; of other branches than the default one it shows none here."""

from __future__ import annotations

from functools import partial
from typing import Any

from service.sandbox.gitlab.access import can_read, can_read_code
from service.sandbox.gitlab.call import FORGE, Call
from service.sandbox.gitlab.shapes import Json
from service.sandbox.gitlab.work_items import connection
from service.sandbox.rows import Project


def root(call: Call) -> Json:
    return {"project": lambda _, fullPath: _project(call, fullPath)}  # noqa: N803 - GraphQL's argument name


def _project(call: Call, path: str) -> Json | None:
    """Null for one that is not there or not shown; its repository likewise for who may not read code."""
    project = call.world.projects.get((FORGE, path.lower()))
    if project is None or not can_read(project, call.login):
        return None
    shown = {"rootRef": project.default_branch, "blobs": partial(_blobs, project)}
    return {
        "id": f"gid://gitlab/Project/{project.id}",
        "fullPath": project.path,
        "repository": shown if can_read_code(project, call.login) else None,
    }


def _blobs(project: Project, _info: Any, *, paths: list[str], ref: str | None = None, **page: Any) -> Json:
    files = project.files if ref in (None, "HEAD", project.default_branch) else {}
    rows = [(path, files[path]) for path in paths if path in files]
    return connection(
        rows, lambda row: {"id": f"gid://gitlab/Blob/{row[0]}", "path": row[0], "rawBlob": row[1]}, **page
    )
