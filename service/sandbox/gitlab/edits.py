"""What a request to create or edit an issue really changes: rights, silent drops and quick actions.

GitLab answers 200 and leaves out what the caller may not set, so a client has to compare what came back
(`app/services/issuable_base_service.rb`, `filter_params`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from service.sandbox.gitlab import quick_actions
from service.sandbox.gitlab.access import PLANNER, can_read, can_set_metadata, can_update, level
from service.sandbox.gitlab.call import FORGE, Call, bad_parameter, invalid
from service.sandbox.gitlab.quick_actions import Command
from service.sandbox.issues import MAX_BODY, MAX_TITLE, IssueEdit
from service.sandbox.rows import IssueRow, Missing, Project

KINDS = ("issue", "incident", "test_case", "task")
METADATA: tuple[Literal["labels", "assignees", "due", "locked"], ...] = ("labels", "assignees", "due", "locked")
_LABEL = re.compile(r'~"(?P<quoted>[^"]+)"|~?(?P<plain>\S+)')


def wanted(call: Call, project: Project, issue: IssueRow | None) -> IssueEdit:
    """The changes a request asks for that the caller is allowed. `issue` is None for a new one."""
    edit = _text(call)
    body, commands = edit.get("body"), list[Command]()
    if body is not None:
        edit["body"], commands = quick_actions.extract(body)
        known = quick_actions.extract(issue.body)[1] if issue else []
        commands = [command for command in commands if command not in known]
    _fields(call, edit)
    _label_fields(call, issue, edit)
    _people_fields(call, edit)
    edit = edit | effects(call, project, issue, commands, edit)
    return _allowed(call, project, issue, edit)


def _text(call: Call) -> IssueEdit:
    edit = IssueEdit()
    if "title" in call.params:
        edit["title"] = checked(call.text("title"), "title", MAX_TITLE[FORGE])
        if not edit["title"].strip():
            raise invalid("title", "can't be blank")
    if "description" in call.params:
        edit["body"] = checked(call.text("description"), "description", MAX_BODY[FORGE])
    return edit


def checked(text: str, name: str, most: int) -> str:
    """The text, or GitLab's refusal of one that is too long."""
    if len(text) > most:
        raise invalid(name, f"is too long (maximum is {most} characters)")
    return text


def _fields(call: Call, edit: IssueEdit) -> None:
    if "due_date" in call.params:
        edit["due"] = _date(call.text("due_date"))
    if (private := call.flag("confidential")) is not None:
        edit["private"] = private
    if (locked := call.flag("discussion_locked")) is not None:
        edit["locked"] = locked
    if call.text("issue_type"):
        edit["kind"] = call.choice("issue_type", KINDS, "issue")
    state = call.text("state_event")
    if state:
        edit["state"] = "closed" if call.choice("state_event", ("close", "reopen"), "") == "close" else "open"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise bad_parameter("due_date is invalid") from None


def _label_fields(call: Call, issue: IssueRow | None, edit: IssueEdit) -> None:
    """`labels` replaces; unknown names in `labels` and `add_labels` become new labels, in `remove_labels` nothing."""
    replaced, added, gone = (call.words(name) for name in ("labels", "add_labels", "remove_labels"))
    if replaced is None and added is None and gone is None:
        return
    names = [*(issue.labels if issue and replaced is None else replaced or ()), *(added or ())]
    edit["labels"] = [name for name in dict.fromkeys(names) if name not in (gone or ())]


def _people_fields(call: Call, edit: IssueEdit) -> None:
    ids = call.words("assignee_ids") if "assignee_ids" in call.params else None
    if ids is None and "assignee_id" in call.params:
        ids = call.words("assignee_id") or []
    if ids is None:
        return
    by_id = {str(person.id): person.login for person in call.world.people.values()}
    edit["assignees"] = [by_id.get(number, f"#{number}") for number in ids if number != "0"]


def _allowed(call: Call, project: Project, issue: IssueRow | None, edit: IssueEdit) -> IssueEdit:
    """Without a word, what the caller may not set is left out."""
    if issue is None:
        edit.pop("state", None)
    if not can_set_metadata(project, call.login):
        for name in METADATA:
            edit.pop(name, None)
        edit.pop("kind", None)
        if issue is not None and issue.author != call.login:
            edit.pop("private", None)
    if "assignees" in edit:
        _keep_readers(call, project, issue, edit)
    return edit


