"""Notes, emoji and the history of an issue.

https://docs.gitlab.com/api/notes/ · https://docs.gitlab.com/api/emoji_reactions/ ·
https://docs.gitlab.com/api/resource_label_events/
"""

from __future__ import annotations

import re
from typing import Any

from service.sandbox.gitlab import edits, quick_actions
from service.sandbox.gitlab.access import GUEST, MAINTAINER, PLANNER
from service.sandbox.gitlab.call import FORGE, Call, Reply, forbidden, invalid, not_found
from service.sandbox.gitlab.issue_shapes import award, label_event, state_event, system_notes
from service.sandbox.gitlab.issue_shapes import note as shape
from service.sandbox.gitlab.paging import page
from service.sandbox.rows import CommentRow, EventRow, IssueRow, Project, ReactionRow

MAX_NOTE = 1_000_000
FILTERS = ("all_notes", "only_comments", "only_activity")


def list_notes(call: Call, iid: int) -> Reply:
    """Newest first, system notes among them, unless asked otherwise. Internal notes show to Planners and up."""
    project = call.project()
    issue = call.issue(project, iid)
    which = call.choice("activity_filter", FILTERS, "all_notes")
    written = [n for n in issue.comments if not n.internal or call.level(project) >= PLANNER]
    rows = [*(written if which != "only_activity" else ()), *(system_notes(issue) if which != "only_comments" else ())]
    order = call.choice("order_by", ("created_at", "updated_at"), "created_at")
    newest_first = call.choice("sort", ("asc", "desc"), "desc") == "desc"
    rows.sort(key=lambda n: (getattr(n, order), n.id), reverse=newest_first)
    return page(call, rows, lambda n: shape(call.world, issue, n))


def show_note(call: Call, iid: int, note_id: int) -> Any:
    issue = call.issue(call.project(), iid)
    return shape(call.world, issue, _find(call, issue, note_id))


def _find(call: Call, issue: IssueRow, note_id: int) -> CommentRow:
    hidden = call.level(call.world.project_of(issue)) < PLANNER
    for row in [*issue.comments, *system_notes(issue)]:
        if row.id == note_id and not (row.internal and hidden):
            return row
    raise not_found("Note")


def create_note(call: Call, iid: int) -> Reply:
    """Quick actions run first. A body of nothing else is answered 202 and leaves no note."""
    call.actor  # noqa: B018 - refuses anonymous callers
    project = call.project()
    issue = call.issue(project, iid)
    body = edits.checked(str(call.required("body")), "note", MAX_NOTE)
    if issue.locked and call.level(project) < GUEST:
        raise forbidden()
    text, changes = _run(call, project, issue, body, list[quick_actions.Command]())
    if not text.strip():
        if changes is None:
            raise invalid("note", "can't be blank")
        return Reply({"commands_changes": changes, "summary": [f"Changed {', '.join(changes)}."]}, 202)
    internal = bool(call.flag("internal") or call.flag("confidential")) and call.level(project) >= PLANNER
    where = (FORGE, project.path, issue.number)
    row = call.world.comment(*where, actor=call.actor, body=text, internal=internal)
    return Reply(shape(call.world, issue, row) | {"commands_changes": changes or {}}, 201)


def _run(
    call: Call, project: Project, issue: IssueRow, body: str, known: list[quick_actions.Command]
) -> tuple[str, dict[str, bool] | None]:
    """The text that is left, and what the commands changed; None where there were none."""
    text, commands = quick_actions.extract(body)
    if not commands:
        return body, None
    edit = edits.from_note(call, project, issue, [command for command in commands if command not in known])
    edits.apply(call, project, issue, edit)
    return text, dict.fromkeys(edit, True)


def edit_note(call: Call, iid: int, note_id: int) -> Any:
    """Authors and Maintainers may. Commands that the old text did not have run."""
    issue, row = _own_note(call, iid, note_id)
    body = edits.checked(str(call.required("body")), "note", MAX_NOTE)
    known = quick_actions.extract(row.body)[1]
    text, _ = _run(call, call.project(), issue, body, known)
    if not text.strip():
        raise invalid("note", "can't be blank")
    call.world.edit_comment(FORGE, row.id, actor=call.actor, body=text)
    return shape(call.world, issue, row)


