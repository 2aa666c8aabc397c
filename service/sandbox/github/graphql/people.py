"""People and organisations as GraphQL nodes."""

from __future__ import annotations

from collections.abc import Callable

from service.sandbox.github.addresses import node_id, web
from service.sandbox.github.call import Call
from service.sandbox.github.graphql import boards
from service.sandbox.github.graphql.nodes import Node
from service.sandbox.rows import Person, Project


def person_node(call: Call, person: Person) -> Node:
    """A `User`; also the account of an app where the schema wants a user (`viewer`)."""
    return {
        "__typename": "User",
        "id": node_id("U", person.id),
        "databaseId": person.id,
        "login": person.login,
        "name": person.name,
        "url": web(call.world, f"/{person.login}"),
        "repository": lambda _info, **_: None,
        "projectV2": lambda _info, **_: None,
        "projectsV2": lambda _info, **page: boards.projects_connection(call, [], page),
    }


def actor_node(call: Call, login: str | None) -> Node | None:
    """Who did something: GraphQL leaves `[bot]` out of a bot's login."""
    person = call.world.people.get(login.lower()) if login else None
    if person is None:
        return None
    if person.kind == "Bot":
        bare = person.login.removesuffix("[bot]")
        return {**person_node(call, person), "__typename": "Bot", "id": node_id("BOT", person.id), "login": bare}
    return person_node(call, person)


def owner_node(
    call: Call,
    login: str,
    find: Callable[[Call, str, str], Project],
    show: Callable[[Call, Project], Node],
) -> Node:
    group = call.world.group("github", login)
    return {
        "__typename": "Organization",
        "id": node_id("O", group.id),
        "databaseId": group.id,
        "login": group.path,
        "name": group.path.title(),
        "url": web(call.world, f"/{group.path}"),
        "repository": lambda _info, name: show(call, find(call, group.path, name)),
        "projectV2": lambda _info, number: boards.numbered(call, group.boards, number),
        "projectsV2": lambda _info, **page: boards.projects_connection(call, group.boards, page),
    }
