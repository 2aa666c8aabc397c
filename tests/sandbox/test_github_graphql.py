"""The sandbox's GitHub: its GraphQL endpoint, and the App."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.sandbox.github_caller import ISSUE, OPS, SHOP, GitHubCaller

SEEN = """
query($number: Int!) { repository(owner: "acme", name: "shop") { id viewerPermission
  labels(first: 10) { nodes { id name } }
  issue(number: $number) { id title state stateReason body lastEditedAt author { __typename login }
    labels(first: 5) { nodes { name } } assignees(first: 5) { nodes { id login } }
    parent { number } subIssues(first: 10) { totalCount nodes { number } } subIssuesSummary { total completed }
    projectItems(first: 5) { nodes { id project { number title }
      status: fieldValueByName(name: "Status") { ... on ProjectV2ItemFieldSingleSelectValue { name optionId } }
      due: fieldValueByName(name: "Due") { ... on ProjectV2ItemFieldDateValue { date } } } }
    comments(last: 2) { totalCount pageInfo { hasPreviousPage startCursor }
      nodes { id body viewerDidAuthor isMinimized reactionGroups { content viewerHasReacted } } }
    timelineItems(last: 20, itemTypes: [LABELED_EVENT, CLOSED_EVENT, REOPENED_EVENT]) { nodes { __typename
      ... on LabeledEvent { label { name } }
      ... on ClosedEvent { stateReason actor { login } } ... on ReopenedEvent { actor { login } } } } } } }
"""


@pytest.fixture
def hub(sandbox: Sandbox) -> GitHubCaller:
    """An administrator, and an issue in acme/shop."""
    sandbox.world.create_issue("github", "acme/shop", actor="eve", title="Down", body="x", labels=["bug"])
    return GitHubCaller(sandbox, "alice")


def seen(hub: GitHubCaller, number: int = 1) -> Any:
    answer = hub.query(SEEN, number=number)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["repository"]


def act(hub: GitHubCaller, name: str, result: str, **given: Any) -> Any:
    """Runs one mutation and returns its payload."""
    kind = name[0].upper() + name[1:]
    answer = hub.query(f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {result} }} }}", input=given)
    assert "errors" not in answer, answer["errors"]
    return answer["data"][name]


def test_one_query_sees_an_issue_whole(hub: GitHubCaller) -> None:
    """Texts, people, labels, family, comments and history, in GraphQL's own words."""
    hub.post(f"{ISSUE}/comments", body="hi")
    hub.patch(ISSUE, state="closed", state_reason="not_planned", assignees=["bob"])
    issue = seen(hub)["issue"]
    assert (issue["state"], issue["stateReason"], issue["author"]) == (
        "CLOSED",
        "NOT_PLANNED",
        {"__typename": "User", "login": "eve"},
    )
    assert [row["login"] for row in issue["assignees"]["nodes"]] == ["bob"]
    assert issue["timelineItems"]["nodes"] == [
        {"__typename": "LabeledEvent", "label": {"name": "bug"}},
        {"__typename": "ClosedEvent", "stateReason": "NOT_PLANNED", "actor": {"login": "alice"}},
    ]
    assert [(row["body"], row["viewerDidAuthor"]) for row in issue["comments"]["nodes"]] == [("hi", True)]


def test_comments_are_paged_backwards(hub: GitHubCaller) -> None:
    """`last` with `before` walks to the beginning; a page without bounds or over 100 is an error."""
    for number in range(5):
        hub.post(f"{ISSUE}/comments", body=str(number))
    ask = 'query($at: String) { repository(owner: "acme", name: "shop") { issue(number: 1) { comments(last: 2, before: $at) { nodes { body } pageInfo { hasPreviousPage startCursor } } } } }'
    found: list[str] = []
    at = None
    while True:
        page = hub.query(ask, at=at)["data"]["repository"]["issue"]["comments"]
        found = [row["body"] for row in page["nodes"]] + found
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        at = page["pageInfo"]["startCursor"]
    assert found == ["0", "1", "2", "3", "4"]
    for bounds, kind in (("", "MISSING_PAGINATION_BOUNDARIES"), ("(first: 101)", "EXCESSIVE_PAGINATION")):
        ask = f'{{ repository(owner: "acme", name: "shop") {{ labels{bounds} {{ totalCount }} }} }}'
        assert hub.query(ask)["errors"][0]["type"] == kind


