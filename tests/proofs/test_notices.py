"""The worker dies at any write of a look that is worth telling of: the outbox ends with the same letters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from service.hidden import state_of
from service.notifications.telling import Telling
from service.policy import FILES
from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from service.settings import Route
from service.store.database import Database
from service.store.outbox import Outbox
from service.store.tables import outbox
from tests.clock import Clock
from tests.databases import Place, opened
from tests.proofs.life import PROJECT, Life
from tests.proofs.wire import Wire, writes

ROUTE = Route(name="default", address=SecretStr("json://127.0.0.1:9"))
STEPS = ("close_too_soon", "close")  # both are told of; the rest of the life leads there
HOLD = 121  # seconds after which a letter goes, whoever held it


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> Iterator[Database]:
    with opened(Place.file(tmp_path), clock) as database:
        yield database


def _keys(box: Outbox) -> list[str]:
    """Of the letters that may go now."""
    return sorted(posted.letter.key for posted in box.due(ROUTE.name, 100))


def _rows(database: Database) -> list[dict[str, Any]]:
    return database.read(lambda c: [dict(row) for row in c.execute(select(outbox)).mappings()])


def _restore(database: Database, rows: list[dict[str, Any]]) -> None:
    database.write(lambda c: c.execute(outbox.delete()))
    if rows:
        database.write(lambda c: c.execute(outbox.insert(), rows))


def test_a_death_at_any_write_loses_no_message_and_doubles_none(
    sandbox: Sandbox, clock: Clock, wire: Wire, forge: str, database: Database
) -> None:
    """At the first request of each step, and after each write of it; then the next worker goes on."""
    box = Outbox(database)
    telling = Telling(box, [ROUTE])
    life = Life(sandbox, forge, clock, telling=lambda plan: telling(plan.notices))
    told: list[str] = []
    for step in life.steps:
        begin, rows = life.checkpoint(), _rows(database)
        life.worker = life.new_worker()
        step()
        wire.made = []
        life.settle_after(step)
        requests, after, kept, told = tuple(wire.made), life.checkpoint(), _rows(database), _keys(box)
        for number, after_it in _points(requests) if step.__name__ in STEPS else ():
            life.restore(begin)
            _restore(database, rows)
            step()
            with wire.deadly(number, after=after_it):
                life.settle_after(step)
            life.replace_worker()
            life.settle_after(step)
            clock.forward(seconds=HOLD)
            assert _keys(box) == told, (step.__name__, number, after_it, requests[number - 1])
        life.restore(after)
        _restore(database, kept)
    assert [key.split()[1] for key in told] == ["completed", "opened", "refused", "review"]


ITEM = "<!-- closeout:action-item parent=github:acme/shop#99 key=k -->\n**Owner:** @bob\n**Deadline:** 2026-02-20\n"
BY_MESSAGE = "version: 1\nrules: {escalation: {steps: [{offset: 7, how: notification}]}}\n"


def test_a_death_at_any_write_tells_a_reminder_once_and_the_tracker_remembers(
    sandbox: Sandbox, clock: Clock, wire: Wire, forge: str, database: Database
) -> None:
    """Also where a write had its effect and its answer was lost, so that the look failed and took its letter back."""
    box = Outbox(database)
    telling = Telling(box, [ROUTE])
    life = Life(sandbox, forge, clock, telling=lambda plan: telling(plan.notices), routes=(ROUTE,))
    sandbox.world.put_file(forge, PROJECT, FILES[forge], BY_MESSAGE)
    made = sandbox.world.create_issue(
        forge, PROJECT, actor="alice", title="Page", body=ITEM, labels=("type-action-item",)
    )
    begin, expected = life.checkpoint(), [f"{forge}:{PROJECT}#{made.number} overdue 2026-02-20 +7d"]
    wire.made = []
    life.look(made.number)
    points = _points(tuple(wire.made))
    for number, after_it in points:
        life.restore(begin)
        _restore(database, [])
        with wire.deadly(number, after=after_it):
            life.look(made.number)
        life.replace_worker()
        _ends(life, box, made.number, expected)
    life.restore(begin)
    _restore(database, [])
    sandbox.faults.add(Fault({"github": "*/comments", "gitlab": "*/notes"}[forge], "drop", method="POST", after=True))
    life.look(made.number)
    assert [type(error).__name__ for error in life.failures] == ["Unavailable"]
    _ends(life, box, made.number, expected)
    assert len(points) > 2


def _ends(life: Life, box: Outbox, number: int, expected: list[str]) -> None:
    """One letter, one record of it, no reminder on the item, and nothing left to do."""
    life.look(number)
    assert life.look(number).changes == ()
    life.clock.forward(seconds=HOLD)
    assert _keys(box) == expected
    texts = [comment.body for comment in life.issue(number).comments]
    assert [state_of(text).told[0].step for text in texts] == ["2026-02-20:+7d"]


def _points(requests: tuple[str, ...]) -> list[tuple[int, bool]]:
    after = [(number, True) for number, what in enumerate(requests, start=1) if writes(what)]
    return [(1, False), *after]
