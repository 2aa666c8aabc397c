"""Issues at the sandbox's GitLab: made, found, edited, moved, deleted."""

from __future__ import annotations

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.sandbox.gitlab_caller import OPS, SHOP, Caller

ISSUES = f"/projects/{SHOP}/issues"


def iids(rows: list[dict[str, object]]) -> list[object]:
    return [row["iid"] for row in rows]


def test_an_issue_is_made_with_everything_at_once(alice: Caller) -> None:
    """Title, text, labels, assignee, due date, type and confidentiality come back as sent."""
    bob_id = alice.get("/users", username="BOB")[0]["id"]
    made = alice.post(
        ISSUES,
        title="Checkout down",
        description="- [x] a\n- [ ] b\n- [~] c",
        labels="outage,post-mortem",
        assignee_ids=[bob_id],
        due_date="2026-03-09",
        issue_type="incident",
        confidential=True,
    )
    assert made == alice.get(f"{ISSUES}/{made['iid']}")
    assert (made["labels"], made["assignees"][0]["username"]) == (["outage", "post-mortem"], "bob")
    assert (made["due_date"], made["issue_type"], made["type"]) == ("2026-03-09", "incident", "INCIDENT")
    assert (made["confidential"], made["references"]["full"]) == (True, "acme/shop#1")
    assert made["task_completion_status"] == {"count": 2, "completed_count": 1}


def test_labels_that_do_not_exist_are_made(alice: Caller) -> None:
    """`labels` and `add_labels` create a project label; `remove_labels` only finds one."""
    alice.post(ISSUES, title="x", labels=["new one"])
    alice.put(f"{ISSUES}/1", add_labels="another", remove_labels="third")
    assert [row["name"] for row in alice.get(f"/projects/{SHOP}/labels")] == ["another", "new one"]


def test_labels_are_added_removed_and_replaced(alice: Caller) -> None:
    """Three parameters, and an empty string clears."""
    alice.post(ISSUES, title="x", labels="a,b")
    assert alice.put(f"{ISSUES}/1", add_labels="c", remove_labels="a")["labels"] == ["b", "c"]
    assert alice.put(f"{ISSUES}/1", labels="d")["labels"] == ["d"]
    assert alice.put(f"{ISSUES}/1", labels="")["labels"] == []


def test_dates_and_people_are_cleared(alice: Caller) -> None:
    """An empty string clears a date, 0 the assignees."""
    me = alice.get("/user")["id"]
    alice.post(ISSUES, title="x", due_date="2026-03-09", assignee_ids=[me])
    edited = alice.put(f"{ISSUES}/1", due_date="", assignee_ids=[0])
    assert (edited["due_date"], edited["assignees"], edited["assignee"]) == (None, [], None)


def test_closing_and_reopening_leave_a_trail(alice: Caller, bob: Caller, clock: Clock) -> None:
    """State, who and when, and the events that outlive them."""
    alice.post(ISSUES, title="x")
    clock.forward(hours=1)
    closed = bob.put(f"{ISSUES}/1", state_event="close")
    assert (closed["state"], closed["closed_by"]["username"]) == ("closed", "bob")
    assert closed["closed_at"] == "2026-03-02T10:00:00.000Z"
    reopened = alice.put(f"{ISSUES}/1", state_event="reopen")
    assert (reopened["state"], reopened["closed_by"], reopened["closed_at"]) == ("opened", None, None)
    trail = [(e["state"], e["user"]["username"]) for e in alice.get(f"{ISSUES}/1/resource_state_events")]
    assert trail == [("closed", "bob"), ("reopened", "alice")]


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ({}, 400, {"error": "title is missing"}),
        ({"title": " "}, 400, {"message": {"title": ["can't be blank"]}}),
        ({"title": "x" * 256}, 400, {"message": {"title": ["is too long (maximum is 255 characters)"]}}),
        (
            {"title": "x", "description": "x" * 1_048_577},
            400,
            {"message": {"description": ["is too long (maximum is 1048576 characters)"]}},
        ),
        ({"title": "x", "due_date": "1 March"}, 400, {"error": "due_date is invalid"}),
        ({"title": "x", "issue_type": "bug"}, 400, {"error": "issue_type does not have a valid value"}),
        ({"title": "x", "confidential": "maybe"}, 400, {"error": "confidential is invalid"}),
    ],
)
def test_a_bad_value_is_refused_and_nothing_is_made(
    alice: Caller, body: dict[str, object], status: int, answer: object
) -> None:
    """The API's own declaration answers with `error`, a model with `message`."""
    assert alice.refused("POST", ISSUES, **body) == (status, answer)
    assert alice.get(ISSUES) == []


