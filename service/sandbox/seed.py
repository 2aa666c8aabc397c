"""The world from JSON: what a seed file may say; `service.sandbox.account` tells a world in the same shape.

In a seed every key but names and titles may be left out; ids are given by the sandbox. Issues refer to each
other as `acme/shop#12`, within one forge.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from service.sandbox.people import role
from service.sandbox.rows import IssueRow, LabelRow, Project

if TYPE_CHECKING:
    from service.sandbox.boards import Boards

Json: TypeAlias = dict[str, Any]

_PEOPLE: list[Json] = [
    {"login": "alice", "name": "Alice Ahlgren"},
    {"login": "bob", "name": "Bob Brandt"},
    {"login": "eve", "name": "Eve Ek"},
    {"login": "mallory", "name": "Mallory Moss"},
    {"login": "closeout-bot", "name": "Closeout"},
    {"login": "closeout[bot]", "name": "Closeout App", "kind": "Bot"},
    {"login": "github-project-automation[bot]", "name": "Project automation", "kind": "Bot"},
]
_ROLES = {
    "github": {
        "alice": "admin",
        "bob": "write",
        "eve": "read",
        "closeout-bot": "maintain",
        "closeout[bot]": "maintain",
    },
    "gitlab": {"alice": "maintain", "bob": "write", "eve": "triage", "closeout-bot": "maintain"},
}
_PROJECTS = [
    {"forge": forge, "path": path, "private": private, "permissions": dict(roles)}
    for forge, roles in _ROLES.items()
    for path, private in (("acme/shop", False), ("acme/ops", True))
]
UNSEEDED: Json = {
    "people": _PEOPLE,
    "groups": [
        {"forge": "github", "path": "acme", "boards": [{"title": "Post-mortems"}]},
        {"forge": "gitlab", "path": "acme"},
    ],
    "projects": _PROJECTS,
}


# --- planting ------------------------------------------------------------------------------------------


def plant(world: Boards, seed: Mapping[str, Any]) -> None:
    """Fills an empty world. Raises KeyError, ValueError or LookupError for a seed that does not add up."""
    for row in seed.get("people", _PEOPLE):
        person = world.add_person(row["login"], name=row.get("name", ""), kind=row.get("kind", "User"))
        if token := row.get("token"):
            world.tokens[token] = person.login
    for row in seed.get("groups", ()):
        _plant_group(world, row)
    for row in seed.get("projects", ()):
        _plant_project(world, row)
    for row in seed.get("projects", ()):
        _tie_issues(world, row)
    for row in (*seed.get("groups", ()), *seed.get("projects", ())):
        _plant_boards(world, row)
    for forge, switches in seed.get("features", {}).items():
        for name, on in switches.items():
            setattr(world.features[forge], name, on)


def _plant_group(world: Boards, row: Json) -> None:
    group = world.add_group(row["forge"], row["path"])
    group.labels = _labels(world, row)
    for field in row.get("fields", ()):
        world.add_issue_field(group.forge, group.path, field["name"], field.get("data_type", "date"))


def _plant_project(world: Boards, row: Json) -> None:
    project = world.add_project(row["forge"], row["path"], private=row.get("private", False))
    project.description = row.get("description", "")
    project.permissions = {login.lower(): role(level) for login, level in row.get("permissions", {}).items()}
    project.files = {name.strip("/"): text for name, text in row.get("files", {}).items()}
    project.labels = _labels(world, row)
    for box in row.get("timeboxes", ()):
        _plant_timebox(world, project, box)
    for issue in row.get("issues", ()):
        _plant_issue(world, project, issue)
    for hook in row.get("hooks", ()):
        keys = ("url", "secret", "signing_token", "events")
        world.add_hook(project.forge, project.path, **{key: hook[key] for key in keys if key in hook})


def _labels(world: Boards, row: Json) -> list[LabelRow]:
    return [
        LabelRow(
            world.next_id(),
            label["name"],
            label.get("color", "ededed").lstrip("#").lower(),
            label.get("description", ""),
            world.clock(),
        )
        for label in row.get("labels", ())
    ]


def _plant_timebox(world: Boards, project: Project, row: Json) -> None:
    made = world.add_timebox(
        project.forge,
        project.path,
        title=row["title"],
        first=_date(row.get("first")),
        last=_date(row.get("last")),
        kind=row.get("kind", "milestone"),
    )
    made.closed_at = _time(row.get("closed_at"))


def _plant_issue(world: Boards, project: Project, row: Json) -> None:
    author = row.get("author", "alice")
    project.last_number = row.get("number", project.last_number + 1) - 1
    issue = world.create_issue(
        project.forge,
        project.path,
        actor=author,
        title=row["title"],
        body=row.get("body", ""),
        labels=row.get("labels", ()),
        assignees=row.get("assignees", ()),
        private=row.get("private", False),
        due=_date(row.get("due")),
        kind=row.get("kind", "issue"),
    )
    for box in project.timeboxes:
        if row.get(box.kind) == box.title:
            world.plan_issue(issue, box, actor=author)
    for comment in row.get("comments", ()):
        _plant_comment(world, issue, comment)
    if row.get("state") == "closed":
        by = row.get("closed_by") or author
        reason = row.get("state_reason")
        world.edit_issue(issue.forge, issue.path, issue.number, actor=by, state="closed", state_reason=reason)
    _restore_times(issue, row)


def _plant_comment(world: Boards, issue: IssueRow, row: Json) -> None:
    made = world.comment(issue.forge, issue.path, issue.number, actor=row.get("author", "alice"), body=row["body"])
    made.internal, made.minimized = row.get("internal", False), row.get("minimized")
    made.created_at = _time(row.get("created_at")) or made.created_at
    made.updated_at = _time(row.get("updated_at")) or made.updated_at


def _restore_times(issue: IssueRow, row: Json) -> None:
    issue.created_at = _time(row.get("created_at")) or issue.created_at
    issue.updated_at = _time(row.get("updated_at")) or issue.updated_at
    if issue.state == "closed":
        issue.closed_at = _time(row.get("closed_at")) or issue.closed_at
    issue.locked = row.get("locked", False)


def _tie_issues(world: Boards, project: Json) -> None:
    forge, path = project["forge"], project["path"]
    for number, row in zip(list(world.project(forge, path).issues), project.get("issues", ()), strict=True):
        issue = world.issue(forge, path, number)
        for text in row.get("children", ()):
            world.add_child(issue, _find(world, forge, text), actor=issue.author)
        for link in row.get("links", ()):
            world.link(issue, _find(world, forge, link["to"]), actor=issue.author, kind=link["kind"])
        _restore_times(issue, row)


def _plant_boards(world: Boards, row: Json) -> None:
    for given in row.get("boards", ()):
        more: Json = {"columns": tuple(given["columns"])} if "columns" in given else {}
        more |= {key: given[key] for key in ("closed_column", "date_field") if key in given}
        board = world.add_board(row["forge"], row["path"], title=given["title"], **more)
        for card in given.get("cards", ()):
            issue = _find(world, row["forge"], card["issue"])
            world.set_column(board, issue, card.get("column"), actor=issue.author)


def _find(world: Boards, forge: str, text: str) -> IssueRow:
    path, _, number = text.rpartition("#")
    return world.issue(forge, path, int(number))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
