"""Projects, their fields and their cards as GraphQL nodes."""

from __future__ import annotations

from typing import Any

from service.model import Permission
from service.sandbox.github.addresses import node_id, row_of, web
from service.sandbox.github.call import Call
from service.sandbox.github.graphql.nodes import Node, Refusal
from service.sandbox.github.graphql.paging import connection
from service.sandbox.rows import BoardRow, CardRow, Group, IssueRow


def option_id(column_id: int) -> str:
    """Options have short hexadecimal ids that are no node ids."""
    return f"{column_id:08x}"


def group_of(call: Call, board: BoardRow) -> Group:
    return next(group for group in call.world.groups.values() if board in group.boards)


def may(call: Call, board: BoardRow, needed: Permission) -> bool:
    """A project opens to whoever has that permission in one of its organisation's repositories."""
    owner = group_of(call, board).path
    projects = [project for project in call.world.projects_of("github") if project.owner == owner]
    return any(call.world.can(project, call.login, needed) for project in projects)


def find_board(call: Call, node: str) -> BoardRow:
    """Raises Refusal NOT_FOUND."""
    kind, row_id = row_of(node)
    boards = [board for group in call.world.groups.values() for board in group.boards]
    found = next((board for board in boards if kind == "PVT" and board.id == row_id), None)
    if found is None or not may(call, found, Permission.READ):
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")
    return found


def numbered(call: Call, boards: list[BoardRow], number: int) -> Node:
    found = next((board for board in boards if board.number == number), None)
    if found is None or not may(call, found, Permission.READ):
        raise Refusal("NOT_FOUND", f"Could not resolve to a ProjectV2 with the number {number}.")
    return project_node(call, found)


def projects_connection(call: Call, boards: list[BoardRow], page: dict[str, Any]) -> Node:
    on = boards if call.world.features["github"].projects else []
    seen = [board for board in on if may(call, board, Permission.READ)]
    return connection("projectsV2", seen, lambda board: project_node(call, board), page)


def project_node(call: Call, board: BoardRow) -> Node:
    group = group_of(call, board)
    return {
        "__typename": "ProjectV2",
        "id": node_id("PVT", board.id),
        "number": board.number,
        "title": board.title,
        "closed": False,
        "readme": board.readme or None,
        "url": web(call.world, f"/orgs/{group.path}/projects/{board.number}"),
        "owner": lambda _info: _owner(call, group),
        "field": lambda _info, name: next((f for f in _fields(board) if f["name"] == name), None),
        "fields": lambda _info, **page: connection("fields", _fields(board), lambda field: field, page),
        "items": lambda _info, **page: _items(call, board, page),
    }


def _owner(call: Call, group: Group) -> Node:
    # Imported late: an owner shows its projects and a project its owner.
    from service.sandbox.github.graphql.people import owner_node  # noqa: PLC0415
    from service.sandbox.github.graphql.reading import find_repository, repository_node  # noqa: PLC0415

    return owner_node(call, group.path, find_repository, repository_node)


def _fields(board: BoardRow) -> list[Node]:
    return [status_field(board), *([_date_field(board)] if board.date_field else [])]


def status_field(board: BoardRow) -> Node:
    options = [{"id": option_id(row.id), "name": row.name, "description": ""} for row in board.columns]
    return {
        "__typename": "ProjectV2SingleSelectField",
        "id": node_id("PVTSSF", board.field_id),
        "name": "Status",
        "dataType": "SINGLE_SELECT",
        "options": lambda _info, **asked: [o for o in options if not asked.get("names") or o["name"] in asked["names"]],
    }


def _date_field(board: BoardRow) -> Node:
    field = {"id": node_id("PVTF", board.date_field_id), "name": board.date_field, "dataType": "DATE"}
    return {"__typename": "ProjectV2Field", **field}


# --- cards ----------------------------------------------------------------------------------------------


def items_connection(call: Call, issue: IssueRow, page: dict[str, Any]) -> Node:
    boards = call.world.boards_of(call.world.project_of(issue))
    found = [(board, card) for board in boards if (card := call.world.card(board, issue))]
    seen = [(board, card) for board, card in found if may(call, board, Permission.READ)]
    return connection("projectItems", seen, lambda pair: item_node(call, *pair), page)


def _items(call: Call, board: BoardRow, page: dict[str, Any]) -> Node:
    return connection("items", board.cards, lambda card: item_node(call, board, card), page)


def item_node(call: Call, board: BoardRow, card: CardRow) -> Node:
    # Imported late: an issue shows its cards and a card its issue.
    from service.sandbox.github.graphql.issues import issue_node  # noqa: PLC0415

    return {
        "__typename": "ProjectV2Item",
        "id": node_id("PVTI", card.id),
        "fullDatabaseId": str(card.id),
        "isArchived": False,
        "project": lambda _info: project_node(call, board),
        "content": lambda _info: issue_node(call, call.world.issue_by_id(card.issue_id)),
        "fieldValueByName": lambda _info, name: _value(board, card, name),
    }


def _value(board: BoardRow, card: CardRow, name: str) -> Node | None:
    """Null for a field that is unset or unknown."""
    value_id = node_id("PVTFSV", card.id)
    if name == "Status" and card.column is not None:
        column = next(row for row in board.columns if row.name == card.column)
        shown = {"name": column.name, "optionId": option_id(column.id), "field": status_field(board)}
        return {"__typename": "ProjectV2ItemFieldSingleSelectValue", "id": value_id, **shown}
    if name == board.date_field and board.date_field_id in card.values:
        dated = {"date": card.values[board.date_field_id], "field": _date_field(board)}
        return {"__typename": "ProjectV2ItemFieldDateValue", "id": value_id, **dated}
    return None
