"""How issues hang together: children, related issues, and cards on boards."""

from __future__ import annotations

from datetime import date

from service.sandbox.ledger import Happening
from service.sandbox.planning import Planning
from service.sandbox.rows import BoardRow, CardRow, ColumnRow, IssueRow, LinkRow, Missing, Refused

MAX_CHILDREN = 100
COLUMNS = ("Draft", "Review", "Actions Created", "In Progress", "Complete")


class Boards(Planning):
    # --- sub-issues (GitHub) ---------------------------------------------------------------------------

    def add_child(self, parent: IssueRow, child: IssueRow, *, actor: str, replace_parent: bool = False) -> None:
        """Raises Refused: a second parent, a circle, another owner, or more than 100 children."""
        with self.lock:
            self._check_child(parent, child, replace_parent=replace_parent)
            if child.parent is not None:
                self.remove_child(self.issue_by_id(child.parent), child, actor=actor)
            parent.children.append(child.id)
            child.parent = parent.id
            self.record(self.project_of(parent), actor, [("child_added", {"child": child.id})], parent)
            self.record(self.project_of(child), actor, [("parent_added", {"parent": parent.id})], child)

    def _check_child(self, parent: IssueRow, child: IssueRow, *, replace_parent: bool) -> None:
        if child.parent == parent.id:
            raise Refused("Issue may not contain duplicate sub-issues", field="sub_issue_id")
        if child.parent is not None and not replace_parent:
            raise Refused("Sub issue may only have one parent", field="sub_issue_id")
        if child.id in self._ancestors(parent):
            raise Refused("Sub issue cannot be its own ancestor", field="sub_issue_id")
        if parent.path.rpartition("/")[0].lower() != child.path.rpartition("/")[0].lower():
            raise Refused("Sub issue must belong to the same owner", field="sub_issue_id")
        if len(parent.children) >= MAX_CHILDREN:
            raise Refused("Parent cannot have more than 100 sub-issues", field="sub_issue_id")

    def _ancestors(self, issue: IssueRow) -> set[int]:
        found = {issue.id}
        while issue.parent is not None and issue.parent not in found:
            issue = self.issue_by_id(issue.parent)
            found.add(issue.id)
        return found

    def remove_child(self, parent: IssueRow, child: IssueRow, *, actor: str) -> None:
        with self.lock:
            if child.parent != parent.id:
                raise Missing(f"{child.number} is no sub-issue of {parent.number}")
            parent.children.remove(child.id)
            child.parent = None
            self.record(self.project_of(parent), actor, [("child_removed", {"child": child.id})], parent)
            self.record(self.project_of(child), actor, [("parent_removed", {"parent": parent.id})], child)

    def children_of(self, issue: IssueRow) -> list[IssueRow]:
        return [self.issue_by_id(child) for child in issue.children]

    # --- related issues (GitLab) -----------------------------------------------------------------------

    def link(self, source: IssueRow, target: IssueRow, *, actor: str, kind: str = "relates_to") -> LinkRow:
        """Raises Refused with code `already_exists` for a second link between the two."""
        with self.lock:
            if any(self._other(row, source) == target.id for row in self.links_of(source)):
                raise Refused("Issue(s) already assigned", code="already_exists")
            if source.id == target.id:
                raise Refused("Issue cannot be related to itself")
            row = LinkRow(self.next_id(), source.id, target.id, kind)
            self.project_of(source).links.append(row)
            self.record(self.project_of(source), actor, [("linked", {"link": row.id, "target": target.id})], source)
            return row

    def links_of(self, issue: IssueRow) -> list[LinkRow]:
        """Seen from either end, also across projects."""
        rows = [row for project in self.projects_of(issue.forge) for row in project.links]
        return [row for row in rows if issue.id in (row.source, row.target)]

    def linked_to(self, issue: IssueRow) -> list[tuple[LinkRow, IssueRow]]:
        return [(row, self.issue_by_id(self._other(row, issue))) for row in self.links_of(issue)]

    def _other(self, row: LinkRow, issue: IssueRow) -> int:
        return row.target if row.source == issue.id else row.source

    def unlink(self, row: LinkRow, *, actor: str) -> None:
        with self.lock:
            source = self.issue_by_id(row.source)
            self.project_of(source).links.remove(row)
            detail = {"link": row.id, "target": row.target}
            self.record(self.project_of(source), actor, [("unlinked", detail)], source)

    # --- boards ----------------------------------------------------------------------------------------

    def add_board(
        self,
        forge: str,
        path: str,
        *,
        title: str,
        columns: tuple[str, ...] = COLUMNS,
        closed_column: str | None = None,
        date_field: str | None = None,
    ) -> BoardRow:
        """On a group (GitHub's organisation projects) or on a project (GitLab), whichever `path` names."""
        with self.lock:
            owner = self.groups.get((forge, path.lower())) or self.project(forge, path)
            board = BoardRow(self.next_id(), len(owner.boards) + 1, title, closed_column=closed_column)
            board.columns = [ColumnRow(self.next_id(), name) for name in columns]
            board.date_field, board.field_id, board.date_field_id = date_field, self.next_id(), self.next_id()
            owner.boards.append(board)
            return board

    def card(self, board: BoardRow, issue: IssueRow) -> CardRow | None:
        return next((card for card in board.cards if card.issue_id == issue.id), None)

    def add_card(self, board: BoardRow, issue: IssueRow, *, actor: str) -> CardRow:
        """The issue's card, new or not."""
        with self.lock:
            found = self.card(board, issue)
            if found is not None:
                return found
            card = CardRow(self.next_id(), issue.id)
            board.cards.append(card)
            self._card_event("card_added", board, card, issue, actor, (None, None))
            return card

    def set_column(self, board: BoardRow, issue: IssueRow, column: str | None, *, actor: str) -> CardRow:
        with self.lock:
            if column is not None and column not in {row.name for row in board.columns}:
                raise Missing(f"no column {column!r} on {board.title!r}")
            card = self.add_card(board, issue, actor=actor)
            old, card.column = card.column, column
            if old != column:
                self._card_event("card_moved", board, card, issue, actor, (old, column))
            return card

    def set_card_date(self, board: BoardRow, issue: IssueRow, day: date | None, *, actor: str) -> CardRow:
        """The board's date field, on the issue's card (GitHub)."""
        with self.lock:
            card = self.add_card(board, issue, actor=actor)
            old, new = card.values.pop(board.date_field_id, None), day.isoformat() if day else None
            if new is not None:
                card.values[board.date_field_id] = new
            if old != new:
                self._card_event("card_dated", board, card, issue, actor, (old, new))
            return card

    def _card_event(
        self, kind: str, board: BoardRow, card: CardRow, issue: IssueRow, actor: str, change: tuple[str | None, ...]
    ) -> None:
        detail = {"board": board.id, "item": card.id, "from": change[0], "to": change[1]}
        before = issue.updated_at
        self.record(self.project_of(issue), actor, [(kind, detail)], issue)
        issue.updated_at = before  # moving a card is no update of the issue

    def column_of(self, issue: IssueRow, board: BoardRow) -> str | None:
        """Where the card stands: by its own value on GitHub, by its label on GitLab; closed there is `Closed`."""
        if issue.forge == "github":
            card = self.card(board, issue)
            return card.column if card else None
        if issue.state == "closed":
            return "Closed"
        return next((row.name for row in board.columns if row.name in issue.labels), "Open")

    def move_card(self, forge: str, path: str, number: int, *, actor: str, column: str) -> None:
        """Drags the card on the first board to a column, as a person would.

        On GitLab that swaps labels, and the built-in lists `Open` and `Closed` reopen and close.
        """
        with self.lock:
            issue = self.issue(forge, path, number)
            boards = self.boards_of(self.project(forge, path))
            if not boards:
                raise Missing(f"{path} has no board")
            if forge == "github":
                self.set_column(boards[0], issue, column, actor=actor)
            else:
                self._swap_labels(boards[0], issue, column, actor)

    def _swap_labels(self, board: BoardRow, issue: IssueRow, column: str, actor: str) -> None:
        names = {row.name for row in board.columns}
        if column not in names | {"Open", "Closed"}:
            raise Missing(f"no column {column!r} on {board.title!r}")
        labels = [name for name in issue.labels if name not in names]
        wanted = [*labels, column] if column in names else labels
        where = (issue.forge, issue.path, issue.number)
        if column == "Closed":
            self.edit_issue(*where, actor=actor, state="closed")
        else:
            self.edit_issue(*where, actor=actor, labels=wanted, state="open")

    def _follow_state(self, issue: IssueRow, happenings: list[Happening]) -> None:
        """The built-in project workflow "item closed" moves the card."""
        if issue.forge != "github" or not any(kind == "closed" for kind, _ in happenings):
            return
        for board in self.boards_of(self.project_of(issue)):
            if board.closed_column is not None and self.card(board, issue) is not None:
                self.set_column(board, issue, board.closed_column, actor="github-project-automation[bot]")
