"""Related issues. https://docs.gitlab.com/api/issue_links/"""

from __future__ import annotations

from typing import Any

from service.sandbox.gitlab.access import can_see, can_update
from service.sandbox.gitlab.call import Call, Problem, Reply, bad_parameter, forbidden, not_found
from service.sandbox.gitlab.issue_shapes import link as shape
from service.sandbox.gitlab.issue_shapes import linked
from service.sandbox.rows import IssueRow, LinkRow, Refused

KINDS = ("relates_to", "blocks", "is_blocked_by")


def list_links(call: Call, iid: int) -> Any:
    """Not paged: every related issue the caller can see."""
    issue = call.issue(call.project(), iid)
    seen = [(row, other) for row, other in call.world.linked_to(issue) if can_see(call.world, other, call.login)]
    return [linked(call.world, issue, row, other) for row, other in seen]


def create(call: Call, iid: int) -> Reply:
    """Takes the right to update both ends; `blocks` and `is_blocked_by` take Premium."""
    call.actor  # noqa: B018 - refuses anonymous callers
    issue, target = call.issue(call.project(), iid), _target(call)
    kind = call.choice("link_type", KINDS, "relates_to")
    if not (can_update(call.world, issue, call.login) and can_update(call.world, target, call.login)):
        raise forbidden()
    if kind != "relates_to" and not call.premium:
        raise Problem(403, {"message": "Blocked issues not available for current license"})
    try:
        row = call.world.link(issue, target, actor=call.actor, kind=kind)
    except Refused as problem:
        raise Problem(409 if problem.code == "already_exists" else 422, {"message": str(problem)}) from None
    return Reply(shape(call.world, row), 201)


def _target(call: Call) -> IssueRow:
    project = call.project(call.required("target_project_id"))
    iid = str(call.required("target_issue_iid"))
    if not iid.isdigit():
        raise bad_parameter("target_issue_iid is invalid")
    return call.issue(project, int(iid))


def show(call: Call, iid: int, link_id: int) -> Any:
    return shape(call.world, _find(call, iid, link_id))


def delete(call: Call, iid: int, link_id: int) -> Any:
    call.actor  # noqa: B018 - refuses anonymous callers
    row = _find(call, iid, link_id)
    if not can_update(call.world, call.issue(call.project(), iid), call.login):
        raise forbidden()
    answer = shape(call.world, row)
    call.world.unlink(row, actor=call.actor)
    return answer


def _find(call: Call, iid: int, link_id: int) -> LinkRow:
    for row in call.world.links_of(call.issue(call.project(), iid)):
        if row.id == link_id:
            return row
    raise not_found()


ROUTES = (
    ("GET", "/projects/<owner>/issues/<int:iid>/links", list_links),
    ("POST", "/projects/<owner>/issues/<int:iid>/links", create),
    ("GET", "/projects/<owner>/issues/<int:iid>/links/<int:link_id>", show),
    ("DELETE", "/projects/<owner>/issues/<int:iid>/links/<int:link_id>", delete),
)
