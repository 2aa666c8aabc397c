"""A card that a person drags on a GitHub project: the organisation's webhook alone is enough to answer it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from service.policy import FILES
from service.sandbox import Sandbox
from service.sandbox.rows import BoardRow, IssueRow
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


def report(stack: Stack, project: str = SHOP, body: str = "We lost orders.") -> IssueRow:
    """A post-mortem, of which from now on nothing but the cards is heard."""
    made = stack.sandbox.world.create_issue(
        "github", project, actor="alice", title="Checkout down", body=body, labels=["post-mortem"]
    )
    stack.settle()
    for name in PROJECTS:
        stack.sandbox.world.project("github", name).hooks.clear()
    return made


def board_of(stack: Stack, issue: IssueRow) -> BoardRow:
    [board] = stack.sandbox.world.boards_of(stack.sandbox.world.project_of(issue))
    return board


def drag(stack: Stack, issue: IssueRow, column: str) -> str | None:
    """Where the card is once everything is quiet."""
    stack.sandbox.world.move_card("github", issue.path, issue.number, actor="bob", column=column)
    stack.settle()
    return stack.sandbox.world.column_of(issue, board_of(stack, issue))


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


def test_a_deadline_on_the_project_is_the_action_items_deadline(stack: Stack) -> None:
    """The project has a date field: the new action item's card is given its deadline, and a person's date on it goes
    to the line and the item's text; emptied, it stays empty.
    """
    world = stack.sandbox.world
    world.group("github", "acme").boards[0].date_field = "Due date"
    pm = report(stack, body="## Action items\n\n- [ ] Page on queue depth - @bob - 2026-04-01\n")
    [item] = world.children_of(pm)
    board = board_of(stack, item)
    card = world.card(board, item)
    assert card is not None
    assert card.values == {board.date_field_id: "2026-04-01"}
    world.set_card_date(board, item, date(2026, 5, 15), actor="bob")
    stack.settle()
    assert f"- [ ] Page on queue depth - @bob - 2026-05-15 (#{item.number})" in pm.body
    assert "**Deadline:** 2026-05-15" in item.body
    world.set_card_date(board, item, None, actor="bob")
    stack.settle()
    assert (card.values, "@bob - 2026-05-15" in pm.body) == ({}, True)
