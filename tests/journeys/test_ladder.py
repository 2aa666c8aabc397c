"""An action item past its deadline, on both forges: reminders in simulated days, and what people say to them."""

from __future__ import annotations

import pytest

from service.sandbox.rows import IssueRow
from tests.incident import filled_in
from tests.journeys.team import LINE, Team

pytestmark = pytest.mark.node  # all traffic is held to the forges' published contracts


def spawned(team: Team) -> tuple[int, IssueRow]:
    """A post-mortem, and its action item, due on Wednesday 1 April; today is Monday 2 March."""
    pm = team.report()
    team.write(pm, filled_in(team.issue(pm).body, LINE))
    return pm, team.action_item()


def test_an_item_climbs_the_ladder_and_its_people_are_heard(team: Team) -> None:
    """Nobody nudges: each step comes by itself, in a new comment, while the one before is folded. Then bob answers."""
    pm, item = spawned(team)
    counts, overdue = [], []
    for _ in range(7):
        team.wait(days=7)
        counts.append(len(team.said(item.number, "nudge:")))
        overdue.append("overdue" in team.issue(item.number).labels)
    assert counts == [0, 0, 0, 1, 2, 3, 4]  # a week before is for the digest; the day itself was slept through
    assert overdue == [False] * 4 + [True] * 3
    whole = [text for text in team.said(item.number, "nudge:") if "<details>" not in text]
    assert [text.partition(" -->")[0].rpartition(":")[2] for text in whole] == ["+14d"]
    assert "@bob, @alice: this action was due on 2026-04-01" in whole[0]

    team.comment(item.number, "/pm extend 2026-06-01 the vendor ships in May", by="bob")
    assert "overdue" not in team.issue(item.number).labels
    assert "@bob - 2026-06-01" in team.issue(pm).body
    assert "The deadline of #2 was moved once." in team.said(pm, "status")[0]
    assert all("<details>" in text for text in team.said(item.number, "nudge:"))

    team.comment(item.number, "/pm snooze 2w on leave", by="bob")
    team.wait(days=10)
    assert len(team.said(item.number, "nudge:")) == 4
    team.wait(days=32)
    assert len(team.said(item.number, "nudge:")) == 5
    assert "slipping" not in team.issue(item.number).labels
    team.comment(item.number, "/pm extend 2026-08-03 the vendor ships in July", by="bob")
    assert "slipping" in team.issue(item.number).labels


def test_a_paused_post_mortem_lets_its_action_items_rest(team: Team) -> None:
    """Nobody is reminded meanwhile; `/pm resume` wakes the item at once, and what has come by then is said, once."""
    pm, item = spawned(team)
    team.comment(pm, "/pm pause", by="alice")
    team.wait(days=60)
    assert "pm-paused" in team.issue(pm).labels
    assert "pm-paused" not in team.issue(item.number).labels
    assert team.said(item.number, "nudge:") == []
    team.comment(pm, "/pm resume", by="alice")
    team.wait(days=4)
    assert "pm-paused" not in team.issue(pm).labels
    assert len(team.said(item.number, "nudge:")) == 1


def test_what_will_not_be_done_stays_closed(team: Team) -> None:
    """With the reason on record, and the post-mortem's line neither ticked nor waiting."""
    pm, item = spawned(team)
    team.comment(item.number, "/pm wont-do the service is gone next month", by="bob")
    team.wait(days=40)
    assert team.issue(item.number).state == "closed"
    assert "wont-do" in team.issue(item.number).labels
    assert "it will not be done: the service is gone next month" in team.said(item.number, "status")[0]
    assert "- [ ] Page when the connection pool" in team.issue(pm).body
    assert "Action items: 0 of 1 done, 1 will not be done." in team.said(pm, "status")[0]
    assert team.said(item.number, "nudge:") == []


def test_an_item_whose_line_is_moved_twice_slips_and_an_override_shows_while_it_holds(team: Team) -> None:
    """Both labels are made where they are first needed; who takes one off is heard, and a reopening takes off its own."""
    pm, item = spawned(team)
    for old, new in (("2026-04-01", "2026-05-04"), ("2026-05-04", "2026-06-01")):
        assert "slipping" not in team.issue(item.number).labels
        team.write(pm, team.issue(pm).body.replace(old, new))
    assert "slipping" in team.issue(item.number).labels

    team.comment(pm, "/pm override the auditors need it today", by="alice")
    assert "closed-by-override" not in team.issue(pm).labels
    assert team.close(pm, by="alice") == "closed"
    assert "closed-by-override" in team.issue(pm).labels
    team.edit(item.number, labels=set(team.issue(item.number).labels) - {"slipping"}, by="bob")
    team.edit(pm, state="open", by="alice")
    assert "closed-by-override" not in team.issue(pm).labels
    team.wait(days=1)
    assert "slipping" not in team.issue(item.number).labels
