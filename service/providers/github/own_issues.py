"""Our own issue on a topic: found by its label, its hidden marker and our authorship before one is created.

https://docs.github.com/en/rest/issues/issues#create-an-issue
"""

from __future__ import annotations

from service import hidden
from service.model import EnsureIssue, IssueRef
from service.providers.base import Rejected
from service.providers.github.errors import reading
from service.providers.github.gateway import repository
from service.providers.github.issue_changes import MAX_BODY
from service.providers.github.server import Server


def ensure(server: Server, change: EnsureIssue) -> IssueRef:
    """The oldest one there is, else a new one. Of two that were created at the same moment both then mean the older."""
    if len(change.body) > MAX_BODY:
        raise Rejected(f"an issue body of {len(change.body)} characters is too long for GitHub, which takes {MAX_BODY}")
    found = _oldest(server, change)
    if found is not None:
        return found
    project = change.ref.project
    body = {"title": change.title, "body": change.body, "labels": sorted(change.labels)}
    row = server.gateway(project).create(f"{repository(project)}/issues", body)
    with reading("the new issue"):
        made = IssueRef(change.ref.forge, project, int(row["number"]))
    return _oldest(server, change) or made


def _oldest(server: Server, change: EnsureIssue) -> IssueRef | None:
    project, viewer = change.ref.project, server.viewer()
    query: dict[str, str | int] = {"state": "all", "creator": viewer, "sort": "created", "direction": "asc"}
    if change.labels:
        query["labels"] = ",".join(sorted(change.labels))
    for row in server.gateway(project).pages(f"{repository(project)}/issues", query):
        with reading(f"the issues of {project}"):
            is_ours = str(row["user"]["login"]).casefold() == viewer.casefold()
            if is_ours and hidden.is_issue_on(change.topic, str(row["body"] or "")):
                return IssueRef(change.ref.forge, project, int(row["number"]))
    return None
