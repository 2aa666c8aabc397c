"""Projects made, described, given columns and deleted by mutations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.model import Permission
from service.sandbox.github.addresses import node_id, row_of
from service.sandbox.github.call import Call
from service.sandbox.github.graphql.boards import find_board, group_of, may, project_node, status_field
from service.sandbox.github.graphql.nodes import Node, Refusal
from service.sandbox.rows import BoardRow, ColumnRow, Group

Input = dict[str, Any]
FRESH = ("Todo", "In Progress", "Done")  # the columns GitHub gives a new project


def writable(call: Call, node: str) -> BoardRow:
    """The project. Raises Refusal NOT_FOUND, or Problem 403."""
    board = find_board(call, node)
    if not may(call, board, Permission.WRITE):
        call.refuse("You don't have permission to change this project.")
    return board


def _create(call: Call, given: Input) -> Node:
    """For whoever may write in one of the organisation's repositories."""
    group = _organization(call, given["ownerId"])
    mine = [project for project in call.world.projects_of("github") if project.owner == group.path]
    if not any(call.world.can(project, call.login, Permission.WRITE) for project in mine):
        raise Refusal("FORBIDDEN", f"{call.login} cannot create projects for {group.path}")
    return {
        "projectV2": project_node(call, call.world.add_board("github", group.path, title=given["title"], columns=FRESH))
    }


def _organization(call: Call, node: str) -> Group:
    kind, row_id = row_of(node)
    for group in call.world.groups.values():
        if group.forge == "github" and (kind, row_id) == ("O", group.id):
            return group
    raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")


def _update(call: Call, given: Input) -> Node:
    board = writable(call, given["projectId"])
    board.title = given.get("title") or board.title
    board.readme = given.get("readme") or board.readme
    return {"projectV2": project_node(call, board)}


def _update_field(call: Call, given: Input) -> Node:
    """New options are other options, under other ids: the cards lose their columns, as at GitHub."""
    boards = [board for group in call.world.groups.values() for board in group.boards]
    found = next((board for board in boards if node_id("PVTSSF", board.field_id) == given["fieldId"]), None)
    if found is None:
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{given['fieldId']}'")
    board = writable(call, node_id("PVT", found.id))
    if given.get("singleSelectOptions"):
        board.columns = [ColumnRow(call.world.next_id(), option["name"]) for option in given["singleSelectOptions"]]
        for card in board.cards:
            card.column = None
    return {"projectV2Field": status_field(board)}


def _delete(call: Call, given: Input) -> Node:
    board = writable(call, given["projectId"])
    shown = project_node(call, board)
    group_of(call, board).boards.remove(board)
    return {"projectV2": shown}


ACTS: Mapping[str, Callable[[Call, Input], Node]] = {
    "createProjectV2": _create,
    "updateProjectV2": _update,
    "updateProjectV2Field": _update_field,
    "deleteProjectV2": _delete,
}
