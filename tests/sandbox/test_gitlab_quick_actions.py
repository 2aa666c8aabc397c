"""Lines that GitLab runs: what counts as one, what it does, and with whose rights."""

from __future__ import annotations

import pytest

from service.sandbox import Sandbox
from service.sandbox.gitlab.quick_actions import Command, extract
from tests.sandbox.gitlab_caller import SHOP, Caller

ISSUES = f"/projects/{SHOP}/issues"


@pytest.mark.parametrize(
    ("text", "left", "commands"),
    [
        ("/close", "", [Command("close")]),
        ("Hello\n\n/close\n", "Hello", [Command("close")]),
        ("Hello\n/close\nbye", "Hello\nbye", [Command("close")]),
        ("a\r\n/CLOSE\r\nb", "a\nb", [Command("close")]),
        ("/label ~a ~b\n/assign @bob", "", [Command("label", "~a ~b"), Command("assign", "@bob")]),
        ("<!-- marker -->\n/close", "<!-- marker -->", [Command("close")]),
        ("/close me now", "", [Command("close", "me now")]),
        ("one\n\n/due 2026-03-01\n\ntwo", "one\n\n\ntwo", [Command("due", "2026-03-01")]),
    ],
)
def test_a_command_is_a_line_that_begins_with_a_slash(text: str, left: str, commands: list[Command]) -> None:
    """It runs wherever a paragraph is, and leaves the text."""
    assert extract(text) == (left, commands)


