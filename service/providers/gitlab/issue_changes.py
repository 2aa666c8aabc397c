"""Changes to one issue. GitLab answers 200 also where it dropped a value, so each reply is held against the wish.

https://docs.gitlab.com/api/issues/#edit-an-issue
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from service import document
from service.model import (
    AddLabels,
    CloseAsNotPlanned,
    EnsureLabel,
    IssueRef,
    LinkChild,
    RemoveLabels,
    Reopen,
    SetAssignees,
    SetBody,
    SetDue,
    SetTitle,
)
from service.providers.base import Conflict, Forbidden, Rejected
from service.providers.gitlab import people
from service.providers.gitlab.connection import Row
from service.providers.gitlab.errors import AlreadyThere, reading
from service.providers.gitlab.quick_actions import defused
from service.providers.gitlab.server import Server

MAX_DESCRIPTION = 1_048_576
NEEDS_REPORTER = "our account needs the Reporter (or Planner) role in the project"


def ensure_label(server: Server, change: EnsureLabel) -> None:
    """https://docs.gitlab.com/api/labels/#create-a-new-label (409 also where a group above has the label)"""
    project, label = change.ref.project, change.label
    if label.name in server.labels(project):
        return
    fields = {"name": label.name, "color": f"#{label.color}", "description": label.description}
    made: Row = {}
    with suppress(AlreadyThere):
        made = server.gateway.create_label(project, fields)
    server.saw_label(project, label.name, int(made.get("id") or 0))


def add_labels(server: Server, change: AddLabels) -> None:
    if not change.labels:
        return
    row = _update(server, change.ref, {"add_labels": sorted(change.labels)})
    missing = change.labels - _labels(row, change.ref)
    if missing:
        raise Forbidden(f"GitLab did not put {_names(missing)} on {change.ref}; {NEEDS_REPORTER}")


def remove_labels(server: Server, change: RemoveLabels) -> None:
    if not change.labels:
        return
    row = _update(server, change.ref, {"remove_labels": sorted(change.labels)})
    left = change.labels & _labels(row, change.ref)
    if left:
        raise Forbidden(f"GitLab did not take {_names(left)} off {change.ref}; {NEEDS_REPORTER}")


def set_title(server: Server, change: SetTitle) -> None:
    row = _update(server, change.ref, {"title": change.title})
    if str(row.get("title")).strip() != change.title.strip():
        raise Forbidden(f"GitLab did not change the title of {change.ref}; {NEEDS_REPORTER}")


def set_body(server: Server, change: SetBody) -> None:
    """The changed lines are carried over to the text as it is now; a person's edit made meanwhile survives.

    So does one made while a failed write waits to be tried again: the text is then read anew.
    """
    server.gateway.together(lambda: _carry_over(server, change))


def _carry_over(server: Server, change: SetBody) -> None:
    fresh = _text_now(server, change.ref)
    merged = document.merge(change.base, change.body, fresh)
    if merged is None:
        raise Conflict(f"somebody is editing the same lines of {change.ref}; looking again")
    wanted = defused(merged, fresh)
    if wanted == fresh:
        return
    if len(wanted) > MAX_DESCRIPTION:
        raise Rejected(f"the body of {change.ref} would have {len(wanted)} characters; GitLab takes {MAX_DESCRIPTION}")
    came_back = str(_update(server, change.ref, {"description": wanted}).get("description") or "")
    if document.as_kept(came_back) != document.as_kept(wanted):
        raise Conflict(f"the body of {change.ref} is not what was written; looking again")


def _text_now(server: Server, ref: IssueRef) -> str:
    """Read right before it is written, unless the reply to the request just before showed it."""
    shown = server.last_reply.text(ref)
    return str(server.gateway.issue(ref).get("description") or "") if shown is None else shown


def set_assignees(server: Server, change: SetAssignees) -> None:
    """Free keeps the first of several and says nothing; an assignee who cannot read the project vanishes, too."""
    row = _update(server, change.ref, {"assignee_ids": people.user_ids(server, change.assignees)})
    with reading(f"the assignees of {change.ref}"):
        now = {str(person["username"]).casefold() for person in row.get("assignees") or ()}
    wanted = {login.casefold() for login in change.assignees}
    server.saw_assignees(change.ref.project, len(now))
    if now == wanted:
        return
    if len(wanted) > 1 and len(now) == 1:
        raise Rejected(f"GitLab kept one assignee of {change.ref}; several need GitLab Premium")
    raise Forbidden(
        f"GitLab did not assign {_names(wanted ^ now)} as wanted on {change.ref}; "
        f"{NEEDS_REPORTER}, and an assignee needs to be able to read it"
    )


def set_due(server: Server, change: SetDue) -> None:
    wanted = change.due.isoformat() if change.due else None
    row = _update(server, change.ref, {"due_date": wanted or ""})
    if (row.get("due_date") or None) != wanted:
        raise Forbidden(f"GitLab did not set the due date of {change.ref}; {NEEDS_REPORTER}")


def reopen(server: Server, change: Reopen) -> None:
    row = _update(server, change.ref, {"state_event": "reopen"})
    if row.get("state") != "opened":
        raise Forbidden(f"GitLab did not reopen {change.ref}; {NEEDS_REPORTER}")


def close_as_not_planned(server: Server, change: CloseAsNotPlanned) -> None:
    """GitLab knows no reasons (its nearest, closing as a duplicate, would name an issue that there is none of). So that
    nothing is lost, whoever asks for this has put a label on before, which says it wherever the issue is listed.
    """
    row = server.gateway.update_issue(change.ref, {"state_event": "close"})
    if row.get("state") != "closed":
        raise Forbidden(f"GitLab did not close {change.ref}; {NEEDS_REPORTER}")


def link_child(server: Server, change: LinkChild) -> None:
    """https://docs.gitlab.com/api/issue_links/#create-an-issue-link (needs the right to edit both issues)"""
    if change.ref == change.child:
        raise Rejected(f"{change.ref} cannot be related to itself")
    memory = server.memory
    is_known = memory.holds(change.ref, server.clock())
    if is_known and change.child in memory.linked:
        return
    with suppress(AlreadyThere):
        server.gateway.link(change.ref, change.child)
    if is_known:
        memory.linked.add(change.child)


def _update(server: Server, ref: IssueRef, fields: Mapping[str, object]) -> Row:
    row = server.gateway.update_issue(ref, fields)
    server.last_reply.showed(ref, str(row.get("description") or ""))
    return row


def _labels(row: Row, ref: IssueRef) -> frozenset[str]:
    with reading(f"the labels of {ref}"):
        return frozenset(row["labels"])


def _names(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
