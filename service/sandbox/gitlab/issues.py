"""The issues API. https://docs.gitlab.com/api/issues/"""

from __future__ import annotations

from typing import Any

from service.sandbox.gitlab import edits
from service.sandbox.gitlab.access import OWNER, PLANNER, can_set_metadata, can_update
from service.sandbox.gitlab.call import FORGE, Call, Problem, Reply, forbidden, invalid
from service.sandbox.gitlab.issue_queries import select, sort_key
from service.sandbox.gitlab.issue_shapes import issue as shape
from service.sandbox.gitlab.paging import keyset, page
from service.sandbox.gitlab.shapes import user
from service.sandbox.issues import IssueEdit, NewIssue
from service.sandbox.rows import CommentRow, IssueRow, Project


def _row(call: Call) -> Any:
    details = call.flag("with_labels_details") or False
    return lambda issue: shape(call.world, issue, details=details)


def list_everywhere(call: Call) -> Reply:
    """Only the caller's own unless `scope` says otherwise."""
    call.actor  # noqa: B018 - refuses anonymous callers
    issues = [i for project in call.world.projects_of(FORGE) for i in project.issues.values()]
    return page(call, select(call, issues, scope="created_by_me"), _row(call))


def list_of_group(call: Call) -> Reply:
    issues = [i for project in call.group_projects(call.group()) for i in project.issues.values()]
    return page(call, select(call, issues), _row(call))


def list_of_project(call: Call) -> Reply:
    """Keyset pagination is offered here since GitLab 18.3."""
    issues = select(call, call.project().issues.values())
    if call.text("pagination") == "keyset":
        return keyset(call, issues, _row(call), lambda issue: sort_key(call, issue))
    return page(call, issues, _row(call))


def show(call: Call, iid: int) -> Any:
    issue = call.issue(call.project(), iid)
    return shape(call.world, issue) | {"subscribed": call.login in {issue.author, *issue.assignees}}


def create(call: Call) -> Reply:
    call.actor  # noqa: B018 - refuses anonymous callers
    project = call.project()
    call.required("title")
    edit = edits.wanted(call, project, None)
    title = edit.pop("title", "")
    more: NewIssue = {k: v for k, v in edit.items() if k in NewIssue.__annotations__}  # type: ignore[assignment]  # the keys are checked right here
    made = call.world.create_issue(FORGE, project.path, actor=call.actor, title=title, **more)
    return Reply(shape(call.world, made) | {"subscribed": True}, 201)


def edit(call: Call, iid: int) -> Any:
    """Titles, texts and states may be changed by Planners and up, the author and the assignees."""
    call.actor  # noqa: B018 - refuses anonymous callers
    project = call.project()
    issue = call.issue(project, iid)
    if not can_update(call.world, issue, call.login):
        raise forbidden()
    if not call.params.keys() - {"updated_at"}:
        raise Problem(400, {"error": "at least one parameter must be provided"})
    edits.apply(call, project, issue, edits.wanted(call, project, issue))
    return shape(call.world, issue) | {"subscribed": True}


def delete(call: Call, iid: int) -> None:
    """Owners and Planners may."""
    call.actor  # noqa: B018 - refuses anonymous callers
    project = call.project()
    issue = call.issue(project, iid)
    if call.level(project) not in {OWNER, PLANNER}:
        raise forbidden()
    call.world.delete_issue(FORGE, project.path, issue.number, actor=call.actor)


def move(call: Call, iid: int) -> Reply:
    """A copy in the other project, notes included; the original closes and names it in `moved_to_id`."""
    call.actor  # noqa: B018 - refuses anonymous callers
    project = call.project()
    issue, target = call.issue(project, iid), call.project(call.required("to_project_id"))
    if project is target:
        raise Problem(400, {"message": "Cannot move issue to project it originates from!"})
    if not (can_set_metadata(project, call.login) and can_set_metadata(target, call.login)):
        raise Problem(400, {"message": "Cannot move issue due to insufficient permissions!"})
    if issue.moved_to is not None:
        raise invalid("base", "Cannot move a moved issue")
    made = _copy(call, issue, target)
    issue.moved_to = made.id
    change: IssueEdit = {"state": "closed", "state_reason": "moved"}
    call.world.edit_issue(FORGE, project.path, issue.number, actor=call.actor, **change)
    return Reply(shape(call.world, made), 201)


def _copy(call: Call, issue: IssueRow, target: Project) -> IssueRow:
    made = call.world.create_issue(
        FORGE,
        target.path,
        actor=issue.author,
        title=issue.title,
        body=issue.body,
        labels=[name for name in issue.labels if call.world.find_label(target, name)],
        assignees=list(issue.assignees),
        private=issue.private,
        due=issue.due,
        kind=issue.kind,
    )
    for row in issue.comments:
        copied = CommentRow(call.world.next_id(), made.id, row.author, row.body, row.created_at, row.updated_at)
        copied.internal = row.internal
        call.world.keep_comment(made, copied)
    return made


def participants(call: Call, iid: int) -> Reply:
    issue = call.issue(call.project(), iid)
    logins = dict.fromkeys([issue.author, *issue.assignees, *(note.author for note in issue.comments)])
    return page(call, list(logins), lambda login: user(call.world, login))


def closed_by(call: Call, iid: int) -> Reply:
    """Merge requests that close it; the sandbox has none."""
    call.issue(call.project(), iid)
    return page(call, list[IssueRow](), lambda _: None)


ROUTES = (
    ("GET", "/issues", list_everywhere),
    ("GET", "/groups/<owner>/issues", list_of_group),
    ("GET", "/projects/<owner>/issues", list_of_project),
    ("POST", "/projects/<owner>/issues", create),
    ("GET", "/projects/<owner>/issues/<int:iid>", show),
    ("PUT", "/projects/<owner>/issues/<int:iid>", edit),
    ("DELETE", "/projects/<owner>/issues/<int:iid>", delete),
    ("POST", "/projects/<owner>/issues/<int:iid>/move", move),
    ("GET", "/projects/<owner>/issues/<int:iid>/participants", participants),
    ("GET", "/projects/<owner>/issues/<int:iid>/closed_by", closed_by),
    ("GET", "/projects/<owner>/issues/<int:iid>/related_merge_requests", closed_by),
)
