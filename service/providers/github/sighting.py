"""What one look at an issue brought in, before anybody decided what of it matters. Both ways to look end here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from service import document, hidden
from service.model import Comment, Issue
from service.providers.github.mapping import SeenComment


@dataclass(frozen=True, slots=True)
class Sighting:
    """`earlier` brings in older comments, a page at a time, where `comments` are not all there are."""

    viewer: str
    issue: Issue
    parent: Issue | None
    children: tuple[Issue, ...]
    comments: tuple[SeenComment, ...]
    labels: frozenset[str]
    sub_issues: bool
    boards: bool = False
    earlier: Callable[[], Iterator[tuple[SeenComment, ...]]] | None = None
    people: dict[str, str] = field(default_factory=dict)  # login → node id of those assigned already

    @property
    def status(self) -> Comment | None:
        return next((c for c in self.kept() if c.topic == hidden.STATUS), None)

    def kept(self) -> tuple[Comment, ...]:
        """Our own comments and those with a command. Only our own account's comments can have a topic."""
        kept = (self._comment(seen) for seen in self.comments)
        return tuple(c for c in kept if c.topic is not None or document.command_lines(c.body))

    @property
    def unclear(self) -> frozenset[str]:
        """Ids of comments that carry a reaction which may or may not be ours."""
        return frozenset(seen.id for seen in self.comments if seen.reacted is None)

    def _comment(self, seen: SeenComment) -> Comment:
        is_ours = seen.author.casefold() == self.viewer.casefold()
        return Comment(
            id=seen.id,
            author=seen.author,
            body=seen.body,
            created_at=seen.created_at,
            updated_at=seen.updated_at,
            topic=hidden.topic_of(seen.body) if is_ours else None,
            acknowledged=bool(seen.reacted),
        )

    def with_status(self) -> Sighting:
        """Read on into older comments until our status comment is found or there are none left to read."""
        if self.status is not None or self.earlier is None:
            return self
        seen = self
        for page in self.earlier():
            seen = replace(seen, comments=(*page, *seen.comments))
            if seen.status is not None:
                return seen
        return seen