def test_a_state_event_is_a_verb(alice: Caller) -> None:
    """`closed` is no event."""
    alice.post(ISSUES, title="x")
    expected = (400, {"error": "state_event does not have a valid value"})
    assert alice.refused("PUT", f"{ISSUES}/1", state_event="closed") == expected


def test_an_edit_needs_something_to_edit(alice: Caller) -> None:
    """An empty body is a mistake."""
    alice.post(ISSUES, title="x")
    assert alice.refused("PUT", f"{ISSUES}/1")[0] == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"labels": "a"}, [3, 1]),
        ({"labels": "a,b"}, [3]),
        ({"labels": "None"}, [2]),
        ({"labels": "Any"}, [3, 1]),
        ({"not[labels]": "b"}, [2, 1]),
        ({"state": "closed"}, [2]),
        ({"state": "opened"}, [3, 1]),
        ({"due_date": "overdue"}, [1]),
        ({"due_date": "0"}, [2]),
        ({"due_date": "any"}, [3, 1]),
        ({"due_date": "week"}, [3]),
        ({"search": "second"}, [2]),
        ({"search": "needle"}, [3]),
        ({"search": "needle", "in": "title"}, []),
        ({"iids[]": ["1", "3"]}, [3, 1]),
        ({"issue_type": "task"}, [3]),
        ({"assignee_username": "bob"}, [1]),
        ({"author_username": "bob"}, [2]),
        ({"scope": "created_by_me"}, [3, 1]),
        ({"updated_after": "2026-03-02T10:30:00Z"}, [3, 2]),
        ({"updated_before": "2026-03-02T10:30:00Z"}, [1]),
        ({"order_by": "title", "sort": "asc"}, [1, 2, 3]),
        ({"order_by": "due_date", "sort": "asc"}, [1, 3, 2]),
        ({"order_by": "updated_at", "sort": "asc"}, [1, 3, 2]),
    ],
)
def test_lists_are_filtered(alice: Caller, bob: Caller, clock: Clock, query: dict[str, str], found: list[int]) -> None:
    """Each filter of the list, on three issues."""
    bob_id = bob.get("/user")["id"]
    alice.post(ISSUES, title="A first", labels="a", due_date="2026-03-01", assignee_ids=[bob_id])
    clock.forward(hours=1)
    bob.post(ISSUES, title="B second")
    clock.forward(hours=1)
    alice.post(ISSUES, title="C third", labels="a,b", due_date="2026-03-04", issue_type="task", description="A needle")
    clock.forward(hours=1)
    bob.put(f"{ISSUES}/2", state_event="close")
    assert iids(alice.get(ISSUES, **query)) == found


def test_the_list_of_everything_is_of_ones_own(alice: Caller, bob: Caller) -> None:
    """`/issues` shows what the caller wrote, unless the scope says `all`; a group's list shows all of it."""
    alice.post(ISSUES, title="mine")
    bob.post(f"/projects/{OPS}/issues", title="bob's")
    assert [row["title"] for row in alice.get("/issues")] == ["mine"]
    assert len(alice.get("/issues", scope="all")) == 2
    assert len(alice.get("/groups/acme/issues")) == 2


def test_pages_are_linked(sandbox: Sandbox, alice: Caller) -> None:
    """20 a page unless asked, 100 at most, with the headers that clients follow."""
    for n in range(101):
        sandbox.world.create_issue("gitlab", "acme/shop", actor="alice", title=f"{n}")
    first = alice.ask("GET", ISSUES)
    assert (len(first.json()), first.headers["X-Total"], first.headers["X-Total-Pages"]) == (20, "101", "6")
    assert (first.headers["X-Next-Page"], first.headers["X-Prev-Page"]) == ("2", "")
    big = alice.ask("GET", ISSUES, params={"per_page": 500, "page": 2, "state": "opened"})
    assert (iids(big.json()), big.headers["X-Per-Page"], big.headers["X-Next-Page"]) == ([1], "100", "")
    assert f"{sandbox.gitlab_url}/api/v4{ISSUES}?per_page=100" in big.links["prev"]["url"]
    assert big.links["prev"]["url"].endswith("state=opened&page=1")


