"""After the close, on both forges: a review by itself, closed by the same gate, once whatever is redelivered."""

from __future__ import annotations

import pytest

from service.sandbox.rows import IssueRow
from tests.journeys.team import PROJECT, Team
from tests.stack import BOT

pytestmark = pytest.mark.node  # all traffic is held to the forges' published contracts

NO = ("**Happened again:** [yes or no]", "**Happened again:** no, by the incidents since March")
YES = ("**Happened again:** [yes or no]", "**Happened again:** yes, https://incidents.example/9")


def closed_with_everything(team: Team) -> int:
    """A post-mortem and its action item, both closed on Monday 2 March."""
    pm = team.report()
    team.complete(pm)
    return pm


def reviews(team: Team) -> list[IssueRow]:
    issues = team.stack.sandbox.world.project(team.forge, PROJECT).issues.values()
    return [row for row in issues if row.author == BOT and "Follow-up review" in row.title]


def answered(body: str, recurred: tuple[str, str]) -> str:
    for old, new in (
        recurred,
        ("## Did the alert fire?", "## Did the alert fire?\n\nIn the drill of 20 March, after 40 s."),
        ("## Verdict", "## Verdict\n\nThe risk is gone."),
        ("[link to the proof]", "https://drills.example/7"),
        ("- [ ]", "- [x]"),
    ):
        assert old in body
        body = body.replace(old, new)
    return body


def test_the_fixes_of_a_closed_post_mortem_are_looked_at_twice(team: Team) -> None:
    """Nobody nudges: the reviews come by themselves, are linked and owned, and close with evidence alone."""
    pm = closed_with_everything(team)
    before = team.issue(pm).body
    team.wait(days=29)
    assert reviews(team) == []
    team.wait(days=1)
    [first] = reviews(team)
    assert (first.assignees, first.number in team.linked(pm)) == (["alice"], True)
    assert {"type-action-item", "follow-up-review", "severity-high"} <= set(first.labels)
    assert "- [ ] #2 Page when the connection pool is 80 % full: [link to the proof]" in first.body
    assert "Follow-up reviews: #3." in team.said(pm, "status")[0]

    assert team.close(first.number, by="alice") == "open"
    assert "whether it happened again" in team.said(first.number, "refused")[0]
    team.write(first.number, answered(first.body, NO))
    assert team.close(first.number, by="alice") == "closed"
    assert reviews(team) == [team.issue(first.number)]

    team.wait(days=30)
    assert [row.number for row in reviews(team)] == [3, 4]
    team.wait(days=90)
    assert len(reviews(team)) == 2
    assert (team.issue(pm).body, team.issue(pm).state) == (before, "closed")


def test_what_happened_again_is_taken_up_again(team: Team) -> None:
    """The answer reaches the post-mortem; reopened and closed again, it is looked at again so many days later."""
    pm = closed_with_everything(team)
    team.wait(days=30)
    [first] = reviews(team)
    team.write(first.number, answered(first.body, YES))
    assert team.close(first.number, by="alice") == "closed"
    assert "#3 says that it happened again" in team.said(pm, "status")[0]

    team.stack.sandbox.world.edit_issue(team.forge, PROJECT, pm, actor="alice", state="open")
    team.stack.settle()
    assert "happened again" not in team.said(pm, "status")[0]
    assert team.close(pm, by="alice") == "closed"
    team.wait(days=29)
    assert len(reviews(team)) == 1
    team.wait(days=4)
    assert len(reviews(team)) == 2


def test_an_unlinked_review_is_not_opened_again(team: Team) -> None:
    """Nor one whose webhooks come again and again: the post-mortem remembers it."""
    pm = closed_with_everything(team)
    team.wait(days=30)
    [first] = reviews(team)
    team.unlink(pm, first.number)
    team.comment(pm, "Thank you all.", by="bob")
    team.comment(pm, "/pm why", by="alice")
    assert len(reviews(team)) == 1
