"""PostgreSQL's own side: transactions that clash, limits on waiting, and being told at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, select, text

from service.model import IssueRef
from service.store.database import Database, StoreUnavailable
from service.store.tables import work
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from tests.databases import ON_POSTGRESQL, Place, opened
from tests.store.rows import insert, issues
from tests.work.hearing import heard

ISSUE = IssueRef("github", "acme/shop", 12)
OTHER = IssueRef("github", "acme/shop", 13)
pytestmark = ON_POSTGRESQL


@pytest.fixture
def elsewhere(place: Place, database: Database) -> Iterator[Queue]:
    """The queue as another process has it."""
    with opened(place) as other:
        yield Queue(other, Timing(debounce=0))


def test_the_older_way_to_write_the_scheme_is_understood(database: Database, place: Place) -> None:
    """Hosting providers hand out `postgres://`; it names the same database."""
    database.write(lambda c: insert(c, str(ISSUE)))
    older = Database(place.url.replace("postgresql://", "postgres://"))
    assert issues(older) == {str(ISSUE)}
    older.close()


def test_a_read_sees_one_state(database: Database) -> None:
    """What is committed between two queries of one read shows in neither or both."""

    def twice(connection: Connection) -> list[int]:
        before = len(connection.execute(select(work.c.issue)).all())
        with ThreadPoolExecutor(1) as pool:
            pool.submit(database.write, lambda c: insert(c, str(ISSUE))).result()
        return [before, len(connection.execute(select(work.c.issue)).all())]

    assert database.read(twice) == [0, 0]
    assert issues(database) == {str(ISSUE)}


def test_a_claim_passes_by_what_another_is_about_to_take(database: Database, elsewhere: Queue) -> None:
    """A row that another transaction has locked costs no waiting: the next one is claimed."""
    for ref in (ISSUE, OTHER):
        elsewhere.nudge(ref)

    def meanwhile(connection: Connection) -> str:
        connection.execute(select(work).where(work.c.issue == str(ISSUE)).with_for_update())
        with ThreadPoolExecutor(1) as pool:
            claim = pool.submit(elsewhere.claim).result()
        return str(claim and claim.ref)

    assert database.write(meanwhile) == str(OTHER)


def test_transactions_that_block_each_other_both_happen(database: Database) -> None:
    """The server undoes one of the two; it is run again, unseen by its caller."""
    for ref in (ISSUE, OTHER):
        database.write(lambda c, r=ref: insert(c, str(r)))  # type: ignore[misc]
    meeting = threading.Barrier(2)
    runs: list[IssueRef] = []

    def both(first: IssueRef, second: IssueRef) -> Callable[[Connection], None]:
        def raise_both(connection: Connection) -> None:
            runs.append(first)
            _raise(connection, first)
            if len(runs) <= 2:
                meeting.wait(10)
            _raise(connection, second)

        return raise_both

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(database.write, both(*refs)) for refs in ((ISSUE, OTHER), (OTHER, ISSUE))]:
            job.result()
    assert len(runs) >= 3
    assert set(database.read(lambda c: c.execute(select(work.c.wanted)).scalars().all())) == {2}


def _raise(connection: Connection, ref: IssueRef) -> None:
    connection.execute(work.update().where(work.c.issue == str(ref)).values(wanted=work.c.wanted + 1))


def test_issues_that_pass_work_to_each_other_do_not_clash(place: Place, elsewhere: Queue) -> None:
    """Two processes finish parent and child at the same time, again and again; each finish holds."""
    for ref in (ISSUE, OTHER):
        elsewhere.nudge(ref)
    database = Database(place.url)
    here = Queue(database, Timing(debounce=0))

    def work_on(queue: Queue) -> int:
        held = 0
        while held < 40:
            claim = queue.claim()
            if claim is not None:
                assert queue.finish(claim, related=(ISSUE, OTHER))
                held += 1
        return held

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work_on, (here, elsewhere))) == [40, 40]
    assert Overview(database).depth()["running"] == 0
    database.close()


def test_a_statement_that_hangs_is_ended(place: Place) -> None:
    """The server gives up before the caller loses patience, and says why."""
    database = Database(place.url, patience=1)
    with pytest.raises(StoreUnavailable, match="statement timeout"):
        database.read(lambda c: c.execute(text("select pg_sleep(60)")))
    assert database.read(lambda c: c.execute(text("select 1")).scalar_one()) == 1
    database.close()


def test_workers_hear_of_other_processes_work_at_once(database: Database, elsewhere: Queue) -> None:
    """Without a poll; and what this process said itself it does not hear again."""
    queue = Queue(database, Timing(debounce=0))
    deafen = queue.listen()
    heard(queue, 0)
    begun = queue.wakeup.count
    queue.nudge(ISSUE)
    elsewhere.accept("github", "d1", "issues.closed", (ISSUE,), b"{}")
    heard(queue, begun + 1)
    deafen()
    assert queue.wakeup.count == begun + 2


@pytest.mark.parametrize("word", ["nudge", "release", "replay", "finish"])
def test_whatever_makes_an_issue_due_is_told(database: Database, elsewhere: Queue, word: str) -> None:
    """Each way in which another process makes an issue due wakes the workers here."""
    elsewhere.nudge(ISSUE)
    claim = elsewhere.claim()
    assert claim is not None
    if word == "replay":
        elsewhere.fail(claim, "broken", limit=1)
    queue = Queue(database)
    deafen = queue.listen()
    heard(queue, 0)
    begun = queue.wakeup.count
    actions: dict[str, Callable[[], object]] = {
        "nudge": lambda: elsewhere.nudge(OTHER),
        "release": lambda: elsewhere.release(claim),
        "replay": lambda: elsewhere.replay(ISSUE),
        "finish": lambda: elsewhere.finish(claim, related=(OTHER,)),
    }
    actions[word]()
    heard(queue, begun)
    deafen()