def _keep_readers(call: Call, project: Project, issue: IssueRow | None, edit: IssueEdit) -> None:
    """Assignees who cannot read the issue are dropped; if nobody remains, so is the parameter. Free keeps one."""
    asked = list(edit.get("assignees", ()))
    private = edit.get("private", issue.private if issue else False)
    kept = [login for login in asked if login.lower() in call.world.people]
    kept = [login for login in kept if can_read(project, login)]
    if private:
        kept = [login for login in kept if level(project, login) >= PLANNER or (issue and login == issue.author)]
    edit["assignees"] = kept if call.premium else kept[:1]
    if asked and not kept:
        del edit["assignees"]


def apply(call: Call, project: Project, issue: IssueRow, edit: IssueEdit) -> IssueRow:
    """A change of state is a step of its own and comes first: with other fields that makes two webhooks."""
    where = (FORGE, project.path, issue.number)
    rest = edit.copy()
    state = rest.pop("state", issue.state)
    if state != issue.state:
        call.world.edit_issue(*where, actor=call.actor, state=state)
    if rest:
        call.world.edit_issue(*where, actor=call.actor, **rest)
    return issue


# --- quick actions --------------------------------------------------------------------------------------------


def from_note(call: Call, project: Project, issue: IssueRow, commands: Iterable[Command]) -> IssueEdit:
    """What a note's commands change, as far as its author may."""
    edit = effects(call, project, issue, commands, IssueEdit())
    if not can_update(call.world, issue, call.login):
        edit.pop("state", None)
        edit.pop("title", None)
    return _allowed(call, project, issue, edit)


def effects(
    call: Call, project: Project, issue: IssueRow | None, commands: Iterable[Command], base: IssueEdit
) -> IssueEdit:
    """The commands' changes, on top of what the request itself asks for."""
    edit = base.copy()
    for command in commands:
        _state_command(command, edit)
        _label_command(call, project, issue, command, edit)
        _people_command(call, issue, command, edit)
        _field_command(call, command, edit)
    return edit


def _state_command(command: Command, edit: IssueEdit) -> None:
    if command.name in {"close", "duplicate"}:
        edit["state"] = "closed"
    if command.name == "reopen":
        edit["state"] = "open"


def _label_command(call: Call, project: Project, issue: IssueRow | None, command: Command, edit: IssueEdit) -> None:
    """Only labels that exist count."""
    if command.name not in {"label", "labels", "unlabel", "remove_label", "relabel"}:
        return
    current = list(edit.get("labels", issue.labels if issue else ()))
    named = [m["quoted"] or m["plain"] for m in _LABEL.finditer(command.argument)]
    known = [name for name in named if call.world.find_label(project, name)]
    if command.name in {"label", "labels"}:
        edit["labels"] = list(dict.fromkeys([*current, *known]))
    elif command.name == "relabel":
        edit["labels"] = known
    else:
        edit["labels"] = [name for name in current if named and name not in known]


def _people_command(call: Call, issue: IssueRow | None, command: Command, edit: IssueEdit) -> None:
    if command.name not in {"assign", "reassign", "unassign", "remove_assignee"}:
        return
    current = list(edit.get("assignees", issue.assignees if issue else ()))
    people = [login for word in command.argument.split() if (login := _login(call, word))]
    if command.name == "assign":
        edit["assignees"] = list(dict.fromkeys([*people, *current]))
    elif command.name == "reassign":
        edit["assignees"] = people
    else:
        edit["assignees"] = [login for login in current if command.argument and login not in people]


def _login(call: Call, word: str) -> str | None:
    if word == "me":
        return call.login
    try:
        return call.world.person(word.removeprefix("@")).login
    except Missing:
        return None


def _field_command(call: Call, command: Command, edit: IssueEdit) -> None:
    if command.name == "due" and (day := spoken_date(command.argument, call.world.clock())):
        edit["due"] = day
    if command.name == "remove_due_date":
        edit["due"] = None
    if command.name == "confidential":
        edit["private"] = True
    if command.name in {"lock", "unlock"}:
        edit["locked"] = command.name == "lock"
    if command.name == "title" and command.argument:
        edit["title"] = command.argument[: MAX_TITLE[FORGE]]
    if command.name == "promote_to_incident":
        edit["kind"] = "incident"
    if command.name == "type" and command.argument.lower() in KINDS:
        edit["kind"] = command.argument.lower()


def spoken_date(text: str, now: datetime) -> date | None:
    """`2026-03-01`, `today`, `tomorrow`, `in 3 days`, `in 2 weeks`."""
    today = now.astimezone(UTC).date()
    if text in {"today", "tomorrow"}:
        return today + timedelta(days=text == "tomorrow")
    found = re.fullmatch(r"in (\d{1,4}) (day|week)s?", text)
    if found:
        return today + timedelta(days=int(found[1]) * (7 if found[2] == "week" else 1))
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
