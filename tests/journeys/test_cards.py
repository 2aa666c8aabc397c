"""A card that a person drags on a GitHub project: the organisation's webhook alone is enough to answer it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.policy import FILES
from service.sandbox import Sandbox
from service.sandbox.rows import IssueRow
from tests.clock import Clock
from tests.contracts.recorder import Recorder
from tests.stack import PROJECTS, SECRET, Stack, running

pytestmark = pytest.mark.node  # all traffic is held to GitHub's published contracts

SHOP, OPS = PROJECTS
POLICY = "version: 1\nrules:\n  board: {project: 1}\n"


@pytest.fixture
def stack(sandbox: Sandbox, clock: Clock, contracts: Recorder, tmp_path: Path) -> Iterator[Stack]:
    """Closeout may act on one of the organisation's two repositories, and hears of both one's cards."""
    for project in PROJECTS:
        sandbox.world.put_file("github", project, FILES["github"], POLICY)
    with running(sandbox, clock, tmp_path, projects=(SHOP,)) as both:
        url = f"{both.service.url}/webhooks/github"
        sandbox.world.add_hook("github", "acme", url=url, secret=SECRET, events=["projects_v2_item"])
        yield both


def report(stack: Stack, project: str = SHOP) -> IssueRow:
    """A post-mortem, of which from now on nothing but its card is heard."""
    made = stack.sandbox.world.create_issue(
        "github", project, actor="alice", title="Checkout down", body="We lost orders.", labels=["post-mortem"]
    )
    stack.settle()
    for name in PROJECTS:
        stack.sandbox.world.project("github", name).hooks.clear()
    return made


def drag(stack: Stack, issue: IssueRow, column: str) -> str | None:
    """Where the card is once everything is quiet."""
    stack.sandbox.world.move_card("github", issue.path, issue.number, actor="bob", column=column)
    stack.settle()
    [board] = stack.sandbox.world.boards_of(stack.sandbox.world.project_of(issue))
    return stack.sandbox.world.column_of(issue, board)


def test_a_card_that_is_ahead_of_its_issue_is_moved_back_and_told_why(stack: Stack) -> None:
    """The open post-mortem is dragged to the last column; no other event comes."""
    pm = report(stack)
    assert drag(stack, pm, "Complete") == "Draft"
    [told] = [text for text in stack.said("github", pm.number) if "moved-back" in text]
    assert "Complete needs the post-mortem to be closed" in told


def test_a_card_that_a_person_holds_back_stays(stack: Stack) -> None:
    """The post-mortem has come as far as Review; dragged back to Draft, its card is remembered to be held there."""
    world, pm = stack.sandbox.world, report(stack)
    world.comment("github", SHOP, pm.number, actor="alice", body="/pm review")
    assert drag(stack, pm, "Review") == "Review"
    assert drag(stack, pm, "Draft") == "Draft"
    assert [text for text in stack.said("github", pm.number) if "moved-back" in text] == []
    [status] = [text for text in stack.said("github", pm.number) if "topic=status" in text]
    assert '"held":"review"' in status


def test_a_card_of_another_repository_moves_nothing(stack: Stack) -> None:
    """Its issue is found to be in a project that may not be acted on, and is not even looked at."""
    theirs = report(stack, OPS)
    asked = len(stack.sandbox.log)
    assert drag(stack, theirs, "Complete") == "Complete"
    assert {record.path for record in stack.sandbox.log[asked:]} == {"/github/api/graphql"}  # a look reads the policy
    assert stack.writes() == []


def test_a_card_whose_issue_is_gone_troubles_nobody(stack: Stack) -> None:
    """The id leads nowhere by the time it is looked up: nothing to do, nothing to retry."""
    pm = report(stack)
    stack.sandbox.world.delete_issue("github", SHOP, pm.number, actor="alice")
    stack.settle()
    assert {task.state for task in stack.service.overview.tasks()} == {"idle"}
