"""The audit that runs by itself: at its time, on record, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from service.bootstrap import Service
from service.sandbox import Sandbox
from service.settings import Forge, Settings
from service.store.audits import Audits
from tests.clock import START, Clock
from tests.stack import BOT

ITEM = "<!-- closeout:action-item parent=github:acme/shop#1 key=k -->\n**Deadline:** 2026-03-02\n"


def _settings(sandbox: Sandbox, folder: Path, **more: object) -> Settings:
    token = SecretStr(f"token-{BOT}")
    values: dict[str, object] = {
        "forges": (Forge(name="github", kind="github", url=sandbox.github_url, token=token),),
        "database_url": SecretStr(f"sqlite:///{folder / 'closeout.sqlite3'}"),
        "projects": ("acme/*",),
        "audit": "0 9 * * *",
        "resync": "",
        "redelivery": "",
        "timezone": "Europe/Berlin",
        "keep_journal": 2000,
    }
    return Settings(**(values | more))


@pytest.fixture
def service(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> Iterator[Service]:
    sandbox.world.create_issue(
        "github", "acme/shop", actor="alice", title="Page", body=ITEM, labels=("type-action-item",)
    )
    with Service(_settings(sandbox, tmp_path), clock=clock) as made:
        made.schedule.run_due()
        yield made


def test_the_audit_runs_at_its_time(service: Service, sandbox: Sandbox, clock: Clock) -> None:
    """It keeps label and issue in step and goes on record; nobody runs the same tick again."""
    clock.forward(days=1)
    assert "audit" in service.schedule.run_due()
    assert "audit" not in service.schedule.run_due()
    issue = sandbox.world.issue("github", "acme/shop", 1)
    assert "overdue" in issue.labels
    ((at, run),) = Audits(service.database).latest()
    assert (at, run.projects, run.items, run.failures) == (clock(), 2, 1, 0)
    assert run.problems["overdue"] == 1
    assert run.writes == len(service.journal.latest()) == 5
    assert Audits(service.database).success_age() == 0


def test_the_rules_act_and_are_named_in_the_journal(service: Service, sandbox: Sandbox, clock: Clock) -> None:
    """One engine for webhook and audit: the label is the overdue rule's, the reminder the ladder's."""
    clock.forward(days=1)
    service.schedule.run_due()
    assert {(entry.rule, entry.change) for entry in service.journal.latest() if entry.issue.endswith("#1")} == {
        ("overdue", "EnsureLabel"),
        ("overdue", "AddLabels"),
        ("escalation", "EnsureComment"),
    }
    (said,) = sandbox.world.issue("github", "acme/shop", 1).comments
    assert "this action was due on 2026-03-02" not in said.body
    assert "this action is due on 2026-03-02" in said.body


def test_no_look_is_idle_while_nothing_comes_due(service: Service, sandbox: Sandbox, clock: Clock) -> None:
    """Once reminded, an item is let be until its next step, however often the audit runs; then it is looked at once."""
    looks = {}
    for day in (1, 2, 3, 4, 7, 8, 14, 15, 40):
        clock.now = START + timedelta(days=day, hours=1)
        with capture_logs() as logs:
            service.schedule.run_due()
        (looks[day],) = [line["looks"] for line in logs if line["event"] == "audit_finished"]
    assert [day for day, count in looks.items() if count] == [1, 3, 7, 14]
    assert len(sandbox.world.issue("github", "acme/shop", 1).comments) == 4
    assert set(looks.values()) == {0, 1}


def test_a_failure_is_on_record_and_the_run_no_success(service: Service, sandbox: Sandbox, clock: Clock) -> None:
    """What could be done is done all the same."""
    sandbox.world.put_file("github", "acme/ops", ".github/closeout.yml", "version: 2\n")
    clock.forward(days=1)
    service.schedule.run_due()
    ((_, run),) = Audits(service.database).latest()
    assert (run.failures, run.projects) == (1, 1)
    assert run.errors[0].startswith("github:acme/ops: .github/closeout.yml:1:")
    assert Audits(service.database).success_age() is None
    assert "overdue" in sandbox.world.issue("github", "acme/shop", 1).labels


def test_a_dry_run_writes_nothing_by_itself_either(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """Not to a forge, and no run that did nothing passes for a success."""
    with Service(_settings(sandbox, tmp_path, dry_run=True), clock=clock) as service:
        service.schedule.run_due()
        before = sandbox.world.snapshot_json()
        clock.forward(days=1)
        assert "audit" in service.schedule.run_due()
        assert sandbox.world.snapshot_json() == before
        assert Audits(service.database).latest() == []


def test_without_an_expression_there_is_no_such_job(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """Whoever runs it from a pipeline need not run it twice."""
    with Service(_settings(sandbox, tmp_path, audit=""), clock=clock) as service:
        assert "audit" not in [job.name for job in service.schedule.jobs]
