"""The record of audit runs, on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.store.audits import AuditRun, Audits
from tests.clock import Clock
from tests.databases import Place, opened

CLEAN = AuditRun(4.5, projects=2, items=9, problems={"overdue": 3}, requests=12, writes=4)


@pytest.fixture
def audits(place: Place, clock: Clock) -> Iterator[Audits]:
    with opened(place, clock) as database:
        yield Audits(database)


def test_each_run_is_on_record_and_silence_shows(audits: Audits, clock: Clock) -> None:
    """The newest first; the age is that of the last run without a failure; old runs go."""
    assert (audits.success_age(), audits.latest()) == (None, [])
    audits.record(CLEAN)
    first = clock()
    clock.forward(days=1)
    failed = AuditRun(1, projects=1, items=0, failures=60, errors=tuple(f"github:acme/p{n}: no\0" for n in range(60)))
    audits.record(failed)
    found = audits.latest()
    assert found[1] == (first, CLEAN)
    assert (found[0][1].failures, len(found[0][1].errors), found[0][1].errors[0]) == (
        60,
        50,
        "github:acme/p0: no\ufffd",
    )
    assert audits.success_age() == 86400
    assert (audits.forget(0.5), audits.success_age(), len(audits.latest())) == (1, None, 1)
