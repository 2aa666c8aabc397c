"""People on one forge, each act followed by whatever Closeout does about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

from service.sandbox.issues import IssueEdit
from service.sandbox.rows import IssueRow
from tests.incident import filled_in, proven, reviewed
from tests.stack import BOT, PROJECTS, Stack

PROJECT = PROJECTS[0]
LINE = "- [ ] Page when the connection pool is 80 % full - @bob - 2026-04-01 [detection]"
GRACE = 6  # seconds; the gate waits five before it reopens


@dataclass(frozen=True)
class Team:
    stack: Stack
    forge: str

    def report(self) -> int:
        made = self.stack.sandbox.world.create_issue(
            self.forge, PROJECT, actor="alice", title="Checkout down", body="We lost orders.", labels=["post-mortem"]
        )
        self.stack.settle()
        return made.number

    def write(self, number: int, body: str, *, by: str = "alice") -> None:
        self.stack.sandbox.world.edit_issue(self.forge, PROJECT, number, actor=by, body=body)
        self.stack.settle()

    def edit(self, number: int, *, by: str, **changes: Unpack[IssueEdit]) -> None:
        self.stack.sandbox.world.edit_issue(self.forge, PROJECT, number, actor=by, **changes)
        self.stack.settle()

    def close(self, number: int, *, by: str) -> str:
        """The state after the grace window."""
        self.stack.sandbox.world.edit_issue(self.forge, PROJECT, number, actor=by, state="closed")
        self.stack.settle()
        self.stack.clock.forward(seconds=GRACE)
        self.stack.settle()
        return self.issue(number).state

    def complete(self, number: int) -> None:
        """It is written, its one action item proven and closed, and then it is reviewed and closed itself."""
        self.write(number, filled_in(self.issue(number).body, LINE))
        item = self.action_item()
        self.write(item.number, proven(item.body), by="bob")
        assert self.close(item.number, by="bob") == "closed"
        self.write(number, reviewed(self.issue(number).body))
        assert self.close(number, by="alice") == "closed"

    def issue(self, number: int) -> IssueRow:
        return self.stack.issue(self.forge, number)

    def said(self, number: int, topic: str) -> list[str]:
        return [text for text in self.stack.said(self.forge, number) if f"topic={topic}" in text]

    def action_item(self) -> IssueRow:
        """The one issue that Closeout created."""
        issues = self.stack.sandbox.world.project(self.forge, PROJECT).issues.values()
        (made,) = [row for row in issues if row.author == BOT]
        return made

    def linked(self, number: int) -> list[int]:
        """The issues tied to this one in the forge's own way."""
        issue, world = self.issue(number), self.stack.sandbox.world
        if self.forge == "github":
            return [child.number for child in world.children_of(issue)]
        return [other.number for _, other in world.linked_to(issue)]

    def unlink(self, number: int, other: int) -> None:
        """Somebody takes the two apart in the forge's own way."""
        issue, child, world = self.issue(number), self.issue(other), self.stack.sandbox.world
        if self.forge == "github":
            world.remove_child(issue, child, actor="bob")
        else:
            [row] = [row for row, linked in world.linked_to(issue) if linked is child]
            world.unlink(row, actor="bob")
        self.stack.settle()

    def comment(self, number: int, text: str, *, by: str) -> None:
        self.stack.sandbox.world.comment(self.forge, PROJECT, number, actor=by, body=text)
        self.stack.settle()

    def wait(self, *, days: float) -> None:
        """Time passes; nobody but Closeout does anything."""
        self.stack.clock.forward(days=days)
        self.stack.settle()
