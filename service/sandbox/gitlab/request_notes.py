"""Notes on merge requests. https://docs.gitlab.com/api/notes/#merge-requests"""

from __future__ import annotations

from typing import Any

from service.sandbox.gitlab.access import GUEST, MAINTAINER
from service.sandbox.gitlab.call import FORGE, Call, Reply, forbidden, invalid, not_found
from service.sandbox.gitlab.paging import page
from service.sandbox.gitlab.shapes import Json, time, user
from service.sandbox.rows import CommentRow, Missing, Project, RequestRow


def list_notes(call: Call, iid: int) -> Reply:
    project, request = _found(call, iid)
    newest_first = call.choice("sort", ("asc", "desc"), "desc") == "desc"
    rows = sorted(request.comments, key=lambda row: (row.created_at, row.id), reverse=newest_first)
    return page(call, rows, lambda row: _shape(call, project, request, row))


def create_note(call: Call, iid: int) -> Reply:
    project, request = _found(call, iid)
    call.need(project, GUEST)
    row = call.world.comment_on_request(request, actor=call.actor, body=_body(call))
    return Reply(_shape(call, project, request, row), 201)


def edit_note(call: Call, iid: int, note_id: int) -> Any:
    project, request = _found(call, iid)
    row = next((row for row in request.comments if row.id == note_id), None)
    if row is None:
        raise not_found("Note")
    if row.author != call.actor and call.level(project) < MAINTAINER:
        raise forbidden()
    call.world.edit_request_comment(row, actor=call.actor, body=_body(call))
    return _shape(call, project, request, row)


def _found(call: Call, iid: int) -> tuple[Project, RequestRow]:
    project = call.project()
    try:
        return project, call.world.request(FORGE, project.path, iid)
    except Missing:
        raise not_found() from None


def _body(call: Call) -> str:
    body = str(call.required("body"))
    if not body.strip():
        raise invalid("note", "can't be blank")
    return body


def _shape(call: Call, project: Project, on: RequestRow, row: CommentRow) -> Json:
    return {
        "id": row.id,
        "type": None,
        "body": row.body,
        "author": user(call.world, row.author),
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "system": False,
        "noteable_id": on.id,
        "noteable_type": "MergeRequest",
        "project_id": project.id,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": on.number,
        "commands_changes": {},
    }


_ALL = "/projects/<owner>/merge_requests/<int:iid>/notes"
ROUTES = (
    ("GET", _ALL, list_notes),
    ("POST", _ALL, create_note),
    ("PUT", f"{_ALL}/<int:note_id>", edit_note),
)
