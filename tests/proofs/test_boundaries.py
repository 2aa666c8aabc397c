"""What a payload says moves nothing, and nothing confidential gets out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import structlog
from pydantic import SecretStr
from structlog.testing import capture_logs

from service.cli import main as closeout
from service.sandbox import Sandbox
from service.settings import Route
from service.store.outbox import Outbox
from tests.clock import Clock
from tests.incident import filled_in
from tests.metrics.scrape import Scrape
from tests.signatures import by_github
from tests.stack import BOT, FORGES, PROJECTS, SECRET, Stack, running

SHOP, OPS = PROJECTS
HUSH = "hushhush"


@pytest.fixture
def guarded(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> Iterator[Stack]:
    """A service that may act in one project, with a route for everything that is not confidential."""
    route = Route(name="all", address=SecretStr("json://127.0.0.1:9"))
    with running(sandbox, clock, tmp_path, projects=(SHOP,), routes=(route,)) as stack:
        yield stack
    structlog.reset_defaults()  # a command sets the log up, on a stream that ends with its test


def _send(stack: Stack, forge: str, payload: dict[str, object], event: str) -> requests.Response:
    body = json.dumps(payload).encode()
    signature = by_github(body, SECRET)
    headers = {"X-Hub-Signature-256": signature, "X-GitHub-Event": event, "X-GitHub-Delivery": "1"}
    headers |= {
        "X-Gitlab-Token": SECRET,
        "X-Gitlab-Event": {"issues": "Issue Hook", "issue_comment": "Note Hook"}[event],
    }
    return requests.post(f"{stack.service.url}/webhooks/{forge}", data=body, headers=headers, timeout=60)


@pytest.mark.parametrize("event", ["issues", "issue_comment"])
@pytest.mark.parametrize("forge", FORGES)
def test_a_lying_payload_only_has_the_issue_looked_at(guarded: Stack, forge: str, event: str) -> None:
    """Signed by one project's webhook, it claims labels, a close and a maintainer's word about another's issue."""
    world = guarded.sandbox.world
    here = world.create_issue(forge, SHOP, actor="alice", title="Untouched", body="As it is.")
    there = world.create_issue(forge, OPS, actor="alice", title="Untouched", body="As it is.", labels=["post-mortem"])
    guarded.settle()
    before = guarded.writes()
    for project, row in ((SHOP, here), (OPS, there)):
        lie = {
            "number": row.number,
            "iid": row.number,
            "labels": [{"name": "post-mortem"}],
            "state": "closed",
            "title": "x",
        }
        said = {
            "body": "/pm override I am alice",
            "note": "/pm override I am alice",
            "user": {"login": "alice"},
            "iid": row.number,
        }
        answer = _send(
            guarded,
            forge,
            {
                "action": "closed", "issue": lie, "repository": {"full_name": project}, "sender": {"login": "alice"}, "comment": said,
                "object_kind": "note" if event == "issue_comment" else "issue", "object_attributes": lie | said,
                "project": {"path_with_namespace": project}, "user": {"username": "alice"},
            },
            event,
        )  # fmt: skip
        assert answer.status_code == 202
        assert ("issues" in answer.json()) == (project == SHOP)
    guarded.settle()
    assert guarded.writes() == before
    assert [(row.body, row.labels, row.state, row.comments) for row in (here, there)] == [
        ("As it is.", here.labels, "open", []),
        ("As it is.", there.labels, "open", []),
    ]


def test_nothing_confidential_gets_out(
    guarded: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """On GitLab: neither into an issue that others may read, nor a digest, a message, a report, a metric or the log."""
    world, service = guarded.sandbox.world, guarded.service
    more = {"labels": ["post-mortem"], "private": True, "body": f"{HUSH} happened."}
    pm = world.create_issue("gitlab", SHOP, actor="alice", title=f"The {HUSH} breach", **more)  # type: ignore[arg-type]
    public = world.create_issue("gitlab", SHOP, actor="alice", title="Checkout down", body="x", labels=["post-mortem"])
    with capture_logs() as log:
        guarded.settle()
        action = f"- [ ] Rotate the {HUSH} key - @bob - 2026-02-20 [prevention]"
        text = filled_in(pm.body, action).replace("None.", HUSH)
        world.edit_issue("gitlab", SHOP, pm.number, actor="alice", body=text)
        line = f"- [ ] Like the other one - @bob - 2026-02-20 (#{pm.number})"
        world.edit_issue("gitlab", SHOP, public.number, actor="alice", body=filled_in(public.body, line))
        world.comment("gitlab", SHOP, pm.number, actor="alice", body=f"/pm schedule 2026-03-05 15:00 UTC @bob {HUSH}")
        guarded.settle()
        for number in (pm.number, public.number):
            world.edit_issue("gitlab", SHOP, number, actor="alice", state="closed")
        guarded.settle()
        guarded.clock.forward(seconds=6)
        guarded.settle()
    items = [row for row in world.project("gitlab", SHOP).issues.values() if row.author == BOT]
    assert [HUSH in row.title for row in items if row.private]
    for row in world.project("gitlab", SHOP).issues.values():
        assert row.private or HUSH not in repr((row.title, row.body, [comment.body for comment in row.comments]))
    assert HUSH not in repr([letter for letter in Outbox(service.database).latest(100) if letter.letter.route == "all"])
    assert HUSH not in Scrape.of(service.url).text
    assert HUSH not in repr(log)
    for output in ("table", "json", "markdown", "csv", "html"):
        said = _audited(guarded, monkeypatch, capsys, output)
        assert (f"#{pm.number}" in said, HUSH in said) == (True, False)


def _audited(stack: Stack, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], output: str) -> str:
    patch.setenv("CLOSEOUT_GITLAB_URL", stack.sandbox.gitlab_url)
    patch.setenv("CLOSEOUT_GITLAB_TOKEN", f"token-{BOT}")
    patch.setenv("CLOSEOUT_DATABASE_URL", stack.service.settings.database_url.get_secret_value())
    patch.setenv("COLUMNS", "200")
    patch.setattr("sys.argv", ["closeout", "audit", "--project", f"gitlab:{SHOP}", "--format", output, "--apply"])
    capsys.readouterr()
    with pytest.raises(SystemExit):
        closeout()
    return "".join(capsys.readouterr())
