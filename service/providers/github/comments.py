"""Our comments: one for each topic, edited in place. Edits notify nobody; a new comment does.

https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

from contextlib import suppress

from service import hidden
from service.model import Acknowledge, EnsureComment, IssueRef
from service.providers.base import NotFound, ProviderError, Rejected, Unavailable
from service.providers.github import mapping
from service.providers.github.errors import reading
from service.providers.github.gateway import repository, segment
from service.providers.github.issue_changes import MAX_BODY
from service.providers.github.memory import Written
from service.providers.github.server import DAY, Server, issue_path


def ensure(server: Server, change: EnsureComment) -> None:
    if len(change.body) > MAX_BODY:
        raise Rejected(f"a comment of {len(change.body)} characters is too long for GitHub, which takes {MAX_BODY}")
    written = find(server, change.ref, change.topic)
    if written is not None and (written.body == change.body or _edited(server, change, written)):
        return
    _keep(server, change, _created(server, change))


def find(server: Server, ref: IssueRef, topic: str) -> Written | None:
    """Our comment on a topic: from the fetch just made where that settles it, else by reading every comment."""
    memory = server.memory
    if memory.holds(ref, server.clock()):
        known = memory.comments.get(topic)
        if known is not None or memory.all_comments:
            return known
    viewer = server.viewer().casefold()
    for row in server.gateway(ref.project).pages(f"{issue_path(ref)}/comments"):
        with reading(f"the comments of {ref}"):
            seen = mapping.comment_of_rest(row)
        if seen.author.casefold() == viewer and hidden.topic_of(seen.body) == topic:
            return Written(seen.id, seen.body)
    return None


def acknowledge(server: Server, change: Acknowledge) -> None:
    """Reacting twice leaves one reaction: https://docs.github.com/en/rest/reactions/reactions

    A comment deleted meanwhile needs no receipt; a compatible server may have no reactions at all.
    """
    project = change.ref.project
    path = f"{repository(project)}/issues/comments/{segment(change.comment_id)}"
    gateway = server.gateway(project)
    try:
        gateway.write("POST", f"{path}/reactions", {"content": "+1"})
    except NotFound:
        with suppress(NotFound):
            gateway.get(path)
            server.lacks_reactions()


def is_acknowledged(server: Server, ref: IssueRef, comment_id: str) -> bool:
    """Whether one of a comment's reactions is ours, which REST says only in a list of its own. Ours stay."""
    path = f"{repository(ref.project)}/issues/comments/{segment(comment_id)}/reactions"
    key = (*server.key("acknowledged", ref.project), comment_id)
    if server.cache.get(key, default=False):
        return True
    viewer = server.viewer().casefold()
    with suppress(NotFound):
        for row in server.gateway(ref.project).pages(path):
            with reading("the reactions to a comment"):
                is_ours = mapping.login(row["user"]).casefold() == viewer and row["content"] in ("+1", "eyes")
            if is_ours:
                server.cache.put(key, value=True, seconds=DAY)
                return True
    return False


def _edited(server: Server, change: EnsureComment, written: Written) -> bool:
    """False where the comment was deleted meanwhile."""
    project = change.ref.project
    path = f"{repository(project)}/issues/comments/{segment(written.id)}"
    try:
        server.gateway(project).write("PATCH", path, {"body": change.body})
    except NotFound as error:
        server.memory.forget()
        if find(server, change.ref, change.topic) is not None:  # a moment's 404 must not lead to a second comment
            raise Unavailable(f"our comment on {change.ref} is there and could not be edited: {error}") from error
        return False
    _keep(server, change, written.id)
    return True


def _created(server: Server, change: EnsureComment) -> str:
    path = f"{issue_path(change.ref)}/comments"
    try:
        made = server.gateway(change.ref.project).create(path, {"body": change.body})
        with reading(f"the new comment on {change.ref}"):
            return str(made["id"])
    except ProviderError:
        server.memory.forget()
        raise


def _keep(server: Server, change: EnsureComment, comment_id: str) -> None:
    if server.memory.holds(change.ref, server.clock()):
        server.memory.comments[change.topic] = Written(comment_id, change.body)
