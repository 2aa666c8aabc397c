"""Changes to one issue: title, body, assignees, deadline, state, links. Each can be repeated without harm.

GitHub drops what an account may not set and still answers 2xx, so every reply is read.
https://docs.github.com/en/rest/issues/issues#update-an-issue
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service import document
from service.model import (
    CloseAsNotPlanned,
    IssueRef,
    LinkChild,
    Reopen,
    SetAssignees,
    SetBody,
    SetDue,
    SetTitle,
)
from service.providers.base import Conflict, Forbidden, NotFound, Rejected
from service.providers.github import board_queries, mapping
from service.providers.github.errors import reading
from service.providers.github.memory import Ids
from service.providers.github.server import HOUR, Server, issue_path

MAX_BODY = 65_536
ISSUES_WRITE = "it needs the permission Issues: write (and the triage role) there"
_Json = Mapping[str, Any]


def set_title(server: Server, change: SetTitle) -> None:
    reply = edit(server, change.ref, {"title": change.title})
    if reply.get("title") != change.title:
        raise Forbidden(f"GitHub did not change the title of {change.ref}; {ISSUES_WRITE}")


def set_body(server: Server, change: SetBody) -> None:
    """The changed lines are carried over to the text as it is now; a person's edit made meanwhile survives.

    So does one made while a failed write waits to be tried again: the text is then read anew.
    """
    server.gateway(change.ref.project).together(lambda: _carry_over(server, change))


def _carry_over(server: Server, change: SetBody) -> None:
    fresh = _text_now(server, change.ref)
    merged = document.merge(change.base, change.body, fresh)
    if merged is None:
        raise Conflict(f"somebody is editing the same lines of {change.ref}; looking again")
    if merged == fresh:
        return
    if len(merged) > MAX_BODY:
        raise Rejected(f"the body of {change.ref} would have {len(merged)} characters; GitHub takes {MAX_BODY}")
    came_back = str(edit(server, change.ref, {"body": merged}).get("body") or "")
    if document.as_kept(came_back) != document.as_kept(merged):
        raise Conflict(f"the body of {change.ref} is not what was written; looking again")


def _text_now(server: Server, ref: IssueRef) -> str:
    """Read right before it is written, unless the reply to the request just before showed it."""
    shown = server.last_reply.text(ref)
    return str(_read(server, ref).get("body") or "") if shown is None else shown


def set_assignees(server: Server, change: SetAssignees) -> None:
    """GitHub leaves out people who may not be assigned; the next look shows who is missing."""
    edit(server, change.ref, {"assignees": sorted(change.assignees)})


def set_due(server: Server, change: SetDue) -> None:
    """The organisation's Target date field, else that of the issue's board; else the deadline is in the body alone.

    https://docs.github.com/en/rest/issues/issue-field-values
    """
    field_id = server.due_field(change.ref.project)
    if field_id is None:
        _set_date(server, change)
        return
    path = f"{issue_path(change.ref)}/issue-field-values"
    gateway = server.gateway(change.ref.project)
    if change.due is not None:
        value = {"field_id": field_id, "value": change.due.isoformat()}
        gateway.write("POST", path, {"issue_field_values": [value]})
        return
    try:
        gateway.write("DELETE", f"{path}/{field_id}")
    except NotFound:
        return


def _set_date(server: Server, change: SetDue) -> None:
    """https://docs.github.com/en/graphql/reference/mutations#updateprojectv2itemfieldvalue"""
    field = server.memory.dates.get(change.ref)
    if field is None:
        return
    where = {"project": field.board, "item": field.card, "field": field.id}
    gateway = server.gateway(change.ref.project)
    if change.due is None:
        gateway.mutate(board_queries.CLEAR_DATE, where)
    else:
        gateway.mutate(board_queries.SET_DATE, {**where, "date": change.due.isoformat()})


