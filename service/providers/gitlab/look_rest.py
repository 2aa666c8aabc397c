"""Reading issues through REST, and looking without GraphQL: the same sighting, with a request for each part of it.

What REST does not tell is when a body was last edited.
"""

from __future__ import annotations

from collections.abc import Iterable

from service.model import Issue, IssueRef
from service.providers.base import Forbidden, Gone, NotFound
from service.providers.gitlab import mapping, people
from service.providers.gitlab.errors import reading
from service.providers.gitlab.mapping import Note
from service.providers.gitlab.server import Server
from service.providers.gitlab.sighting import Sighting


def look(server: Server, ref: IssueRef) -> Sighting:
    return Sighting(server.viewer(), notes(server, ref), linked(server, ref))


def notes(server: Server, ref: IssueRef) -> tuple[Note, ...]:
    with reading(f"the comments of {ref}"):
        found = (mapping.note(row) for row in server.gateway.notes(ref))
        return tuple(note for note in found if note)


def linked(server: Server, ref: IssueRef) -> tuple[Issue, ...]:
    with reading(f"the links of {ref}"):
        return tuple(mapping.issue(row, ref.forge) for row in server.gateway.links(ref))


def read_issue(server: Server, ref: IssueRef) -> Issue:
    """Raises `Gone` where reads are redirected: GitLab refuses writes under a project's old path."""
    row = server.gateway.issue(ref)
    with reading(f"{ref}"):
        found = mapping.issue(row, ref.forge, ref)
        place = (row.get("references") or {}).get("full")
        now = mapping.full_ref(place, ref.forge) if place else ref
        author = row.get("author") or {}
        if author.get("state") == "active":
            people.saw_user(server, author["username"], int(author["id"]))
    if now.project.casefold() != ref.project.casefold() or now.number != ref.number:
        raise Gone(f"{ref} is now {now}; use that name")
    return found


def named_issues(server: Server, refs: Iterable[IssueRef]) -> dict[IssueRef, Issue]:
    """Issues by name, one request each. Those that cannot be read are left out."""
    found: dict[IssueRef, Issue] = {}
    for ref in refs:
        try:
            found[ref] = read_issue(server, ref)
        except (NotFound, Forbidden):
            continue
    return found
