"""A GitHub App instead of a token: its own identity, permissions that owners accept, one webhook for all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from service.audit.projects import named
from service.bootstrap.examining import Examination
from service.doctor.lines import Line, Report, Verdict
from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from service.settings import Forge, Settings
from tests.clock import Clock
from tests.contracts.recorder import Recorder

SHOP = ("github", "acme/shop")
SECRET = "a secret for tests alone"


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def settings(sandbox: Sandbox, contracts: Recorder, clock: Clock, private_key: str, tmp_path: Path) -> Settings:
    clock.now = datetime.now(UTC)
    forge = Forge(
        name="github",
        kind="github",
        url=sandbox.github_url,
        app_id=str(sandbox.world.app.id),
        private_key=SecretStr(private_key),
        webhook_secrets=(SecretStr(SECRET),),
    )
    return Settings(forges=(forge,), database_url=SecretStr(f"sqlite:///{tmp_path}/none.sqlite3"))


def _report(settings: Settings, clock: Clock) -> Report:
    targets = named(["github:acme/shop"], settings)
    return Examination(settings, ["github"], clock=clock, sleep=lambda _: None).report(targets)


def _bad(settings: Settings, clock: Clock) -> list[Line]:
    lines = _report(settings, clock).lines
    return [line for line in lines if line.verdict is not Verdict.OK and line.about.startswith("github")]


def test_an_app_is_known_by_its_own_name_and_webhook(settings: Settings, sandbox: Sandbox, clock: Clock) -> None:
    """Only what has not happened yet deserves a word: a delivery, and an issue to look at."""
    hook = sandbox.world.new_hook("http://127.0.0.1:9/webhooks/github", secret=SECRET)
    hook.events = ["*"]
    sandbox.world.app_hooks.append(hook)
    bad = _bad(settings, clock)
    assert [line.check for line in bad] == ["deliveries", "abilities"]
    assert {line.verdict for line in bad} == {Verdict.SKIPPED}


def test_an_app_without_a_webhook_fails(settings: Settings, clock: Clock) -> None:
    """As a project without one does."""
    assert [line.check for line in _bad(settings, clock) if line.verdict is Verdict.FAIL] == ["webhook"]


def test_an_app_that_is_not_installed_fails(settings: Settings, sandbox: Sandbox, clock: Clock) -> None:
    """The sentence says where to install it."""
    sandbox.world.set_permission(*SHOP, sandbox.world.app.login, "none")
    (line,) = [line for line in _bad(settings, clock) if line.verdict is Verdict.FAIL]
    assert (line.check, "install it" in line.what) == ("access", True)


def test_a_forge_that_does_not_answer_is_away(settings: Settings, clock: Clock) -> None:
    """After a few tries: exit code 3."""
    away = settings.forges[0].model_copy(update={"url": "http://127.0.0.1:9"})
    report = _report(settings.model_copy(update={"forges": (away,)}), clock)
    assert (report.exit_code, report.requests) == (3, 4)


def test_an_answer_that_is_cut_short_ends_nothing_else(settings: Settings, sandbox: Sandbox, clock: Clock) -> None:
    """The check fails, and those after it are made."""
    sandbox.world.create_issue(*SHOP, actor="alice", title="Outage")
    sandbox.faults.add(Fault("*/app/hook/config", "truncate", times=0))
    bad = {line.check: line for line in _bad(settings, clock)}
    assert (bad["webhook"].away, "abilities" in bad, "policy" in bad) == (True, False, False)
