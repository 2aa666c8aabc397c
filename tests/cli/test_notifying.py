"""`notify`: the outbox as a person reads it, and a route tried on a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.sandbox import Sandbox
from service.store.outbox import Letter, Outbox
from tests.cli.conftest import Run
from tests.databases import Place, opened
from tests.notifications.reception import reception


def test_a_route_is_tried(run: Run) -> None:
    """The message arrives; a service that refuses it, and a name that is none, say so."""
    with reception() as there:
        address = there.route().address.get_secret_value()
        assert run("notify", "test", CLOSEOUT_NOTIFY=address).out == "default: sent\n"
        assert [message.title for message in there.messages] == ["Closeout: a test message"]
        there.statuses = [403]
        refused = run("notify", "test", "default")
        assert (refused.code, refused.err) == (3, "closeout: default: the service answered 403\n")
    unknown = run("notify", "test", "oncall")
    assert (unknown.code, "there is default" in unknown.err) == (2, True)


def test_a_route_is_tried_with_the_words_that_are_configured(run: Run, tmp_path: Path) -> None:
    """An invented message of the kind that is asked for."""
    config = tmp_path / "words.yml"
    config.write_text("messages: {refused: {title: 'Not yet: {issue}'}}\n", encoding="utf-8")
    with reception() as there:
        address = there.route().address.get_secret_value()
        ran = run("notify", "test", "--kind", "refused", CLOSEOUT_NOTIFY=address, CLOSEOUT_CONFIG=str(config))
    assert ran.out == "default: sent\n"
    assert [(message.title, message.type) for message in there.messages] == [("Not yet: acme/shop#12", "warning")]


ITEM = "<!-- closeout:action-item parent=github:acme/shop#99 key=k -->\n**Deadline:** 2020-01-31\n"
BY_MESSAGE = (
    "version: 1\ncalendar: {quiet: '', weekend: []}\nrules: {escalation: {steps: [{offset: 7, how: notification}]}}\n"
)


@pytest.mark.parametrize("kept", [True, False])
def test_a_reminder_that_no_outbox_can_keep_is_said_on_the_item(run: Run, sandbox: Sandbox, kept: bool) -> None:
    """Where the database is away, nothing would ever send it."""
    sandbox.world.put_file("github", "acme/shop", ".github/closeout.yml", BY_MESSAGE)
    made = sandbox.world.create_issue(
        "github", "acme/shop", actor="alice", title="Page", body=ITEM, labels=("type-action-item",)
    )
    forge = {"CLOSEOUT_GITHUB_URL": sandbox.github_url, "CLOSEOUT_GITHUB_TOKEN": "token-closeout-bot"}
    away = {} if kept else {"CLOSEOUT_DATABASE_URL": "sqlite:////nowhere/at/all/closeout.sqlite3"}
    assert (
        run("reconcile", f"github:acme/shop#{made.number}", **forge, **away, CLOSEOUT_NOTIFY="json://127.0.0.1:9").code
        == 0
    )
    bodies = [comment.body for comment in sandbox.world.issue("github", "acme/shop", made.number).comments]
    assert [any(f"topic={topic}" in body for body in bodies) for topic in ("status", "nudge:")] == [kept, not kept]


def test_what_is_reconciled_by_hand_is_told_too(run: Run, sandbox: Sandbox) -> None:
    """By the service, which shares the outbox; a dry run tells nothing."""
    made = sandbox.world.create_issue("github", "acme/shop", actor="alice", title="Down", labels=("post-mortem",))
    forge = {"CLOSEOUT_GITHUB_URL": sandbox.github_url, "CLOSEOUT_GITHUB_TOKEN": "token-closeout-bot"}
    ref, told = f"github:acme/shop#{made.number}", []
    for dry_run in ("1", "0"):
        ran = run("reconcile", ref, **forge, CLOSEOUT_NOTIFY="json://127.0.0.1:9", CLOSEOUT_DRY_RUN=dry_run)
        assert ran.code == 0
        told.append([row["key"] for row in json.loads(run("notify", "list", "--json").out)])
    assert told == [[], [f"{ref} opened"]]


def test_what_a_pipeline_has_kept_is_sent_by_hand(run: Run, tmp_path: Path) -> None:
    """Once; what its service does not take stays for the next time, and the exit code says so."""
    with opened(Place.file(tmp_path)) as database, reception() as there:
        address = there.route().address.get_secret_value()
        for key, status, out, code in (("a", 200, "1 sent, 0 failed\n", 0), ("b", 503, "0 sent, 1 failed\n", 3)):
            Outbox(database).put([Letter(key, "default", "audit", "Title", "Text")])
            there.statuses = [status]
            assert run("notify", "send", CLOSEOUT_NOTIFY=address, CLOSEOUT_DRY_RUN="1").out == ""
            ran = run("notify", "send", CLOSEOUT_NOTIFY=address, CLOSEOUT_DRY_RUN="0")
            assert (ran.out, ran.code) == (out, code)
        assert run("notify", "send").out == "0 sent, 0 failed\n"
    assert [message.title for message in there.messages] == ["Title"]


def test_without_routes_it_says_where_to_set_them(run: Run) -> None:
    """Nothing is configured here."""
    ran = run("notify", "test")
    assert (ran.code, "set CLOSEOUT_NOTIFY" in ran.err) == (2, True)


def test_the_outbox_is_listed(run: Run, tmp_path: Path) -> None:
    """With the reason of what was given up; as JSON for a machine."""
    with opened(Place.file(tmp_path)) as database:
        Outbox(database).put([Letter("github:acme/shop#12 opened", "removed", "opened", "Title", "Text")])
        (posted,) = Outbox(database).due("removed", 10)
        Outbox(database).begin(posted, again_in=60)
        Outbox(database).failed(posted, "the service answered 403", for_good=True)
    (row,) = json.loads(run("notify", "list", "--json").out)
    assert (row["key"], row["state"], row["attempts"]) == ("github:acme/shop#12 opened", "failed", 1)
    assert "the service answered 403" in run("notify", "list").out
