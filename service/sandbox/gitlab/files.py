"""Files, on the default branch or another, and branches.

https://docs.gitlab.com/api/repository_files/ · https://docs.gitlab.com/api/branches/
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from service.sandbox.gitlab.access import DEVELOPER, can_read_code
from service.sandbox.gitlab.call import Call, Problem, Reply, bad_parameter, forbidden, not_found
from service.sandbox.gitlab.paging import page
from service.sandbox.gitlab.shapes import Json, digest, web
from service.sandbox.rows import Missing, Project, Refused

TAKEN = "A file with this name already exists"
ABSENT = "A file with this name doesn't exist"


def raw(call: Call, name: str) -> Reply:
    """`ref` is HEAD where it is left out."""
    return Reply(_text(call, name)[1], headers={"Content-Type": "text/plain; charset=utf-8"})


def show(call: Call, name: str) -> Any:
    call.required("ref")
    project, text = _text(call, name)
    content = text.encode()
    return {
        "file_name": name.rpartition("/")[2],
        "file_path": name,
        "size": len(content),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "ref": call.text("ref"),
        "blob_id": digest(text),
        "commit_id": digest(project.path),
        "last_commit_id": digest(project.path),
        "execute_filemode": False,
        "content": base64.b64encode(content).decode(),
    }


def _text(call: Call, name: str) -> tuple[Project, str]:
    """Code in a private project is for Reporters and up; to others the project's files are not there."""
    project = call.project()
    if not can_read_code(project, call.login):
        raise forbidden()
    branch = call.text("ref", "HEAD")
    files = _files(call, project, project.default_branch if branch == "HEAD" else branch, not_found("Commit"))
    if name not in files:
        raise not_found("File")
    return project, files[name]


def _files(call: Call, project: Project, branch: str, problem: Problem) -> dict[str, str]:
    """The branch's; raises `problem` where there is no such branch."""
    try:
        return call.world.files_on(project, branch)
    except Missing:
        raise problem from None


def create(call: Call, name: str) -> Reply:
    return Reply(_write(call, name, exists=False), 201)


def edit(call: Call, name: str) -> Any:
    return _write(call, name, exists=True)


def _write(call: Call, name: str, *, exists: bool) -> Json:
    """A commit on a branch that is there."""
    actor, project = call.actor, call.project()
    call.need(project, DEVELOPER)
    branch, _ = str(call.required("branch")), call.required("commit_message")
    text = _content(call)
    nowhere = Problem(400, {"message": "You can only create or edit files when you are on a branch"})
    files = _files(call, project, branch, nowhere)
    if (name in files) != exists:
        raise Problem(400, {"message": ABSENT if exists else TAKEN})
    files[name] = text
    call.world.record(project, actor, [("pushed", {"file": name})])
    return {"file_path": name, "branch": branch}


def _content(call: Call) -> str:
    content = str(call.required("content"))
    if call.choice("encoding", ("text", "base64"), "text") == "text":
        return content
    try:
        return base64.b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise bad_parameter("content is invalid") from None


def list_branches(call: Call) -> Reply:
    project = call.project()
    return page(call, [project.default_branch, *project.branches], lambda name: _branch(call, project, name))


def create_branch(call: Call) -> Reply:
    """`ref` is the branch it starts from."""
    call.actor  # noqa: B018 - refuses anonymous callers
    project, name, source = call.project(), str(call.required("branch")), str(call.required("ref"))
    call.need(project, DEVELOPER)
    try:
        call.world.add_branch(project, name, source)
    except Missing:
        raise Problem(400, {"message": f"Invalid reference name: {source}"}) from None
    except Refused as problem:
        raise Problem(400, {"message": str(problem)}) from None
    return Reply(_branch(call, project, name), 201)


def show_branch(call: Call, name: str) -> Any:
    project = call.project()
    _files(call, project, name, not_found("Branch"))
    return _branch(call, project, name)


def _branch(call: Call, project: Project, name: str) -> Json:
    return {
        "name": name,
        "merged": False,
        "protected": name == project.default_branch,
        "default": name == project.default_branch,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": call.level(project) >= DEVELOPER,
        "web_url": f"{web(call.world)}/{project.path}/-/tree/{name}",
    }


_FILE = "/projects/<owner>/repository/files/<name>"
ROUTES = (
    ("GET", f"{_FILE}/raw", raw),
    ("GET", _FILE, show),
    ("POST", _FILE, create),
    ("PUT", _FILE, edit),
    ("GET", "/projects/<owner>/repository/branches", list_branches),
    ("POST", "/projects/<owner>/repository/branches", create_branch),
    ("GET", "/projects/<owner>/repository/branches/<name>", show_branch),
)
