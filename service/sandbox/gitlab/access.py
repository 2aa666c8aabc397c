"""GitLab's roles as numbers, and what each may do.

The world keeps one ladder of permissions for both forges; this is GitLab's reading of it. A Planner (15) has a
Reporter's rights over issues, but reads no code in private projects.
https://docs.gitlab.com/user/permissions/
"""

from __future__ import annotations

from service.model import Permission
from service.sandbox.ledger import Ledger
from service.sandbox.rows import IssueRow, Project

GUEST, PLANNER, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 15, 20, 30, 40, 50
LEVELS = {
    Permission.NONE: 0,
    Permission.READ: GUEST,
    Permission.TRIAGE: REPORTER,
    Permission.WRITE: DEVELOPER,
    Permission.MAINTAIN: MAINTAINER,
    Permission.ADMIN: OWNER,
}


def level(project: Project, login: str | None) -> int:
    """The access level as GitLab's API shows it; 0 for no member."""
    if login is None:
        return 0
    if login.lower() in project.planners:
        return PLANNER
    return LEVELS[project.permissions.get(login.lower(), Permission.NONE)]


def can_read(project: Project, login: str | None) -> bool:
    return not project.private or level(project, login) >= GUEST


def can_see(world: Ledger, issue: IssueRow, login: str | None) -> bool:
    """A confidential issue shows to Planners and up, and to its author and assignees."""
    project = world.project_of(issue)
    if not can_read(project, login):
        return False
    return not issue.private or level(project, login) >= PLANNER or login in {issue.author, *issue.assignees}


def can_update(world: Ledger, issue: IssueRow, login: str | None) -> bool:
    """Title, description and state: also the author's and the assignees' to change."""
    if login is None or not can_see(world, issue, login):
        return False
    return level(world.project_of(issue), login) >= PLANNER or login in {issue.author, *issue.assignees}


def can_set_metadata(project: Project, login: str | None) -> bool:
    """Labels, assignees, due date, lock. Without it GitLab drops these from a request without a word."""
    return level(project, login) >= PLANNER


def can_read_code(project: Project, login: str | None) -> bool:
    return not project.private or level(project, login) >= REPORTER
