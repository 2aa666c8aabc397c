"""Projects take turns: however much one has waiting, the others are served; and a claim costs the same."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text

from service.model import IssueRef
from service.store.database import Database
from service.work.queue import Claim, Queue
from tests.clock import Clock
from tests.databases import Place, opened
from tests.work.costs import Costs, counted

FLOOD, SMALL = "github:acme/flood", "github:acme/small"
MANY = 5_000
FILL = """
insert into work (issue, project, state, wanted, claimed, done, delivered, due_at, attempts, crashes, changed_at, bulk)
with recursive n(i) as (select 1 union all select i + 1 from n where i < :many)
select {project} || '#' || cast(i as text), {project}, 'ready', 1, 0, 0, 1, :due + i * 0.001, 0, 0, :due, :bulk from n
"""


def _fill(database: Database, many: int, due: float, *, project: str = f"'{FLOOD}'", bulk: int = 0) -> None:
    values = {"many": many, "due": due, "bulk": bulk}
    database.write(lambda c: c.execute(text(FILL.format(project=project)), values))


def _claimed(queue: Queue) -> Claim:
    claim = queue.claim()
    assert claim is not None
    return claim


def _served(queue: Queue, claims: int) -> list[str]:
    return [f"{claim.ref.forge}:{claim.ref.project}" for claim in (_claimed(queue) for _ in range(claims))]


def _deliver(queue: Queue, clock: Clock, project: str, *numbers: int) -> None:
    forge, _, path = project.partition(":")
    for number in numbers:
        queue.accept(forge, f"{project}-{number}", "issues.closed", (IssueRef(forge, path, number),), b"{}")
    clock.forward(seconds=1)


def test_five_thousand_looks_of_one_project_starve_no_other(queue: Queue, database: Database, clock: Clock) -> None:
    """What happens elsewhere is looked at in turn, not after all of them; and they get the rest."""
    _fill(database, MANY, clock().timestamp() - 3600)
    _deliver(queue, clock, SMALL, 1, 2, 3)
    assert Counter(_served(queue, 7))[SMALL] == 3
    _deliver(queue, clock, SMALL, 4)
    assert SMALL in _served(queue, 3)


def test_what_people_did_comes_before_bulk_of_any_project(queue: Queue, database: Database, clock: Clock) -> None:
    """A refused close is not behind what a resync found, in its own project or another; one look in four still is."""
    _fill(database, MANY, clock().timestamp() - 3600, bulk=1)
    _deliver(queue, clock, FLOOD, 9_001, 9_002, 9_003)
    refs = [_claimed(queue).ref.number for _ in range(4)]
    assert [number for number in refs if number > 9_000] == [9_001, 9_002, 9_003]


def test_what_was_planned_long_before_waits_for_what_people_do(queue: Queue, clock: Clock) -> None:
    """The reminders of a morning do not come before a close; a grace period that ends is as urgent as the close was."""
    reminders = [IssueRef("github", "acme/shop", n) for n in range(1, 5)]
    grace, closed = IssueRef("github", "acme/shop", 5), IssueRef("github", "acme/shop", 6)
    for ref in (*reminders, grace):
        queue.nudge(ref)
    clock.forward(seconds=1)
    for claim in [_claimed(queue) for _ in range(5)]:
        queue.finish(claim, 120 if claim.ref == grace else 24 * 3600)
    clock.forward(days=1, seconds=1)
    queue.accept("github", "d", "issues.closed", (closed,), b"{}")
    clock.forward(seconds=1)
    assert {_claimed(queue).ref, _claimed(queue).ref} == {grace, closed}


def test_each_of_many_projects_gets_its_turn(queue: Queue, database: Database, clock: Clock) -> None:
    """Also past more projects with nothing due than one claim walks over."""
    now = clock().timestamp()
    _fill(database, 200, now + 9e6, project="'github:acme/quiet-' || cast(i as text)")
    _fill(database, 100, now - 60)
    for project in ("github:acme/a", "github:acme/quiet-150-and-late", "github:zebra/z"):
        _fill(database, 5, now - 30, project=f"'{project}'")
    served = Counter(_served(queue, 80))
    assert {project: count for project, count in served.items() if project != FLOOD} == {
        "github:acme/a": 5,
        "github:acme/quiet-150-and-late": 5,
        "github:zebra/z": 5,
    }


def test_issues_known_by_their_ids_take_one_turn_together(queue: Queue, clock: Clock) -> None:
    """A person who moves a hundred cards at once counts as one project, not as a hundred."""
    cards = [IssueRef.by_node("github", "acme", f"I_{n:03}") for n in range(100)]
    queue.accept("github", "d", "projects_v2_item.edited", cards, b"{}")
    clock.forward(seconds=1)
    _deliver(queue, clock, SMALL, 1)
    assert SMALL in _served(queue, 3)


@pytest.mark.parametrize("analysed", [False, True])
def test_a_claim_costs_the_same_however_much_waits(place: Place, analysed: bool) -> None:
    """Ten times the issues due, settled and planned, and ten times the projects: the same steps, by indexes alone."""
    with opened(place) as database:
        few = _cost_with(database, 400, analysed=analysed)
        many = _cost_with(database, 4_000, analysed=analysed)
    assert few.scans | many.scans == set()
    assert 0 < many.steps < 1.1 * few.steps


def _cost_with(database: Database, rows: int, *, analysed: bool) -> Costs:
    now = 1_700_000_000.0  # long ago
    is_sqlite = database.read(lambda c: c.dialect.name) == "sqlite"
    database.write(
        lambda c: c.execute(text("delete from work" if is_sqlite else "truncate work"))
    )  # leaves no dead rows
    for bulk in (0, 1):
        _fill(database, rows, now, project=f"'github:acme/due-{bulk}'", bulk=bulk)
        _fill(database, rows // 2, 9e9, project=f"'github:acme/later-{bulk}-' || cast(i as text)", bulk=bulk)
    _fill(database, rows, now, project="'github:acme/settled'")
    database.write(
        lambda c: c.execute(text("update work set due_at = null, state = 'idle' where project like '%settled'"))
    )
    if analysed:
        database.write(lambda c: c.execute(text("analyze work")))
    queue = Queue(database)
    with counted() as costs:
        for _ in range(8):
            assert queue.claim() is not None
    return costs