def test_what_is_not_there_or_hidden_is_not_found(hub: GitHubCaller) -> None:
    """200 with null and an error that has type, path and message; one wrong number does not spoil the rest."""
    hidden = '{ a: repository(owner: "acme", name: "ops") { id } b: repository(owner: "acme", name: "shop") { name issue(number: 99) { id } } }'
    answer = hub.as_("mallory").query(hidden)
    assert answer["data"] == {"a": None, "b": {"name": "shop", "issue": None}}
    assert [(row["type"], row["path"]) for row in answer["errors"]] == [
        ("NOT_FOUND", ["a"]),
        ("NOT_FOUND", ["b", "issue"]),
    ]
    assert answer["errors"][0]["message"] == "Could not resolve to a Repository with the name 'acme/ops'."


def test_an_unknown_field_is_told_as_github_does(hub: GitHubCaller) -> None:
    """No data at all, and `undefinedField` with the field's and the type's name; broken documents say so too."""
    answer = hub.query("{ viewer { shoeSize } }")
    assert "data" not in answer
    assert answer["errors"][0]["extensions"] == {
        "code": "undefinedField",
        "typeName": "User",
        "fieldName": "shoeSize",
    }
    assert hub.query("{")["errors"]


def test_an_issue_is_created_under_its_parent_in_one_step(hub: GitHubCaller) -> None:
    """With labels and people by node id; a reader may not hang it there, and then nothing is made."""
    there = seen(hub)
    bob = hub.query(
        '{ repository(owner: "acme", name: "shop") { assignableUsers(first: 5, query: "bob") { nodes { id } } } }'
    )
    bob_id = bob["data"]["repository"]["assignableUsers"]["nodes"][0]["id"]
    given = {"repositoryId": there["id"], "title": "Add alert", "parentIssueId": there["issue"]["id"]}
    labels = [row["id"] for row in there["labels"]["nodes"]]
    made = act(hub, "createIssue", "issue { number }", **given, labelIds=labels, assigneeIds=[bob_id])
    child = seen(hub, made["issue"]["number"])["issue"]
    assert (child["parent"]["number"], child["assignees"]["nodes"][0]["login"]) == (1, "bob")
    assert [row["name"] for row in child["labels"]["nodes"]] == ["bug"]
    refused = hub.as_("eve").query(
        "mutation($input: CreateIssueInput!) { createIssue(input: $input) { issue { id } } }", input=given
    )
    assert refused["errors"][0]["type"] == "FORBIDDEN"
    assert len(hub.get(f"{SHOP}/issues")) == 2


def test_mutations_change_issues_and_comments(hub: GitHubCaller) -> None:
    """Edit, close, reopen, comment, edit and fold the comment, react, link and delete."""
    issue = seen(hub)["issue"]["id"]
    act(hub, "updateIssue", "issue { id }", id=issue, title="New", body="new", labelIds=[])
    act(hub, "closeIssue", "issue { state }", issueId=issue, stateReason="NOT_PLANNED")
    act(hub, "reopenIssue", "issue { state }", issueId=issue)
    made = act(hub, "addComment", "commentEdge { node { id } }", subjectId=issue, body="hi")
    comment = made["commentEdge"]["node"]["id"]
    act(hub, "updateIssueComment", "issueComment { body }", id=comment, body="hello")
    act(hub, "minimizeComment", "minimizedComment { isMinimized }", subjectId=comment, classifier="OUTDATED")
    act(hub, "addReaction", "reaction { content }", subjectId=comment, content="THUMBS_UP")
    now = seen(hub)["issue"]
    assert (now["title"], now["body"], now["state"], now["stateReason"]) == ("New", "new", "OPEN", "REOPENED")
    (row,) = now["comments"]["nodes"]
    assert (row["body"], row["isMinimized"]) == ("hello", True)
    assert [g["content"] for g in row["reactionGroups"] if g["viewerHasReacted"]] == ["THUMBS_UP"]
    act(hub, "deleteIssue", "repository { id }", issueId=issue)
    assert hub.status("GET", ISSUE) == 410