def test_far_offsets_are_refused(alice: Caller) -> None:
    """Past 50,000 rows only keyset pagination goes on."""
    answer = alice.ask("GET", ISSUES, params={"page": 502, "per_page": 100})
    assert (answer.status_code, "50000" in answer.json()["error"]) == (405, True)


def test_keyset_pages_survive_changes_in_between(sandbox: Sandbox, alice: Caller) -> None:
    """A cursor says after which row to go on, so that a row made meanwhile shifts nothing."""
    for n in range(5):
        sandbox.world.create_issue("gitlab", "acme/shop", actor="alice", title=f"{n}")
    query = {"pagination": "keyset", "order_by": "created_at", "sort": "desc", "per_page": 2}
    first = alice.ask("GET", ISSUES, params=query)
    sandbox.world.create_issue("gitlab", "acme/shop", actor="alice", title="late")
    second = alice.ask("GET", first.links["next"]["url"].partition("/api/v4")[2])
    assert (iids(first.json()), iids(second.json())) == ([5, 4], [3, 2])
    assert "X-Total" not in second.headers


def test_keyset_is_for_project_issues(alice: Caller) -> None:
    """Elsewhere it is refused."""
    assert alice.ask("GET", "/groups/acme/issues", params={"pagination": "keyset"}).status_code == 405


def test_label_details_are_objects(alice: Caller) -> None:
    """`with_labels_details` shows colours in lists."""
    alice.post(f"/projects/{SHOP}/labels", name="outage", color="#d73a4a", description="Down")
    alice.post(ISSUES, title="x", labels="outage")
    [row] = alice.get(ISSUES, with_labels_details="true")
    assert (row["labels"][0]["name"], row["labels"][0]["color"]) == ("outage", "#d73a4a")


def test_a_moved_issue_closes_and_names_the_new_one(alice: Caller) -> None:
    """The copy has the text and the notes; the original is closed for good."""
    alice.post(ISSUES, title="x", description="text")
    alice.post(f"{ISSUES}/1/notes", body="said")
    ops = alice.get(f"/projects/{OPS}")["id"]
    made = alice.post(f"{ISSUES}/1/move", to_project_id=ops)
    old = alice.get(f"{ISSUES}/1")
    assert (old["state"], old["moved_to_id"]) == ("closed", made["id"])
    [note] = alice.get(f"/projects/{OPS}/issues/1/notes", activity_filter="only_comments")
    assert (made["project_id"], made["description"], note["body"]) == (ops, "text", "said")
    assert alice.put(f"/projects/{OPS}/issues/1/notes/{note['id']}", body="changed")["body"] == "changed"
    assert alice.refused("POST", f"{ISSUES}/1/move", to_project_id=ops)[0] == 400


def test_only_owners_and_planners_delete(sandbox: Sandbox, alice: Caller) -> None:
    """A Maintainer may not."""
    alice.post(ISSUES, title="x")
    assert alice.refused("DELETE", f"{ISSUES}/1") == (403, {"message": "403 Forbidden"})
    sandbox.world.set_permission("gitlab", "acme/shop", "alice", "owner")
    alice.delete(f"{ISSUES}/1")
    assert alice.refused("GET", f"{ISSUES}/1") == (404, {"message": "404 Not found"})


def test_participants_are_listed_once(alice: Caller, bob: Caller) -> None:
    """Author, assignees and whoever wrote a note."""
    alice.post(ISSUES, title="x")
    bob.post(f"{ISSUES}/1/notes", body="one")
    bob.post(f"{ISSUES}/1/notes", body="two")
    assert [row["username"] for row in alice.get(f"{ISSUES}/1/participants")] == ["alice", "bob"]
    assert alice.get(f"{ISSUES}/1/closed_by") == []
