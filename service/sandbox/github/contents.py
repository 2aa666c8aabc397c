"""Files over REST, on the default branch or another. https://docs.github.com/rest/repos/contents"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.model import Permission
from service.sandbox.github.addresses import repo_api, web
from service.sandbox.github.call import Call, Problem, current, text_of
from service.sandbox.rows import Missing, Project

routes = Blueprint("contents", __name__)


@routes.get("/repos/<owner>/<repo>/contents/<path:path>")
def read_contents(owner: str, repo: str, path: str) -> Response:
    """A file as JSON with base64 text, or raw where that media type is asked for; a folder as a list."""
    call = current()
    project = call.project(owner, repo)
    branch = request.args.get("ref") or project.default_branch
    name, files = path.strip("/"), _files(call, project, branch)
    if (text := files.get(name)) is None:
        return _folder(call, project, branch, name)
    if "raw" in request.headers.get("Accept", ""):
        return Response(text.encode(), content_type="application/vnd.github.raw+json; charset=utf-8")
    return jsonify(_file_json(call, project, branch, name) | _content(text))


def _files(call: Call, project: Project, branch: str) -> dict[str, str]:
    try:
        return call.world.files_on(project, branch)
    except Missing:
        raise Problem(404, f"No commit found for the ref {branch}") from None


def _folder(call: Call, project: Project, branch: str, name: str) -> Response:
    inside = [path for path in _files(call, project, branch) if path.startswith(f"{name}/")]
    if not inside:
        raise Problem(404, "Not Found")
    files = [path for path in inside if "/" not in path.removeprefix(f"{name}/")]
    return jsonify([_file_json(call, project, branch, path) for path in files])


def _content(text: str) -> dict[str, str]:
    return {"content": base64.encodebytes(text.encode()).decode(), "encoding": "base64"}


def _file_json(call: Call, project: Project, branch: str, path: str) -> dict[str, Any]:
    raw = _files(call, project, branch)[path].encode()
    digest = _blob_sha(raw)
    url = f"{repo_api(call.world, project)}/contents/{path}?ref={branch}"
    page = web(call.world, f"/{project.path}/blob/{branch}/{path}")
    blob = f"{repo_api(call.world, project)}/git/blobs/{digest}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": digest,
        "size": len(raw),
        "url": url,
        "html_url": page,
        "git_url": blob,
        "download_url": web(call.world, f"/{project.path}/raw/{branch}/{path}"),
        "type": "file",
        "_links": {"self": url, "git": blob, "html": page},
    }


def _blob_sha(raw: bytes) -> str:
    """The id git gives this content."""
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()


@routes.put("/repos/<owner>/<repo>/contents/<path:path>")
def write_contents(owner: str, repo: str, path: str) -> tuple[Response, int]:
    """Creates a file, or replaces it where `sha` names its present content (409 where it does not)."""
    call = current()
    project, data = call.project(owner, repo), call.body()
    call.require(project, Permission.WRITE)
    name, text = path.strip("/"), _decoded(text_of(data, "content"))
    branch = text_of(data, "branch") or project.default_branch
    files = _files(call, project, branch)
    old = files.get(name)
    if old is not None:
        _check_sha(name, text_of(data, "sha"), _blob_sha(old.encode()))
    files[name] = text
    made = jsonify(content=_file_json(call, project, branch, name), commit=_commit(text_of(data, "message")))
    return made, 200 if old is not None else 201


def _decoded(content: str | None) -> str:
    if content is None:
        raise Problem(422, 'Invalid request.\n\n"content" wasn\'t supplied.')
    try:
        return base64.b64decode(content, validate=False).decode()
    except ValueError:
        raise Problem(422, "content is not valid Base64") from None


def _check_sha(name: str, given: str | None, actual: str) -> None:
    if given is None:
        raise Problem(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if given != actual:
        raise Problem(409, f"{name} does not match {given}")


def _commit(message: str | None) -> dict[str, Any]:
    return {"sha": _blob_sha((message or "").encode()), "message": message or ""}
