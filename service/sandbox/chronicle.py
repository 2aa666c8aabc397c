"""What happened to an issue, as sentences and comments in order, for people's pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from service.sandbox.boards import Boards
from service.sandbox.rows import CommentRow, EventRow, IssueRow

_PLAIN = {
    "opened": "opened this",
    "reopened": "reopened this",
    "locked": "locked the conversation",
    "unlocked": "unlocked the conversation",
    "comment_deleted": "deleted a comment",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the chronicle: either a comment or a sentence, with a label or an issue it speaks of."""

    at: datetime
    actor: str
    sentence: str = ""
    kind: str = ""
    label: str = ""
    issue: IssueRow | None = None
    comment: CommentRow | None = None


def chronicle(world: Boards, issue: IssueRow) -> Iterator[Entry]:
    """Oldest first. Hides what a forge's page hides, such as reactions."""
    comments = {row.id: row for row in issue.comments}
    for event in issue.events:
        if event.kind == "commented":
            if row := comments.get(event.detail["comment"]):
                yield Entry(event.at, row.author, comment=row)
        elif entry := _entry(world, event):
            yield entry


def _entry(world: Boards, event: EventRow) -> Entry | None:
    detail, at, who = event.detail, event.at, event.actor
    match event.kind:
        case "labeled" | "unlabeled":
            verb = "added the label" if event.kind == "labeled" else "removed the label"
            return Entry(at, who, verb, event.kind, label=detail["label"])
        case "child_added" | "child_removed" | "parent_added" | "parent_removed" | "linked" | "unlinked":
            return _tie(world, event)
        case _:
            sentence = _sentence(event)
            return Entry(at, who, sentence, event.kind) if sentence else None


def _tie(world: Boards, event: EventRow) -> Entry | None:
    words = {
        "child_added": "added the sub-issue",
        "child_removed": "removed the sub-issue",
        "parent_added": "made this a sub-issue of",
        "parent_removed": "took this out of",
        "linked": "linked this to",
        "unlinked": "unlinked this from",
    }
    other = next(event.detail[key] for key in ("child", "parent", "target") if key in event.detail)
    try:
        issue = world.issue_by_id(other)
    except LookupError:
        return None
    return Entry(event.at, event.actor, words[event.kind], event.kind, issue=issue)


def _sentence(event: EventRow) -> str:  # noqa: PLR0911 - one sentence a kind of event
    detail = event.detail
    match event.kind:
        case "edited" if "title" in detail:
            also = " and edited the description" if "body" in detail else ""
            return f"changed the title from “{detail['title']['from']}”{also}"
        case "edited":
            return "edited the description"
        case "closed":
            return f"closed this as {str(detail['reason']).replace('_', ' ')}"
        case "assigned" | "unassigned":
            return f"{event.kind} {detail['assignee']}"
        case "due_changed" | "card_dated":
            return f"set the due date to {detail['to']}" if detail["to"] else "removed the due date"
        case "card_moved":
            return f"moved the card to “{detail['to']}”" if detail["to"] else "took the card out of its column"
        case "milestoned" | "demilestoned":
            return f"{'put this into' if event.kind == 'milestoned' else 'took this out of'} “{detail['title']}”"
        case "card_added":
            return "put this on the board"
        case _:
            return _PLAIN.get(event.kind, "")
