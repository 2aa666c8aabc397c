"""From a label to a closed post-mortem on both forges: signed webhooks in, the trackers' final state out."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from service.sandbox.rows import IssueRow
from tests.incident import filled_in, proven, reviewed
from tests.stack import BOT, FORGES, PROJECTS, Stack

pytestmark = pytest.mark.node  # all traffic is held to the forges' published contracts

PROJECT = PROJECTS[0]
LINE = "- [ ] Page when the connection pool is 80 % full - @bob - 2026-04-01 [detection]"
GRACE = 6  # seconds; the gate waits five before it reopens


@dataclass(frozen=True)
class Team:
    """People on one forge, each act followed by whatever Closeout does about it."""

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

    def close(self, number: int, *, by: str) -> str:
        """The state after the grace window."""
        self.stack.sandbox.world.edit_issue(self.forge, PROJECT, number, actor=by, state="closed")
        self.stack.settle()
        self.stack.clock.forward(seconds=GRACE)
        self.stack.settle()
        return self.issue(number).state

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


@pytest.fixture(params=FORGES)
def team(stack: Stack, request: pytest.FixtureRequest) -> Team:
    return Team(stack, request.param)


def test_a_post_mortem_lives_its_whole_life(team: Team) -> None:
    """Labelled, given its template, filled in, tied to its action item, refused, finished, closed."""
    pm = team.report()
    assert team.issue(pm).body.startswith("We lost orders.")
    assert "## Root cause" in team.issue(pm).body

    team.write(pm, filled_in(team.issue(pm).body, LINE))
    child = team.action_item()
    assert {"severity-high", "type-post-mortem"} <= set(team.issue(pm).labels)
    assert {"type-action-item", "severity-high", "detection"} <= set(child.labels)
    assert (child.assignees, team.linked(pm)) == (["bob"], [child.number])

    assert team.close(pm, by="bob") == "open"
    (refusal,) = team.said(pm, "refused")
    assert "@bob" in refusal

    team.write(pm, reviewed(team.issue(pm).body))
    team.write(child.number, proven(child.body), by="bob")
    assert team.close(child.number, by="bob") == "closed"
    (line,) = [row for row in team.issue(pm).body.splitlines() if "connection pool is 80" in row]
    assert line.startswith("- [x] Page when")
    assert f"#{child.number}" in line

    assert team.close(pm, by="alice") == "closed"
    assert len(team.said(pm, "status")) == 1
    assert team.action_item() == child


def test_what_needs_nothing_gets_nothing(team: Team) -> None:
    """A settled post-mortem and an issue without the label: events come, nothing is written."""
    pm = team.report()
    written = sorted(team.stack.writes())
    world = team.stack.sandbox.world
    world.comment(team.forge, PROJECT, pm, actor="alice", body="I will write it tomorrow.")
    world.create_issue(team.forge, PROJECT, actor="bob", title="Typo on the start page")
    team.stack.settle()
    assert sorted(team.stack.writes()) == written
