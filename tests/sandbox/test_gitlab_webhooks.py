"""What the sandbox's GitLab tells its hooks, how it signs, and what happens when nobody listens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.external.mailbox import Mailbox, opened
from tests.sandbox.gitlab_caller import SHOP, Caller

ISSUES = f"/projects/{SHOP}/issues"
HOOKS = f"/projects/{SHOP}/hooks"
KEY = bytes(range(32))
SIGNING_TOKEN = "whsec_" + base64.b64encode(KEY).decode()
FLAGS = (
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "emoji_events",
)
ALL = dict.fromkeys(FLAGS, True)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Where the deliveries go."""
    with opened() as box:
        yield box


@pytest.fixture
def told(sandbox: Sandbox, mailbox: Mailbox) -> Callable[[], list[tuple[dict[str, str], Any]]]:
    """Everything delivered since the last look: headers and payload."""

    def look() -> list[tuple[dict[str, str], Any]]:
        sandbox.settle()
        found = []
        while not mailbox.arrived.empty():
            headers, body = mailbox.next()
            found.append((headers, json.loads(body)))
        return found

    return look


Told = Callable[[], list[tuple[dict[str, str], Any]]]


def actions(told: Told) -> list[str]:
    return [f"{h['X-Gitlab-Event']}: {p['object_attributes']['action']}" for h, p in told()]


def test_a_hook_keeps_its_secrets(alice: Caller) -> None:
    """Tokens go in and never come out; a new address forgets the secret; `push_events` is on by default."""
    made = alice.post(HOOKS, url="http://127.0.0.1:9/a", token="s3cret", signing_token=SIGNING_TOKEN, **ALL)
    assert (made["token_present"], made["signing_token_present"], made["alert_status"]) == (True, True, "executable")
    assert not {"token", "signing_token"} & made.keys()
    assert (made["push_events"], made["issues_events"], made["pipeline_events"]) == (True, True, False)
    path = f"{HOOKS}/{made['id']}"
    edited = alice.put(path, url="http://127.0.0.1:9/b", push_events=False, name="closeout")
    assert (edited["token_present"], edited["signing_token_present"]) == (False, True)
    assert (edited["push_events"], edited["name"]) == (False, "closeout")
    assert alice.get(HOOKS) == [alice.get(path)]
    alice.delete(path)
    assert alice.refused("GET", path) == (404, {"message": "404 Not found"})


@pytest.mark.parametrize("token", ["whsec_short", SIGNING_TOKEN.removeprefix("whsec_"), "whsec_%%%"])
def test_a_signing_token_has_a_form(alice: Caller, token: str) -> None:
    """`whsec_` and 32 bytes in base64."""
    assert alice.refused("POST", HOOKS, url="http://127.0.0.1:9/", signing_token=token)[0] == 422


def test_an_older_server_ignores_signing_tokens(sandbox: Sandbox, alice: Caller) -> None:
    """Without a word."""
    sandbox.world.features["gitlab"].signing_tokens = False
    made = alice.post(HOOKS, url="http://127.0.0.1:9/", signing_token=SIGNING_TOKEN)
    assert made["signing_token_present"] is False


def test_hooks_leave_this_machine_alone(alice: Caller) -> None:
    """The sandbox sends to loopback only."""
    assert alice.refused("POST", HOOKS, url="http://example.com/hook")[0] == 422


