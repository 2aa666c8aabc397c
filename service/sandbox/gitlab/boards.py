"""Project boards and their label lists. https://docs.gitlab.com/api/boards/

A card stands in a list while its issue is open and has the list's label; moving it is a change of labels. The built-in
lists Open and Closed are not in the API.
"""

from __future__ import annotations

from typing import Any

from service.sandbox.gitlab.access import PLANNER
from service.sandbox.gitlab.call import FORGE, Call, Problem, Reply, bad_parameter, not_found
from service.sandbox.gitlab.paging import page
from service.sandbox.gitlab.shapes import board as shape
from service.sandbox.gitlab.shapes import board_list, board_lists
from service.sandbox.rows import BoardRow, ColumnRow, LabelRow, Project

OWNERS = ("label_id", "assignee_id", "milestone_id", "iteration_id")


def _labels(call: Call, project: Project) -> list[LabelRow]:
    return call.world.labels_of(project)


def list_boards(call: Call) -> Reply:
    project = call.project()
    return page(call, project.boards, lambda row: shape(call.world, project, row, _labels(call, project)))


def create_board(call: Call) -> Reply:
    project = _writable(call)
    title = str(call.required("name"))
    row = call.world.add_board(FORGE, project.path, title=title, columns=())
    return Reply(shape(call.world, project, row, []), 201)


def _writable(call: Call) -> Project:
    call.actor  # noqa: B018 - refuses anonymous callers
    project = call.project()
    call.need(project, PLANNER)
    return project


def show_board(call: Call, board_id: int) -> Any:
    project = call.project()
    return shape(call.world, project, _board(project, board_id), _labels(call, project))


def _board(project: Project, board_id: int) -> BoardRow:
    for row in project.boards:
        if row.id == board_id:
            return row
    raise not_found("Board")


def edit_board(call: Call, board_id: int) -> Any:
    project = _writable(call)
    row = _board(project, board_id)
    row.title = call.text("name", row.title)
    return shape(call.world, project, row, _labels(call, project))


def delete_board(call: Call, board_id: int) -> None:
    project = _writable(call)
    project.boards.remove(_board(project, board_id))


# --- lists ----------------------------------------------------------------------------------------------------


def list_lists(call: Call, board_id: int) -> Reply:
    project = call.project()
    return page(call, board_lists(_board(project, board_id), _labels(call, project)), lambda shown: shown)


def show_list(call: Call, board_id: int, list_id: int) -> Any:
    project = call.project()
    for shown in board_lists(_board(project, board_id), _labels(call, project)):
        if shown["id"] == list_id:
            return shown
    raise not_found("List")


def create_list(call: Call, board_id: int) -> Reply:
    """One for a label of the project or its group; each label once. Other kinds of list take Premium."""
    project = _writable(call)
    board = _board(project, board_id)
    label = _wanted_label(call, project)
    if any(column.name == label.name for column in board.columns):
        raise Problem(400, {"message": "Label has already been taken"})
    column = ColumnRow(call.world.next_id(), label.name)
    board.columns.append(column)
    return Reply(board_list(column, label, len(board_lists(board, _labels(call, project))) - 1), 201)


def _wanted_label(call: Call, project: Project) -> LabelRow:
    given = [name for name in OWNERS if call.params.get(name) is not None]
    if len(given) != 1:
        raise bad_parameter(f"{', '.join(OWNERS)} are missing, exactly one parameter must be provided")
    if given != ["label_id"]:
        raise Problem(400, {"message": f"{given[0].removesuffix('_id').title()} lists not available"})
    wanted = call.number("label_id", 0)
    for row in _labels(call, project):
        if row.id == wanted:
            return row
    raise Problem(400, {"error": "Label not found!"})


def move_list(call: Call, board_id: int, list_id: int) -> Any:
    """`position` counts from 0 among the lists shown."""
    project = _writable(call)
    board = _board(project, board_id)
    column = _column(board, list_id)
    call.required("position")
    position = call.number("position", 0)
    board.columns.remove(column)
    board.columns.insert(max(0, min(position, len(board.columns))), column)
    return show_list(call, board_id, list_id)


def delete_list(call: Call, board_id: int, list_id: int) -> None:
    board = _board(_writable(call), board_id)
    board.columns.remove(_column(board, list_id))


def _column(board: BoardRow, list_id: int) -> ColumnRow:
    for column in board.columns:
        if column.id == list_id:
            return column
    raise not_found("List")


_BOARD = "/projects/<owner>/boards/<int:board_id>"
ROUTES = (
    ("GET", "/projects/<owner>/boards", list_boards),
    ("POST", "/projects/<owner>/boards", create_board),
    ("GET", _BOARD, show_board),
    ("PUT", _BOARD, edit_board),
    ("DELETE", _BOARD, delete_board),
    ("GET", f"{_BOARD}/lists", list_lists),
    ("POST", f"{_BOARD}/lists", create_list),
    ("GET", f"{_BOARD}/lists/<int:list_id>", show_list),
    ("PUT", f"{_BOARD}/lists/<int:list_id>", move_list),
    ("DELETE", f"{_BOARD}/lists/<int:list_id>", delete_list),
)
