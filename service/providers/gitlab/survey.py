"""Many issues of many projects, in few requests: a group's issues are listed at once, label by label.

https://docs.gitlab.com/api/issues/#list-group-issues
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from service.model import Issue, IssueRef, State
from service.providers.base import Listing, Rejected, Scope
from service.providers.gitlab import mapping
from service.providers.gitlab.connection import MOST_ROWS, Row
from service.providers.gitlab.errors import reading
from service.providers.gitlab.server import DAY, Server

_STATES = {"open": "opened", "closed": "closed", None: "all"}


def projects(server: Server, under: str) -> Iterator[str]:
    """https://docs.gitlab.com/api/groups/#list-projects"""
    if not under:
        raise Rejected("GitLab lists projects by group: write the pattern with one, like gitlab:acme/*")
    for row in server.gateway.group_projects(under):
        with reading(f"the projects of {under}"):
            yield str(row["path_with_namespace"])


def listed(
    server: Server, project: str, labels: Sequence[str], since: datetime | None, state: State | None
) -> Iterator[Issue]:
    """https://docs.gitlab.com/api/issues/#list-project-issues

    Oldest first by creation, so that an issue which changes meanwhile does not move between pages.
    """
    for row in _rows(server, project, _filters(labels, since, state)):
        yield _issue(server, row, project)


def last_change(server: Server, project: str) -> datetime | None:
    newest = {"scope": "all", "order_by": "updated_at", "sort": "desc"}
    row = next(server.gateway.issues(project, newest, most=1), None)
    with reading(f"the issues of {project}"):
        return None if row is None else datetime.fromisoformat(str(row["updated_at"]))


def scopes(asked: Sequence[str]) -> tuple[Scope, ...]:
    """Two and more projects of one namespace are listed by the group above them all; one by itself."""
    by_top: dict[str, list[str]] = {}
    for project in asked:
        by_top.setdefault(project.partition("/")[0].casefold(), []).append(project)
    return tuple(_scope(tuple(together)) for together in by_top.values())


def survey(server: Server, scope: Scope, listings: Sequence[Listing]) -> Iterator[Issue]:
    """The issues that are in any of the listings, each once."""
    names = {project.casefold(): project for project in scope.projects}
    seen: set[IssueRef] = set()
    for listing in listings:
        for issue in _of_scope(server, scope, listing):
            project = names.get(issue.ref.project.casefold())
            if project is not None and issue.ref not in seen:
                seen.add(issue.ref)
                yield replace(issue, ref=replace(issue.ref, project=project))


def _of_scope(server: Server, scope: Scope, listing: Listing) -> Iterator[Issue]:
    if len(scope.projects) == 1:
        yield from listed(server, scope.projects[0], (listing.label,), listing.since, listing.state)
        return
    group = scope.name.removesuffix("/*")
    count = 0
    filters = _filters((listing.label,), listing.since, listing.state)
    for row in server.gateway.group_issues(group, filters, most=MOST_ROWS):
        count += 1
        yield _issue(server, row)
    if count == MOST_ROWS:
        raise Rejected(f"the group {group} has more than {MOST_ROWS:,} issues labelled {listing.label!r}")


def _scope(together: tuple[str, ...]) -> Scope:
    if len(together) == 1:
        return Scope(together[0], together)
    paths = [project.split("/")[:-1] for project in together]
    shared: list[str] = []
    for parts in zip(*paths, strict=False):
        if len({part.casefold() for part in parts}) > 1:
            break
        shared.append(parts[0])
    return Scope(f"{'/'.join(shared)}/*", together)


def _filters(labels: Sequence[str], since: datetime | None, state: State | None) -> dict[str, Any]:
    filters: dict[str, Any] = {"scope": "all", "order_by": "created_at", "sort": "asc", "state": _STATES[state]}
    if labels:
        filters["labels"] = [*labels]
    if since is not None:
        filters["updated_after"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return filters


def _issue(server: Server, row: Row, project: str | None = None) -> Issue:
    with reading(f"the issues of {project}" if project else "a group's issues"):
        ref = IssueRef(server.forge, project, int(row["iid"])) if project else None
        issue = mapping.issue(row, server.forge, ref)
    server.saw_assignees(issue.ref.project, len(issue.assignees))
    return replace(issue, inactive=mapping.inactive(row))


def _rows(server: Server, project: str, filters: dict[str, Any]) -> Iterator[Row]:
    """By keyset where the server has it (18.3), which knows no largest offset; else by offset.

    An older server refuses with 405, at the first page, and is not asked again for a day.
    """
    key = server.key("keyset", "")
    if server.cache.get(key, default=True):
        rows = server.gateway.issues(project, {**filters, "pagination": "keyset"})
        try:
            first = next(rows, None)
        except Rejected:
            server.cache.put(key, value=False, seconds=DAY)
        else:
            if first is not None:
                yield first
                yield from rows
            return
    yield from server.gateway.issues(project, filters)
