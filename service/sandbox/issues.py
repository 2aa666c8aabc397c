"""Issues: made, edited, labelled, assigned, closed, deleted. Each action is one batch of recorded events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, TypedDict, Unpack

from service.sandbox.labels import Labels
from service.sandbox.ledger import Happening
from service.sandbox.rows import IssueRow, Project, Refused, State

MAX_TITLE = {"github": 256, "gitlab": 255}
MAX_BODY = {"github": 65_536, "gitlab": 1_048_576}


class NewIssue(TypedDict, total=False):
    body: str
    labels: Iterable[str]
    assignees: Iterable[str]
    private: bool
    due: date | None
    kind: str


class IssueEdit(TypedDict, total=False):
    """What is absent stays. `labels` and `assignees` replace."""

    title: str
    body: str
    state: State
    state_reason: str | None
    labels: Iterable[str]
    assignees: Iterable[str]
    due: date | None
    private: bool
    locked: bool
    kind: str


class Issues(Labels):
    def create_issue(self, forge: str, path: str, *, actor: str, title: str, **more: Unpack[NewIssue]) -> IssueRow:
        """Raises Refused for a title or body the forge would not take. Unknown labels are created."""
        with self.lock:
            project = self.project(forge, path)
            check_text(forge, title=title, body=more.get("body", ""))
            issue = self._new_issue(project, self.person(actor).login, title, more)
            project.issues[issue.number] = self._issues[issue.id] = issue
            happenings: list[Happening] = [("opened", {})]
            happenings += self._set_labels(issue, more.get("labels", ()), actor)
            happenings += self._set_assignees(issue, more.get("assignees", ()))
            self.record(project, actor, happenings, issue)
            return issue

    def _new_issue(self, project: Project, author: str, title: str, more: NewIssue) -> IssueRow:
        project.last_number += 1
        now = self.clock()
        issue = IssueRow(self.next_id(), project.forge, project.path, project.last_number, title, author, now, now)
        issue.body = more.get("body", "")
        issue.private = more.get("private", False)
        issue.due = more.get("due")
        issue.kind = more.get("kind", "issue")
        return issue

    def edit_issue(self, forge: str, path: str, number: int, *, actor: str, **changes: Unpack[IssueEdit]) -> IssueRow:
        """Records an event for each thing that really changed, and none where nothing did."""
        with self.lock:
            project, issue = self.project(forge, path), self.issue(forge, path, number)
            check_text(forge, title=changes.get("title", issue.title), body=changes.get("body", issue.body))
            happenings = self._edit_text(issue, actor, changes)
            happenings += self._edit_fields(issue, changes)
            if "labels" in changes:
                happenings += self._set_labels(issue, changes["labels"], actor)
            if "assignees" in changes:
                happenings += self._set_assignees(issue, changes["assignees"])
            happenings += self._edit_state(issue, actor, changes)
            self.record(project, actor, happenings, issue)
            self._follow_state(issue, happenings)
            return issue

    def _edit_text(self, issue: IssueRow, actor: str, changes: IssueEdit) -> list[Happening]:
        detail: dict[str, Any] = {}
        if (title := changes.get("title", issue.title)) != issue.title:
            detail["title"] = {"from": issue.title, "to": title}
            issue.title = title
        if (body := changes.get("body", issue.body)) != issue.body:
            detail["body"] = {"from": issue.body, "to": body}
            issue.body, issue.body_edited_at, issue.body_editor = body, self.clock(), actor
        return [("edited", detail)] if detail else []

    def _edit_fields(self, issue: IssueRow, changes: IssueEdit) -> list[Happening]:
        wanted: dict[str, Any] = dict(changes)
        happenings: list[Happening] = []
        for name, kind in (("due", "due_changed"), ("private", "privacy_changed"), ("kind", "kind_changed")):
            old = getattr(issue, name)
            if name in wanted and wanted[name] != old:
                setattr(issue, name, wanted[name])
                happenings.append((kind, {"from": _plain(old), "to": _plain(wanted[name])}))
        if "locked" in wanted and wanted["locked"] != issue.locked:
            issue.locked = wanted["locked"]
            happenings.append(("locked" if issue.locked else "unlocked", {}))
        return happenings

    def _edit_state(self, issue: IssueRow, actor: str, changes: IssueEdit) -> list[Happening]:
        state = changes.get("state", issue.state)
        if state == issue.state:
            return []
        issue.state = state
        if state == "open":
            issue.state_reason, issue.closed_at, issue.closed_by = "reopened", None, None
            return [("reopened", {"reason": "reopened"})]
        issue.state_reason = changes.get("state_reason") or "completed"
        issue.closed_at, issue.closed_by = self.clock(), actor
        return [("closed", {"reason": issue.state_reason})]

    def _follow_state(self, issue: IssueRow, happenings: list[Happening]) -> None:
        """A place for what follows a change of state; boards have one."""

    def _set_labels(self, issue: IssueRow, names: Iterable[str], actor: str) -> list[Happening]:
        project = self.project_of(issue)
        wanted = [self.ensure_label(project.forge, project.path, actor=actor, name=n).name for n in names]
        gone = [name for name in issue.labels if name not in wanted]
        new = [name for name in dict.fromkeys(wanted) if name not in issue.labels]
        issue.labels = [name for name in issue.labels if name in wanted] + new
        return [self._label_event(project, kind, n) for kind, ns in _by_kind(gone, new) for n in ns]

    def _label_event(self, project: Project, kind: str, name: str) -> Happening:
        row = self.find_label(project, name)
        color = row.color if row else "ededed"
        return kind, {"label": name, "label_id": row.id if row else None, "color": color}

    def _set_assignees(self, issue: IssueRow, logins: Iterable[str]) -> list[Happening]:
        wanted = list(dict.fromkeys(self.person(login).login for login in logins))
        gone = [login for login in issue.assignees if login not in wanted]
        new = [login for login in wanted if login not in issue.assignees]
        issue.assignees = [login for login in issue.assignees if login in wanted] + new
        events: list[Happening] = [("unassigned", {"assignee": login}) for login in gone]
        return events + [("assigned", {"assignee": login}) for login in new]

    def add_labels(self, forge: str, path: str, number: int, *, actor: str, names: Iterable[str]) -> IssueRow:
        with self.lock:
            labels = [*self.issue(forge, path, number).labels, *names]
            return self.edit_issue(forge, path, number, actor=actor, labels=labels)

    def remove_labels(self, forge: str, path: str, number: int, *, actor: str, names: Iterable[str]) -> IssueRow:
        with self.lock:
            gone = {name.lower() for name in names}
            labels = [n for n in self.issue(forge, path, number).labels if n.lower() not in gone]
            return self.edit_issue(forge, path, number, actor=actor, labels=labels)

    def set_field_value(self, issue: IssueRow, field_id: int, value: str | None, *, actor: str) -> None:
        """Sets or clears a value of one of the organisation's issue fields."""
        with self.lock:
            old = issue.field_values.pop(field_id, None)
            if value is not None:
                issue.field_values[field_id] = value
            if value != old:
                detail = {"field": field_id, "from": old, "to": value}
                self.record(self.project_of(issue), actor, [("field_changed", detail)], issue)

    def delete_issue(self, forge: str, path: str, number: int, *, actor: str) -> None:
        """Asking for it raises DeletedIssue from then on."""
        with self.lock:
            project, issue = self.project(forge, path), self.issue(forge, path, number)
            self.record(project, actor, [("deleted", {})], issue)
            del project.issues[number], self._issues[issue.id]
            project.deleted.add(number)
            for other in self.all_issues():
                other.parent = None if other.parent == issue.id else other.parent
                other.children = [child for child in other.children if child != issue.id]
            project.links = [row for row in project.links if issue.id not in (row.source, row.target)]
            for board in self.boards_of(project):
                board.cards = [card for card in board.cards if card.issue_id != issue.id]


def check_text(forge: str, *, title: str, body: str) -> None:
    """Raises Refused for a title or body over the forge's limits."""
    if not title.strip():
        raise Refused("title can't be blank", code="missing_field", field="title")
    if len(title) > MAX_TITLE[forge]:
        raise Refused(f"title is too long (maximum is {MAX_TITLE[forge]} characters)", field="title")
    check_body(forge, body)


def check_body(forge: str, body: str) -> None:
    if len(body) > MAX_BODY[forge]:
        raise Refused(f"body is too long (maximum is {MAX_BODY[forge]} characters)", field="body")


def _by_kind(gone: list[str], new: list[str]) -> tuple[tuple[str, list[str]], tuple[str, list[str]]]:
    return ("unlabeled", gone), ("labeled", new)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
