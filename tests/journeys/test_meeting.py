"""A meeting on a post-mortem, on both forges: arranged by a comment, held, and put on record."""

from __future__ import annotations

import pytest

from tests.incident import filled_in
from tests.journeys.team import LINE, Team

pytestmark = pytest.mark.node  # all traffic is held to the forges' published contracts


def test_a_meeting_is_arranged_and_recorded_in_the_issue(team: Team) -> None:
    """One answer with the agenda and this incident's open points; then the status comment says who was there."""
    pm = team.report()
    team.write(
        pm, filled_in(team.issue(pm).body, LINE).replace("- The load test used a tenth of the real traffic.", "")
    )
    team.comment(pm, "/pm schedule 2026-03-04 15:00 Europe/Berlin @bob @eve", by="alice")
    [agenda] = team.said(pm, "reply:")
    assert "| 15:35 | 15 | Action brainstorming" in agenda
    assert "`eve` could" in agenda
    assert "**Contributing factors**: Still empty." in agenda
    assert "Meeting: 2026-03-04 15:00 CET, with `bob`, `eve`." in team.said(pm, "status")[0]

    team.wait(days=2.5)
    team.comment(pm, "/pm attended @alice @bob", by="bob")
    assert "Meeting: 2026-03-04 15:00 CET, attended by `alice`, `bob`." in team.said(pm, "status")[0]
    assert len(team.said(pm, "reply:")) == 1
