"""Observing an issue: REST for the issue itself, one look around it, then only what these left open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from service import document, hidden
from service.document import Dialect
from service.model import Capabilities, Comment, Issue, IssueRef, Snapshot, SyncState
from service.providers.base import Forbidden, NotFound, Rejected, Unavailable
from service.providers.gitlab import look, look_rest, mapping, people
from service.providers.gitlab.comments import is_acknowledged
from service.providers.gitlab.errors import reading
from service.providers.gitlab.gateway import GraphQLRefused
from service.providers.gitlab.memory import Memory, Written
from service.providers.gitlab.server import HOUR, Server
from service.providers.gitlab.sighting import Sighting

MAX_BODY = 1_000_000  # a note's limit; a description may be a little longer
_OUTAGE_SECONDS = 300
_MOST_NAMED = 100  # issues read one by one because a line names them and no link does
_SAME_MOMENT = timedelta(seconds=1)  # our own comment's edit touches the issue a little later


def fetch(server: Server, ref: IssueRef, dialect: Dialect) -> Snapshot:
    server.memory = Memory(dialect=dialect)
    issue = look_rest.read_issue(server, ref)
    seen = _look(server, ref)
    state = hidden.state_of(seen.status.body) if seen.status else SyncState()
    parent, children = _relatives(server, issue, seen)
    times = _label_times(server, issue, seen.status)
    _saw_people(server, issue, seen)
    snapshot = Snapshot(
        issue=replace(issue, body_edited_at=seen.body_edited_at, label_times=times),
        observed_at=server.forge_clock(),
        viewer=seen.viewer,
        parent=parent,
        children=children,
        comments=_with_permissions(server, issue, seen, state),
        state=state,
        capabilities=_capabilities(server, ref),
        labels=server.labels(ref.project) | issue.labels,
        people=_people(server, issue, children, seen.viewer),
    )
    _remember(server, seen, snapshot)
    return snapshot


def _look(server: Server, ref: IssueRef) -> Sighting:
    """GraphQL, else REST. An endpoint that fails before it ever worked is taken for a missing one, for a while."""
    if not server.has_graphql:
        return look_rest.look(server, ref)
    try:
        seen = look.look(server, ref)
    except (GraphQLRefused, Forbidden, Rejected):
        server.lacks_graphql(HOUR)
    except NotFound:
        if not server.graphql_worked:
            server.lacks_graphql(HOUR)
    except Unavailable:
        if server.graphql_worked:
            raise
        server.lacks_graphql(_OUTAGE_SECONDS)
    else:
        server.saw_graphql()
        return seen
    return look_rest.look(server, ref)


def _relatives(server: Server, issue: Issue, seen: Sighting) -> tuple[Issue | None, tuple[Issue, ...]]:
    """GitLab's related items are mutual and mean nothing by themselves: a marker or an action line says which of
    them is the parent and which are children. Those that are named and not linked are read one by one.
    """
    linked = {found.ref: _plain(found) for found in seen.linked if found.ref != issue.ref}
    above = issue.marker.parent if issue.marker and issue.marker.parent != issue.ref else None
    dialect = document.on_host(server.memory.dialect, issue.url)
    lines = document.references(issue.body, issue.ref, dialect=dialect)
    named = [r for r in dict.fromkeys(lines) if r not in (issue.ref, above)]
    unlinked = [r for r in named if r not in linked and r.forge == issue.ref.forge][:_MOST_NAMED]
    is_far = above is not None and above not in linked and above.forge == issue.ref.forge
    asked = look_rest.named_issues(server, [*unlinked, *([above] if above and is_far else [])])
    read = {ref: _plain(found) for ref, found in asked.items()}
    parent = (linked | read).get(above) if above else None
    children = [
        replace(found, linked=True)
        for found in linked.values()
        if found.ref != above and (found.ref in named or _is_child(found, issue))
    ]
    children += [read[r] for r in unlinked if r in read]
    return parent, tuple(sorted(children, key=lambda child: child.ref))


def _plain(relative: Issue) -> Issue:
    """The same whichever API told of it: GraphQL is not asked what its relatives are planned in."""
    return replace(relative, timeboxes=())


def _is_child(found: Issue, issue: Issue) -> bool:
    return found.marker is not None and found.marker.parent == issue.ref


def _label_times(server: Server, issue: Issue, status: Comment | None) -> Mapping[str, datetime]:
    """When labels were put on. It matters only where something happened since we last settled, so that looking at
    an untouched issue does not ask; and an issue unchanged since the last time it was asked has the same times.
    """
    if not issue.labels:
        return {}
    if status and issue.updated_at and status.updated_at and issue.updated_at <= status.updated_at + _SAME_MOMENT:
        return {}
    key = (*server.key("label-times", issue.ref.project), issue.ref.number, issue.updated_at)
    times = server.cache.cached(key, HOUR, lambda: _ask_label_times(server, issue.ref))
    return {label: at for label, at in times.items() if label in issue.labels}


def _ask_label_times(server: Server, ref: IssueRef) -> dict[str, datetime]:
    with reading(f"the label events of {ref}"):
        return mapping.label_times(server.gateway.label_events(ref))


def _with_permissions(server: Server, issue: Issue, seen: Sighting, state: SyncState) -> tuple[Comment, ...]:
    """What the authors of commands nobody has answered yet may do, and whether we took note. An answered command
    had its receipt, or has no more use for one.
    """
    comments = seen.comments()
    pending = [c for c in comments if c.topic is None and c.id not in state.answered]
    ids = {c.author: seen.author_id(c) for c in pending}
    allowed = {author: people.permission_of(server, issue.ref.project, user) for author, user in ids.items()}
    done = {c.id: is_acknowledged(server, issue.ref, c.id) for c in pending}
    return tuple(
        c
        if c.topic is not None
        else replace(c, permission=allowed.get(c.author) if c.id in done else None, acknowledged=done.get(c.id, True))
        for c in comments
    )


def _saw_people(server: Server, issue: Issue, seen: Sighting) -> None:
    for note in seen.notes:
        people.saw_user(server, note.author, note.author_id)
    for one in (issue, *seen.linked):
        server.saw_assignees(one.ref.project, len(one.assignees))


def _people(server: Server, issue: Issue, children: tuple[Issue, ...], viewer: str) -> dict[str, bool]:
    """Whom the text names, and who opened it: a review is that person's where nobody owns the post-mortem.

    Whoever is assigned to an issue of this project can be assigned to another one.
    """
    here = (one for one in (issue, *children) if one.ref.project == issue.ref.project)
    assigned = frozenset(login.casefold() for one in here for login in one.assignees)
    named = document.mentions(issue.body, dialect=server.memory.dialect)
    return people.assignable(server, issue, sorted(named | ({issue.author} - {viewer})), assigned)


def _capabilities(server: Server, ref: IssueRef) -> Capabilities:
    return Capabilities(
        native_due=True,
        sub_issues=False,
        project_board=False,
        closed_is_a_column=True,
        close_reasons=False,
        reactions=True,
        max_assignees=server.max_assignees(ref.project),
        max_body=MAX_BODY,
    )


def _remember(server: Server, seen: Sighting, snapshot: Snapshot) -> None:
    memory = server.memory
    memory.ref, memory.at = snapshot.issue.ref, server.clock()
    ours = [c for c in snapshot.comments if c.topic is not None]
    memory.comments = {c.topic: Written(c.id, c.body) for c in reversed(ours) if c.topic}
    memory.work_item = seen.work_item
    memory.linked = {found.ref for found in seen.linked}
    memory.items = {found.marker: found.ref for found in seen.linked if found.marker}
