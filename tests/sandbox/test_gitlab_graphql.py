"""Work items over GraphQL at the sandbox's GitLab: one query sees a whole post-mortem."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLNamedType, build_schema, is_object_type

from service.sandbox import Sandbox
from service.sandbox.gitlab.graphql_schema import SDL
from tests.contracts import gitlab_graphql
from tests.sandbox.gitlab_caller import OPS, SHOP, Caller

ISSUES = f"/projects/{SHOP}/issues"
WHOLE = """
query PostMortem($path: ID!, $iid: String!, $after: String) {
  queryComplexity { score limit }
  currentUser { username bot }
  namespace(fullPath: $path) { workItem(iid: $iid) {
    id iid title state confidential closedAt updatedAt webUrl reference(full: true)
    author { username }
    workItemType { name }
    userPermissions { updateWorkItem setWorkItemMetadata createNote }
    widgets {
      ... on WorkItemWidgetDescription { description lastEditedBy { username } }
      ... on WorkItemWidgetLabels { labels(first: 50) { nodes { title } } }
      ... on WorkItemWidgetAssignees { assignees(first: 20) { nodes { username } } }
      ... on WorkItemWidgetStartAndDueDate { startDate dueDate }
      ... on WorkItemWidgetHierarchy { hasParent children(first: 5) { nodes { ...Ref } } }
      ... on WorkItemWidgetLinkedItems {
        blocked
        linkedItems(first: 50) { nodes { linkType workItem { ...Ref } } pageInfo { hasNextPage endCursor } }
      }
      ... on WorkItemWidgetNotes {
        discussions(first: 2, after: $after, filter: ONLY_COMMENTS) {
          nodes { notes(first: 1) { nodes { body system author { username } } } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  } }
}
fragment Ref on WorkItem {
  title state reference(full: true)
  widgets { ... on WorkItemWidgetStartAndDueDate { dueDate } ... on WorkItemWidgetDescription { description } }
}
"""

ISSUE = "gid://gitlab/WorkItems::Type/issue"
CREATE = """
mutation($input: WorkItemCreateInput!) { workItemCreate(input: $input) { workItem { reference(full: true) } errors } }
"""


def work_item(caller: Caller, iid: int = 1, **variables: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The item, and all its widgets' fields in one."""
    answer = caller.query(WHOLE, path="acme/shop", iid=str(iid), **variables)
    assert "errors" not in answer, answer
    item = answer["data"]["namespace"]["workItem"]
    return item, {name: value for widget in item["widgets"] for name, value in widget.items()}


def test_one_query_sees_everything(alice: Caller, bob: Caller) -> None:
    """Text, labels, people, dates, linked items with theirs, and comments page by page."""
    me = bob.get("/user")["id"]
    alice.post(ISSUES, title="pm", description="text", labels="b,a", assignee_ids=[me], confidential=True)
    alice.post(f"/projects/{OPS}/issues", title="action", description="do it", due_date="2026-03-09")
    ops = alice.get(f"/projects/{OPS}")["id"]
    alice.post(f"{ISSUES}/1/links", target_project_id=ops, target_issue_iid=1)
    for body in ("one", "two", "three"):
        bob.post(f"{ISSUES}/1/notes", body=body)
    item, widgets = work_item(alice)
    assert (item["title"], item["state"], item["confidential"], item["reference"]) == (
        "pm",
        "OPEN",
        True,
        "acme/shop#1",
    )
    assert (item["author"], item["workItemType"]) == ({"username": "alice"}, {"name": "Issue"})
    assert [node["title"] for node in widgets["labels"]["nodes"]] == ["a", "b"]
    assert (widgets["description"], widgets["assignees"]["nodes"]) == ("text", [{"username": "bob"}])
    [linked] = widgets["linkedItems"]["nodes"]
    assert (linked["linkType"], linked["workItem"]["reference"]) == ("relates_to", "acme/ops#1")
    assert linked["workItem"]["widgets"][0] == {"description": "do it"}
    first = widgets["discussions"]
    assert [d["notes"]["nodes"][0]["body"] for d in first["nodes"]] == ["one", "two"]
    rest = work_item(alice, after=first["pageInfo"]["endCursor"])[1]["discussions"]
    assert [d["notes"]["nodes"][0]["body"] for d in rest["nodes"]] == ["three"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


def test_a_closed_item_says_when(alice: Caller) -> None:
    """State and time, in GraphQL's words."""
    alice.post(ISSUES, title="x", issue_type="task")
    alice.put(f"{ISSUES}/1", description="new", state_event="close")
    item, widgets = work_item(alice)
    assert (item["state"], item["closedAt"]) == ("CLOSED", "2026-03-02T09:00:00.000Z")
    assert (item["workItemType"]["name"], widgets["lastEditedBy"]) == ("Task", {"username": "alice"})


def test_what_the_caller_cannot_see_is_null(alice: Caller, mallory: Caller, sandbox: Sandbox) -> None:
    """Private projects, confidential items, numbers that do not exist."""
    alice.post(ISSUES, title="secret", confidential=True)
    assert mallory.query(WHOLE, path="acme/ops", iid="1")["data"]["namespace"] is None
    for iid in ("1", "2", "x"):
        assert mallory.query(WHOLE, path="acme/shop", iid=iid)["data"]["namespace"]["workItem"] is None
    assert Caller(sandbox, None).query("{ currentUser { username } }") == {"data": {"currentUser": None}}
    assert alice.query(WHOLE, path="acme", iid="1")["data"]["namespace"]["workItem"] is None


def test_permissions_are_the_callers(alice: Caller, mallory: Caller) -> None:
    """What would be dropped silently shows before."""
    alice.post(ISSUES, title="x")
    assert work_item(alice)[0]["userPermissions"]["setWorkItemMetadata"] is True
    mine = work_item(mallory)[0]["userPermissions"]
    assert mine == {"updateWorkItem": False, "setWorkItemMetadata": False, "createNote": True}


def test_an_item_is_found_by_its_global_id(alice: Caller) -> None:
    """The number behind it is the issue's REST id."""
    gid = f"gid://gitlab/WorkItem/{alice.post(ISSUES, title='x')['id']}"
    found = alice.query("query($id: WorkItemID!) { workItem(id: $id) { id title } }", id=gid)
    assert found == {"data": {"workItem": {"id": gid, "title": "x"}}}
    assert alice.query('{ workItem(id: "gid://gitlab/WorkItem/999999") { id } }') == {"data": {"workItem": None}}


def created(caller: Caller, **fields: Any) -> dict[str, Any]:
    answer = caller.query(CREATE, input={"title": "x", "workItemTypeId": ISSUE, "namespacePath": "acme/shop", **fields})
    return dict(answer)


def test_an_item_is_created_whole_and_linked(alice: Caller, bob: Caller) -> None:
    """Text without its quick actions, labels and people by id, a date, confidentiality, and the link."""
    parent, me = alice.post(ISSUES, title="pm")["id"], bob.get("/user")["id"]
    label = alice.post(f"/projects/{SHOP}/labels", name="a", color="#ffffff")["id"]
    made = created(
        alice,
        descriptionWidget={"description": "do it\n/label ~b"},
        labelsWidget={"labelIds": [f"gid://gitlab/Label/{label}", "gid://gitlab/Label/999999"]},
        assigneesWidget={"assigneeIds": [f"gid://gitlab/User/{me}"]},
        startAndDueDateWidget={"dueDate": "2026-03-09"},
        linkedItemsWidget={"workItemsIds": [f"gid://gitlab/WorkItem/{parent}"]},
        confidential=True,
    )["data"]["workItemCreate"]
    assert (made["errors"], made["workItem"]["reference"]) == ([], "acme/shop#2")
    issue = alice.get(f"{ISSUES}/2")
    assert (issue["description"], issue["labels"], issue["due_date"], issue["confidential"]) == (
        "do it",
        ["a"],
        "2026-03-09",
        True,
    )
    assert [person["username"] for person in issue["assignees"]] == ["bob"]
    assert [row["iid"] for row in alice.get(f"{ISSUES}/1/links")] == [2]


def test_what_may_not_be_created_is_not(alice: Caller, mallory: Caller) -> None:
    """Another's project, an item that cannot be linked, an unknown type; a title that a model refuses."""
    parent = alice.post(ISSUES, title="pm")["id"]
    linked = {"linkedItemsWidget": {"workItemsIds": [f"gid://gitlab/WorkItem/{parent}"]}}
    for caller, fields in (
        (mallory, {"namespacePath": "acme/ops"}),
        (mallory, linked),
        (alice, {"linkedItemsWidget": {"workItemsIds": ["gid://gitlab/WorkItem/999999"]}}),
        (alice, {"workItemTypeId": "gid://gitlab/WorkItems::Type/epic"}),
    ):
        answer = created(caller, **fields)
        assert "does not exist or you don't have permission" in answer["errors"][0]["message"]
        assert answer["data"]["workItemCreate"] is None
    refused = created(alice, title=" ")["data"]["workItemCreate"]
    assert (refused["workItem"], "can't be blank" in refused["errors"][0]) == (None, True)
    assert [issue["iid"] for issue in alice.get(ISSUES)] == [1]


def test_mistakes_are_errors_with_status_200(alice: Caller) -> None:
    """Syntax, unknown fields, too many fields, too long a text."""
    assert "Syntax Error" in alice.query("{")["errors"][0]["message"]
    assert "Cannot query field" in alice.query("{ nothing }")["errors"][0]["message"]
    wide = "{" + " ".join(f"a{n}: currentUser {{ username }}" for n in range(130)) + "}"
    assert "exceeds max complexity of 250" in alice.query(wide)["errors"][0]["message"]
    assert alice.query("#" * 10_001)["errors"] == [{"message": "Query too large"}]


def test_a_wrong_token_is_refused(sandbox: Sandbox) -> None:
    """401, as with REST."""
    assert Caller(sandbox, "nobody").query("{ currentUser { id } }") == {"errors": [{"message": "Invalid token"}]}


def test_graphql_can_be_switched_off(sandbox: Sandbox, alice: Caller) -> None:
    """An older server, or one that hides it: 404."""
    sandbox.world.features["gitlab"].graphql = False
    assert alice.query("{ currentUser { id } }") == {"error": "404 Not Found"}


def test_the_schema_is_part_of_the_published_one() -> None:
    """Every type, field, argument and nullability of the sandbox's schema is in what GitLab is known to have."""
    known = gitlab_graphql.schema().type_map
    for name, mine in build_schema(SDL).type_map.items():
        if name.startswith("__"):
            continue
        assert name in known, name
        assert signatures(mine).items() <= signatures(known[name]).items(), name


def signatures(kind: GraphQLNamedType) -> dict[str, str]:
    """`{"labels": "LabelConnection(after: String, first: Int)"}`; empty for what has no fields."""
    if not is_object_type(kind):
        return {}
    return {
        name: f"{field.type}({', '.join(f'{a}: {arg.type}' for a, arg in sorted(field.args.items()))})"
        for name, field in kind.fields.items()
    }
