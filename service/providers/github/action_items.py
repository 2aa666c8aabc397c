"""Creating action-item issues: exactly once in effect, because the marker in the body is looked for first.

Within one owner, GraphQL's `createIssue` creates, labels, assigns and links in one request:
https://docs.github.com/en/graphql/reference/mutations#createissue. Elsewhere REST creates and then links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service.model import AddLabels, CreateActionItem, IssueRef, LinkChild, Marker, SetDue
from service.providers.base import Forbidden, NotFound, ProviderError, Rejected
from service.providers.github import issue_changes, labelling, mapping, people, queries
from service.providers.github.errors import reading
from service.providers.github.gateway import NoGraphQL, repository
from service.providers.github.issue_changes import MAX_BODY
from service.providers.github.memory import Ids
from service.providers.github.server import HOUR, Server, named

_MOST_SUB_ISSUES = 100  # closed ones count: https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/adding-sub-issues
_LOOK_BACK_PAGES = 3
_Json = Mapping[str, Any]


def create(server: Server, change: CreateActionItem) -> IssueRef:
    """The issue that carries the change's key: the one there is, else a new one."""
    if len(change.body) > MAX_BODY:
        raise Rejected(f"an issue body of {len(change.body)} characters is too long for GitHub, which takes {MAX_BODY}")
    try:
        found = find(server, change)
        if found is not None:
            return found
        ref = _create_linked(server, change) if _is_linkable(server, change) else _create_apart(server, change)
    except NoGraphQL:
        server.lacks_graphql(HOUR)
        return create(server, change)
    except ProviderError:
        server.memory.forget()
        server.forget_labels(change.project)  # one of them may have been deleted since
        raise
    if server.memory.holds(change.ref, server.clock()):
        server.memory.children[change.key] = ref
        server.memory.sub_issues += 1
    if change.due is not None:
        issue_changes.set_due(server, SetDue(ref, change.due))
    return ref


def find(server: Server, change: CreateActionItem) -> IssueRef | None:
    """The issue with this key. The fetch just made settles it for sub-issues; an unlinked one is looked for."""
    fresh = server.memory.holds(change.ref, server.clock())
    if fresh and change.key in server.memory.children:
        return server.memory.children[change.key]
    if _is_linkable(server, change):
        return None if fresh else _match(change, _sub_issues(server, change.ref))
    return _match(change, _recent(server, change))


def _match(change: CreateActionItem, candidates: Iterator[tuple[IssueRef, str]]) -> IssueRef | None:
    wanted = Marker(change.ref, change.key)
    return next((ref for ref, body in candidates if Marker.find(body) == wanted), None)


def _sub_issues(server: Server, ref: IssueRef) -> Iterator[tuple[IssueRef, str]]:
    variables = {**named(ref.project), "number": ref.number}
    answer = server.gateway(ref.project).query(queries.CHILDREN, variables)
    issue = (answer.data.get("repository") or {}).get("issue")
    if issue is None:
        raise answer.why_not(str(ref))
    with reading(f"the sub-issues of {ref}"):
        for node in mapping.nodes(issue["subIssues"]):
            yield mapping.ref_of(node, ref), str(node["body"] or "")


def _recent(server: Server, change: CreateActionItem) -> Iterator[tuple[IssueRef, str]]:
    """The newest issues that our account created in the target project."""
    path = f"{repository(change.project)}/issues"
    newest = {"creator": server.viewer(), "state": "all", "sort": "created", "direction": "desc"}
    for row in server.gateway(change.project).pages(path, newest, most=_LOOK_BACK_PAGES):
        with reading(f"the issues of {change.project}"):
            yield IssueRef(change.ref.forge, change.project, int(row["number"])), str(row["body"] or "")


def _is_linkable(server: Server, change: CreateActionItem) -> bool:
    """One request can create and link: GraphQL, sub-issues, one owner, and room for one more."""
    return (
        server.has_graphql
        and issue_changes.can_link(server, change.ref, change.project)
        and server.memory.sub_issues < _MOST_SUB_ISSUES
    )


def _create_linked(server: Server, change: CreateActionItem) -> IssueRef:
    known = server.label_ids(change.project)
    labels = {name: known.get(name.casefold()) for name in sorted(change.labels)}
    values = {
        "repositoryId": server.repository_id(change.project),
        "parentIssueId": issue_changes.ids(server, change.ref).node,
        "title": change.title,
        "body": change.body,
        "labelIds": [node for node in labels.values() if node],
        "assigneeIds": people.node_ids(server, change.project, change.assignees),
    }
    gateway = server.gateway(change.project)
    made = gateway.mutate(queries.CREATE_ISSUE, {"input": values}, repeatable=False)
    with reading("the new action item"):
        node = made["createIssue"]["issue"]
        ref = mapping.ref_of(node, IssueRef(change.ref.forge, change.project, 0))
        server.memory.ids[ref] = Ids(str(node["id"]), int(node["fullDatabaseId"]))
        on = frozenset(str(label["name"]) for label in mapping.nodes(node["labels"]))
    _complete_labels(server, ref, change.labels - on)
    return ref


def _complete_labels(server: Server, ref: IssueRef, missing: frozenset[str]) -> None:
    """Labels that had no id yet, because they are newer than the list we keep."""
    if missing:
        labelling.add(server, AddLabels(ref, missing))


def _create_apart(server: Server, change: CreateActionItem) -> IssueRef:
    body: dict[str, object] = {
        "title": change.title,
        "body": change.body,
        "labels": sorted(change.labels),
        "assignees": sorted(change.assignees),
    }
    row: _Json = server.gateway(change.project).create(f"{repository(change.project)}/issues", body)
    with reading("the new action item"):
        ref = IssueRef(change.ref.forge, change.project, int(row["number"]))
        server.memory.ids[ref] = Ids(str(row.get("node_id", "")), int(row["id"]))
    try:
        issue_changes.link_child(server, LinkChild(change.ref, ref))
    except (NotFound, Forbidden, Rejected):
        return ref  # the reference in the action line links them all the same
    return ref
