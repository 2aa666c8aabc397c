"""Many issues of many repositories, in few requests: one for a repository, and one for each further hundred.

One GraphQL document holds a page of every listing, and who may be assigned. REST lists label by label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from service.model import Issue, IssueRef, State
from service.providers.base import Forbidden, Listing, ProviderError
from service.providers.github import look, mapping, queries
from service.providers.github.errors import reading
from service.providers.github.gateway import PAGE, Answer, NoGraphQL, repository
from service.providers.github.queries import Parts
from service.providers.github.server import HOUR, Server, named

_MOST_PAGES = 1000
_FILES = 50  # in one request
_Json = Mapping[str, Any]


def projects(server: Server, under: str) -> Iterator[str]:
    """Full names, without archived repositories and those whose issues are switched off."""
    inside = f"{under}/".casefold() if under else ""
    for row in server.access.repositories():
        with reading("our repositories"):
            name, is_closed = str(row["full_name"]), row["archived"] or not row.get("has_issues", True)
        if name.casefold().startswith(inside) and not is_closed:
            yield name


def listed(
    server: Server, project: str, labels: Sequence[str], since: datetime | None, state: State | None
) -> Iterator[Issue]:
    """https://docs.github.com/en/rest/issues/issues#list-repository-issues (pull requests are among them)

    Oldest first by creation, so that an issue which changes meanwhile does not move between pages.
    """
    query: dict[str, str | int] = {"state": state or "all", "sort": "created", "direction": "asc"}
    if labels:
        query["labels"] = ",".join(labels)
    if since is not None:
        query["since"] = _stamp(since)
    for row in server.gateway(project).pages(f"{repository(project)}/issues", query):
        if "pull_request" not in row:
            with reading(f"the issues of {project}"):
                issue = mapping.issue_of_rest(row, IssueRef(server.forge, project, int(row["number"])))
            yield issue


def last_change(server: Server, project: str) -> datetime | None:
    """Of pull requests too: they are issues to GitHub."""
    newest: dict[str, str | int] = {"state": "all", "sort": "updated", "direction": "desc"}
    row = next(server.gateway(project).pages(f"{repository(project)}/issues", newest, most=1), None)
    with reading(f"the issues of {project}"):
        return None if row is None else datetime.fromisoformat(str(row["updated_at"]))


def survey(server: Server, project: str, listings: Sequence[Listing]) -> Iterator[Issue]:
    """The issues that are in any of the listings, each once."""
    first = server.prefer_graphql(lambda: _page(server, project, listings, {}), lambda: None)
    rows = _by_label(server, project, listings) if first is None else _all_pages(server, project, listings, first)
    seen: set[int] = set()
    for issue in rows:
        if issue.ref.number not in seen:
            seen.add(issue.ref.number)
            yield issue


def _by_label(server: Server, project: str, listings: Sequence[Listing]) -> Iterator[Issue]:
    for one in listings:
        yield from listed(server, project, (one.label,), one.since, one.state)


def _all_pages(server: Server, project: str, listings: Sequence[Listing], page: _Json) -> Iterator[Issue]:
    """Every listing's issues; a further request asks for the next page of all that have one."""
    home = IssueRef(server.forge, project, 0)
    everybody = _everybody(project, page)
    for _ in range(_MOST_PAGES):
        after: dict[int, str] = {}
        for i in range(len(listings)):
            with reading(f"the issues of {project}"):
                found = page.get(f"l{i}") or {"nodes": (), "pageInfo": {"hasNextPage": False}}
                issues = [_issue(node, home, everybody) for node in mapping.nodes(found)]
                if found["pageInfo"]["hasNextPage"]:
                    after[i] = str(found["pageInfo"]["endCursor"])
            yield from issues
        if not after:
            return
        page = _page(server, project, listings, after)


def _issue(node: _Json, home: IssueRef, everybody: frozenset[str] | None) -> Issue:
    issue = mapping.issue_of(node, home)
    if everybody is None:
        return issue
    return replace(issue, inactive=frozenset(name for name in issue.assignees if name.casefold() not in everybody))


def _everybody(project: str, page: _Json) -> frozenset[str] | None:
    """Everybody who may be assigned, in lower case; None where they are too many to be told at once."""
    found = page.get("assignableUsers")
    if found is None:
        return None
    with reading(f"who may be assigned in {project}"):
        logins = frozenset(str(node["login"]).casefold() for node in mapping.nodes(found))
        return None if found["pageInfo"]["hasNextPage"] else logins


def _page(server: Server, project: str, listings: Sequence[Listing], after: Mapping[int, str]) -> _Json:
    """A page of every listing; with `after`, of those listings alone, from their cursors on."""
    parts = replace(server.parts(project), projects=False, sub_issues=False)
    if after:
        parts = replace(parts, people=False)
    numbers = tuple(after) or tuple(range(len(listings)))
    variables: dict[str, object] = named(project)
    for i in numbers:
        variables |= _variables(i, listings[i], after.get(i))
    answer = server.gateway(project).query(queries.survey(numbers, parts), variables)
    return _repository(server, project, answer, parts) or _page(server, project, listings, after)


def _variables(i: int, listing: Listing, after: str | None) -> dict[str, object]:
    return {
        f"label{i}": listing.label,
        f"state{i}": listing.state.upper(),
        f"filter{i}": {"since": _stamp(listing.since)} if listing.since is not None else None,
        f"first{i}": PAGE if after else min(listing.likely, PAGE),
        f"after{i}": after,
    }


def _repository(server: Server, project: str, answer: Answer, parts: Parts) -> _Json | None:
    """The repository's part of the answer; None where the same is to be asked again with less.

    GraphQL follows a rename without a word; the issues of a repository of another name are not what was asked for.
    """
    found = answer.data.get("repository")
    if isinstance(found, dict) and answer.error is None:
        with reading(project):
            place = str(found["nameWithOwner"])
        if place.casefold() != project.casefold():
            raise Forbidden(f"{project} is now {place}; use that name")
        return found
    look.note_lack(server, answer, parts, project, project)
    return None


# --- files ----------------------------------------------------------------------------------------------------


def read_files(server: Server, asked: Sequence[str], path: str) -> Iterator[tuple[str, str | None]]:
    """A file's text for each of the projects that could be read, or None where it is not there.

    Of one gateway at a time: an App's installations do not see each other's repositories.
    """
    by_gateway: dict[int, list[str]] = {}
    for project in asked:
        try:
            by_gateway.setdefault(id(server.gateway(project)), []).append(project)
        except ProviderError:
            continue  # told when its file is asked for
    for together in by_gateway.values():
        for start in range(0, len(together), _FILES):
            yield from _files(server, together[start : start + _FILES], path)


def _files(server: Server, asked: Sequence[str], path: str) -> Iterator[tuple[str, str | None]]:
    variables: dict[str, object] = {"expression": f"HEAD:{path}"}
    for i, project in enumerate(asked):
        variables |= {f"{name}{i}": value for name, value in named(project).items()}
    try:
        answer = server.gateway(asked[0]).query(queries.files(len(asked)), variables)
    except NoGraphQL:
        server.lacks_graphql(HOUR)
        return
    except ProviderError:
        return
    for i, project in enumerate(asked):
        found = answer.data.get(f"f{i}")
        if isinstance(found, dict) and str(found.get("nameWithOwner", "")).casefold() == project.casefold():
            blob = found.get("object")
            if blob is None:
                yield project, None
            elif isinstance(blob.get("text"), str) and not blob.get("isTruncated"):
                yield project, blob["text"]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
