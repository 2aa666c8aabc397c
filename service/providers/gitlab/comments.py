"""Our comments: one for each topic, edited in place. Edits notify nobody; a new comment does.

https://docs.gitlab.com/api/notes/#issues · https://docs.gitlab.com/api/emoji_reactions/
"""

from __future__ import annotations

from service import hidden
from service.model import Acknowledge, EnsureComment, IssueRef
from service.providers.base import NotFound, ProviderError, Rejected, Unavailable
from service.providers.gitlab import mapping
from service.providers.gitlab.errors import AlreadyThere, reading
from service.providers.gitlab.memory import Written
from service.providers.gitlab.quick_actions import defused
from service.providers.gitlab.server import Server

MAX_NOTE = 1_000_000
RECEIPT = "thumbsup"


def ensure(server: Server, change: EnsureComment) -> None:
    if len(change.body) > MAX_NOTE:
        raise Rejected(f"a comment of {len(change.body)} characters is too long for GitLab, which takes {MAX_NOTE}")
    written = find(server, change.ref, change.topic)
    body = defused(change.body, written.body if written else "")
    if written is not None and (written.body == body or _edited(server, change, Written(written.id, body))):
        return
    body = defused(change.body)  # a comment deleted meanwhile is no excuse for what it said
    _keep(server, change, Written(_created(server, change.ref, body), body))


def find(server: Server, ref: IssueRef, topic: str) -> Written | None:
    """Our comment on a topic: from the fetch just made where that settles it, else by reading the comments."""
    if server.memory.holds(ref, server.clock()):
        return server.memory.comments.get(topic)
    viewer = server.viewer().casefold()
    with reading(f"the comments of {ref}"):
        for row in server.gateway.notes(ref):
            note = mapping.note(row)
            if note and note.author.casefold() == viewer and hidden.topic_of(note.body) == topic:
                return Written(note.id, note.body)
    return None


def acknowledge(server: Server, change: Acknowledge) -> None:
    """A second reaction of the same kind is refused, as 404 of all things; then a look tells which case it is."""
    note_id = change.comment_id
    if not note_id.isdigit():
        raise Rejected(f"{note_id!r} is not the id of a GitLab comment")
    try:
        server.gateway.award(change.ref, note_id, RECEIPT)
    except AlreadyThere:
        return
    except (NotFound, Rejected):
        if not is_acknowledged(server, change.ref, note_id):
            raise


def is_acknowledged(server: Server, ref: IssueRef, note_id: str) -> bool:
    viewer = server.viewer().casefold()
    with reading(f"reactions on {ref}"):
        return any(
            row["name"] == RECEIPT and row["user"]["username"].casefold() == viewer
            for row in server.gateway.awards(ref, note_id)
        )


def _edited(server: Server, change: EnsureComment, wanted: Written) -> bool:
    """False where the comment was deleted meanwhile."""
    try:
        server.gateway.update_note(change.ref, wanted.id, wanted.body)
    except NotFound as error:
        server.memory.forget()
        if find(server, change.ref, change.topic) is not None:  # a moment's 404 must not lead to a second comment
            raise Unavailable(f"our comment on {change.ref} is there and could not be edited: {error}") from error
        return False
    _keep(server, change, wanted)
    return True


def _created(server: Server, ref: IssueRef, body: str) -> str:
    try:
        row = server.gateway.create_note(ref, body)
        with reading(f"the new comment on {ref}"):
            return str(row["id"])
    except ProviderError:
        server.memory.forget()
        raise


def _keep(server: Server, change: EnsureComment, written: Written) -> None:
    if server.memory.holds(change.ref, server.clock()):
        server.memory.comments[change.topic] = written
