"""What a person may do to an issue. Both forges drop silently what they would not let a person set."""

from __future__ import annotations

from service.model import Permission
from service.sandbox.issues import IssueEdit
from service.sandbox.ledger import Ledger
from service.sandbox.rows import CommentRow, IssueRow, Project

_METADATA = ("labels", "assignees", "due")


def may_triage(world: Ledger, project: Project, login: str) -> bool:
    return world.can(project, login, Permission.TRIAGE)


def may_edit(world: Ledger, issue: IssueRow, login: str) -> bool:
    """Title and body: the author; GitHub also asks for write access, GitLab for the Reporter role."""
    needed = Permission.WRITE if issue.forge == "github" else Permission.TRIAGE
    return login.lower() == issue.author.lower() or world.can(world.project_of(issue), login, needed)


def may_close(world: Ledger, issue: IssueRow, login: str) -> bool:
    return login.lower() == issue.author.lower() or may_triage(world, world.project_of(issue), login)


def may_reopen(world: Ledger, issue: IssueRow, login: str) -> bool:
    """An author without rights may reopen only what they closed themselves."""
    own = login.lower() == issue.author.lower() and issue.closed_by == issue.author
    return own or may_triage(world, world.project_of(issue), login)


def may_comment(world: Ledger, issue: IssueRow, login: str) -> bool:
    """Whoever can read; a locked issue takes comments from people with write access only."""
    project = world.project_of(issue)
    return world.can(project, login, Permission.WRITE) if issue.locked else world.can_read(project, login)


def may_edit_comment(world: Ledger, issue: IssueRow, row: CommentRow, login: str) -> bool:
    return login.lower() == row.author.lower() or world.can(world.project_of(issue), login, Permission.WRITE)


def without_drops(world: Ledger, project: Project, login: str, changes: IssueEdit) -> IssueEdit:
    """The changes that take effect: labels and the like only with triage rights, people only if assignable."""
    kept = changes.copy()
    if not may_triage(world, project, login):
        for name in _METADATA:
            kept.pop(name, None)  # type: ignore[misc] # each is a key of IssueEdit
    if "assignees" in kept:
        kept["assignees"] = [who for who in kept["assignees"] if world.assignable(project, who)]
    return kept