def test_cards_are_added_once_and_moved_by_option(hub: GitHubCaller) -> None:
    """Adding twice gives the same card; a column is an option of the Status field; a date has its own field."""
    hub.sandbox.world.group("github", "acme").boards[0].date_field = "Due"
    project = hub.query(
        '{ organization(login: "acme") { projectV2(number: 1) { id title fields(first: 10) { nodes {'
        " ... on ProjectV2SingleSelectField { id name options { id name } } ... on ProjectV2Field { id name } } } } } }"
    )["data"]["organization"]["projectV2"]
    status, due = project["fields"]["nodes"]
    assert [row["name"] for row in status["options"]] == [
        "Draft",
        "Review",
        "Actions Created",
        "In Progress",
        "Complete",
    ]
    given = {"projectId": project["id"], "contentId": seen(hub)["issue"]["id"]}
    cards = {act(hub, "addProjectV2ItemById", "item { id }", **given)["item"]["id"] for _ in range(2)}
    (card,) = cards
    where = {"projectId": project["id"], "itemId": card}
    values = [(status["id"], {"singleSelectOptionId": status["options"][1]["id"]}), (due["id"], {"date": "2026-04-01"})]
    for field, value in values:
        act(hub, "updateProjectV2ItemFieldValue", "projectV2Item { id }", **where, fieldId=field, value=value)
    (item,) = seen(hub)["issue"]["projectItems"]["nodes"]
    assert (item["status"]["name"], item["due"]["date"], item["project"]["number"]) == ("Review", "2026-04-01", 1)
    act(hub, "clearProjectV2ItemFieldValue", "projectV2Item { id }", **where, fieldId=due["id"])
    (item,) = seen(hub)["issue"]["projectItems"]["nodes"]
    assert (item["status"]["name"], item["due"]) == ("Review", None)


def test_the_closed_workflow_moves_the_card(hub: GitHubCaller) -> None:
    """Where it is on, closing puts the card into its column."""
    world = hub.sandbox.world
    world.move_card("github", "acme/shop", 1, actor="alice", column="Draft")
    world.group("github", "acme").boards[0].closed_column = "Complete"
    hub.patch(ISSUE, state="closed")
    assert seen(hub)["issue"]["projectItems"]["nodes"][0]["status"]["name"] == "Complete"


def test_a_lesser_server_lacks_fields_or_the_whole_endpoint(hub: GitHubCaller) -> None:
    """Without a feature its fields are unknown; without GraphQL there is 404."""
    features = hub.sandbox.world.features["github"]
    features.projects = False
    answer = hub.query(SEEN, number=1)
    assert {row["extensions"]["fieldName"] for row in answer["errors"]} == {"projectItems"}
    features.graphql = False
    assert hub.query("{ viewer { login } }")["status"] == "404"


def test_a_node_is_found_by_its_id(hub: GitHubCaller) -> None:
    """Of every kind; an id from elsewhere is not found."""
    hub.post(f"{ISSUE}/comments", body="hi")
    there = seen(hub)
    ids = [there["id"], there["issue"]["id"], there["issue"]["comments"]["nodes"][0]["id"]]
    kinds = [hub.query("query($id: ID!) { node(id: $id) { __typename id } }", id=one)["data"]["node"] for one in ids]
    assert [row["__typename"] for row in kinds] == ["Repository", "Issue", "IssueComment"]
    assert hub.query('{ node(id: "I_nonsense") { id } }')["errors"][0]["type"] == "NOT_FOUND"


# --- the App ------------------------------------------------------------------------------------------------


def jwt(issuer: object, algorithm: str = "RS256") -> str:
    parts = ({"alg": algorithm, "typ": "JWT"}, {"iss": issuer, "iat": 1, "exp": 2})
    shown = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*shown, "c2lnbmF0dXJl"])


