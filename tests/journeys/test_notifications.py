"""What leaves the tracker, on both forges: one message for each thing worth telling, through the real Apprise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from service.bootstrap import Service
from service.model import IssueRef
from service.policy import FILES
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.incident import filled_in, proven, reviewed
from tests.journeys.team import LINE, PROJECT, Team
from tests.notifications.reception import Message, Reception, reception
from tests.stack import FORGES, running


@pytest.fixture
def there() -> Iterator[Reception]:
    with reception() as taking:
        yield taking


@pytest.fixture(params=FORGES)
def team(
    request: pytest.FixtureRequest, sandbox: Sandbox, clock: Clock, there: Reception, tmp_path: Path
) -> Iterator[Team]:
    """A team whose installation has one route, which takes everything but what is confidential."""
    with running(sandbox, clock, tmp_path, routes=(there.route(),)) as stack:
        stack.service.schedule.run_due()
        yield Team(stack, request.param)


def _delivered(team: Team, there: Reception) -> list[Message]:
    """What has arrived since the last time, once a minute has passed."""
    there.messages.clear()
    team.stack.clock.forward(seconds=61)
    team.stack.settle()
    team.stack.service.schedule.run_due()
    return list(there.messages)


def _completed(team: Team) -> int:
    pm = team.report()
    team.write(pm, reviewed(filled_in(team.issue(pm).body, LINE)))
    assert team.close(pm, by="alice") == "closed"
    return pm


def test_a_post_mortem_is_told_of_through_its_life(team: Team, there: Reception) -> None:
    """Opened, ready for review, refused, completed with its lessons, and an action that is late: each once."""
    pm = team.report()
    (opened,) = _delivered(team, there)
    assert opened.title == f"Post-mortem opened: Checkout down (acme/shop#{pm})"
    assert f"{PROJECT}" in opened.text.splitlines()[-1]

    team.write(pm, filled_in(team.issue(pm).body, LINE))
    (review,) = _delivered(team, there)
    assert review.title.startswith("Ready for review: ")
    assert "Severity: high" in review.text

    assert team.close(pm, by="bob") == "open"
    (refused,) = _delivered(team, there)
    assert refused.title.startswith("Open again, with a few points left: ")
    assert "points of the final review are not ticked" in refused.text
    assert refused.type == "warning"

    team.write(pm, reviewed(team.issue(pm).body))
    assert team.close(pm, by="alice") == "closed"
    (completed,) = _delivered(team, there)
    assert completed.title == f"Lessons learned: Checkout down (acme/shop#{pm})"
    assert "• Connection limits belong in the load test." in completed.text
    assert completed.type == "success"

    item = team.action_item()
    for _ in range(6):
        team.wait(days=7)
    late = [message.title for message in _delivered(team, there)]
    assert late
    assert all(title.startswith("Past its deadline: ") for title in late)
    assert len(late) == len(team.said(item.number, "nudge:")) - 1  # the one on the day itself stays there


BY_MESSAGE = (
    "version: 1\naudit: {teams: {payments: [bob]}, leads: {payments: [eve]}}\nrules:\n  escalation:\n    steps:\n"
    "      - {offset: 0, how: notification, tell: [owner, team-lead]}\n      - {offset: 7, how: notification}\n"
)


def test_a_reminder_by_message_is_told_once_and_remembered_by_the_tracker(
    team: Team, there: Reception, tmp_path: Path
) -> None:
    """In a look of the service's own, and never again: not after further looks, nor by a database that knows nothing."""
    team.stack.sandbox.world.put_file(team.forge, PROJECT, FILES[team.forge], BY_MESSAGE)
    pm = team.report()
    team.write(pm, filled_in(team.issue(pm).body, LINE))
    item = team.action_item()
    team.wait(days=30)
    (due,) = [message for message in _delivered(team, there) if "Page when" in message.title]
    assert due.title == f"Due on 2026-04-01: Page when the connection pool is 80 % full (acme/shop#{item.number})"
    assert "For: eve" in due.text
    assert team.said(item.number, "nudge:") == []
    (status,) = team.said(item.number, "status")
    assert "- 2026-04-01: a reminder went out by message (due 2026-04-01)." in status

    fresh = {"database_url": SecretStr(f"sqlite:///{tmp_path / 'fresh.sqlite3'}")}
    ref = IssueRef(team.forge, PROJECT, item.number)
    with Service(team.stack.service.settings.model_copy(update=fresh), clock=team.stack.clock) as other:
        team.wait(days=2)
        assert other.reconciler().reconcile(ref).changes == ()
        assert other.outbox.latest() == []


