"""Observing an issue: look once, then ask only for what that look left open."""

from __future__ import annotations

from dataclasses import replace

from service import document, hidden
from service.document import Dialect
from service.model import Capabilities, Comment, Issue, IssueRef, Snapshot, SyncState
from service.providers.github import comments, issue_changes, look, look_rest, people
from service.providers.github.memory import Memory, Written
from service.providers.github.server import Server
from service.providers.github.sighting import Sighting


def fetch(server: Server, ref: IssueRef, dialect: Dialect) -> Snapshot:
    server.memory = Memory(viewer=server.memory.viewer, dialect=dialect)
    seen = _look(server, ref).with_status()
    server.memory.viewer = seen.viewer
    state = hidden.state_of(seen.status.body) if seen.status else SyncState()
    parent, children = _relatives(server, seen)
    snapshot = Snapshot(
        issue=seen.issue,
        observed_at=server.forge_clock(),
        viewer=seen.viewer,
        parent=parent,
        children=children,
        comments=_completed(server, seen, state),
        state=state,
        capabilities=_capabilities(server, seen),
        labels=seen.labels,
        people=_people(server, ref, seen),
    )
    _remember(server, seen, snapshot)
    return snapshot


def _capabilities(server: Server, seen: Sighting) -> Capabilities:
    return Capabilities(
        native_due=server.due_field(seen.issue.ref.project) is not None,
        sub_issues=seen.sub_issues,
        project_board=seen.boards,
        reactions=server.has_reactions,
    )


def _look(server: Server, ref: IssueRef) -> Sighting:
    return server.prefer_graphql(lambda: look.look(server, ref), lambda: look_rest.look(server, ref))


def _relatives(server: Server, seen: Sighting) -> tuple[Issue | None, tuple[Issue, ...]]:
    """Parent and children, those included that only a marker or an action line names: one request for them all."""
    issue = seen.issue
    marker = issue.marker
    above = (marker.parent,) if marker and seen.parent is None and marker.parent != issue.ref else ()
    known = {issue.ref, *(child.ref for child in seen.children), *above}
    known |= {seen.parent.ref} if seen.parent else set()
    dialect = document.on_host(server.memory.dialect, issue.url)
    lines = document.references(issue.body, issue.ref, dialect=dialect)
    named = tuple(ref for ref in dict.fromkeys(lines) if ref not in known)
    wanted = tuple(ref for ref in (*above, *named) if ref.forge == issue.ref.forge)
    found = _named_issues(server, wanted, issue.ref) if wanted else {}
    parent = seen.parent or next((found[ref] for ref in above if ref in found), None)
    more = tuple(replace(found[ref], linked=not _linkable(server, seen, ref)) for ref in named if ref in found)
    return parent, (*seen.children, *more)


def _linkable(server: Server, seen: Sighting, ref: IssueRef) -> bool:
    """Without sub-issues, between two owners, and under another parent, the line itself is all the link there is."""
    if server.cache.get(issue_changes.elsewhere(server, ref), default=False):
        return False
    owners = {one.project.partition("/")[0].casefold() for one in (seen.issue.ref, ref)}
    return seen.sub_issues and len(owners) == 1


def _named_issues(server: Server, refs: tuple[IssueRef, ...], home: IssueRef) -> dict[IssueRef, Issue]:
    read = look.named_issues if server.has_graphql else look_rest.named_issues
    return read(server, refs, home)


def _completed(server: Server, seen: Sighting, state: SyncState) -> tuple[Comment, ...]:
    """What the authors of commands nobody has answered yet may do; nobody else is asked about. And our receipts."""
    ref, kept, unclear = seen.issue.ref, seen.kept(), seen.unclear
    pending = {c.author for c in kept if c.topic is None and c.id not in state.answered}
    allowed = {author: people.permission(server, ref.project, author) for author in sorted(pending)}
    return tuple(
        replace(
            c,
            permission=allowed[c.author] if c.id not in state.answered else None,
            acknowledged=c.acknowledged or (c.id in unclear and comments.is_acknowledged(server, ref, c.id)),
        )
        if c.topic is None
        else c
        for c in kept
    )


def _people(server: Server, ref: IssueRef, seen: Sighting) -> dict[str, bool]:
    """Whom the text names, and who opened it: a review is that person's where nobody owns the post-mortem."""
    for login, node in seen.people.items():
        people.saw(server, ref.project, login, node or login)
    named = document.mentions(seen.issue.body, dialect=server.memory.dialect)
    return people.assignable(server, ref.project, sorted(named | ({seen.issue.author} - {seen.viewer})))


def _remember(server: Server, seen: Sighting, snapshot: Snapshot) -> None:
    memory = server.memory
    memory.ref, memory.at = snapshot.issue.ref, server.clock()
    ours = [c for c in snapshot.comments if c.topic is not None]
    memory.comments = {c.topic: Written(c.id, c.body) for c in reversed(ours) if c.topic}
    memory.all_comments = seen.earlier is None
    memory.children = {child.key: child.ref for child in snapshot.children if child.key}
    memory.sub_issues = sum(1 for child in seen.children if child.linked)
