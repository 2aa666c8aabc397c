"""Our own issue on a topic: found by its label, its hidden marker and our authorship before one is created.

https://docs.gitlab.com/api/issues/#create-an-issue
"""

from __future__ import annotations

from service import hidden
from service.model import EnsureIssue, IssueRef
from service.providers.base import Rejected
from service.providers.gitlab.errors import reading
from service.providers.gitlab.issue_changes import MAX_DESCRIPTION
from service.providers.gitlab.quick_actions import defused
from service.providers.gitlab.server import Server


def ensure(server: Server, change: EnsureIssue) -> IssueRef:
    """The oldest one there is, else a new one. Of two that were created at the same moment both then mean the older."""
    if len(change.body) > MAX_DESCRIPTION:
        raise Rejected(
            f"an issue of {len(change.body)} characters is too long for GitLab, which takes {MAX_DESCRIPTION}"
        )
    found = _oldest(server, change)
    if found is not None:
        return found
    fields = {"title": change.title, "description": defused(change.body), "labels": sorted(change.labels)}
    row = server.gateway.create_issue(change.ref.project, fields)
    with reading("the new issue"):
        made = IssueRef(change.ref.forge, change.ref.project, int(row["iid"]))
    return _oldest(server, change) or made


def _oldest(server: Server, change: EnsureIssue) -> IssueRef | None:
    project, viewer = change.ref.project, server.viewer()
    filters = {"author_username": viewer, "scope": "all", "order_by": "created_at", "sort": "asc"}
    for row in server.gateway.issues(project, {**filters, "labels": sorted(change.labels)}):
        with reading(f"the issues of {project}"):
            is_ours = str(row["author"]["username"]).casefold() == viewer.casefold()
            if is_ours and hidden.is_issue_on(change.topic, str(row.get("description") or "")):
                return IssueRef(change.ref.forge, project, int(row["iid"]))
    return None
