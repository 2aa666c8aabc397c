"""Labels, boards, links, files, people: what stands around issues at the sandbox's GitLab."""

from __future__ import annotations

import base64

import pytest

from service.sandbox import Sandbox
from tests.sandbox.gitlab_caller import OPS, SHOP, Caller

ISSUES = f"/projects/{SHOP}/issues"
LABELS = f"/projects/{SHOP}/labels"
BOARDS = f"/projects/{SHOP}/boards"
FILE = f"/projects/{SHOP}/repository/files/.gitlab%2Fcloseout.yml"


def test_a_label_is_made_once(alice: Caller) -> None:
    """409 for the same name, and names differ by case."""
    made = alice.post(LABELS, name="Outage", color="#D73A4A", description="Down")
    assert (made["color"], made["description"], made["is_project_label"]) == ("#d73a4a", "Down", True)
    assert alice.refused("POST", LABELS, name="Outage", color="red") == (409, {"message": "Label already exists"})
    assert alice.post(LABELS, name="outage", color="red")["color"] == "#ff0000"
    assert alice.get(f"{LABELS}/Outage") == alice.get(f"{LABELS}/{made['id']}")


def test_a_group_label_counts_in_its_projects(alice: Caller) -> None:
    """A project cannot have a label of the same name; it is listed there as the group's."""
    alice.post("/groups/acme/labels", name="outage", color="#ffffff")
    assert alice.refused("POST", LABELS, name="outage", color="#ffffff")[0] == 409
    assert alice.refused("POST", "/groups/acme/labels", name="outage", color="#ffffff")[0] == 409
    [row] = alice.get(LABELS)
    assert (row["name"], row["is_project_label"]) == ("outage", False)
    assert alice.get(LABELS, include_ancestor_groups="false") == []
    assert [r["name"] for r in alice.get("/groups/acme/labels", search="OUT")] == ["outage"]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"name": "x"}, {"error": "color is missing"}),
        ({"color": "#ffffff"}, {"error": "name is missing"}),
        ({"name": "x", "color": "ffffff"}, {"message": {"color": ["must be a valid color code"]}}),
        (
            {"name": "x" * 256, "color": "#fff"},
            {"message": {"title": ["is too long (maximum is 255 characters)"]}},
        ),
    ],
)
def test_bad_labels_are_refused(alice: Caller, body: dict[str, str], answer: object) -> None:
    """Name and colour are required, and a colour is a colour."""
    assert alice.refused("POST", LABELS, **body) == (400, answer)


def test_a_renamed_label_shows_on_its_issues(alice: Caller) -> None:
    """And a deleted one is gone from them."""
    alice.post(ISSUES, title="x", labels="a")
    edited = alice.put(f"{LABELS}/a", new_name="b/c", color="#123456", description="d")
    assert (edited["name"], edited["color"], edited["description"]) == ("b/c", "#123456", "d")
    assert alice.get(f"{ISSUES}/1")["labels"] == ["b/c"]
    assert alice.get(LABELS, with_counts="true")[0]["open_issues_count"] == 1
    assert alice.refused("PUT", f"{LABELS}/b%2Fc")[0] == 400
    alice.delete(f"{LABELS}/b%2Fc")
    assert alice.get(f"{ISSUES}/1")["labels"] == []
    assert alice.refused("GET", f"{LABELS}/b%2Fc") == (404, {"message": "404 Label Not Found"})


def test_a_board_has_a_list_a_label(alice: Caller) -> None:
    """Lists have positions; a label has one list; a list is for exactly one thing."""
    made = [alice.post(LABELS, name=name, color="#fff")["id"] for name in ("Draft", "Review")]
    lists = f"{BOARDS}/{alice.post(BOARDS, name='Post-mortems')['id']}/lists"
    for label_id in made:
        alice.post(lists, label_id=label_id)
    assert [(row["label"]["name"], row["position"]) for row in alice.get(lists)] == [("Draft", 0), ("Review", 1)]
    assert alice.refused("POST", lists, label_id=made[0])[0] == 400
    assert alice.refused("POST", lists)[0] == 400
    assert alice.refused("POST", lists, label_id=made[0], assignee_id=1)[0] == 400
    assert alice.refused("POST", lists, assignee_id=1) == (400, {"message": "Assignee lists not available"})
    assert alice.refused("POST", lists, label_id=999_999) == (400, {"error": "Label not found!"})
    last = alice.get(lists)[1]["id"]
    assert alice.put(f"{lists}/{last}", position=0)["position"] == 0
    assert [row["label"]["name"] for row in alice.get(BOARDS)[0]["lists"]] == ["Review", "Draft"]
    alice.delete(f"{lists}/{last}")
    assert alice.refused("GET", f"{lists}/{last}") == (404, {"message": "404 List Not Found"})


