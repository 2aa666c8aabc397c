"""Coroutines that write: they hear of it once it is on disk, share commits, and take no thread where they can."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest
from sqlalchemy import Connection

from service.store.database import Database, StoreUnavailable
from tests.databases import ON_SQLITE, Place, opened
from tests.store.rows import insert, issues

NAMES = [f"github:acme/shop#{number}" for number in range(40)]


def _insert_all(connection: Connection, items: Sequence[str]) -> list[str]:
    return [insert(connection, item) for item in items]


@pytest.fixture
def held(database: Database) -> Iterator[threading.Event]:
    """The thread that commits is at work until this is set."""
    entered, leave = threading.Event(), threading.Event()

    def slow(_: Connection) -> None:
        entered.set()
        assert leave.wait(60)

    beside = threading.Thread(target=database.write, args=(slow,))
    beside.start()
    assert entered.wait(60)
    yield leave
    leave.set()
    beside.join()


def test_each_hears_of_its_own(database: Database) -> None:
    """What came of it, though they were written together; what could not be kept is known to whom it concerns."""

    async def write() -> list[str | BaseException]:
        names = [*NAMES, NAMES[0]]
        return await asyncio.gather(
            *(database.written_together(_insert_all, name) for name in names), return_exceptions=True
        )

    *told, last = asyncio.run(write())
    kept = [one for one in (*told, last) if isinstance(one, str)]
    refused = [one for one in (told[0], last) if not isinstance(one, str)]
    assert sorted(kept) == sorted(NAMES)
    assert issues(database) == set(NAMES)
    assert [type(one) for one in refused] == [StoreUnavailable]


def test_a_second_loop_hears_as_well(database: Database) -> None:
    """As in a process that ends one loop and begins another."""
    for name in NAMES[:2]:
        assert asyncio.run(database.written_together(_insert_all, name)) == name


@ON_SQLITE
def test_who_waits_takes_no_thread(database: Database, held: threading.Event) -> None:
    """However many wait for the disk."""
    before = threading.active_count()

    async def write() -> int:
        waiting = [asyncio.ensure_future(database.written_together(_insert_all, name)) for name in NAMES]
        await asyncio.sleep(0)
        threads = threading.active_count()
        held.set()
        await asyncio.gather(*waiting)
        return threads

    assert asyncio.run(write()) == before
    assert issues(database) == set(NAMES)


@ON_SQLITE
def test_who_gave_up_waiting_writes_nothing(database: Database, held: threading.Event) -> None:
    """Where it had not begun; the others are written all the same."""

    async def write() -> None:
        waiting = [asyncio.ensure_future(database.written_together(_insert_all, name)) for name in NAMES[:2]]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        held.set()
        await asyncio.wait(waiting)

    asyncio.run(write())
    assert issues(database) == {NAMES[1]}


@pytest.mark.parametrize("patience", [0.5])
def test_a_locked_database_is_given_up(place: Place, patience: float) -> None:
    """After that many seconds, with a reason; afterwards the next is written."""
    with opened(place) as patient, closing(Database(place.url, patience=patience)) as hurried:
        with place.locked(), pytest.raises(StoreUnavailable):
            asyncio.run(hurried.written_together(_insert_all, NAMES[0]))
        assert asyncio.run(patient.written_together(_insert_all, NAMES[1])) == NAMES[1]
