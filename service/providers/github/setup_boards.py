"""Projects for a repository: found, made with our columns, or deleted.

The Status options of a project are written once, right after it was made and while it holds no card: written later,
every option gets a new id and every card loses its column.
https://docs.github.com/en/issues/planning-and-tracking-with-projects/automating-your-project/using-the-api-to-manage-projects
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.providers.base import ProviderError, Rejected
from service.providers.github import board_queries
from service.providers.github.errors import reading
from service.providers.github.gateway import NoGraphQL
from service.providers.github.server import Server
from service.providers.setup import Board

_Json = Mapping[str, Any]
_MARK = "<!-- closeout:setup -->"
_README = f"Post-mortems and their action items. Cards are placed by Closeout; move them back as you like.\n\n{_MARK}\n"
_COLORS = ("GRAY", "BLUE", "YELLOW", "ORANGE", "GREEN")
_MOST_PAGES = 10  # of a hundred projects each


def boards(server: Server, project: str) -> tuple[Board, ...]:
    return tuple(_board(node) for node in _nodes(server, project) if not node["closed"])


def create(server: Server, project: str, title: str, columns: Sequence[str]) -> Board:
    gateway = server.gateway(project)
    variables = {"owner": _owner_id(server, project), "title": title, "repository": server.repository_id(project)}
    with reading(f"the new project {title!r}"):
        made = gateway.mutate(board_queries.CREATE_PROJECT, variables, repeatable=False)["createProjectV2"]["projectV2"]
        field = str(made["field"]["id"])
    options = [
        {"name": name, "color": _COLORS[place % len(_COLORS)], "description": ""} for place, name in enumerate(columns)
    ]
    try:
        gateway.mutate(board_queries.SET_FIRST_COLUMNS, {"field": field, "options": options})
        gateway.mutate(board_queries.DESCRIBE_PROJECT, {"project": made["id"], "readme": _README})
    except ProviderError as error:
        raise Rejected(
            f"the project {made['url']} was made, but not finished ({error}); give its Status field the options "
            f"{', '.join(columns)}, or delete it and run this again"
        ) from error
    return Board(str(made["id"]), int(made["number"]), title, tuple(columns), str(made["url"]))


def delete(server: Server, project: str, board: Board) -> None:
    server.gateway(project).mutate(board_queries.DELETE_PROJECT, {"project": board.id})


def _nodes(server: Server, project: str) -> Iterator[_Json]:
    after: str | None = None
    for _ in range(_MOST_PAGES):
        page = _owner(server, project, after)["projectsV2"]
        with reading(f"the projects for {project}"):
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = str(page["pageInfo"]["endCursor"])


def _owner_id(server: Server, project: str) -> str:
    return str(_owner(server, project, None)["id"])


def _owner(server: Server, project: str, after: str | None) -> _Json:
    """The owner with a page of its projects. Raises what GitHub says where they are not to be seen."""
    login = project.partition("/")[0]
    try:
        answer = server.gateway(project).query(board_queries.PROJECTS, {"owner": login, "after": after})
    except NoGraphQL as error:
        raise Rejected("this GitHub has no GraphQL, which projects need; go without a board") from error
    owner = answer.data.get("repositoryOwner") or {}
    if not owner.get("projectsV2"):
        raise answer.why_not(f"the projects of {login}")
    return dict(owner)


def _board(node: _Json) -> Board:
    columns = tuple(str(option["name"]) for option in (node.get("field") or {}).get("options", ()))
    return Board(
        id=str(node["id"]),
        number=int(node["number"]),
        title=str(node["title"]),
        columns=columns,
        url=str(node["url"]),
        cards=int(node["items"]["totalCount"]),
        marked=_MARK in (node["readme"] or ""),
    )
