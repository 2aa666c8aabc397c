"""The resync: what no delivery told of is nudged once, whatever the clocks say and whatever fails on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from service.bootstrap.looking import Looking
from service.policy import FILES
from service.providers.base import RateLimited
from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from service.store.database import Database
from service.store.watermarks import Watermarks
from service.work.jobs import Interrupted
from service.work.queue import Queue
from service.work.resync import Resync
from service.work.rounds import Project
from service.work.timing import Timing
from tests.clock import Clock
from tests.databases import ON_SQLITE
from tests.stack import FORGES, settings_for
from tests.work.turn import Turn

SHOP, OPS = "acme/shop", "acme/ops"


@dataclass
class Desk:
    """A resync over a real database and the sandbox of both forges, where no webhook is set up."""

    sandbox: Sandbox
    resync: Resync
    queue: Queue
    projects: list[Project] = field(default_factory=lambda: [(forge, SHOP) for forge in FORGES])

    def run(self, turn: Turn | None = None) -> list[str]:
        """What it nudged, in the order of the names."""
        self.resync.run(turn or Turn(), self.projects)
        nudged = []
        while (claim := self.queue.claim()) is not None:
            nudged.append(str(claim.ref))
            assert claim.by_delivery  # so that an action item's look passes the word on to its post-mortem
            self.queue.finish(claim)
        return sorted(nudged)

    def report(self, forge: str, project: str = SHOP, label: str = "post-mortem") -> str:
        row = self.sandbox.world.create_issue(forge, project, actor="alice", title="Down", body="", labels=[label])
        return f"{forge}:{project}#{row.number}"


@pytest.fixture
def desk(sandbox: Sandbox, database: Database, clock: Clock, tmp_path: Path) -> Desk:
    looking = Looking(settings_for(sandbox, tmp_path), clock, lambda _: None)
    queue = Queue(database, Timing(debounce=0))
    resync = Resync(looking.providers(), looking.vocabulary, queue, Watermarks(database))
    return Desk(sandbox, resync, queue)


@pytest.fixture
def begun(desk: Desk, clock: Clock) -> Desk:
    """What was there before was read a while ago."""
    for forge in FORGES:
        desk.report(forge)
    desk.run()
    clock.forward(hours=5)
    desk.run()
    return desk


def test_what_changed_is_nudged_once(begun: Desk, clock: Clock) -> None:
    """A new post-mortem, a closed action item and an edit; what did not change, or is not ours, is left alone."""
    made = [begun.report(forge, label=label) for forge in FORGES for label in ("post-mortem", "type-action-item")]
    for forge in FORGES:
        begun.report(forge, label="bug")
    assert begun.run() == sorted(made)
    assert begun.run() == []
    clock.forward(days=40)
    begun.sandbox.world.edit_issue("gitlab", SHOP, 1, actor="alice", body="More is known.")
    assert begun.run() == ["gitlab:acme/shop#1"]
    assert begun.run() == []


@ON_SQLITE
def test_the_first_time_adopts_only_what_is_fresh(desk: Desk, clock: Clock) -> None:
    """Years of history are not nudged at the first start; what happened within the hour before is."""
    for forge in FORGES:
        desk.report(forge)
    clock.forward(days=1)
    fresh = [desk.report(forge) for forge in FORGES]
    assert desk.run() == []
    assert desk.run() == fresh
    assert desk.run() == []


@ON_SQLITE
def test_the_first_issue_of_an_empty_project_is_nudged(desk: Desk) -> None:
    """Where nothing was there to begin with, everything is new."""
    desk.run()
    assert desk.run() == []
    made = [desk.report(forge) for forge in FORGES]
    assert desk.run() == made


@ON_SQLITE
@pytest.mark.parametrize("skew", [timedelta(minutes=-10), timedelta(minutes=10), timedelta(days=-400)])
def test_a_forge_whose_clock_is_wrong_loses_nothing(desk: Desk, clock: Clock, skew: timedelta) -> None:
    """Only the forge's own times are compared with each other."""
    desk.sandbox.world.clock = lambda: clock() + skew
    desk.run()
    for _ in range(3):
        made = [desk.report(forge) for forge in FORGES]
        assert desk.run() == made
        assert desk.run() == []
        clock.forward(hours=5)


@ON_SQLITE
def test_what_becomes_visible_late_is_nudged(begun: Desk, clock: Clock) -> None:
    """A change that a replica shows only after a later one was read."""
    begun.report("github")
    begun.run()
    late = begun.sandbox.world.issue("github", SHOP, 1)
    late.updated_at = clock() - timedelta(minutes=30)
    assert begun.run() == ["github:acme/shop#1"]
    assert begun.run() == []


@ON_SQLITE
def test_many_are_read_page_by_page(begun: Desk) -> None:
    """More than two pages of them, and more than one transaction's worth of nudges."""
    made = [begun.report("gitlab") for _ in range(230)]
    assert begun.run() == sorted(made)


@ON_SQLITE
def test_who_is_interrupted_begins_again(begun: Desk) -> None:
    """Half of the nudges are there already; the next turn gives all of them, and the one after that none."""
    made = [begun.report("github") for _ in range(130)]
    with pytest.raises(Interrupted):
        begun.run(Turn(left=2))
    assert begun.run() == sorted(made)
    assert begun.run() == []


@ON_SQLITE
def test_one_projects_trouble_is_its_own(begun: Desk) -> None:
    """One is not there, another's forge fails and a third answers nonsense: the rest are read."""
    begun.projects += [("github", "acme/none"), ("gitlab", OPS), ("github", OPS)]
    begun.sandbox.faults.add(Fault(path="/gitlab/api/v4/projects/acme*ops/*", kind="status", status=500, times=0))
    begun.sandbox.faults.add(Fault(path="/github/api/v3/repos/acme/ops/*", kind="truncate", times=0))
    made = [begun.report(forge) for forge in FORGES]
    assert begun.run() == made


@ON_SQLITE
def test_a_forge_that_asks_to_wait_is_left_alone(begun: Desk) -> None:
    """Its further projects are not asked for, the other forge's are, and next time they come first."""
    begun.projects += [("github", OPS)]
    begun.run()
    limit = Fault(path="/github/api/v3/repos/*", kind="status", status=429, headers={"Retry-After": "600"}, times=0)
    begun.sandbox.faults.add(limit)
    made = [begun.report("github"), begun.report("github", OPS), begun.report("gitlab")]
    asked = len(begun.sandbox.log)
    with pytest.raises(RateLimited) as told:
        begun.run()
    assert told.value.retry_after == 600
    assert [record.forge for record in begun.sandbox.log[asked:]].count("github") == 1
    begun.sandbox.faults.clear()
    assert begun.run() == sorted(made)


@ON_SQLITE
def test_a_project_is_one_however_it_is_spelt(begun: Desk) -> None:
    """Settings may differ from the forge in case; the queue knows an issue by one name."""
    begun.projects = [("github", "Acme/SHOP"), ("github", SHOP), ("gitlab", "ACME/shop")]
    made = [begun.report(forge) for forge in FORGES]
    assert begun.run() == made


@ON_SQLITE
def test_a_teams_own_words_count(begun: Desk, clock: Clock) -> None:
    """What a post-mortem is, the project's policy says."""
    policy = "version: 1\nvocabulary:\n  labels:\n    trigger: [incident-review]\n"
    for forge in FORGES:
        begun.sandbox.world.put_file(forge, SHOP, FILES[forge], policy)
    clock.forward(hours=1)  # a policy is remembered for a while
    made = [begun.report(forge, label="incident-review") for forge in FORGES]
    begun.report("github")
    assert begun.run() == made
