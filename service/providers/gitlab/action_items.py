"""Creating action-item issues: exactly once in effect, because the marker in the body is looked for first.

GraphQL's `workItemCreate` creates, labels, assigns and links in one request, so that what the last look saw settles
whether there is one yet. REST creates and then links. An issue whose link was never made (we were stopped in between)
is found again among those our account created in the target project, and linked then. Which of the two ways is taken
hangs on what does not change from one look to the next: what the server can, and the post-mortem's type.
"""

from __future__ import annotations

from contextlib import suppress

from service.model import AddLabels, CreateActionItem, IssueRef, LinkChild, Marker
from service.providers.base import Forbidden, NotFound, ProviderError, Rejected
from service.providers.gitlab import look_rest, mapping, people
from service.providers.gitlab.connection import Row
from service.providers.gitlab.errors import reading
from service.providers.gitlab.gateway import GraphQLRefused
from service.providers.gitlab.issue_changes import MAX_DESCRIPTION, add_labels, link_child
from service.providers.gitlab.memory import WorkItem
from service.providers.gitlab.quick_actions import defused
from service.providers.gitlab.server import Server

_LOOK_BACK = 300  # rows; what lies between a create and its link is seconds old, not hundreds of issues
_ISSUE = "Issue"  # what an action item is; seen from an incident, the id of this type is not known


def create(server: Server, change: CreateActionItem) -> IssueRef:
    """The issue that carries the change's key: the one there is, else a new one."""
    if len(change.body) > MAX_DESCRIPTION:
        raise Rejected(
            f"an issue of {len(change.body)} characters is too long for GitLab, which takes {MAX_DESCRIPTION}"
        )
    wanted = Marker(change.ref, change.key)
    try:
        found = _related(server, change.ref).get(wanted) or _created_linked(server, change)
        found = found or _recent(server, change).get(wanted) or _created_apart(server, change)
    except ProviderError:
        server.memory.forget()
        raise
    _link(server, change.ref, found)
    return found


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


def _created_linked(server: Server, change: CreateActionItem) -> IssueRef | None:
    """One request for everything. None leaves it to REST, which is to look for the issue first: a refusal tells neither
    why nor, beyond doubt, that nothing happened.
    """
    parent, project = server.memory.work_item, change.project
    if change.ref != server.memory.ref or parent is None or parent.type_name != _ISSUE:
        return None
    if not server.creates_linked(project):
        return None
    known = server.label_ids(project)
    try:
        made = server.gateway.create_work_item(_input(server, change, parent))
    except GraphQLRefused:
        server.cannot_create_linked(project)
        server.memory.created.pop(project, None)
        return None
    with reading("the new action item"):
        ref = mapping.full_ref(made["reference"], change.ref.forge)
        links = mapping.widgets(made).get("WorkItemWidgetLinkedItems", {}).get("linkedItems") or {}
        if any(link["workItem"]["id"] == parent.id for link in links.get("nodes") or ()):
            server.memory.linked.add(ref)
    server.memory.items[Marker(change.ref, change.key)] = ref
    with suppress(Forbidden):  # as where GitLab drops labels: the next look says why not
        add_labels(server, AddLabels(ref, frozenset(name for name in change.labels if not known.get(name))))
    return ref


def _input(server: Server, change: CreateActionItem, parent: WorkItem) -> dict[str, object]:
    """https://docs.gitlab.com/api/graphql/reference/#workitemcreateinput; labels that have no id yet are left out."""
    known = server.label_ids(change.project)
    labels = [known[name] for name in sorted(change.labels) if known.get(name)]
    fields: dict[str, object] = {
        "namespacePath": change.project,
        "workItemTypeId": parent.type,
        "title": change.title,
        "descriptionWidget": {"description": defused(change.body)},
        "labelsWidget": {"labelIds": [f"gid://gitlab/Label/{number}" for number in labels]},
        "linkedItemsWidget": {"workItemsIds": [parent.id]},
    }
    if change.assignees:
        ids = people.user_ids(server, change.assignees)
        fields["assigneesWidget"] = {"assigneeIds": [f"gid://gitlab/User/{number}" for number in ids]}
    if change.due:
        fields["startAndDueDateWidget"] = {"dueDate": change.due.isoformat()}
    if change.private:
        fields["confidential"] = True
    return fields


def _created_apart(server: Server, change: CreateActionItem) -> IssueRef:
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
