"""What one look at an issue's surroundings brought in. Both ways to look, GraphQL and REST, end here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service import document, hidden
from service.model import Comment, Issue
from service.providers.gitlab.mapping import Note
from service.providers.gitlab.memory import WorkItem


@dataclass(frozen=True, slots=True)
class Sighting:
    """`linked` are all related issues, whatever they are to us; only GraphQL knows `body_edited_at` and `work_item`."""

    viewer: str
    notes: tuple[Note, ...]
    linked: tuple[Issue, ...]
    body_edited_at: datetime | None = None
    work_item: WorkItem | None = None

    @property
    def status(self) -> Comment | None:
        return next((c for c in self.comments() if c.topic == hidden.STATUS), None)

    def comments(self) -> tuple[Comment, ...]:
        """Our own comments and those with a command. Only our own account's comments can have a topic."""
        kept = (self._comment(note) for note in sorted(self.notes, key=lambda note: int(note.id)))
        return tuple(c for c in kept if c.topic is not None or document.command_lines(c.body))

    def author_id(self, comment: Comment) -> int:
        return next(note.author_id for note in self.notes if note.id == comment.id)

    def _comment(self, note: Note) -> Comment:
        is_ours = note.author.casefold() == self.viewer.casefold()
        return Comment(
            id=note.id,
            author=note.author,
            body=note.body,
            created_at=note.created_at,
            updated_at=note.updated_at,
            topic=hidden.topic_of(note.body) if is_ours else None,
        )
