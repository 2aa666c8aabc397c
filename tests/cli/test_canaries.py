"""Secrets stay where they are: marked ones are configured, everything fails, and no mark is found anywhere."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest
import requests
import structlog
from pydantic import SecretStr

from service.bootstrap import Service
from service.bootstrap.logs import configure
from service.model import IssueRef
from service.sandbox import Sandbox
from service.settings import Forge, Settings
from service.store.database import StoreUnavailable
from tests.cli.conftest import Run
from tests.metrics.scrape import Scrape

MARK = "canary7f3a"
KEY = (
    f"-----BEGIN RSA PRIVATE KEY-----\n{base64.b64encode(MARK.encode() * 9).decode()}\n-----END RSA PRIVATE KEY-----\n"
)
SIGNING = f"whsec_{base64.b64encode(MARK.encode() * 3).decode()}"
MARKS = (MARK, KEY.splitlines()[1], SIGNING.removeprefix("whsec_"))
DATABASE = f"postgresql://closeout:{MARK}-database@127.0.0.1:9/closeout"


def _secret(name: str) -> SecretStr:
    return SecretStr(f"{MARK}-{name}")


def _forges(sandbox: Sandbox) -> tuple[Forge, ...]:
    signed = (_secret("gitlab-secret"), SecretStr(SIGNING))
    github, gitlab = sandbox.github_url, sandbox.gitlab_url
    return (
        Forge(name="github", kind="github", url=github, token=_secret("token"), webhook_secrets=(_secret("hook"),)),
        Forge(name="gitlab", kind="gitlab", url=gitlab, token=_secret("token"), webhook_secrets=signed),
        Forge(name="app", kind="github", url=github, app_id="7", private_key=SecretStr(KEY), webhook_secrets=signed),
        Forge(name="away", kind="gitlab", url="http://127.0.0.1:9", token=_secret("token"), webhook_secrets=signed),
    )


def _marked(*texts: str) -> list[str]:
    return [text[max(0, text.find(mark) - 200) :][:400] for text in texts for mark in MARKS if mark in text]


def _reprs(root: object) -> Iterator[str]:
    """Of every object of ours that can be reached from here."""
    seen, left = set[int](), [root]
    while left:
        each = left.pop()
        if id(each) in seen or isinstance(each, str | bytes | int | float | type):
            continue
        seen.add(id(each))
        if type(each).__module__.startswith("service."):
            yield repr(each)
            left += [getattr(each, name) for name in _names(each)]
        elif isinstance(each, FunctionType):
            left += [cell.cell_contents for cell in each.__closure__ or ()]
        elif isinstance(each, dict):
            left += each.values()
        elif isinstance(each, tuple | list | set | frozenset):
            left += each


def _names(each: object) -> set[str]:
    slots = {name for kind in type(each).__mro__ for name in getattr(kind, "__slots__", ())}
    return {name for name in slots | set(getattr(each, "__dict__", ())) if hasattr(each, name)}


@pytest.mark.parametrize("people", [True, False], ids=["terminal", "json"])
def test_a_failing_service_gives_no_secret_away(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, people: bool
) -> None:
    """Neither in the log with its tracebacks, nor in answers, metrics, dead letters, or any object's `repr`."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: people)
    url = SecretStr(f"sqlite:///{tmp_path}/closeout.sqlite3")
    configure("debug")
    links = {"public_url": "https://closeout.example.org", "link_secrets": (_secret("to seal links with"),)}
    settings = Settings(forges=_forges(sandbox), database_url=url, debounce=0, workers=1, **links)
    with Service(settings, sleep=lambda _: None) as service:
        service.start()
        for forge in settings.forges:
            service.queue.nudge(IssueRef(forge.name, "acme/shop", 1))
        answers = [
            requests.post(f"{service.url}/webhooks/{forge.name}", headers=headers, data=b"{}", timeout=60).text
            for forge in settings.forges
            for headers in ({}, {"X-Gitlab-Token": "wrong"}, {"X-Hub-Signature-256": "sha256=00"})
        ]
        _wait_for_failures(service, len(settings.forges))
        _fail_with(settings.forges[0].secrets[0])
        pages = [
            requests.get(f"{service.url}{path}", timeout=60).text
            for path in ("/", "/readyz", "/calendar/meetings/a/b.ics")
        ]
        metrics, errors = Scrape.of(service.url), [task.error for task in service.overview.tasks()]
        reprs = [*_reprs(service), *_reprs(service.site().app.view_functions), repr(settings)]
    log = capsys.readouterr().err
    structlog.reset_defaults()
    assert metrics.total("closeout_look_errors_total") >= len(settings.forges)
    assert ("look_failed" in log, "ZeroDivisionError" in log, len(reprs) > 20) == (True, True, True)
    assert _marked(log, metrics.text, *answers, *pages, *errors, *reprs) == []


