"""Labels of projects and groups. https://docs.gitlab.com/api/labels/"""

from __future__ import annotations

import re
from typing import Any

from service.sandbox.gitlab.access import PLANNER
from service.sandbox.gitlab.call import FORGE, Call, Problem, Reply, bad_parameter, forbidden, invalid, not_found
from service.sandbox.gitlab.paging import page
from service.sandbox.gitlab.shapes import label as shape
from service.sandbox.rows import Group, LabelRow, Project, Refused

NAMED_COLORS = {"red": "ff0000", "green": "008000", "blue": "0000ff", "orange": "ffa500", "gray": "808080"}


def list_of_project(call: Call) -> Reply:
    """The project's own and its group's, by name."""
    project = call.project()
    with_group = call.flag("include_ancestor_groups") is not False
    rows = call.world.labels_of(project) if with_group else project.labels
    counts = call.flag("with_counts") or False
    return page(
        call, _matching(call, rows), lambda row: shape(row, project) | (_counts(project, row) if counts else {})
    )


def list_of_group(call: Call) -> Reply:
    group = call.group()
    return page(call, _matching(call, group.labels), lambda row: shape(row, group))


def _matching(call: Call, rows: list[LabelRow]) -> list[LabelRow]:
    words = call.text("search").lower()
    return sorted((row for row in rows if words in row.name.lower()), key=lambda row: row.name.lower())


def _counts(project: Project, row: LabelRow) -> dict[str, int]:
    states = [issue.state for issue in project.issues.values() if row.name in issue.labels]
    return {
        "open_issues_count": states.count("open"),
        "closed_issues_count": states.count("closed"),
        "open_merge_requests_count": 0,
    }


def show(call: Call, name: str) -> Any:
    owner, row = _find(call, name)
    return shape(row, owner)


def _find(call: Call, name: str) -> tuple[Project | Group, LabelRow]:
    """By id or by exact name."""
    owner = _owner(call)
    rows = call.world.labels_of(owner) if isinstance(owner, Project) else owner.labels
    for row in rows:
        if name in {row.name, str(row.id)}:
            return owner, row
    raise not_found("Label")


def _owner(call: Call) -> Project | Group:
    return call.group() if "/groups/" in call.url else call.project()


def _allowed(call: Call, owner: Project | Group) -> None:
    call.actor  # noqa: B018 - refuses anonymous callers
    level = call.level(owner) if isinstance(owner, Project) else call.group_level(owner)
    if level < PLANNER:
        raise forbidden()


def create(call: Call) -> Reply:
    """409 where the name is taken, in the project or in its group. Names differ by case."""
    owner = _owner(call)
    _allowed(call, owner)
    name, color = str(call.required("name")).strip(), _color(str(call.required("color")))
    if not name or len(name) > 255:
        raise invalid("title", "is too long (maximum is 255 characters)" if name else "can't be blank")
    description = call.text("description")
    try:
        row = _create(call, owner, name, color, description)
    except Refused as problem:
        raise Problem(409, {"message": str(problem)}) from None
    return Reply(shape(row, owner), 201)


def _create(call: Call, owner: Project | Group, name: str, color: str, description: str) -> LabelRow:
    if isinstance(owner, Project):
        return call.world.create_label(
            FORGE, owner.path, actor=call.actor, name=name, color=color, description=description
        )
    if any(row.name == name for row in owner.labels):
        raise Refused("Label already exists", code="already_exists")
    row = LabelRow(call.world.next_id(), name, color, description, call.world.clock())
    owner.labels.append(row)
    return row


def _color(text: str) -> str:
    """`#RRGGBB`, `#RGB` or a CSS name, as six hex digits."""
    short = text.removeprefix("#").lower()
    if text.startswith("#") and re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", short):
        return short if len(short) == 6 else "".join(c * 2 for c in short)
    if text.lower() in NAMED_COLORS:
        return NAMED_COLORS[text.lower()]
    raise invalid("color", "must be a valid color code")


def edit(call: Call, name: str) -> Any:
    owner, row = _find(call, name)
    _allowed(call, owner)
    if not call.params.keys() & {"new_name", "color", "description", "priority", "archived"}:
        raise bad_parameter(
            "new_name, color, description, priority are missing, at least one parameter must be provided"
        )
    values = {"color": _color(call.text("color"))} if call.text("color") else {}
    if "description" in call.params:
        values["description"] = call.text("description")
    projects = [owner] if isinstance(owner, Project) else call.group_projects(owner)
    try:
        for project in projects:
            call.world.edit_label(project, row, actor=call.actor, new_name=call.text("new_name") or None, **values)
    except Refused as problem:
        raise invalid("title", str(problem)) from None
    return shape(row, owner)


def delete(call: Call, name: str) -> None:
    owner, row = _find(call, name)
    _allowed(call, owner)
    for project in [owner] if isinstance(owner, Project) else call.group_projects(owner):
        call.world.delete_label(project, row, actor=call.actor)


ROUTES = tuple(
    route
    for kind, listing in (("projects", list_of_project), ("groups", list_of_group))
    for route in (
        ("GET", f"/{kind}/<owner>/labels", listing),
        ("POST", f"/{kind}/<owner>/labels", create),
        ("GET", f"/{kind}/<owner>/labels/<name>", show),
        ("PUT", f"/{kind}/<owner>/labels/<name>", edit),
        ("DELETE", f"/{kind}/<owner>/labels/<name>", delete),
    )
)
