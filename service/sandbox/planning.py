"""Planning issues: milestones and iterations are made, closed, and issues put into them."""

from __future__ import annotations

from datetime import date

from service.sandbox.conversation import Conversation
from service.sandbox.rows import IssueRow
from service.sandbox.timeboxes import Kind, TimeboxRow


class Planning(Conversation):
    def add_timebox(
        self,
        forge: str,
        path: str,
        *,
        title: str,
        first: date | None = None,
        last: date | None = None,
        kind: Kind = "milestone",
    ) -> TimeboxRow:
        """A milestone or an iteration of a project. GitHub's milestones have no first day."""
        with self.lock:
            project = self.project(forge, path)
            known = sum(box.kind == kind for box in project.timeboxes)
            made = TimeboxRow(self.next_id(), known + 1, title, kind, self.clock(), first, last)
            project.timeboxes.append(made)
            return made

    def plan_issue(self, issue: IssueRow, box: TimeboxRow | None, *, actor: str, kind: Kind = "milestone") -> None:
        """Puts the issue into the milestone or iteration; None takes it out of its milestone, or its iteration."""
        with self.lock:
            kind = box.kind if box is not None else kind
            old: TimeboxRow | None = getattr(issue, kind)
            about = box or old
            if about is None or box is old:
                return
            setattr(issue, kind, box)
            told = "milestoned" if box is not None else "demilestoned"
            detail = {"timebox": about.id, "title": about.title}
            happening = (told if kind == "milestone" else "iteration_changed", detail)
            self.record(self.project_of(issue), actor, [happening], issue)

    def close_timebox(self, box: TimeboxRow) -> None:
        """The issues in it do not change by that: no event tells of it."""
        with self.lock:
            box.closed_at = self.clock()
