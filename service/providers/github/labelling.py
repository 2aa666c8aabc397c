"""Labels: that they exist, and that they are on an issue or off it. Each can be repeated without harm.

Where ids are known, GraphQL changes any number of labels in one request, and its reply shows the text as it is then.
REST takes names, and takes them off one by one: writing the whole set would undo what somebody else set meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from service.model import AddLabels, EnsureLabel, IssueRef, RemoveLabels
from service.providers.base import Forbidden, Gone, NotFound, Rejected
from service.providers.github import mapping, queries
from service.providers.github.errors import reading
from service.providers.github.gateway import NoGraphQL, repository, segment
from service.providers.github.issue_changes import ISSUES_WRITE
from service.providers.github.server import HOUR, Server, issue_path

_Json = Mapping[str, Any]


def ensure(server: Server, change: EnsureLabel) -> None:
    """https://docs.github.com/en/rest/issues/labels#create-a-label (names compare without case)"""
    label, project = change.label, change.ref.project
    body = {"name": label.name, "color": label.color, "description": label.description[:100]}
    try:
        made = server.gateway(project).write("POST", f"{repository(project)}/labels", body)
    except Rejected as error:
        if "already_exists" not in str(error) and not _exists(server, project, label.name):
            raise
        return
    with reading(f"the new label {label.name}"):
        server.saw_label(project, label.name, str(made["node_id"]))


def add(server: Server, change: AddLabels) -> None:
    """https://docs.github.com/en/graphql/reference/mutations#addlabelstolabelable"""
    ref, wanted = change.ref, sorted(change.labels)
    if not wanted:
        return
    on = _by_ids(server, ref, wanted, queries.ADD_LABELS)
    if on is None:
        on = _add_by_names(server, ref, wanted)
    missing = [name for name in wanted if name.casefold() not in on]
    if missing:
        raise Forbidden(f"GitHub did not put {', '.join(missing)} on {ref}; {ISSUES_WRITE}")


def remove(server: Server, change: RemoveLabels) -> None:
    """https://docs.github.com/en/graphql/reference/mutations#removelabelsfromlabelable"""
    ref, unwanted = change.ref, sorted(change.labels)
    if not unwanted:
        return
    on = _by_ids(server, ref, unwanted, queries.REMOVE_LABELS)
    if on is None:
        on = frozenset[str]().union(*(_remove_by_name(server, ref, name) for name in unwanted))
    left = [name for name in unwanted if name.casefold() in on]
    if left:
        raise Forbidden(f"GitHub did not take {', '.join(left)} off {ref}; {ISSUES_WRITE}")


def _by_ids(server: Server, ref: IssueRef, names: list[str], document: str) -> frozenset[str] | None:
    """The labels on the issue after the mutation. None leaves it to REST: an id is not known (or no longer right), or
    the server has no such mutation.
    """
    issue, known = server.memory.ids.get(ref), server.known_labels(ref.project)
    labels = [known.get(name.casefold()) for name in names]
    if not server.has_graphql or issue is None or not issue.node or not all(labels):
        return None
    try:
        made = server.gateway(ref.project).mutate(document, {"issue": issue.node, "labels": labels})
    except NoGraphQL:
        server.lacks_graphql(HOUR)
        return None
    except (NotFound, Rejected):
        server.forget_labels(ref.project)
        return None
    with reading(f"the labels of {ref}"):
        [payload] = made.values()
        return _seen(server, ref, payload["labelable"])


def _seen(server: Server, ref: IssueRef, node: _Json) -> frozenset[str]:
    """An id means the same issue for ever; under another name than the one asked for it is none of ours any more."""
    place = str(node["repository"]["nameWithOwner"])
    if place.casefold() != ref.project.casefold():
        raise Gone(f"{ref} is now in {place}; use that name")
    server.last_reply.showed(ref, str(node["body"] or ""))
    return _names(mapping.nodes(node["labels"]))


def _add_by_names(server: Server, ref: IssueRef, names: list[str]) -> frozenset[str]:
    """https://docs.github.com/en/rest/issues/labels#add-labels-to-an-issue"""
    reply = server.gateway(ref.project).write("POST", f"{issue_path(ref)}/labels", {"labels": names})
    with reading(f"the labels of {ref}"):
        return _names(reply)


def _remove_by_name(server: Server, ref: IssueRef, name: str) -> frozenset[str]:
    """What of it is left: nothing, or the label itself. One that is not on the issue is no error."""
    try:
        left = server.gateway(ref.project).write("DELETE", f"{issue_path(ref)}/labels/{segment(name)}")
    except NotFound:
        return frozenset()
    with reading(f"the labels of {ref}"):
        return _names(left) & {name.casefold()}


def _names(labels: Iterable[_Json]) -> frozenset[str]:
    return frozenset(str(label["name"]).casefold() for label in labels)


def _exists(server: Server, project: str, name: str) -> bool:
    try:
        server.gateway(project).get(f"{repository(project)}/labels/{segment(name)}")
    except NotFound:
        return False
    return True
