"""The checker is checked: what GitHub itself shows as examples passes, and each kind of mistake is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contracts.exchange import Exchange
from tests.contracts.github_contract import check, check_graphql, check_webhook, document, openapi
from tests.external import packages

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("github-contract")]

ISSUE = "/github/api/v3/repos/acme/shop/issues/1"
OURS = (
    "/repos/{owner}/{repo}/issues",
    "/repos/{owner}/{repo}/issues/{issue_number}",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/{issue_number}/labels",
    "/repos/{owner}/{repo}/issues/{issue_number}/sub_issues",
    "/repos/{owner}/{repo}/issues/{issue_number}/assignees",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
    "/repos/{owner}/{repo}/labels",
    "/repos/{owner}/{repo}/hooks",
    "/user",
)


def example(name: str) -> Any:
    return document()["components"]["examples"][name]["value"]


def patch(body: object, reply: object, status: int = 200, **more: Any) -> Exchange:
    return Exchange(
        "PATCH",
        ISSUE,
        request_body=json.dumps(body).encode(),
        status=status,
        reply_headers={"content-type": "application/json; charset=utf-8"},
        reply_body=json.dumps(reply).encode(),
        **more,
    )


@pytest.mark.parametrize("template", OURS)
def test_githubs_own_examples_pass(template: str) -> None:
    """Each example reply in the document, of every call we make, is free of problems."""
    seen = 0
    for method in ("get", "post", "patch"):
        found = openapi().find(method, template)
        if found is None:
            continue
        for status, response in found[0].spec["responses"].items():
            for value in _examples(response):
                pointer = f"{found[0].pointer}/responses/{status}/content/application~1json/schema"
                assert list(openapi().schema_problems(pointer, value)) == []
                seen += 1
    assert seen


def _examples(response: dict[str, Any]) -> list[Any]:
    """The shared examples; the few that are written in place are not kept up to date by GitHub."""
    found = response.get("content", {}).get("application/json", {}).get("examples", {})
    return [example(row["$ref"].rpartition("/")[2]) for row in found.values() if "$ref" in row]


def test_a_right_exchange_has_no_problems() -> None:
    """A documented edit, answered with GitHub's example of an issue, passes."""
    assert check(patch({"state": "open", "labels": ["a"]}, example("issue"))) == []


@pytest.mark.parametrize(
    ("exchange", "problem"),
    [
        (Exchange("POST", f"{ISSUE}/nonsense"), "documents no such call"),
        (patch({"state": "opened"}, {}, 404), "is not one of"),
        (patch({"stat": "open"}, {}, 404), "'stat' is not documented"),
        (patch({}, {"id": 1}), "is a required property"),
        (patch({}, {}, 418), "418 is not documented"),
        (Exchange("GET", "/repos/acme/shop/hooks/1/deliveries", status=304), "304 is not documented"),
        (patch({}, {}, 404, query={"page": ("1",)}), "'page' is not documented"),
        (
            Exchange("GET", f"{ISSUE}/comments", {"per_page": ("many",)}, status=404),
            "is not of type 'integer'",
        ),
        (Exchange("PATCH", ISSUE, request_body=b"{", status=404), "not JSON"),
        (Exchange("GET", ISSUE, status=200, reply_body=b"<html>"), "not JSON"),
        (Exchange("POST", "/repos/acme/shop/issues", status=404), "a body is required"),
    ],
)
def test_each_kind_of_mistake_is_named(exchange: Exchange, problem: str) -> None:
    """An unknown call, a wrong value, a misspelt key, a wrong status: each is told in words."""
    assert any(problem in line for line in check(exchange)), check(exchange)


def test_a_wrong_time_or_an_invented_key_in_a_reply_is_a_problem() -> None:
    """The sandbox may neither write times in its own way nor add what GitHub does not send."""
    issue = example("issue")
    assert any("closed_at" in line for line in check(patch({}, {**issue, "closed_at": "yesterday"})))
    assert any("'due'" in line for line in check(patch({}, {**issue, "due": "2026-01-01"})))


def test_null_passes_only_where_github_says_so() -> None:
    """`nullable` is honoured, and nothing else lets null through."""
    issue = example("issue")
    assert check(patch({}, {**issue, "body": None, "closed_at": None})) == []
    assert check(patch({}, {**issue, "title": None})) != []


def test_a_bare_array_of_labels_is_a_known_false_alarm() -> None:
    """PyGithub sends one, GitHub's text permits it, and the check says nothing."""
    path = f"{ISSUE}/labels"
    reply = json.dumps(example("label-items")).encode()
    sent = Exchange("POST", path, {}, {}, b'["bug"]', 200, {"content-type": "application/json"}, reply)
    assert check(sent) == []


def test_graphql_documents_and_variables_are_checked() -> None:
    """A field that GitHub does not have, and a variable of the wrong type, are told."""
    asked = 'query Q($number: Int!) { repository(owner: "a", name: "b") { issue(number: $number) { title } } }'
    assert check_graphql(asked, {"number": 1}) == []
    assert check_graphql(asked.replace("title", "headline")) != []
    assert check_graphql(asked, {"number": "one"}) != []
    assert check_graphql(asked, {"number": 1, "other": 2}) == ["the variable $other is not declared"]
    assert check_graphql("query {") != []


def test_most_community_examples_of_webhooks_match_the_document() -> None:
    """The description of webhooks is usable: recent community payloads pass, with the exception of a few old ones."""
    rows = packages.json_file("@octokit/webhooks-examples", "api.github.com", "index.json")
    examples = [(row["name"], e) for row in rows if row["name"] in {"issues", "label"} for e in row["examples"]]
    passed = [event for event, payload in examples if not check_webhook(event, payload)]
    assert len(passed) > len(examples) // 2
