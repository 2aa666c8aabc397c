"""Looking at an issue without GraphQL: the same sighting, with a request for each part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service.model import Issue, IssueRef
from service.providers.base import Forbidden, Gone, NotFound
from service.providers.github import mapping
from service.providers.github.errors import reading
from service.providers.github.gateway import repository
from service.providers.github.memory import Ids
from service.providers.github.server import Server, issue_path
from service.providers.github.sighting import Sighting

_Json = Mapping[str, Any]


def look(server: Server, ref: IssueRef) -> Sighting:
    issue = read_issue(server, ref)
    times = _label_times(server, ref)
    children = _sub_issues(server, ref)
    rows = server.gateway(ref.project).pages(f"{issue_path(ref)}/comments")
    with reading(f"{ref}"):
        return Sighting(
            viewer=server.viewer(),
            issue=replace(issue, label_times={k: v for k, v in times.items() if k in issue.labels}),
            parent=_parent(server, ref) if children is not None else None,
            children=children or (),
            comments=tuple(mapping.comment_of_rest(row) for row in rows),
            labels=_labels(server, ref.project),
            sub_issues=children is not None,
            people=dict.fromkeys(issue.assignees, ""),
        )


def read_issue(server: Server, ref: IssueRef) -> Issue:
    return _issue(server, server.gateway(ref.project).get(issue_path(ref)), ref)


def named_issues(server: Server, refs: tuple[IssueRef, ...], home: IssueRef) -> dict[IssueRef, Issue]:
    """Issues by name, one request each. Those that cannot be read are left out."""
    found: dict[IssueRef, Issue] = {}
    for ref in refs:
        try:
            row = server.gateway(home.project).get(issue_path(ref))
        except (NotFound, Forbidden):
            continue
        if "pull_request" not in row:
            found[ref] = _issue(server, row, ref)
    return found


def _issue(server: Server, row: _Json, ref: IssueRef, *, linked: bool = False) -> Issue:
    with reading(f"{ref}"):
        place = mapping.project_of_rest(row)
        if place.casefold() != ref.project.casefold() or row["number"] != ref.number:
            raise Gone(f"{ref} is now {place}#{row['number']}; use that name")
        server.memory.ids[ref] = Ids(str(row.get("node_id", "")), int(row["id"]))
        return mapping.issue_of_rest(row, ref, linked=linked)


def _sub_issues(server: Server, ref: IssueRef) -> tuple[Issue, ...] | None:
    """None where the server has no sub-issues."""
    if not server.has_sub_issues(ref.project):
        return None
    try:
        rows = list(server.gateway(ref.project).pages(f"{issue_path(ref)}/sub_issues"))
    except NotFound:
        server.saw_parts(ref.project, replace(server.parts(ref.project), sub_issues=False))
        return None
    with reading(f"the sub-issues of {ref}"):
        return tuple(_issue(server, row, _ref_of(row, ref), linked=True) for row in rows)


def _parent(server: Server, ref: IssueRef) -> Issue | None:
    try:
        row = server.gateway(ref.project).get(f"{issue_path(ref)}/parent")
    except NotFound:
        return None
    return _issue(server, row, _ref_of(row, ref))


def _ref_of(row: _Json, home: IssueRef) -> IssueRef:
    with reading("an issue"):
        project = mapping.project_of_rest(row)
        same = project.casefold() == home.project.casefold()
        return IssueRef(home.forge, home.project if same else project, int(row["number"]))


def _label_times(server: Server, ref: IssueRef) -> Mapping[str, Any]:
    """Nothing where the server keeps no events, as a few compatible ones do not."""
    try:
        events = list(server.gateway(ref.project).pages(f"{issue_path(ref)}/events", most=10))
    except NotFound:
        return {}
    with reading(f"the events of {ref}"):
        return mapping.label_times_of_rest(events)


def _labels(server: Server, project: str) -> frozenset[str]:
    rows = server.gateway(project).pages(f"{repository(project)}/labels")
    return frozenset(str(row["name"]) for row in rows)
