"""The index of what calendars may show, and the feeds that were given out, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event

from service.model import IssueRef
from service.store.appointments import Appointments
from service.store.database import Database
from service.store.feeds import Feeds
from tests.build import appointment
from tests.clock import START, Clock
from tests.databases import Place, opened

HOME = IssueRef("github", "Acme/shop", 12)
MEETING = appointment(sequence=2, off=True)
REVIEW = replace(MEETING, id="b1" * 16, kind="review", begins=date(2026, 3, 3), minutes=0, confidential=True)


@pytest.fixture
def database(place: Place, clock: Clock) -> Iterator[Database]:
    with opened(place, clock) as database:
        yield database


def test_what_is_kept_comes_back(database: Database) -> None:
    """Moments as moments, days as days; of the project in the order of time, however its name is written."""
    book = Appointments(database)
    book.keep(HOME, (MEETING, REVIEW))
    assert book.find(MEETING.id) == (replace(HOME, project="acme/shop"), MEETING)
    assert book.find(REVIEW.id) == (replace(HOME, project="acme/shop"), REVIEW)
    assert book.find("c2" * 16) is None
    assert book.of_project("github", "acme/SHOP") == (REVIEW, MEETING)
    assert book.of_project("gitlab", "Acme/shop") == ()


def test_a_look_puts_down_all_that_the_issue_has(database: Database) -> None:
    """What it does not have any more is gone; another issue's stays."""
    book, other = Appointments(database), replace(MEETING, id="c2" * 16)
    book.keep(HOME, (MEETING, REVIEW))
    book.keep(replace(HOME, number=13), (other,))
    moved = replace(MEETING, begins=datetime(2026, 3, 5, 14, tzinfo=UTC), sequence=3, summary="Words\0")
    book.keep(replace(HOME, project="acme/Shop"), (moved,))
    assert book.of_project("github", "acme/shop") == (other, replace(moved, summary="Words\ufffd"))
    book.keep(HOME, ())
    assert book.of_project("github", "acme/shop") == (other,)


def test_where_nothing_is_new_nothing_is_written(database: Database) -> None:
    """Most looks find what the one before left."""
    book = Appointments(database)
    book.keep(HOME, (MEETING, REVIEW))
    asked: list[str] = []
    event.listen(database._engine, "before_cursor_execute", lambda *told: asked.append(told[2].split()[0]))
    book.keep(HOME, (REVIEW, MEETING))
    book.keep(replace(HOME, number=13), ())
    assert set(asked) <= {"SELECT", "BEGIN"}


def test_what_lies_far_back_is_forgotten(database: Database, clock: Clock) -> None:
    """Counted from its beginning."""
    book = Appointments(database)
    book.keep(HOME, (MEETING, REVIEW))
    clock.now = MEETING.begins if isinstance(MEETING.begins, datetime) else START
    clock.forward(days=29.6)
    assert (book.forget(30), book.of_project("github", "acme/shop")) == (1, (MEETING,))
    clock.forward(days=1)
    assert (book.forget(30), book.find(MEETING.id)) == (1, None)


def test_feeds_are_each_their_own(database: Database, clock: Clock) -> None:
    """Unguessable, listed newest first, and taken back by project."""
    feeds = Feeds(database)
    first = feeds.give("github", "acme/shop")
    clock.forward(seconds=1)
    second, other = feeds.give("github", "Acme/Shop"), feeds.give("gitlab", "acme/shop")
    assert {len(name) for name in (first, second, other)} == {32}
    assert [one.id for one in feeds.given()] == [*sorted((second, other)), first]
    found = feeds.find(first)
    assert found is not None
    assert (found.forge, found.project, found.made_at) == ("github", "acme/shop", START)
    assert (feeds.take_back("github", "ACME/shop"), feeds.take_back("github", "acme/shop")) == (2, 0)
    assert [one.id for one in feeds.given()] == [other]
    assert feeds.find(first) is None
