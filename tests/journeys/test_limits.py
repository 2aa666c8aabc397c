"""Several processes, one account: what its forge tells one of them, all of them heed."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.bootstrap import Service
from service.model import IssueRef
from service.providers.base import RateLimited
from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from tests.clock import Clock
from tests.stack import FORGES, PROJECTS, settings_for


def _report(sandbox: Sandbox, forge: str) -> IssueRef:
    labels = ["post-mortem"]
    row = sandbox.world.create_issue(forge, PROJECTS[0], actor="alice", title="Down", body="", labels=labels)
    return IssueRef(forge, PROJECTS[0], row.number)


@pytest.mark.parametrize("forge", FORGES)
def test_a_forge_that_asks_to_wait_is_left_alone_by_every_process(
    forge: str, sandbox: Sandbox, clock: Clock, tmp_path: Path
) -> None:
    """Looks and jobs send it nothing until the time is over, while the other forge is served; then they go on."""
    settings = settings_for(sandbox, tmp_path)
    [elsewhere] = [name for name in FORGES if name != forge]
    found = {name: _report(sandbox, name) for name in FORGES}
    limit = Fault(path=f"/{forge}/api/*", kind="status", status=429, headers={"Retry-After": "300"})
    with Service(settings, clock=clock) as one, Service(settings, clock=clock) as other:
        sandbox.faults.add(limit)
        with pytest.raises(RateLimited):
            one.reconciler().reconcile(found[forge])
        asked = len(sandbox.log)
        for send in (
            lambda: other.reconciler().reconcile(found[forge]),
            lambda: list(other.looking().providers()[forge].list(PROJECTS[0])),
        ):
            with pytest.raises(RateLimited) as held:
                send()
            assert held.value.retry_after == 300
        assert len(sandbox.log) == asked
        assert other.reconciler().reconcile(found[elsewhere]).changes
        clock.forward(seconds=300)
        assert other.reconciler().reconcile(found[forge]).changes
