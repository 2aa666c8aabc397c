"""The journal: what was changed on which issue, because of which rule."""

from __future__ import annotations

from service.model import AddLabels, IssueRef, Reopen
from service.store.database import Database
from service.store.journal import EntryFilter, Journal
from tests.clock import START, Clock
from tests.databases import Place

POST_MORTEM = IssueRef("github", "acme/shop", 12)
ACTION = IssueRef("github", "acme/ops", 3)


def test_each_change_is_on_record_with_its_rule(place: Place, clock: Clock) -> None:
    """The newest entry comes first; a change to another issue names both."""
    database = Database(place.url, clock=lambda: clock().timestamp())
    database.migrate()
    journal = Journal(database)
    journal.record(POST_MORTEM, rule="labels", change=AddLabels(POST_MORTEM, frozenset({"overdue"})), result="ok")
    clock.forward(hours=1)
    journal.record(POST_MORTEM, rule="definition-of-done", change=Reopen(ACTION), result="Forbidden: no")
    journal.record(ACTION, rule="closure", change=Reopen(ACTION), result="ok")
    found = journal.latest(EntryFilter(issue=POST_MORTEM))
    database.close()
    assert [(e.rule, e.change, e.target, e.result) for e in found] == [
        ("definition-of-done", "Reopen", str(ACTION), "Forbidden: no"),
        ("labels", "AddLabels", str(POST_MORTEM), "ok"),
    ]
    assert [e.at for e in found] == [clock(), START]