def delete_note(call: Call, iid: int, note_id: int) -> None:
    _, row = _own_note(call, iid, note_id)
    call.world.delete_comment(FORGE, row.id, actor=call.actor)


def _own_note(call: Call, iid: int, note_id: int) -> tuple[IssueRow, CommentRow]:
    actor, project = call.actor, call.project()
    issue = call.issue(project, iid)
    row = _find(call, issue, note_id)
    if row.system or (row.author != actor and call.level(project) < MAINTAINER):
        raise forbidden()
    return issue, row


# --- emoji ----------------------------------------------------------------------------------------------------


def _awardable(call: Call, iid: int, note_id: int | None) -> tuple[IssueRow, IssueRow | CommentRow]:
    if not call.world.features[FORGE].reactions:
        raise not_found()
    issue = call.issue(call.project(), iid)
    return issue, (issue if note_id is None else _find(call, issue, note_id))


def list_awards(call: Call, iid: int, note_id: int | None = None) -> Reply:
    _, on = _awardable(call, iid, note_id)
    return page(call, on.reactions, lambda row: award(call.world, row, on))


def show_award(call: Call, iid: int, award_id: int, note_id: int | None = None) -> Any:
    _, on = _awardable(call, iid, note_id)
    return award(call.world, _find_award(on, award_id), on)


def create_award(call: Call, iid: int, note_id: int | None = None) -> Reply:
    """The same emoji twice is a 404, oddly."""
    actor = call.actor
    issue, on = _awardable(call, iid, note_id)
    name = str(call.required("name")).strip(":")
    if not re.fullmatch(r"[a-z0-9_+-]+", name):
        raise not_found("Award Emoji Name is not a valid emoji name")
    row, new = call.world.react(issue, on, actor=actor, content=name)
    if not new:
        raise not_found("Award Emoji Name has already been taken")
    return Reply(award(call.world, row, on), 201)


def delete_award(call: Call, iid: int, award_id: int, note_id: int | None = None) -> None:
    """One's own; a Maintainer may take anybody's."""
    actor = call.actor
    issue, on = _awardable(call, iid, note_id)
    row = _find_award(on, award_id)
    if row.actor != actor and call.level(call.project()) < MAINTAINER:
        raise not_found()
    call.world.unreact(on, row.id)
    before = issue.updated_at
    detail = {"reaction": row.id, "content": row.content, "on": on.id}
    call.world.record(call.project(), actor, [("unreacted", detail)], issue)
    issue.updated_at = before  # an emoji is no update of the issue


def _find_award(on: IssueRow | CommentRow, award_id: int) -> ReactionRow:
    for row in on.reactions:
        if row.id == award_id:
            return row
    raise not_found()


# --- history --------------------------------------------------------------------------------------------------


def _events(call: Call, iid: int, kinds: set[str]) -> tuple[IssueRow, list[EventRow]]:
    issue = call.issue(call.project(), iid)
    return issue, [event for event in issue.events if event.kind in kinds]


def list_label_events(call: Call, iid: int) -> Reply:
    issue, events = _events(call, iid, {"labeled", "unlabeled"})
    return page(call, events, lambda event: label_event(call.world, issue, event))


def list_state_events(call: Call, iid: int) -> Reply:
    issue, events = _events(call, iid, {"closed", "reopened"})
    return page(call, events, lambda event: state_event(call.world, issue, event))


_ISSUE = "/projects/<owner>/issues/<int:iid>"
_NOTE = f"{_ISSUE}/notes/<int:note_id>"
ROUTES = (
    ("GET", f"{_ISSUE}/notes", list_notes),
    ("POST", f"{_ISSUE}/notes", create_note),
    ("GET", _NOTE, show_note),
    ("PUT", _NOTE, edit_note),
    ("DELETE", _NOTE, delete_note),
    *(
        route
        for on in (_ISSUE, _NOTE)
        for route in (
            ("GET", f"{on}/award_emoji", list_awards),
            ("POST", f"{on}/award_emoji", create_award),
            ("GET", f"{on}/award_emoji/<int:award_id>", show_award),
            ("DELETE", f"{on}/award_emoji/<int:award_id>", delete_award),
        )
    ),
    ("GET", f"{_ISSUE}/resource_label_events", list_label_events),
    ("GET", f"{_ISSUE}/resource_state_events", list_state_events),
)