def test_completed_is_told_once_whatever_comes_again(team: Team, there: Reception) -> None:
    """Every webhook again under its own id, further looks, and an action that is finished afterwards."""
    pm = _completed(team)
    titles = [message.title for message in _delivered(team, there)]
    assert [title for title in titles if "Lessons" in title] == [f"Lessons learned: Checkout down (acme/shop#{pm})"]
    world = team.stack.sandbox.world
    for hook in world.project(team.forge, PROJECT).hooks:
        for delivery in list(hook.deliveries):
            world.courier.send_again(team.forge, hook, delivery)
    team.stack.settle()
    item = team.action_item()
    team.write(item.number, proven(item.body), by="bob")
    assert team.close(item.number, by="bob") == "closed"
    team.stack.service.queue.nudge(IssueRef(team.forge, PROJECT, pm))
    team.stack.settle()
    assert _delivered(team, there) == []


def test_a_message_that_was_kept_outlives_its_process(team: Team, there: Reception) -> None:
    """Another one on the same database sends it; the first has nothing left to send."""
    _completed(team)
    settings, clock = team.stack.service.settings, team.stack.clock
    clock.forward(seconds=61)
    with Service(settings, clock=clock) as second:
        second.schedule.run_due()
    assert sum("Lessons" in message.title for message in there.messages) == 1
    assert _delivered(team, there) == []


def test_a_dry_run_tells_nobody(sandbox: Sandbox, clock: Clock, there: Reception, tmp_path: Path) -> None:
    """Neither now nor when it is over."""
    with running(sandbox, clock, tmp_path, routes=(there.route(),), dry_run=True) as stack:
        stack.service.schedule.run_due()
        sandbox.world.create_issue("github", PROJECT, actor="alice", title="Down", labels=["post-mortem"])
        stack.settle()
        clock.forward(seconds=61)
        assert "notifications" not in stack.service.schedule.run_due()
        assert stack.service.outbox.latest() == []
    assert there.asked == 0


@pytest.mark.parametrize(
    ("forge", "private", "settings"),
    [("gitlab", True, {}), ("github", False, {"confidential": (PROJECT,)})],
    ids=["issue", "project"],
)
def test_a_confidential_post_mortem_leaves_by_no_other_route(
    sandbox: Sandbox,
    clock: Clock,
    there: Reception,
    tmp_path: Path,
    forge: str,
    private: bool,
    settings: dict[str, Any],
) -> None:
    """Only by one that says so, whatever the policy names: its life, its action's, and the audit's summary. GitHub has
    no confidential issues: there the project is said to be one.
    """
    routes = (there.route("open"), there.route("vault", confidential=True))
    policy = "version: 1\nnotify: {opened: [open, vault], refused: [open, vault]}\n"
    sandbox.world.put_file(forge, PROJECT, FILES[forge], policy)
    settings = {"projects": (f"{forge}:acme/*",), **settings}
    with running(sandbox, clock, tmp_path, routes=routes, audit="0 9 * * *", **settings) as stack:
        stack.service.schedule.run_due()
        made = sandbox.world.create_issue(
            forge, PROJECT, actor="alice", title="Leaked key", labels=["post-mortem"], private=private
        )
        stack.settle()
        team = Team(stack, forge)
        team.write(made.number, filled_in(team.issue(made.number).body, LINE))
        assert team.close(made.number, by="bob") == "open"
        for _ in range(6):
            team.wait(days=7)
            stack.service.schedule.run_due()
        kept = {(posted.letter.route, posted.letter.kind) for posted in stack.service.outbox.latest()}
    assert kept == {("vault", kind) for kind in ("opened", "review", "refused", "overdue", "audit")}
    assert all("Leaked key" not in message.text for message in there.messages if "opened" in message.title)
