"""Cards on a project board: the single-select field "Status" of Projects.

Columns are only ever chosen, never edited: writing a field's options gives every option a new id, and every card
loses its column. https://docs.github.com/en/issues/planning-and-tracking-with-projects/automating-your-project
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.model import MoveCard
from service.providers.base import Rejected
from service.providers.github import board_queries, issue_changes
from service.providers.github.errors import reading
from service.providers.github.gateway import NoGraphQL
from service.providers.github.server import HOUR, Server

_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Board:
    """A project's ids, and its columns' ids by name in lower case. `names` are the columns as written."""

    id: str
    title: str
    field: str
    columns: Mapping[str, str]
    names: tuple[str, ...]


def move(server: Server, change: MoveCard) -> None:
    """Adds the card where it is missing, then sets its column: two requests, or one for a card already there."""
    board, option = _column(server, change)
    gateway = server.gateway(change.ref.project)
    place = (change.ref, change.project)
    if place not in server.memory.cards:
        node = issue_changes.ids(server, change.ref).node
        added = gateway.mutate(board_queries.ADD_TO_PROJECT, {"project": board.id, "issue": node})
        with reading(f"the card of {change.ref}"):
            server.memory.cards[place] = str(added["addProjectV2ItemById"]["item"]["id"])
    variables = {
        "project": board.id,
        "item": server.memory.cards[place],
        "field": board.field,
        "option": option,
    }
    gateway.mutate(board_queries.SET_COLUMN, variables)


def _column(server: Server, change: MoveCard) -> tuple[Board, str]:
    """The column's id; the board is read again before a column counts as missing."""
    key = (*server.key("board", change.ref.project.partition("/")[0]), change.project)
    wanted = change.column.casefold()
    board = server.cache.cached(key, HOUR, lambda: _read(server, change))
    if wanted not in board.columns:
        board = _read(server, change)
        server.cache.put(key, board, HOUR)
    if wanted not in board.columns:
        there = ", ".join(board.names) or "none"
        raise Rejected(f"the project {board.title!r} has no column {change.column!r}; its columns are: {there}")
    return board, board.columns[wanted]


def _read(server: Server, change: MoveCard) -> Board:
    owner = change.ref.project.partition("/")[0]
    variables: dict[str, object] = {"owner": owner, "number": change.project}
    try:
        answer = server.gateway(change.ref.project).query(board_queries.PROJECT, variables)
    except NoGraphQL as error:
        raise Rejected("this GitHub has no GraphQL, which projects need; use labels for columns") from error
    project = (answer.data.get("repositoryOwner") or {}).get("projectV2")
    if not project:
        raise Rejected(
            f"{owner} has no project number {change.project} that our account may see; "
            "it needs the organisation permission Projects: write"
        )
    field = project.get("field")
    if not field:
        raise Rejected(f"the project {project['title']!r} has no single-select field named Status")
    with reading(f"the project {project['title']!r}"):
        options = {str(option["name"]): str(option["id"]) for option in field["options"]}
        columns = {name.casefold(): option for name, option in options.items()}
        return Board(str(project["id"]), str(project["title"]), str(field["id"]), columns, tuple(options))