def test_the_app_mints_tokens_that_end(hub: GitHubCaller, clock: Clock) -> None:
    """Its own JWT finds the installation and mints a token that acts as the app's bot, for an hour."""
    app = GitHubCaller(hub.sandbox, None, jwt(hub.sandbox.world.app.id))
    assert app.get("/app")["slug"] == "closeout"
    found = app.get(f"{SHOP}/installation")["id"]
    minted = app.post(f"/app/installations/{found}/access_tokens")
    bot = GitHubCaller(hub.sandbox, None, minted["token"])
    assert bot.post(f"{ISSUE}/comments", body="hi")["user"]["type"] == "Bot"
    assert bot.status("GET", f"{OPS}/issues") == 200
    assert bot.status("GET", "/user") == 403
    clock.forward(hours=1)
    assert bot.status("GET", f"{OPS}/issues") == 401


def test_other_credentials_do_not_open_the_app(hub: GitHubCaller) -> None:
    """A foreign issuer, another algorithm, a person's token: all refused."""
    issuer = hub.sandbox.world.app.id
    for token in (jwt(999), jwt(issuer, "HS256"), "token-alice"):
        assert GitHubCaller(hub.sandbox, None, token).status("GET", "/app") == 401
    app = GitHubCaller(hub.sandbox, None, jwt(hub.sandbox.world.app.client_id))
    assert app.status("POST", "/app/installations/1/access_tokens") == 404


def test_an_app_without_rights_is_told_so_in_its_own_words(hub: GitHubCaller) -> None:
    """403 "Resource not accessible by integration"."""
    world = hub.sandbox.world
    world.set_permission("github", "acme/shop", world.app.login, "read")
    world.grant_token("ghs_x", world.app.login, clock_end(hub))
    bot = GitHubCaller(hub.sandbox, None, "ghs_x")
    status, said = bot.refused("POST", f"{ISSUE}/labels", labels=["x"])
    assert (status, said["message"]) == (403, "Resource not accessible by integration")


def clock_end(hub: GitHubCaller) -> Any:
    return hub.sandbox.world.clock().replace(year=2030)


MAKE = """mutation($owner: ID!) { createProjectV2(input: {ownerId: $owner, title: "New"}) {
  projectV2 { id title field(name: "Status") { ... on ProjectV2SingleSelectField { id options { id name } } } } } }"""
WRITE = """mutation($field: ID!, $options: [ProjectV2SingleSelectFieldOptionInput!]) {
  updateProjectV2Field(input: {fieldId: $field, singleSelectOptions: $options}) {
    projectV2Field { ... on ProjectV2SingleSelectField { options { id name } } } } }"""


def test_writing_a_projects_options_makes_new_ones(hub: GitHubCaller) -> None:
    """Even those of the same name: every card loses its column, as at GitHub. Deleted, the project is gone."""
    owner = hub.query('{ organization(login: "acme") { id } }')["data"]["organization"]["id"]
    assert hub.as_("eve").query(MAKE, owner=owner)["errors"][0]["type"] == "FORBIDDEN"
    assert hub.query(MAKE, owner="O_nobody")["errors"][0]["type"] == "NOT_FOUND"
    made = hub.query(MAKE, owner=owner)["data"]["createProjectV2"]["projectV2"]
    assert [option["name"] for option in made["field"]["options"]] == ["Todo", "In Progress", "Done"]
    world = hub.sandbox.world
    board = world.group("github", "acme").boards[-1]
    world.set_column(board, world.issue("github", "acme/shop", 1), "Todo", actor="alice")
    options = [{"name": "Todo", "color": "GRAY", "description": ""}]
    written = hub.query(WRITE, field=made["field"]["id"], options=options)["data"]["updateProjectV2Field"]
    [option] = written["projectV2Field"]["options"]
    assert option["name"] == "Todo"
    assert option["id"] != made["field"]["options"][0]["id"]
    assert [card.column for card in board.cards] == [None]
    hub.query("mutation($id: ID!) { deleteProjectV2(input: {projectId: $id}) { clientMutationId } }", id=made["id"])
    assert [left.title for left in world.group("github", "acme").boards] == ["Post-mortems"]
