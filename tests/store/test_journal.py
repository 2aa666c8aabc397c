"""The journal: what was changed on which issue, because of which rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.model import AddLabels, EnsureComment, IssueRef, Reopen
from service.store.journal import EntryFilter, Journal
from tests.clock import START, Clock
from tests.databases import Place, opened

POST_MORTEM = IssueRef("github", "acme/shop", 12)
ACTION = IssueRef("github", "acme/ops", 3)


@pytest.fixture
def journal(place: Place, clock: Clock) -> Iterator[Journal]:
    with opened(place, clock) as database:
        yield Journal(database)


def test_each_change_is_on_record_with_its_rule(journal: Journal, clock: Clock) -> None:
    """The newest entry comes first; a change to another issue names both."""
    journal.record(POST_MORTEM, rule="labels", change=AddLabels(POST_MORTEM, frozenset({"overdue"})), result="ok")
    clock.forward(hours=1)
    journal.record(POST_MORTEM, rule="definition-of-done", change=Reopen(ACTION), result="Forbidden: no")
    journal.record(ACTION, rule="closure", change=Reopen(ACTION), result="ok")
    found = journal.latest(EntryFilter(issue=POST_MORTEM))
    assert [(e.rule, e.change, e.target, e.result) for e in found] == [
        ("definition-of-done", "Reopen", str(ACTION), "Forbidden: no"),
        ("labels", "AddLabels", str(POST_MORTEM), "ok"),
    ]
    assert [e.at for e in found] == [clock(), START]


def test_what_was_opened_again_is_counted_within_a_time(journal: Journal, clock: Clock) -> None:
    """By the issue, as often as it happened; what a forge refused did not happen."""
    begin = clock()
    for issue, result in ((ACTION, "ok"), (ACTION, "ok"), (POST_MORTEM, "ok"), (POST_MORTEM, "Forbidden: no")):
        clock.forward(hours=1)
        journal.record(issue, rule="closure", change=Reopen(issue), result=result)
    journal.record(ACTION, rule="labels", change=AddLabels(ACTION, frozenset({"overdue"})), result="ok")
    found = journal.reopened(begin, clock()), journal.reopened(begin + timedelta(hours=1), begin + timedelta(hours=2))
    assert found == ({str(ACTION): 2, str(POST_MORTEM): 1}, {str(ACTION): 1})


@pytest.mark.parametrize(
    ("result", "seconds", "is_remembered"),
    [
        ("ok", 60, True),
        ("ok", 180, False),
        ("Unavailable: GitHub did not answer", 10, True),
        ("Unavailable: GitHub did not answer", 60, False),
        ("RateLimited: asked to wait", 10, False),
    ],
)
def test_what_was_made_a_moment_ago_is_known(
    journal: Journal, clock: Clock, result: str, seconds: int, *, is_remembered: bool
) -> None:
    """By name, for a while: what was written, for longer than what may have been; what was refused, not at all."""
    journal.record(ACTION, rule="status", change=EnsureComment(POST_MORTEM, "status", "x"), result=result)
    clock.forward(seconds=seconds)
    found = journal.made_lately(POST_MORTEM, ["comment status", "comment reply:1", "item 3f2a"])
    elsewhere = journal.made_lately(ACTION, ["comment status"])
    assert found == ({"comment status"} if is_remembered else set())
    assert elsewhere == set()