def test_an_opened_issue_is_told(sandbox: Sandbox, alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """Who, where, what, with labels; and headers that say from where and under which key."""
    hook = alice.post(HOOKS, url=mailbox.url, token="s3cret", **ALL)
    alice.post(ISSUES, title="x", description="text", labels="post-mortem")
    [(headers, payload)] = told()
    assert (headers["X-Gitlab-Event"], headers["X-Gitlab-Token"]) == ("Issue Hook", "s3cret")
    assert headers["X-Gitlab-Instance"] == sandbox.gitlab_url
    assert headers["User-Agent"].startswith("GitLab/19")
    assert headers["webhook-id"] == headers["Idempotency-Key"]
    assert "webhook-signature" not in headers
    assert (payload["object_kind"], payload["event_type"]) == ("issue", "issue")
    assert (payload["user"]["username"], payload["project"]["path_with_namespace"]) == ("alice", "acme/shop")
    attributes = payload["object_attributes"]
    assert (attributes["action"], attributes["state"], attributes["type"]) == ("open", "opened", "Issue")
    assert (attributes["iid"], attributes["description"]) == (1, "text")
    assert attributes["created_at"] == "2026-03-02 09:00:00 UTC"
    assert [label["title"] for label in payload["labels"]] == ["post-mortem"]
    assert "assignees" not in payload
    [event] = alice.get(f"{HOOKS}/{hook['id']}/events")
    assert (event["response_status"], event["request_data"]) == ("202", payload)


def test_deliveries_are_signed(alice: Caller, mailbox: Mailbox, sandbox: Sandbox) -> None:
    """By the Standard Webhooks rule, over id, time and the raw body."""
    alice.post(HOOKS, url=mailbox.url, signing_token=SIGNING_TOKEN, **ALL)
    alice.post(ISSUES, title="ünïcödé")
    sandbox.settle()
    headers, raw = mailbox.next()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert "X-Gitlab-Token" not in headers


def test_an_edit_tells_what_was_and_what_is(alice: Caller, mailbox: Mailbox, told: Told, clock: Clock) -> None:
    """Labels as whole lists, people, dates, texts."""
    me = alice.get("/user")["id"]
    alice.post(ISSUES, title="x", labels="a")
    alice.post(HOOKS, url=mailbox.url, **ALL)
    clock.forward(hours=1)
    alice.put(f"{ISSUES}/1", title="y", add_labels="b", remove_labels="a", assignee_ids=[me], due_date="2026-03-09")
    [(_, payload)] = told()
    changes = payload["changes"]
    assert changes["title"] == {"previous": "x", "current": "y"}
    assert changes["due_date"] == {"previous": None, "current": "2026-03-09"}
    assert [label["title"] for label in changes["labels"]["previous"]] == ["a"]
    assert [label["title"] for label in changes["labels"]["current"]] == ["b"]
    assert [person["username"] for person in changes["assignees"]["current"]] == ["alice"]
    assert changes["updated_at"] == {"previous": "2026-03-02 09:00:00 UTC", "current": "2026-03-02 10:00:00 UTC"}
    assert payload["assignee"]["username"] == "alice"


def test_state_and_other_fields_are_two_events(alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """The change of state comes first, without the others' changes."""
    alice.post(ISSUES, title="x")
    alice.post(HOOKS, url=mailbox.url, **ALL)
    alice.put(f"{ISSUES}/1", state_event="close", title="y")
    (first, closed), (second, updated) = told()
    assert (closed["object_attributes"]["action"], updated["object_attributes"]["action"]) == ("close", "update")
    assert closed["changes"]["state_id"] == {"previous": 1, "current": 2}
    assert ("title" in closed["changes"], "title" in updated["changes"]) == (False, True)
    assert first["X-Gitlab-Event-UUID"] == second["X-Gitlab-Event-UUID"]
    assert first["Idempotency-Key"] != second["Idempotency-Key"]
    alice.put(f"{ISSUES}/1", state_event="reopen")
    assert actions(told) == ["Issue Hook: reopen"]


def test_an_edit_that_changes_nothing_is_not_told(alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """Nor is a link, nor a deletion."""
    alice.post(ISSUES, title="x", labels="a")
    alice.post(ISSUES, title="y")
    alice.post(HOOKS, url=mailbox.url, **ALL)
    alice.put(f"{ISSUES}/1", title="x", add_labels="a")
    shop = alice.get(f"/projects/{SHOP}")["id"]
    alice.post(f"{ISSUES}/1/links", target_project_id=shop, target_issue_iid=2)
    assert told() == []


def test_tasks_and_incidents_are_work_items(alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """Under the same header, with another kind, type and address."""
    alice.post(HOOKS, url=mailbox.url, **ALL)
    alice.post(ISSUES, title="x", issue_type="task")
    [(headers, payload)] = told()
    assert (headers["X-Gitlab-Event"], payload["object_kind"]) == ("Issue Hook", "work_item")
    assert payload["object_attributes"]["type"] == "Task"
    assert payload["object_attributes"]["url"].endswith("/acme/shop/-/work_items/1")


def test_confidential_events_go_to_who_asked_for_them(alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """Under their own headers: of the issue, of its notes, and of internal notes anywhere."""
    alice.post(HOOKS, url=mailbox.url, confidential_issues_events=True, confidential_note_events=True)
    alice.post(ISSUES, title="open")
    alice.post(f"{ISSUES}/1/notes", body="for all")
    alice.post(f"{ISSUES}/1/notes", body="for us", internal=True)
    alice.post(ISSUES, title="secret", confidential=True)
    alice.post(f"{ISSUES}/2/notes", body="hush")
    seen = told()
    assert [h["X-Gitlab-Event"] for h, _ in seen] == [
        "Confidential Note Hook",
        "Confidential Issue Hook",
        "Confidential Note Hook",
    ]
    assert seen[1][1]["event_type"] == "confidential_issue"


def test_notes_tell_their_author_and_action(alice: Caller, bob: Caller, mailbox: Mailbox, told: Told) -> None:
    """`user` is who wrote the note, whoever edits it. System notes are not told."""
    alice.post(ISSUES, title="x")
    alice.post(HOOKS, url=mailbox.url, note_events=True)
    note = bob.post(f"{ISSUES}/1/notes", body="one")
    alice.put(f"{ISSUES}/1/notes/{note['id']}", body="two")
    alice.put(f"{ISSUES}/1", title="a system note")
    seen = [payload for _, payload in told()]
    assert [(p["object_attributes"]["action"], p["object_attributes"]["note"]) for p in seen] == [
        ("create", "one"),
        ("update", "two"),
    ]
    assert {p["user"]["username"] for p in seen} == {"bob"}
    assert (seen[0]["issue"]["iid"], seen[0]["object_attributes"]["noteable_type"]) == (1, "Issue")


def test_emoji_are_told_when_given_and_taken(alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """On an issue and on a note."""
    alice.post(ISSUES, title="x")
    note = alice.post(f"{ISSUES}/1/notes", body="x")["id"]
    alice.post(HOOKS, url=mailbox.url, emoji_events=True)
    path = f"{ISSUES}/1/notes/{note}/award_emoji"
    alice.delete(f"{path}/{alice.post(path, name='eyes')['id']}")
    (_, given), (_, taken) = told()
    assert (given["event_type"], taken["event_type"]) == ("award", "revoke")
    assert (given["object_attributes"]["awardable_type"], given["note"]["id"]) == ("Note", note)
    assert given["object_attributes"]["name"] == "eyes"


def test_quick_actions_are_told_like_any_edit(alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """A note of commands only tells the change and no note."""
    alice.post(ISSUES, title="x")
    alice.post(HOOKS, url=mailbox.url, **ALL)
    alice.ask("POST", f"{ISSUES}/1/notes", json={"body": "/close"})
    assert actions(told) == ["Issue Hook: close"]


def test_project_and_group_hooks_both_fire_under_keys_of_their_own(
    sandbox: Sandbox, alice: Caller, mailbox: Mailbox, told: Told
) -> None:
    """The same event twice, with different idempotency keys and one event id."""
    sandbox.world.features["gitlab"].premium = True
    sandbox.world.set_permission("gitlab", "acme/shop", "alice", "owner")
    alice.post(HOOKS, url=mailbox.url, issues_events=True)
    alice.post("/groups/acme/hooks", url=mailbox.url, issues_events=True)
    alice.post(ISSUES, title="x")
    headers = [h for h, _ in told()]
    assert len({h["Idempotency-Key"] for h in headers}) == 2
    assert len({h["X-Gitlab-Event-UUID"] for h in headers}) == 1


def test_a_resend_keeps_its_key(sandbox: Sandbox, alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """The body too; it is listed as an event of its own."""
    hook = f"{HOOKS}/{alice.post(HOOKS, url=mailbox.url, **ALL)['id']}"
    alice.post(ISSUES, title="x")
    [(before, payload)] = told()
    [event] = alice.get(f"{hook}/events")
    alice.post(f"{hook}/events/{event['id']}/resend")
    [(after, again)] = told()
    assert (after["Idempotency-Key"], again) == (before["Idempotency-Key"], payload)
    assert len(alice.get(f"{hook}/events")) == 2
    assert alice.refused("POST", f"{hook}/events/999999/resend")[0] == 404


def test_a_test_tells_about_the_newest_issue(alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """Whatever the hook subscribed to; 422 where there is nothing to tell."""
    hook = f"{HOOKS}/{alice.post(HOOKS, url=mailbox.url)['id']}"
    assert alice.refused("POST", f"{hook}/test/issues_events")[0] == 422
    assert alice.refused("POST", f"{hook}/test/nothing_events")[0] == 400
    alice.post(ISSUES, title="x")
    assert alice.refused("POST", f"{hook}/test/note_events")[0] == 422
    alice.post(f"{hook}/test/issues_events")
    alice.post(f"{ISSUES}/1/notes", body="x")
    alice.post(f"{hook}/test/note_events")
    assert actions(told) == ["Issue Hook: open", "Note Hook: create"]


def test_a_hook_that_fails_pauses_and_comes_back(sandbox: Sandbox, alice: Caller, clock: Clock) -> None:
    """From the fourth failure in a row, for a minute; what happens meanwhile is lost; a good test delivery revives it."""
    hook = f"{HOOKS}/{alice.post(HOOKS, url=f'{sandbox.url}/nobody-here', **ALL)['id']}"
    for title in "abcde":
        alice.post(ISSUES, title=title)
        sandbox.settle()
    seen = alice.get(hook)
    assert (seen["alert_status"], seen["disabled_until"]) == ("temporarily_disabled", "2026-03-02T09:01:00.000Z")
    assert len(alice.get(f"{hook}/events", status="client_failure")) == 4
    assert alice.get(f"{hook}/events", status="successful") == []
    clock.forward(seconds=61)
    assert alice.get(hook)["alert_status"] == "executable"
    with opened() as mailbox:
        alice.put(hook, url=mailbox.url)
        alice.post(f"{hook}/test/issues_events")
        sandbox.settle()
    assert alice.get(hook)["disabled_until"] is None


def test_forty_failures_in_a_row_are_for_good(sandbox: Sandbox, alice: Caller, clock: Clock) -> None:
    """Until somebody tests it with success. An unreachable address fails as well."""
    with opened() as box:
        url = box.url
    hook = f"{HOOKS}/{alice.post(HOOKS, url=url, **ALL)['id']}"
    for _ in range(40):
        alice.post(ISSUES, title="x")
        sandbox.settle()
        clock.forward(days=2)
    assert alice.get(hook)["alert_status"] == "disabled"
    assert alice.get(f"{hook}/events")[0]["response_status"] == "internal error"


def test_switching_off_may_be_switched_off(sandbox: Sandbox, alice: Caller) -> None:
    """As on most self-managed servers."""
    sandbox.world.features["gitlab"].auto_disable = False
    hook = f"{HOOKS}/{alice.post(HOOKS, url=f'{sandbox.url}/nobody-here', **ALL)['id']}"
    for title in "abcdef":
        alice.post(ISSUES, title=title)
    sandbox.settle()
    assert alice.get(hook)["alert_status"] == "executable"


@pytest.mark.parametrize(("detects", "echoes"), [(False, 1), (True, 0)])
def test_a_request_that_names_an_event_may_cause_no_echo(
    sandbox: Sandbox, alice: Caller, mailbox: Mailbox, told: Told, *, detects: bool, echoes: int
) -> None:
    """GitLab's recursion detection, as far as its source tells; off unless switched on."""
    sandbox.world.features["gitlab"].recursion_detection = detects
    alice.post(HOOKS, url=mailbox.url, **ALL)
    alice.post(ISSUES, title="x")
    [(headers, _)] = told()
    chain = {"X-Gitlab-Event-UUID": headers["X-Gitlab-Event-UUID"]}
    alice.ask("PUT", f"{ISSUES}/1", json={"title": "y"}, headers=chain)
    assert len(told()) == echoes
    alice.put(f"{ISSUES}/1", title="z")
    assert len(told()) == 1


def test_custom_headers_do_not_override(alice: Caller, mailbox: Mailbox, told: Told) -> None:
    """They are sent, by key and value; only their keys are shown."""
    headers = [{"key": "X-Team", "value": "sre"}, {"key": "X-Gitlab-Event", "value": "Fake"}]
    made = alice.post(HOOKS, url=mailbox.url, custom_headers=headers, **ALL)
    alice.post(ISSUES, title="x")
    [(seen, _)] = told()
    assert (seen["X-Team"], seen["X-Gitlab-Event"]) == ("sre", "Issue Hook")
    assert made["custom_headers"] == [{"key": "X-Team"}, {"key": "X-Gitlab-Event"}]