def _wait_for_failures(service: Service, forges: int) -> None:
    for _ in range(600):
        seen = service.queue.wakeup.count
        if sum(1 for task in service.overview.tasks() if task.error) == forges:
            return
        service.queue.wakeup.watch(seen, 0.1)
    raise AssertionError(service.overview.tasks())


def _fail_with(secret: str) -> None:
    """A mistake of our own, logged with its traceback, while a secret is at hand."""
    try:
        _ = len(secret) / 0
    except ZeroDivisionError:
        structlog.get_logger().exception("request_failed")


def test_a_database_that_is_away_gives_no_password_away() -> None:
    """Neither in the error nor in its whole traceback."""
    with pytest.raises(StoreUnavailable) as caught:
        Service(Settings(database_url=SecretStr(DATABASE)))
    assert _marked("".join(traceback.format_exception(caught.value)), repr(caught.value)) == []


def test_no_command_gives_a_secret_away(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    """Whatever is asked for in JSON, with forges that refuse us and a database that is away."""
    secrets = {
        "CLOSEOUT_GITHUB_URL": sandbox.github_url,
        "CLOSEOUT_GITHUB_TOKEN": f"{MARK}-token",
        "CLOSEOUT_GITHUB_WEBHOOK_SECRET": f"{MARK}-hook",
        "CLOSEOUT_GITLAB_URL": sandbox.gitlab_url,
        "CLOSEOUT_GITLAB_TOKEN": f"{MARK}-token",
        "CLOSEOUT_GITLAB_SIGNING_TOKEN": SIGNING,
        "CLOSEOUT_PUBLIC_URL": "https://closeout.example.org",
        "CLOSEOUT_LINK_SECRET": f"{MARK} to seal links with now and then",
        "CLOSEOUT_PROJECTS": "acme/shop",
    }
    said = [
        run("plan", "github:acme/shop#1", "--json", **secrets),
        run("plan", "gitlab:acme/shop#1", "--json"),
        run("reconcile", "github:acme/shop#1", "--json"),
        run("audit", "--format", "json"),
        run("doctor", "--json"),
        run("deliveries", "list", "--json"),
        run("deliveries", "dead", "--json"),
        run("calendar", "feed", "github:acme/shop"),
        run("calendar", "list", "--json"),
        run("calendar", "list", CLOSEOUT_LINK_SECRET=f"{MARK}, too short"),
        run("calendar", "list", CLOSEOUT_LINK_SECRET=""),
        run("deliveries", "list", "--json", CLOSEOUT_DATABASE_URL=DATABASE),
        run("deliveries", "dead", "--json", CLOSEOUT_GITHUB_APP_ID="7", CLOSEOUT_GITHUB_PRIVATE_KEY=KEY),
        run("serve", CLOSEOUT_DATABASE_URL=f"mysql://closeout:{MARK}@127.0.0.1/closeout"),
        run("serve", CLOSEOUT_DATABASE_URL=DATABASE, CLOSEOUT_GITHUB_TOKEN_FILE=str(tmp_path / f"{MARK[::-1]}")),
    ]
    assert {ran.code for ran in said} == {0, 1, 2, 3}
    assert _marked(*(ran.out + ran.err for ran in said)) == []