def test_a_deleted_label_takes_its_list_along(alice: Caller) -> None:
    """A list stands for its label."""
    label = alice.post(LABELS, name="Draft", color="#fff")
    board = f"{BOARDS}/{alice.post(BOARDS, name='b')['id']}"
    alice.post(f"{board}/lists", label_id=label["id"])
    alice.delete(f"{LABELS}/Draft")
    assert alice.get(f"{board}/lists") == []
    assert alice.put(board, name="renamed")["name"] == "renamed"
    alice.delete(board)
    assert alice.get(BOARDS) == []


def test_a_card_follows_label_and_state(sandbox: Sandbox, alice: Caller) -> None:
    """A drag swaps labels; a closed issue leaves every label list."""
    world = sandbox.world
    board = world.add_board("gitlab", "acme/shop", title="b", columns=("Draft", "Review"))
    alice.post(ISSUES, title="x", labels="Draft,other")
    issue = world.issue("gitlab", "acme/shop", 1)
    assert world.column_of(issue, board) == "Draft"
    world.move_card("gitlab", "acme/shop", 1, actor="bob", column="Review")
    assert alice.get(f"{ISSUES}/1")["labels"] == ["Review", "other"]
    alice.put(f"{ISSUES}/1", state_event="close")
    assert world.column_of(issue, board) == "Closed"


def test_issues_are_linked_across_projects(alice: Caller) -> None:
    """Seen from both ends; once only; and undone."""
    alice.post(ISSUES, title="post-mortem")
    alice.post(f"/projects/{OPS}/issues", title="action", due_date="2026-03-09")
    ops = alice.get(f"/projects/{OPS}")["id"]
    link = alice.post(f"{ISSUES}/1/links", target_project_id=ops, target_issue_iid="1")
    assert (link["source_issue"]["title"], link["target_issue"]["title"]) == ("post-mortem", "action")
    [there] = alice.get(f"{ISSUES}/1/links")
    [back] = alice.get(f"/projects/{OPS}/issues/1/links")
    assert (there["title"], there["due_date"], there["link_type"]) == ("action", "2026-03-09", "relates_to")
    assert (back["title"], back["issue_link_id"]) == ("post-mortem", there["issue_link_id"])
    again = {"target_project_id": ops, "target_issue_iid": 1}
    assert alice.refused("POST", f"{ISSUES}/1/links", **again) == (409, {"message": "Issue(s) already assigned"})
    assert alice.get(f"{ISSUES}/1/links/{link['id']}")["id"] == link["id"]
    alice.delete(f"{ISSUES}/1/links/{link['id']}")
    assert alice.get(f"{ISSUES}/1/links") == []
    assert alice.refused("DELETE", f"{ISSUES}/1/links/{link['id']}")[0] == 404


def test_a_link_takes_rights_at_both_ends(alice: Caller, mallory: Caller) -> None:
    """403 where one end is somebody else's; 404 where it cannot be seen; hidden ends are not listed."""
    mallory.post(ISSUES, title="hers")
    alice.post(ISSUES, title="alice's")
    alice.post(f"/projects/{OPS}/issues", title="private")
    shop, ops = (alice.get(f"/projects/{path}")["id"] for path in (SHOP, OPS))
    path = f"{ISSUES}/1/links"
    assert mallory.refused("POST", path, target_project_id=shop, target_issue_iid=2)[0] == 403
    assert mallory.refused("POST", path, target_project_id=ops, target_issue_iid=1)[0] == 404
    assert alice.refused("POST", path, target_project_id=shop, target_issue_iid=9)[0] == 404
    alice.post(path, target_project_id=ops, target_issue_iid=1)
    assert mallory.get(path) == []


