"""What a policy would have done, on written snapshots."""

from __future__ import annotations

from datetime import timedelta

from service.model import Snapshot
from service.policy import Policy
from service.simulation.effects import simulate
from tests.build import NOW, closed, snapshot


def _refused(seen: Snapshot) -> int:
    return len(simulate([seen], [seen.issue], Policy(), NOW).refused)


def test_a_close_of_a_moment_ago_is_judged_too() -> None:
    """Its grace is not over, and whoever tries a policy asks how it will end."""
    empty = snapshot("", created_at=NOW - timedelta(days=1))
    assert _refused(empty) == 0
    assert _refused(closed(empty, at=NOW - timedelta(seconds=1))) == 1
    assert _refused(closed(empty, at=NOW - timedelta(hours=1))) == 1
