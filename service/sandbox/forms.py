"""What people's pages send, as edits of an issue. Each form is named with the right that it takes."""

from __future__ import annotations

from datetime import date
from typing import Any

from service.sandbox.issues import IssueEdit
from service.sandbox.markdown import toggled
from service.sandbox.rows import IssueRow
from service.sandbox.world import World


def plain_lines(given: str) -> str:
    """Browsers send line ends as CRLF; a forge stores what it is sent, but a person meant plain lines."""
    return given.replace("\r\n", "\n")


def _tick(issue: IssueRow, form: Any, _world: World) -> IssueEdit:
    return IssueEdit(body=toggled(issue.body, int(form.get("line", -1))))


def _rewrite(issue: IssueRow, form: Any, _world: World) -> IssueEdit:
    return IssueEdit(title=form.get("title", issue.title), body=plain_lines(form.get("body", issue.body)))


def _label(issue: IssueRow, form: Any, _world: World) -> IssueEdit:
    return IssueEdit(labels=[*issue.labels, form["name"]] if form.get("name", "").strip() else issue.labels)


def _unlabel(issue: IssueRow, form: Any, _world: World) -> IssueEdit:
    return IssueEdit(labels=[name for name in issue.labels if name != form.get("name")])


def _assign(issue: IssueRow, form: Any, world: World) -> IssueEdit:
    project = world.project_of(issue)
    return IssueEdit(assignees=[login for login in form.getlist("assignees") if world.assignable(project, login)])


def _due(_issue: IssueRow, form: Any, _world: World) -> IssueEdit:
    given = form.get("due", "")
    return IssueEdit(due=date.fromisoformat(given) if given else None)


def _close(_issue: IssueRow, form: Any, _world: World) -> IssueEdit:
    return IssueEdit(state="closed", state_reason=form.get("reason", "completed"))


def _reopen(_issue: IssueRow, _form: Any, _world: World) -> IssueEdit:
    return IssueEdit(state="open")


EDITS = {
    "tick": ("edit", _tick),
    "edit": ("edit", _rewrite),
    "label": ("triage", _label),
    "unlabel": ("triage", _unlabel),
    "assign": ("triage", _assign),
    "due": ("triage", _due),
    "close": ("state", _close),
    "reopen": ("state", _reopen),
}
