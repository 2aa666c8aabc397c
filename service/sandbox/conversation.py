"""Comments and reactions."""

from __future__ import annotations

from service.sandbox.issues import Issues, check_body
from service.sandbox.rows import CommentRow, IssueRow, Missing, ReactionRow, Refused


class Conversation(Issues):
    def comment(
        self, forge: str, path: str, number: int, *, actor: str, body: str, internal: bool = False
    ) -> CommentRow:
        """Raises Refused for an empty or oversized body."""
        with self.lock:
            issue = self.issue(forge, path, number)
            if not body.strip():
                raise Refused("Body can't be blank", code="missing_field", field="body")
            check_body(forge, body)
            now = self.clock()
            row = CommentRow(self.next_id(), issue.id, self.person(actor).login, body, now, now)
            row.internal = internal
            issue.comments.append(row)
            self._comment_homes[row.id] = issue
            self.record(self.project_of(issue), actor, [("commented", {"comment": row.id})], issue)
            return row

    def keep_comment(self, issue: IssueRow, row: CommentRow) -> None:
        """Puts a comment in its place without a word to anybody, as when an issue is copied."""
        with self.lock:
            issue.comments.append(row)
            self._comment_homes[row.id] = issue

    def find_comment(self, forge: str, comment_id: int) -> tuple[IssueRow, CommentRow]:
        issue = self._comment_homes.get(comment_id)
        if issue is not None and issue.forge == forge and issue.id in self._issues:
            return issue, next(row for row in issue.comments if row.id == comment_id)
        raise Missing(f"no comment {comment_id} on {forge}")

    def edit_comment(self, forge: str, comment_id: int, *, actor: str, body: str) -> CommentRow:
        with self.lock:
            issue, row = self.find_comment(forge, comment_id)
            if not body.strip():
                raise Refused("Body can't be blank", code="missing_field", field="body")
            check_body(forge, body)
            detail = {"comment": row.id, "from": row.body}
            row.body, row.updated_at, row.editor = body, self.clock(), actor
            if detail["from"] != body:
                self.record(self.project_of(issue), actor, [("comment_edited", detail)], issue)
            return row

    def delete_comment(self, forge: str, comment_id: int, *, actor: str) -> None:
        with self.lock:
            issue, row = self.find_comment(forge, comment_id)
            self.record(self.project_of(issue), actor, [("comment_deleted", {"comment": row.id})], issue)
            issue.comments.remove(row)
            del self._comment_homes[row.id]

    def react(
        self, issue: IssueRow, on: IssueRow | CommentRow, *, actor: str, content: str
    ) -> tuple[ReactionRow, bool]:
        """The person's reaction, and whether it is new: the same one twice is once."""
        with self.lock:
            for row in on.reactions:
                if (row.actor, row.content) == (actor, content):
                    return row, False
            row = ReactionRow(self.next_id(), content, actor, self.clock())
            on.reactions.append(row)
            detail = {"reaction": row.id, "content": content, "on": on.id}
            before = issue.updated_at
            self.record(self.project_of(issue), actor, [("reacted", detail)], issue)
            issue.updated_at = before  # a reaction is no update of the issue
            return row, True

    def unreact(self, on: IssueRow | CommentRow, reaction_id: int) -> None:
        with self.lock:
            on.reactions[:] = [row for row in on.reactions if row.id != reaction_id]
