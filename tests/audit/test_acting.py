"""Writing the audit issues: at the forges' pace, each on record, and one that fails stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.audit.acting import Hands, make
from service.audit.pace import Pace
from service.bootstrap.looking import Looking
from service.model import EnsureLabel, IssueRef, Label
from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from service.store.journal import Journal
from tests.clock import Clock
from tests.databases import Place, opened
from tests.stack import settings_for

SHOP, OPS, OTHER = (
    IssueRef("github", "acme/shop", 0),
    IssueRef("github", "acme/ops", 0),
    IssueRef("gitlab", "acme/shop", 0),
)


@pytest.fixture
def journal(clock: Clock, tmp_path: Path) -> Iterator[Journal]:
    with opened(Place.file(tmp_path), clock) as database:
        yield Journal(database)


def _hands(sandbox: Sandbox, clock: Clock, journal: Journal, tmp_path: Path, waited: list[float]) -> Hands:
    def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock.forward(seconds=seconds)

    settings = settings_for(sandbox, tmp_path, database_url=SecretStr("sqlite://"))
    return Hands(Looking(settings, clock, sleep).providers(), journal, Pace(sleep).waits)


def _label(ref: IssueRef) -> EnsureLabel:
    return EnsureLabel(ref, Label("post-mortem-audit", "1d76db"))


@pytest.mark.parametrize(("seconds", "made"), [(60, 3), (3600, 1)])
def test_a_minute_is_waited_for_and_an_hour_is_not(
    sandbox: Sandbox, clock: Clock, journal: Journal, tmp_path: Path, seconds: int, made: int
) -> None:
    """What is left of a forge that is asked no more is one line, and other forges go on."""
    waited: list[float] = []
    hands = _hands(sandbox, clock, journal, tmp_path, waited)
    sandbox.faults.add(Fault("/github/*", "status", status=429, headers={"Retry-After": str(seconds)}))
    found = make([_label(SHOP), _label(OPS), _label(OTHER)], hands, lambda _: None)
    assert len(found.changes) == made
    assert [failed.where for failed in found.failures] == ([] if made == 3 else ["github:acme/shop#0", "github"])
    assert sum(waited) == (61 if made == 3 else 0)
    assert len(journal.latest()) == (3 if made == 3 else 2)
