"""Notes, emoji and label history at the sandbox's GitLab."""

from __future__ import annotations

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.sandbox.gitlab_caller import SHOP, Caller

ISSUES = f"/projects/{SHOP}/issues"
NOTES = f"{ISSUES}/1/notes"


@pytest.fixture(autouse=True)
def issue(alice: Caller) -> None:
    """An issue to talk about."""
    alice.post(ISSUES, title="x")


def test_notes_come_newest_first_with_system_notes(alice: Caller, bob: Caller, clock: Clock) -> None:
    """The list's defaults are rarely what a client wants: both have a parameter."""
    alice.post(NOTES, body="one")
    clock.forward(hours=1)
    alice.put(f"{ISSUES}/1", title="y")
    clock.forward(hours=1)
    bob.post(NOTES, body="two")
    assert [note["body"] for note in alice.get(NOTES)] == ["two", "changed title", "one"]
    oldest = alice.get(NOTES, sort="asc", activity_filter="only_comments")
    assert [(note["body"], note["author"]["username"]) for note in oldest] == [("one", "alice"), ("two", "bob")]
    assert [note["system"] for note in alice.get(NOTES, activity_filter="only_activity")] == [True]


def test_labels_and_states_are_no_notes(alice: Caller) -> None:
    """They have lists of their own."""
    alice.put(f"{ISSUES}/1", add_labels="a", state_event="close")
    alice.put(f"{ISSUES}/1", remove_labels="a")
    assert alice.get(NOTES) == []
    events = alice.get(f"{ISSUES}/1/resource_label_events")
    assert [(e["action"], e["label"]["name"], e["user"]["username"]) for e in events] == [
        ("add", "a", "alice"),
        ("remove", "a", "alice"),
    ]
    alice.delete(f"/projects/{SHOP}/labels/a")
    assert [e["label"] for e in alice.get(f"{ISSUES}/1/resource_label_events")] == [None, None]


def test_authors_and_maintainers_edit_notes(alice: Caller, bob: Caller, mallory: Caller) -> None:
    """A Developer does not edit another's."""
    note = bob.post(NOTES, body="bob's")
    path = f"{NOTES}/{note['id']}"
    assert mallory.refused("PUT", path, body="x") == (403, {"message": "403 Forbidden"})
    assert alice.put(path, body="by a maintainer")["author"]["username"] == "bob"
    theirs = alice.post(NOTES, body="alice's")
    assert bob.refused("DELETE", f"{NOTES}/{theirs['id']}")[0] == 403
    bob.delete(path)
    assert bob.refused("GET", path) == (404, {"message": "404 Note Not Found"})


def test_internal_notes_are_for_members(alice: Caller, mallory: Caller) -> None:
    """From Planner on; `internal` is not a stranger's to set."""
    note = alice.post(NOTES, body="secret", internal=True)
    assert (note["internal"], note["confidential"]) == (True, True)
    assert mallory.get(NOTES) == []
    assert mallory.refused("GET", f"{NOTES}/{note['id']}")[0] == 404
    assert mallory.post(NOTES, body="hi", internal=True)["internal"] is False


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({}, {"error": "body is missing"}),
        ({"body": " "}, {"message": {"note": ["can't be blank"]}}),
        ({"body": "x" * 1_000_001}, {"message": {"note": ["is too long (maximum is 1000000 characters)"]}}),
    ],
)
def test_bad_notes_are_refused(alice: Caller, body: dict[str, str], answer: object) -> None:
    """Nothing is saved."""
    assert alice.refused("POST", NOTES, **body) == (400, answer)
    assert alice.get(NOTES) == []


def test_a_locked_discussion_is_for_members(alice: Caller, bob: Caller, mallory: Caller) -> None:
    """Strangers get 403."""
    alice.put(f"{ISSUES}/1", discussion_locked=True)
    assert mallory.refused("POST", NOTES, body="x")[0] == 403
    assert bob.post(NOTES, body="x")["body"] == "x"


@pytest.mark.parametrize("on_note", [False, True])
def test_an_emoji_is_given_once(alice: Caller, bob: Caller, *, on_note: bool) -> None:
    """A second time is a 404; only one's own can be taken back."""
    where = f"{NOTES}/{alice.post(NOTES, body='x')['id']}" if on_note else f"{ISSUES}/1"
    path = f"{where}/award_emoji"
    award = bob.post(path, name=":eyes:")
    assert (award["name"], award["user"]["username"]) == ("eyes", "bob")
    assert award["awardable_type"] == ("Note" if on_note else "Issue")
    assert bob.refused("POST", path, name="eyes")[0] == 404
    assert bob.refused("POST", path, name="no such ✓")[0] == 404
    alice.post(path, name="eyes")
    assert [row["user"]["username"] for row in bob.get(path)] == ["bob", "alice"]
    other = bob.get(path)[1]["id"]
    assert bob.refused("DELETE", f"{path}/{other}")[0] == 404
    bob.delete(f"{path}/{award['id']}")
    assert [row["user"]["username"] for row in bob.get(path)] == ["alice"]


def test_an_emoji_is_no_update(alice: Caller, clock: Clock) -> None:
    """The issue's time of change stays; thumbs are counted."""
    before = alice.get(f"{ISSUES}/1")["updated_at"]
    clock.forward(hours=1)
    alice.post(f"{ISSUES}/1/award_emoji", name="thumbsup")
    after = alice.get(f"{ISSUES}/1")
    assert (after["updated_at"], after["upvotes"]) == (before, 1)


def test_emoji_can_be_switched_off(sandbox: Sandbox, alice: Caller) -> None:
    """As on a smaller server."""
    sandbox.world.features["gitlab"].reactions = False
    assert alice.refused("POST", f"{ISSUES}/1/award_emoji", name="eyes")[0] == 404
