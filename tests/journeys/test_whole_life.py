"""From a label to a closed post-mortem on both forges: signed webhooks in, the trackers' final state out."""

from __future__ import annotations

import pytest

from tests.incident import filled_in, proven, reviewed
from tests.journeys.team import LINE, PROJECT, Team

pytestmark = pytest.mark.node  # all traffic is held to the forges' published contracts


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