@pytest.mark.parametrize(
    "text",
    [
        " /close",
        "\\/close",
        "- /close",
        "see /close",
        "`/close`",
        "```\n/close\n```",
        "    /close",
        "> /close",
        "> quoted\n/close",
        "<div>\n/close\n</div>",
        "# /close",
        "/closed",
        "/close\u200b",
        "/pm override because",
        "/unknown thing",
        "/var/log/messages",
        "nothing at all",
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    """Code, quotes, HTML, lists, escapes, other words after a slash: not a byte changes."""
    assert extract(text) == (text, [])


def test_a_description_runs_with_the_rights_of_whoever_saves_it(alice: Caller) -> None:
    """The danger of copying text: the caller's rights count, not the author's."""
    alice.post(f"/projects/{SHOP}/labels", name="outage", color="#d73a4a")
    text = "Summary\n/label ~outage ~missing\n/assign me\n/due in 2 days\n/confidential\n/title Renamed\n/close"
    made = alice.post(ISSUES, title="x", description=text)
    assert (made["description"], made["title"], made["labels"]) == ("Summary", "Renamed", ["outage"])
    assert (made["assignee"]["username"], made["due_date"], made["confidential"]) == ("alice", "2026-03-04", True)
    assert made["state"] == "opened"  # nobody closes what is not there yet


def test_an_edited_description_runs_what_is_new_in_it(alice: Caller) -> None:
    """On an edit, `/close` does close."""
    alice.post(ISSUES, title="x", description="a")
    edited = alice.put(f"{ISSUES}/1", description="a\n\n/close")
    assert (edited["state"], edited["description"]) == ("closed", "a")


def test_what_was_dormant_in_the_old_text_does_not_run(sandbox: Sandbox, alice: Caller) -> None:
    """Only commands that the old description did not have are run; they leave the text all the same."""
    sandbox.world.create_issue("gitlab", "acme/shop", actor="bob", title="x", body="a\n/close")
    edited = alice.put(f"{ISSUES}/1", description="b\n/close\n/lock")
    assert (edited["state"], edited["discussion_locked"], edited["description"]) == ("opened", True, "b")


def test_somebody_without_rights_runs_nothing(alice: Caller, mallory: Caller) -> None:
    """The lines leave the text, and nothing happens."""
    alice.post(f"/projects/{SHOP}/labels", name="outage", color="#d73a4a")
    made = mallory.post(ISSUES, title="x", description="a\n/label ~outage\n/assign @bob")
    assert (made["description"], made["labels"], made["assignees"]) == ("a", [], [])
    alice.post(ISSUES, title="y")
    assert mallory.ask("POST", f"{ISSUES}/2/notes", json={"body": "/close\n/title z"}).status_code == 202
    assert (alice.get(f"{ISSUES}/2")["state"], alice.get(f"{ISSUES}/2")["title"]) == ("opened", "y")


def test_a_note_of_nothing_but_commands_leaves_none(alice: Caller) -> None:
    """202, what changed, and no note."""
    alice.post(ISSUES, title="x")
    answer = alice.ask("POST", f"{ISSUES}/1/notes", json={"body": "/close"})
    assert (answer.status_code, answer.json()["commands_changes"]) == (202, {"state": True})
    assert alice.get(f"{ISSUES}/1")["state"] == "closed"
    assert alice.get(f"{ISSUES}/1/notes", activity_filter="only_comments") == []


def test_a_note_with_words_keeps_the_words(alice: Caller) -> None:
    """The commands run first."""
    alice.post(ISSUES, title="x", labels="a,b")
    note = alice.post(f"{ISSUES}/1/notes", body="Done.\n/unlabel ~a\n/close")
    assert note["body"] == "Done."
    seen = alice.get(f"{ISSUES}/1")
    assert (seen["state"], seen["labels"]) == ("closed", ["b"])


def test_an_edited_note_runs_too(alice: Caller) -> None:
    """An edit is no way around."""
    alice.post(ISSUES, title="x", labels="a")
    note = alice.post(f"{ISSUES}/1/notes", body="hello")
    assert alice.put(f"{ISSUES}/1/notes/{note['id']}", body="hello\n/relabel ~a\n/close")["body"] == "hello"
    assert alice.get(f"{ISSUES}/1")["state"] == "closed"


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("/reopen", "state", "opened"),
        ("/unassign", "assignees", []),
        ("/unassign @alice", "assignees", []),
        ("/remove_due_date", "due_date", None),
        ("/due tomorrow", "due_date", "2026-03-03"),
        ("/due in 1 week", "due_date", "2026-03-09"),
        ("/due someday", "due_date", "2026-03-20"),
        ("/unlabel", "labels", []),
        ("/labels ~c", "labels", ["a", "c"]),
        ("/relabel ~c", "labels", ["c"]),
        ("/lock", "discussion_locked", True),
        ("/promote_to_incident", "issue_type", "incident"),
        ("/type Task", "issue_type", "task"),
        ("/title A new one", "title", "A new one"),
    ],
)
def test_what_each_command_does(alice: Caller, line: str, field: str, value: object) -> None:
    """On a closed issue with a label, an assignee and a due date."""
    alice.post(f"/projects/{SHOP}/labels", name="c", color="#ffffff")
    me = alice.get("/user")["id"]
    alice.post(ISSUES, title="x", labels="a", assignee_ids=[me], due_date="2026-03-20")
    alice.put(f"{ISSUES}/1", state_event="close")
    alice.ask("POST", f"{ISSUES}/1/notes", json={"body": line})
    assert alice.get(f"{ISSUES}/1")[field] == value


def test_people_are_swapped(sandbox: Sandbox, alice: Caller) -> None:
    """`/assign` puts the new person first, so that Free's only assignee changes; unknown names are ignored."""
    alice.post(ISSUES, title="x", assignee_id=alice.get("/user")["id"])
    alice.ask("POST", f"{ISSUES}/1/notes", json={"body": "/assign @nobody-at-all @bob"})
    assert alice.get(f"{ISSUES}/1")["assignee"]["username"] == "bob"
    alice.ask("POST", f"{ISSUES}/1/notes", json={"body": "/reassign @eve"})
    assert alice.get(f"{ISSUES}/1")["assignee"]["username"] == "eve"
