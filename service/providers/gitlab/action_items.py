"""Creating action-item issues: exactly once in effect, because the marker in the body is looked for first.

REST creates and then links, in two requests. An issue whose link was never made (we were stopped in between) is
found again among those our account created in the target project, and linked then.
"""

from __future__ import annotations

from service.model import CreateActionItem, IssueRef, LinkChild, Marker
from service.providers.base import Forbidden, NotFound, ProviderError, Rejected
from service.providers.gitlab import look_rest, people
from service.providers.gitlab.connection import Row
from service.providers.gitlab.errors import reading
from service.providers.gitlab.issue_changes import MAX_DESCRIPTION, link_child
from service.providers.gitlab.quick_actions import defused
from service.providers.gitlab.server import Server

_LOOK_BACK = 300  # rows; what lies between a create and its link is seconds old, not hundreds of issues


def create(server: Server, change: CreateActionItem) -> IssueRef:
    """The issue that carries the change's key: the one there is, else a new one."""
    if len(change.body) > MAX_DESCRIPTION:
        raise Rejected(
            f"an issue of {len(change.body)} characters is too long for GitLab, which takes {MAX_DESCRIPTION}"
        )
    try:
        found = find(server, change) or _created(server, change)
    except ProviderError:
        server.memory.forget()
        raise
    _link(server, change.ref, found)
    return found


def find(server: Server, change: CreateActionItem) -> IssueRef | None:
    """Among the related issues first, then among what our account created in the project."""
    wanted = Marker(change.ref, change.key)
    return _related(server, change.ref).get(wanted) or _recent(server, change).get(wanted)


def _related(server: Server, ref: IssueRef) -> dict[Marker, IssueRef]:
    """The fetch just made knows them."""
    if server.memory.holds(ref, server.clock()):
        return server.memory.items
    return {found.marker: found.ref for found in look_rest.linked(server, ref) if found.marker}


def _recent(server: Server, change: CreateActionItem) -> dict[Marker, IssueRef]:
    """The newest issues of our own in the project, by marker. One look serves all the items of one plan."""
    is_fresh = server.memory.holds(change.ref, server.clock())
    known = server.memory.created.get(change.project)
    if is_fresh and known is not None:
        return known
    found = _ask_recent(server, change)
    if is_fresh:
        server.memory.created[change.project] = found
    return found


def _ask_recent(server: Server, change: CreateActionItem) -> dict[Marker, IssueRef]:
    filters = {"author_username": server.viewer(), "scope": "all", "order_by": "created_at", "sort": "desc"}
    found: dict[Marker, IssueRef] = {}
    with reading(f"the issues of {change.project}"):
        for row in server.gateway.issues(change.project, filters, most=_LOOK_BACK):
            marker = Marker.find(row.get("description") or "")
            if marker and row["author"]["username"].casefold() == server.viewer().casefold():
                found[marker] = IssueRef(change.ref.forge, change.project, int(row["iid"]))
    return found


def _created(server: Server, change: CreateActionItem) -> IssueRef:
    """Labels, assignees or a date that GitLab drops are missed at the next look, which sets them or says why not."""
    row: Row = server.gateway.create_issue(change.project, _fields(server, change))
    with reading("the new action item"):
        ref = IssueRef(change.ref.forge, change.project, int(row["iid"]))
    if change.project in server.memory.created:
        server.memory.created[change.project][Marker(change.ref, change.key)] = ref
    return ref


def _fields(server: Server, change: CreateActionItem) -> dict[str, object]:
    fields: dict[str, object] = {"title": change.title, "description": defused(change.body)}
    if change.labels:
        fields["labels"] = sorted(change.labels)
    if change.assignees:
        fields["assignee_ids"] = people.user_ids(server, change.assignees)
    if change.due:
        fields["due_date"] = change.due.isoformat()
    if change.private:
        fields["confidential"] = True
    return fields


def _link(server: Server, ref: IssueRef, child: IssueRef) -> None:
    """A refused link (no rights in the other project) leaves the reference in the action line to tie the two."""
    try:
        link_child(server, LinkChild(ref, child))
    except (NotFound, Forbidden, Rejected):
        return
