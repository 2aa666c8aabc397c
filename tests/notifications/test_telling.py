"""What a plan is worth telling, kept around its being carried out, on each database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from service.model import IssueRef, Notice
from service.notifications.telling import Telling
from service.settings import Route
from service.store.outbox import Outbox
from tests.clock import Clock
from tests.databases import ON_SQLITE

NOTICE = Notice("refused", "github:acme/shop#12 refused", IssueRef("github", "acme/shop", 12), "Down")


@pytest.fixture
def telling(outbox: Outbox) -> Telling:
    return Telling(outbox, [Route(name="oncall", address=SecretStr("json://127.0.0.1:9"))])


def _due(outbox: Outbox) -> int:
    return len(outbox.due("oncall", 10))


def test_a_message_goes_after_the_last_change(telling: Telling, outbox: Outbox) -> None:
    """Kept before the first."""
    with telling([NOTICE]):
        assert [posted.state for posted in outbox.latest()] == ["held"]
        assert _due(outbox) == 0
    assert _due(outbox) == 1


def test_a_plan_that_fails_takes_back_what_it_kept(telling: Telling, outbox: Outbox, clock: Clock) -> None:
    """The next may say otherwise; and what another plan has let go stays."""
    with telling([NOTICE]):
        pass
    other = replace(NOTICE, key="github:acme/shop#13 refused")
    with pytest.raises(ValueError, match="the forge is away"), telling([NOTICE, other]):
        raise ValueError("the forge is away")
    clock.forward(hours=1)
    assert [posted.letter.key for posted in outbox.due("oncall", 10)] == [NOTICE.key]


def test_a_process_that_dies_leaves_its_message(telling: Telling, outbox: Outbox, clock: Clock) -> None:
    """It goes when somebody carries the plan out, else by itself."""
    with pytest.raises(KeyboardInterrupt), telling([NOTICE]):
        raise KeyboardInterrupt
    assert _due(outbox) == 0
    clock.forward(seconds=121)
    assert _due(outbox) == 1


@ON_SQLITE
def test_an_unknown_route_is_a_line_in_the_log(telling: Telling, outbox: Outbox) -> None:
    """It names the route, the issue and the routes there are; the others are told."""
    with capture_logs() as logged, telling([replace(NOTICE, routes=("oncall", "oncal"))]):
        pass
    (line,) = logged
    assert (line["event"], line["route"], line["there_is"]) == ("notify_route_unknown", "oncal", "oncall")
    assert _due(outbox) == 1