def test_a_file_is_written_and_read(bob: Caller) -> None:
    """Created once, then edited; raw and with its metadata."""
    commit = {"branch": "main", "commit_message": "Add a policy"}
    assert bob.refused("GET", f"{FILE}/raw")[0] == 404
    assert bob.post(FILE, content="version: 1\n", **commit) == {"file_path": ".gitlab/closeout.yml", "branch": "main"}
    assert bob.refused("POST", FILE, content="x", **commit)[1] == {"message": "A file with this name already exists"}
    encoded = base64.b64encode(b"version: 2\n").decode()
    bob.put(FILE, content=encoded, encoding="base64", **commit)
    raw = bob.ask("GET", f"{FILE}/raw", params={"ref": "HEAD"})
    assert (raw.text, raw.headers["Content-Type"]) == ("version: 2\n", "text/plain; charset=utf-8")
    assert base64.b64decode(bob.get(FILE, ref="main")["content"]) == b"version: 2\n"
    other = f"/projects/{SHOP}/repository/files/other"
    assert bob.refused("PUT", other, content="x", **commit)[1] == {"message": "A file with this name doesn't exist"}
    assert bob.refused("POST", other, content="x", branch="topic", commit_message="x")[0] == 400
    assert bob.refused("GET", FILE) == (400, {"error": "ref is missing"})
    assert [row["name"] for row in bob.get(f"/projects/{SHOP}/repository/branches")] == ["main"]


def test_a_branch_is_proposed_in_a_merge_request(bob: Caller) -> None:
    """Its files differ from the default branch's until the merge; one request at a time, and none about nothing."""
    branches, requests = f"/projects/{SHOP}/repository/branches", f"/projects/{SHOP}/merge_requests"
    between = {"source_branch": "topic", "target_branch": "main", "title": "t"}
    assert bob.refused("POST", branches, branch="topic", ref="none")[0] == 400
    assert bob.refused("POST", requests, **between)[0] == 400
    assert bob.post(branches, branch="topic", ref="main")["default"] is False
    assert bob.refused("POST", branches, branch="topic", ref="main")[0] == 400
    assert bob.refused("POST", requests, **between)[0] == 400
    bob.post(FILE, content="x", branch="topic", commit_message="m")
    assert bob.get(f"{FILE}/raw", ref="topic") == "x"
    assert bob.refused("GET", f"{FILE}/raw")[0] == 404
    made = bob.post(requests, description="d", **between)
    assert bob.refused("POST", requests, **between)[0] == 409
    assert bob.get(f"{requests}/{made['iid']}")["state"] == "opened"
    assert bob.refused("GET", f"{requests}/99")[0] == 404
    bob.sandbox.world.merge_request("gitlab", "acme/shop", made["iid"])
    assert bob.get(requests, state="opened", source_branch="topic") == []
    assert [row["state"] for row in bob.get(requests, source_branch="topic")] == ["merged"]
    assert bob.get(f"{FILE}/raw") == "x"


def test_people_are_found_by_name_and_number(alice: Caller) -> None:
    """By exact login without case, by words, by id."""
    [bob] = alice.get("/users", username="Bob")
    assert alice.get(f"/users/{bob['id']}")["username"] == "bob"
    assert alice.get("/users", username="bo") == []
    assert "bob" in [row["username"] for row in alice.get("/users", search="brandt")]
    assert alice.refused("GET", "/users/999999") == (404, {"message": "404 User Not Found"})
    assert alice.get("/user")["username"] == "alice"


def test_the_server_says_what_it_is(sandbox: Sandbox, alice: Caller) -> None:
    """Version, group, its projects, and the token in use."""
    assert alice.get("/metadata")["version"] == alice.get("/version")["version"]
    assert alice.get("/groups/acme")["full_path"] == "acme"
    assert len(alice.get("/groups/acme/projects")) == 2
    assert len(Caller(sandbox, "mallory").get("/groups/acme/projects")) == 1
    assert alice.get("/personal_access_tokens/self")["scopes"] == ["api"]
    project = alice.get(f"/projects/{SHOP}")
    assert (project["permissions"]["project_access"]["access_level"], project["visibility"]) == (40, "public")
