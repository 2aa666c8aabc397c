"""Shapes that a real GitLab shows too rarely to wait for: long threads, missing widgets, servers of other ages."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from service.model import IssueRef
from service.providers.base import MalformedReply, Unavailable
from service.providers.gitlab.client import GitLab
from tests.clock import Clock
from tests.providers.github.scripted import Say, Scripted

REF = IssueRef("gitlab", "acme/shop", 3)
API = "/api/v4/projects/acme%2Fshop"
ISSUE = f"{API}/issues/3"
ROW: dict[str, Any] = {
    "iid": 3,
    "title": "Checkout down",
    "description": "",
    "state": "opened",
    "references": {"full": "acme/shop#3"},
}


def note(number: int, body: str = "/pm help", author: str = "bob") -> dict[str, Any]:
    return {
        "id": f"gid://gitlab/Note/{number}",
        "body": body,
        "system": False,
        "createdAt": None,
        "updatedAt": None,
        "author": {"id": "gid://gitlab/User/5", "username": author},
    }


def rest_note(number: int, body: str = "/pm help") -> dict[str, Any]:
    return {"id": number, "body": body, "system": False, "author": {"id": 5, "username": "bob"}}


def threads(*found: list[dict[str, Any]], after: str | None = None, cut: bool = False) -> dict[str, Any]:
    nodes = [{"notes": {"pageInfo": {"hasNextPage": cut}, "nodes": notes}} for notes in found]
    page = {"hasNextPage": after is not None, "endCursor": after}
    return {"__typename": "WorkItemWidgetNotes", "discussions": {"pageInfo": page, "nodes": nodes}}


def related(*references: str, after: str | None = None) -> dict[str, Any]:
    items = [{"reference": text, "title": text, "state": "OPEN", "widgets": []} for text in references]
    nodes = [{"linkType": "relates_to", "workItem": item} for item in items]
    page = {"hasNextPage": after is not None, "endCursor": after}
    return {"__typename": "WorkItemWidgetLinkedItems", "linkedItems": {"pageInfo": page, "nodes": nodes}}


def answer(*widgets: dict[str, Any]) -> Say:
    item = {"workItem": {"widgets": list(widgets)}}
    return Say(200, {"data": {"currentUser": {"username": "closeout-bot"}, "namespace": item}})


@pytest.fixture
def gitlab(provider: GitLab, scripted: Scripted) -> GitLab:
    scripted.on(f"GET {ISSUE}", Say(200, ROW))
    scripted.on(f"GET {API}/labels", Say(200, []))
    scripted.on(f"GET {API}/members/all/5", Say(200, {"access_level": 30}))
    for number in range(1, 20):
        scripted.on(f"GET {ISSUE}/notes/{number}/award_emoji", Say(200, []))
    return provider


def graphql_calls(scripted: Scripted) -> list[dict[str, Any]]:
    return [asked.body["variables"] for asked in scripted.asked if asked.path == "/api/graphql"]


def test_both_lists_are_read_to_their_ends(gitlab: GitLab, scripted: Scripted) -> None:
    """Each page asks only for the list that goes on."""
    text = "- [ ] a acme/shop#7 - @bob\n- [ ] b acme/shop#8 - @bob\n"
    scripted.on(f"GET {ISSUE}", Say(200, ROW | {"description": f"## Action items\n\n{text}"}))
    scripted.on(f"GET {API}/members/all/5", Say(200, {"access_level": 30}))
    scripted.on("GET /api/v4/users", Say(200, []))
    scripted.on(
        "POST /api/graphql",
        answer(threads([note(1)], after="n1"), related("acme/shop#7", after="l1")),
        answer(threads([note(2)], after="n2"), related("acme/shop#8")),
        answer(threads([note(3)])),
    )
    seen = gitlab.fetch(REF)
    assert [comment.id for comment in seen.comments] == ["1", "2", "3"]
    assert [child.ref.number for child in seen.children] == [7, 8]
    asked = graphql_calls(scripted)
    assert [(v["notes"], v["notesAfter"], v["links"], v["linksAfter"]) for v in asked] == [
        (True, None, True, None),
        (True, "n1", True, "l1"),
        (True, "n2", False, None),
    ]


def test_a_thread_longer_than_its_page_is_read_through_rest(gitlab: GitLab, scripted: Scripted) -> None:
    """A command at the end of a long thread counts as well."""
    scripted.on("POST /api/graphql", answer(threads([note(1)], cut=True), related()))
    scripted.on(f"GET {ISSUE}/notes", Say(200, [rest_note(1), rest_note(9, "/pm why")]))
    assert [comment.body for comment in gitlab.fetch(REF).comments] == ["/pm help", "/pm why"]


def test_widgets_that_are_missing_are_empty(gitlab: GitLab, scripted: Scripted) -> None:
    """A work item type or a tier may lack comments, links or a description."""
    scripted.on("POST /api/graphql", answer())
    seen = gitlab.fetch(REF)
    assert (seen.comments, seen.children, seen.viewer) == ((), (), "closeout-bot")


def test_unreadable_parts_are_left_out(gitlab: GitLab, scripted: Scripted) -> None:
    """Nodes we may not see come as null, epics among the related items have no number of ours."""
    links = related("acme&4")
    links["linkedItems"]["nodes"] += [None, {"linkType": "relates_to", "workItem": None}]
    scripted.on("POST /api/graphql", answer(threads([]), links))
    assert gitlab.fetch(REF).children == ()


@pytest.mark.parametrize("data", [{"namespace": None}, {"namespace": {"workItem": None}}])
def test_an_issue_that_graphql_does_not_show_is_read_through_rest(
    data: dict[str, Any], gitlab: GitLab, scripted: Scripted
) -> None:
    """Without giving GraphQL up, if it worked for another issue."""
    shown, hidden = answer(threads([note(1)])), Say(200, {"data": {"currentUser": None, **data}})
    scripted.on("POST /api/graphql", shown, hidden, shown)
    scripted.on("GET /api/v4/user", Say(200, {"username": "closeout-bot"}))
    scripted.on(f"GET {ISSUE}/notes", Say(200, [rest_note(2)]))
    scripted.on(f"GET {ISSUE}/links", Say(200, []))
    assert [[comment.id for comment in gitlab.fetch(REF).comments] for _ in range(3)] == [["1"], ["2"], ["1"]]


def test_an_endpoint_that_never_worked_is_left_alone_for_a_while(
    gitlab: GitLab, scripted: Scripted, clock: Clock
) -> None:
    """A proxy may answer 502 for what it does not let through; five minutes later it is tried again."""
    scripted.on("POST /api/graphql", Say(502, {}))
    scripted.on("GET /api/v4/user", Say(200, {"username": "closeout-bot"}))
    scripted.on(f"GET {ISSUE}/notes", Say(200, []))
    scripted.on(f"GET {ISSUE}/links", Say(200, []))
    counts = []
    for seconds in (0, 1, 300):
        clock.forward(seconds=seconds)
        gitlab.fetch(REF)
        counts.append(len(graphql_calls(scripted)))
    assert counts[0] == counts[1] < counts[2]


def test_an_answer_of_another_shape_is_malformed(gitlab: GitLab, scripted: Scripted) -> None:
    """Once GraphQL worked here, nonsense is an outage and not a fact about the issue."""
    scripted.on(
        "POST /api/graphql", answer(threads([note(1)])), answer({"__typename": "WorkItemWidgetNotes", "discussions": 3})
    )
    gitlab.fetch(REF)
    with pytest.raises(MalformedReply):
        gitlab.fetch(REF)


def test_an_issue_row_that_lacks_its_title_is_malformed(gitlab: GitLab, scripted: Scripted) -> None:
    """Never a KeyError."""
    scripted.on(f"GET {ISSUE}", Say(200, {"iid": 3, "state": "opened"}))
    with pytest.raises(MalformedReply, match="acme/shop#3"):
        gitlab.fetch(REF)


# --- listing --------------------------------------------------------------------------------------------------


def query_of(scripted: Scripted, number: int = -1) -> dict[str, list[str]]:
    return parse_qs(urlsplit(scripted.asked[number].path).query)


def test_issues_are_listed_by_keyset(gitlab: GitLab, scripted: Scripted, clock: Clock) -> None:
    """No offset has a limit, and no issue slips from page to page; labels go as one comma list."""
    link = f'<{scripted.url}{API}/issues?cursor=abc&pagination=keyset>; rel="next"'
    scripted.on(f"GET {API}/issues", Say(200, [ROW], {"Link": link}), Say(200, [ROW | {"iid": 4}]))
    found = list(gitlab.list("acme/shop", labels=("post-mortem", "b c"), since=clock.now))
    assert [issue.ref.number for issue in found] == [3, 4]
    first = query_of(scripted, 0)
    assert (first["pagination"], first["labels"]) == (["keyset"], ["post-mortem,b c"])
    assert first["updated_after"] == ["2026-03-02T09:00:00.000000Z"]
    assert query_of(scripted)["cursor"] == ["abc"]


def test_an_older_server_is_listed_by_offset(gitlab: GitLab, scripted: Scripted) -> None:
    """It refuses keyset with 405, and is not asked again."""
    refusal = Say(405, {"error": "Keyset pagination is not yet available for this type of request"})
    scripted.on(f"GET {API}/issues", refusal, Say(200, [ROW]))
    for _ in range(2):
        assert [issue.ref for issue in gitlab.list("acme/shop")] == [REF]
    assert [query_of(scripted, n).get("pagination") for n in range(len(scripted.asked))] == [["keyset"], None, None]


def test_an_empty_project_is_asked_once(gitlab: GitLab, scripted: Scripted) -> None:
    """No rows are an answer, and no reason to ask in another way."""
    scripted.on(f"GET {API}/issues", Say(200, []))
    assert list(gitlab.list("acme/shop")) == []
    assert len(scripted.asked) == 1


def test_a_page_that_stays_away_ends_the_list_with_an_error(gitlab: GitLab, scripted: Scripted) -> None:
    """A resync must not take half a list for the whole."""
    link = f'<{scripted.url}{API}/issues?cursor=abc>; rel="next"'
    scripted.on(f"GET {API}/issues", Say(200, [ROW], {"Link": link}), Say(503, {}))
    rows = gitlab.list("acme/shop")
    assert next(rows).ref == REF
    with pytest.raises(Unavailable):
        next(rows)
