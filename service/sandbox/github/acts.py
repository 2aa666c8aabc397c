"""What callers do to issues, under GitHub's rules; REST and GraphQL both act through here."""

from __future__ import annotations

from service.model import Permission
from service.sandbox import rights
from service.sandbox.github.call import Call, Problem, validation
from service.sandbox.issues import IssueEdit
from service.sandbox.rows import CommentRow, IssueRow, Project, Refused

MAX_LABELS = 100
MAX_ASSIGNEES = 10


def create_issue(call: Call, project: Project, title: str, changes: IssueEdit) -> IssueRow:
    """Any reader may; labels and assignees of those without triage rights are dropped without a word."""
    login = call.login
    if project.archived:
        raise Problem(403, "Repository was archived so is read-only.")
    if call.caller.installation and not call.world.can(project, login, Permission.WRITE):
        call.refuse()
    kept = rights.without_drops(call.world, project, login, changes)
    try:
        return call.world.create_issue(
            "github",
            project.path,
            actor=login,
            title=title,
            body=kept.get("body", ""),
            labels=kept.get("labels", ()),
            assignees=_ten(kept.get("assignees", ())),
        )
    except Refused as problem:
        raise validation("Issue", problem) from problem


def edit_issue(call: Call, issue: IssueRow, changes: IssueEdit) -> IssueRow:
    """Text and state need rights; what else the caller may not set is dropped without a word."""
    login, world = call.login, call.world
    _check_edit(call, issue, changes)
    kept = rights.without_drops(world, world.project_of(issue), login, changes)
    if "assignees" in kept:
        kept["assignees"] = _ten(kept["assignees"])
    try:
        return world.edit_issue("github", issue.path, issue.number, actor=login, **kept)
    except Refused as problem:
        raise validation("Issue", problem) from problem


def _check_edit(call: Call, issue: IssueRow, changes: IssueEdit) -> None:
    login, world = call.login, call.world
    texts = ("title" in changes and changes["title"] != issue.title) or "body" in changes
    if world.project_of(issue).archived:
        raise Problem(403, "Repository was archived so is read-only.")
    if texts and not rights.may_edit(world, issue, login):
        call.refuse()
    state = changes.get("state", issue.state)
    allowed = rights.may_close if state == "closed" else rights.may_reopen
    if state != issue.state and not allowed(world, issue, login):
        call.refuse()
    if not texts and "state" not in changes and not world.can_read(world.project_of(issue), login):
        call.refuse()
    if not rights.may_close(world, issue, login):
        call.refuse()


def _ten(logins: object) -> list[str]:
    return list(logins)[:MAX_ASSIGNEES] if isinstance(logins, (list, tuple)) else []


def set_labels(call: Call, issue: IssueRow, names: list[str]) -> IssueRow:
    """Raises Problem 403 without triage rights: the label endpoints do not drop."""
    login = call.require(call.world.project_of(issue), Permission.TRIAGE)
    if len(set(names)) > MAX_LABELS:
        raise validation("Issue", Refused("You can add a maximum of 100 labels", field="labels"))
    try:
        return call.world.edit_issue("github", issue.path, issue.number, actor=login, labels=names)
    except Refused as problem:
        raise validation("Label", problem) from problem


def comment(call: Call, issue: IssueRow, body: str) -> CommentRow:
    login = call.login
    if not rights.may_comment(call.world, issue, login):
        call.refuse("Unable to create comment because issue is locked.")
    if call.caller.installation and not call.world.can(call.world.project_of(issue), login, Permission.TRIAGE):
        call.refuse()
    try:
        return call.world.comment("github", issue.path, issue.number, actor=login, body=body)
    except Refused as problem:
        raise validation("IssueComment", problem) from problem


def edit_comment(call: Call, issue: IssueRow, row: CommentRow, body: str) -> CommentRow:
    login = call.login
    if not rights.may_edit_comment(call.world, issue, row, login):
        call.refuse()
    try:
        return call.world.edit_comment("github", row.id, actor=login, body=body)
    except Refused as problem:
        raise validation("IssueComment", problem) from problem


def add_child(call: Call, parent: IssueRow, child: IssueRow, *, replace_parent: bool = False) -> None:
    login = call.require(call.world.project_of(parent), Permission.TRIAGE)
    try:
        call.world.add_child(parent, child, actor=login, replace_parent=replace_parent)
    except Refused as problem:
        raise validation("SubIssue", problem) from problem
