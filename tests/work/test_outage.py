"""A PostgreSQL server that goes away and comes back: said at once, waited for, and heard again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.model import IssueRef
from service.store.database import Database, StoreUnavailable
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from tests import postgres
from tests.work.hearing import heard

ISSUE = IssueRef("github", "acme/shop", 12)
OTHER = IssueRef("github", "acme/shop", 13)


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """A server of the test's own, to stop and start."""
    with postgres.server() as own:
        yield own


def test_a_server_that_goes_away_is_waited_for(server: postgres.Server) -> None:
    """While it is away every call says so; once it is back, the same objects work and hear again."""
    database, other = Database(server.url), Database(server.url)
    database.migrate()
    queue, elsewhere = Queue(database, Timing(debounce=0)), Queue(other, Timing(debounce=0))
    elsewhere.nudge(OTHER)
    deafen = queue.listen()
    heard(queue, 0)
    server.stop()
    for call in (database.check, queue.claim, lambda: queue.accept("github", "d1", "issues", (ISSUE,), b"{}")):
        with pytest.raises(StoreUnavailable, match="connection"):
            call()
    begun = queue.wakeup.count
    server.start()
    heard(queue, begun)  # it listens again
    elsewhere.nudge(ISSUE)
    heard(queue, begun + 1)
    assert {task.issue for task in Overview(database).tasks()} == {str(ISSUE), str(OTHER)}
    deafen()
    database.close()
    other.close()