def reopen(server: Server, change: Reopen) -> None:
    reply = edit(server, change.ref, {"state": "open"})
    if reply.get("state") != "open":
        raise Forbidden(f"GitHub did not reopen {change.ref}; {ISSUES_WRITE}")


def close_as_not_planned(server: Server, change: CloseAsNotPlanned) -> None:
    """https://docs.github.com/en/rest/issues/issues#update-an-issue (the reason is ignored on a closed issue, whose own
    reason so stands; servers older than the reason close without one)
    """
    reply = edit(server, change.ref, {"state": "closed", "state_reason": "not_planned"})
    if reply.get("state") != "closed":
        raise Forbidden(f"GitHub did not close {change.ref}; {ISSUES_WRITE}")


def link_child(server: Server, change: LinkChild) -> None:
    """https://docs.github.com/en/rest/issues/sub-issues#add-sub-issue (`sub_issue_id` is the id, not the number)

    Where there are no sub-issues, or two owners are involved, the reference in the action line is the link.
    """
    if not can_link(server, change.ref, change.child.project):
        return
    path = f"{issue_path(change.ref)}/sub_issues"
    body = {"sub_issue_id": ids(server, change.child).database}
    try:
        server.gateway(change.ref.project).write("POST", path, body)
    except Rejected:
        parent = _parent(server, change.child)
        if parent is None:
            raise
        if parent != change.ref:  # an issue has one parent: the line stays the only link to this one
            server.cache.put(elsewhere(server, change.child), value=True, seconds=HOUR)
    except NotFound:
        if _has_sub_issues(server, change.ref):
            raise


def elsewhere(server: Server, child: IssueRef) -> tuple[str, str, str]:
    """The cache's key for "this issue is a sub-issue of another one"."""
    return server.key("elsewhere", str(child))


def _has_sub_issues(server: Server, ref: IssueRef) -> bool:
    """Whether an issue that is there has a list of sub-issues, be it empty. Remembers where there is none."""
    _read(server, ref)
    try:
        server.gateway(ref.project).get(f"{issue_path(ref)}/sub_issues")
    except NotFound:
        server.saw_parts(ref.project, replace(server.parts(ref.project), sub_issues=False))
        return False
    return True


def can_link(server: Server, parent: IssueRef, project: str) -> bool:
    """Sub-issues exist, and both repositories have one owner, as GitHub demands."""
    owner = parent.project.partition("/")[0].casefold()
    same = owner == project.partition("/")[0].casefold()
    return same and server.has_sub_issues(parent.project)


def ids(server: Server, ref: IssueRef) -> Ids:
    known = server.memory.ids.get(ref)
    if known is None:
        row = _read(server, ref)
        with reading(f"{ref}"):
            known = server.memory.ids[ref] = Ids(str(row["node_id"]), int(row["id"]))
    return known


def edit(server: Server, ref: IssueRef, values: Mapping[str, object]) -> _Json:
    reply = server.gateway(ref.project).write("PATCH", issue_path(ref), dict(values))
    row = _same(ref, reply)
    server.last_reply.showed(ref, str(row.get("body") or ""))
    return row


def _read(server: Server, ref: IssueRef) -> _Json:
    return _same(ref, server.gateway(ref.project).get(issue_path(ref)))


def _same(ref: IssueRef, reply: _Json) -> _Json:
    """The reply is about the issue that was meant, and nothing else."""
    with reading(f"{ref}"):
        place = mapping.project_of_rest(reply)
        if place.casefold() != ref.project.casefold() or reply["number"] != ref.number:
            raise Conflict(f"GitHub answered with {place}#{reply['number']} when {ref} was meant")
        return reply


def _parent(server: Server, ref: IssueRef) -> IssueRef | None:
    try:
        row = server.gateway(ref.project).get(f"{issue_path(ref)}/parent")
    except NotFound:
        return None
    with reading(f"the parent of {ref}"):
        return IssueRef(ref.forge, mapping.project_of_rest(row), int(row["number"]))
