"""Looking at an issue with one GraphQL request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from service.model import Issue, IssueRef
from service.providers.base import Forbidden, Gone, NotFound
from service.providers.github import mapping, queries
from service.providers.github.errors import Unsupported, reading
from service.providers.github.gateway import Answer
from service.providers.github.mapping import SeenComment
from service.providers.github.memory import Ids, Memory
from service.providers.github.queries import Parts
from service.providers.github.server import Server, named
from service.providers.github.sighting import Sighting

_OLDER_PAGES = 50
_BELONGS = {
    "sub_issues": frozenset({"parent", "subIssues"}),
    "projects": frozenset({"projectItems", "projectsV2", "ProjectV2Owner", "fieldValueByName"}),
    "fields": frozenset({"issueFieldValues", "IssueFieldDateValue", "IssueFieldDate"}),
    "people": frozenset({"assignableUsers"}),
}
_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """One repository's reply, and what was asked for."""

    repository: _Json
    viewer: str
    parts: Parts


def look(server: Server, ref: IssueRef) -> Sighting:
    """One request, once it is known what this server and credential can answer; one more for what they cannot."""
    seen = _ask(server, ref, server.parts(ref.project))
    with reading(f"{ref}"):
        _stands_where_asked(ref, seen.repository)
        return _sighting(server, ref, seen)


def by_node(server: Server, ref: IssueRef) -> IssueRef | None:
    """https://docs.github.com/en/graphql/guides/using-global-node-ids: one request, with the organisation's credential.

    A pull request's or a draft's id is no issue's, and one that GitHub does not find or show is none of ours.
    """
    answer = server.gateway(ref.project.partition("/")[0]).query(queries.ISSUE_NAME, {"node": ref.node})
    if answer.error is not None and not isinstance(answer.error, (NotFound, Forbidden)):
        raise answer.error
    with reading(f"{ref}"):
        node = answer.data.get("node")
        return mapping.ref_of(node, ref) if node else None


def named_issues(server: Server, refs: tuple[IssueRef, ...], home: IssueRef) -> dict[IssueRef, Issue]:
    """Issues by name, one request for each fifty. Those that cannot be read are left out."""
    found: dict[IssueRef, Issue] = {}
    parts = server.parts(home.project)
    for start in range(0, len(refs), 50):
        asked = refs[start : start + 50]
        variables = parts.date_names
        for i, ref in enumerate(asked):
            variables |= {f"{name}{i}": value for name, value in {**named(ref.project), "number": ref.number}.items()}
        answer = server.gateway(home.project).query(queries.issues(len(asked), parts), variables)
        with reading("issues named in action lines"):
            for i, ref in enumerate(asked):
                node = (answer.data.get(f"i{i}") or {}).get("issue")
                if node is not None:
                    remember(server.memory, node, home)
                    found[ref] = mapping.issue_of(node, home)
    return found


def remember(memory: Memory, node: _Json, home: IssueRef) -> None:
    """Keeps an issue's ids and cards for the changes that may follow."""
    ref = mapping.ref_of(node, home)
    memory.ids[ref] = Ids(str(node["id"]), int(node["fullDatabaseId"]))
    cards = tuple(mapping.items(node, ref.project))
    memory.cards |= {(ref, card.project): card.id for card in cards}
    dated = mapping.only_dated(cards)
    if dated is not None and dated.date_field is not None:
        memory.dates[ref] = dated.date_field


def _ask(server: Server, ref: IssueRef, parts: Parts) -> Look:
    variables = {**named(ref.project), "number": ref.number, **parts.date_names}
    answer = server.gateway(ref.project).query(queries.post_mortem(parts), variables)
    repository = answer.data.get("repository")
    if isinstance(repository, dict) and repository.get("issue"):
        with reading("our own account"):
            return Look(repository, str(answer.data["viewer"]["login"]), parts)
    note_lack(server, answer, parts, ref.project, str(ref))
    return _ask(server, ref, server.parts(ref.project))


def note_lack(server: Server, answer: Answer, parts: Parts, project: str, what: str) -> None:
    """Remembers which of the parts asked for this server or credential lacks, so that less is asked for next.

    Raises why `what` is missing where it is for no such lack.
    """
    is_lack = isinstance(answer.error, (Unsupported, Forbidden))  # a passing failure is none
    lacking: dict[str, Any] = {part: False for part, fields in _BELONGS.items() if is_lack and fields & answer.names}
    if not any(getattr(parts, part) for part in lacking):
        raise answer.why_not(what)
    server.saw_parts(project, replace(server.parts(project), **lacking))


def _stands_where_asked(ref: IssueRef, repository: _Json) -> None:
    """GraphQL follows a rename or a transfer without a word; an issue elsewhere is another issue."""
    for place in (repository["nameWithOwner"], repository["issue"]["repository"]["nameWithOwner"]):
        if str(place).casefold() != ref.project.casefold():
            raise Gone(f"{ref} is now in {place}; use that name")


def _sighting(server: Server, ref: IssueRef, seen: Look) -> Sighting:
    node = seen.repository["issue"]
    timeline = node["timelineItems"]
    parent, children = node.get("parent"), tuple(mapping.nodes(node.get("subIssues") or {"nodes": ()}))
    for each in (node, *children, *((parent,) if parent else ())):
        remember(server.memory, each, ref)
    issue = mapping.issue_of(node, ref)
    boards = (seen.repository.get("owner") or {}).get("projectsV2") or {}
    return Sighting(
        viewer=seen.viewer,
        issue=replace(
            issue,
            label_times={k: v for k, v in mapping.label_times(timeline).items() if k in issue.labels},
            closed_by=mapping.closed_by(timeline) if issue.state == "closed" else None,
        ),
        parent=mapping.issue_of(parent, ref) if parent else None,
        children=tuple(mapping.issue_of(child, ref, linked=True) for child in children),
        comments=_comments(node["comments"]),
        labels=server.saw_repository(ref.project, seen.repository),
        sub_issues=seen.parts.sub_issues,
        boards=seen.parts.projects and bool(boards.get("totalCount")),
        earlier=_earlier(server, ref, node["comments"]["pageInfo"]),
        people={str(person["login"]): str(person["id"]) for person in mapping.nodes(node["assignees"])},
    )


def _comments(connection: _Json) -> tuple[SeenComment, ...]:
    return tuple(mapping.comment_of(node) for node in mapping.nodes(connection))


def _earlier(server: Server, ref: IssueRef, page: _Json) -> Any:
    return (lambda: _older(server, ref, page)) if page["hasPreviousPage"] else None


def _older(server: Server, ref: IssueRef, page: _Json) -> Iterator[tuple[SeenComment, ...]]:
    """Older comments, newest page first, at most five thousand of them."""
    for _ in range(_OLDER_PAGES):
        if not page["hasPreviousPage"]:
            return
        variables = {**named(ref.project), "number": ref.number, "before": page["startCursor"]}
        answer = server.gateway(ref.project).query(queries.OLDER_COMMENTS, variables)
        with reading(f"older comments of {ref}"):
            connection = answer.data["repository"]["issue"]["comments"]
            page = connection["pageInfo"]
            older = _comments(connection)
        yield older
