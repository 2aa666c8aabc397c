"""The gateway over real loopback HTTP: python-gitlab's traps closed, what is tried again, what each refusal means."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from email.utils import format_datetime

import gitlab
import pytest

from service.model import IssueRef
from service.providers.base import (
    Forbidden,
    Gone,
    MalformedReply,
    NotFound,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)
from service.providers.gitlab.client import GitLab
from service.providers.gitlab.connection import ATTEMPTS, TIMEOUT, Connection
from service.providers.gitlab.errors import AlreadyThere
from service.providers.gitlab.gateway import Gateway, GraphQLRefused
from tests.clock import START, Clock
from tests.providers.github.scripted import Say, Scripted, serving

REF = IssueRef("gitlab", "acme/shop", 3)
OTHER = IssueRef("gitlab", "acme/ops", 4)
API = "/api/v4/projects/acme%2Fshop"
ISSUE = f"{API}/issues/3"
FOUND = Say(200, {"iid": 3, "title": "x", "labels": ["a"]})
TOKEN = "token-closeout-bot"


# --- python-gitlab's traps ------------------------------------------------------------------------------------


def test_a_request_has_a_timeout_and_the_token(gateway: Gateway, scripted: Scripted, clock: Clock) -> None:
    """python-gitlab waits for ever unless told; the token travels as a header, never in the URL."""
    scripted.on(f"GET {ISSUE}", FOUND)
    assert gateway.issue(REF)["title"] == "x"
    sent = scripted.asked[0]
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in sent.path
    assert Connection(scripted.url, TOKEN, clock=clock, sleep=print).sdk.timeout == TIMEOUT


def test_an_update_sends_what_changes_and_nothing_else(gateway: Gateway, scripted: Scripted) -> None:
    """`issue.save()` would send the labels it had read back, and undo what a person did meanwhile."""
    scripted.on(f"GET {ISSUE}", FOUND)
    scripted.on(f"PUT {ISSUE}", FOUND)
    assert gateway.issue(REF)["labels"] == ["a"]
    gateway.update_issue(REF, {"title": "y"})
    assert scripted.asked[-1].body == {"title": "y"}


def test_a_long_wait_is_handed_back_and_not_slept(gateway: Gateway, scripted: Scripted, waits: list[float]) -> None:
    """python-gitlab would sleep as long as GitLab says, inside our worker, ten times over."""
    scripted.on(f"GET {ISSUE}", Say(429, "Retry later", {"Retry-After": "300", "Content-Type": "text/plain"}))
    with pytest.raises(RateLimited, match="Retry later") as caught:
        gateway.issue(REF)
    assert caught.value.retry_after == 300
    assert (len(scripted.asked), waits) == (1, [])


@pytest.mark.parametrize("verb", ["GET", "PUT", "POST"])
def test_a_short_wait_is_slept_as_long_as_asked(
    verb: str, gateway: Gateway, scripted: Scripted, waits: list[float]
) -> None:
    """A refused request did nothing, so that even a create may be sent again."""
    scripted.on(
        f"{verb} {ISSUE if verb != 'POST' else ISSUE + '/notes'}",
        Say(429, {}, {"Retry-After": "7"}),
        Say(200, {"id": 1}),
    )
    match verb:
        case "GET":
            gateway.issue(REF)
        case "PUT":
            gateway.update_issue(REF, {"title": "y"})
        case _:
            gateway.create_note(REF, "hello")
    assert (len(scripted.asked), waits) == (2, [7.0])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"RateLimit-Reset": str(int((START + timedelta(seconds=42)).timestamp()))}, 42),
        ({"Retry-After": format_datetime(START + timedelta(seconds=90), usegmt=True)}, 90),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": "30", "RateLimit-Reset": "1"}, 30),
    ],
)
def test_the_wait_is_read_from_whatever_header_there_is(
    headers: dict[str, str], seconds: float, gateway: Gateway, scripted: Scripted
) -> None:
    """The limits on notes and issues may name no time at all; a minute is what they count by."""
    scripted.on(f"GET {ISSUE}", Say(429, {"message": "too many"}, headers))
    with pytest.raises(RateLimited) as caught:
        gateway.issue(REF)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    "failure", [Say(500, {}), Say(502, "<html>"), Say(503, {}, {"Retry-After": "1"}), Say(200, cut=True)]
)
def test_a_create_is_never_repeated_after_an_unclear_outcome(
    failure: Say, gateway: Gateway, scripted: Scripted, waits: list[float]
) -> None:
    """python-gitlab's own retries would post again after a 502, and make two comments."""
    scripted.on(f"POST {ISSUE}/notes", failure, Say(201, {"id": 2}))
    with pytest.raises(Unavailable):
        gateway.create_note(REF, "hello")
    assert (len(scripted.asked), waits) == (1, [])


@pytest.mark.parametrize(
    "failure", [Say(500, {}), Say(502, "<html>"), Say(200, cut=True), Say(409, {"message": "409 Resource lock"})]
)
@pytest.mark.parametrize("verb", ["GET", "PUT"])
def test_what_may_happen_twice_is_tried_again(
    verb: str, failure: Say, gateway: Gateway, scripted: Scripted, waits: list[float]
) -> None:
    """A server error, a lock or a cut answer is gone a moment later, more often than not."""
    scripted.on(f"{verb} {ISSUE}", failure, FOUND)
    row = gateway.issue(REF) if verb == "GET" else gateway.update_issue(REF, {"title": "x"})
    assert (row["title"], len(scripted.asked), len(waits)) == ("x", 2, 1)


def test_trying_again_ends(gateway: Gateway, scripted: Scripted, waits: list[float]) -> None:
    """A server that stays down is the work queue's to wait for."""
    scripted.on(f"GET {ISSUE}", Say(503, {"message": "maintenance"}))
    with pytest.raises(Unavailable, match="maintenance"):
        gateway.issue(REF)
    assert len(scripted.asked) == ATTEMPTS == gateway.sent
    assert len(waits) == ATTEMPTS - 1
    assert sum(waits) <= 20


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirected_write_is_an_error(status: int, gateway: Gateway, scripted: Scripted) -> None:
    """Followed, a POST would become a GET, and a 307 would write wherever it points."""
    scripted.on(f"PUT {ISSUE}", Say(status, {}, {"Location": f"{scripted.url}/api/v4/projects/9/issues/3"}))
    scripted.on("PUT /api/v4/projects/9/issues/3", FOUND)
    scripted.on("GET /api/v4/projects/9/issues/3", FOUND)
    with pytest.raises(Gone, match="renamed or moved"):
        gateway.update_issue(REF, {"title": "x"})
    assert len(scripted.asked) == 1


def test_a_write_under_an_old_path_says_so(gateway: Gateway, scripted: Scripted) -> None:
    """GitLab's own answer to writing into a renamed project is 405."""
    scripted.on(f"PUT {ISSUE}", Say(405, {"message": "Non GET methods are not allowed for moved projects"}))
    with pytest.raises(Gone, match="present path"):
        gateway.update_issue(REF, {"title": "x"})


def test_a_redirected_read_is_followed_on_the_same_server(gateway: Gateway, scripted: Scripted) -> None:
    """GitLab answers reads under a project's old path this way."""
    scripted.on(f"GET {ISSUE}", Say(301, {}, {"Location": f"{scripted.url}/api/v4/projects/9/issues/3"}))
    scripted.on("GET /api/v4/projects/9/issues/3", FOUND)
    assert gateway.issue(REF)["iid"] == 3
    assert gateway.sent == 2


def test_no_redirect_takes_the_token_to_another_host(gateway: Gateway, scripted: Scripted) -> None:
    """Whoever can make a server answer with a redirect must not learn our credential."""
    with serving() as elsewhere:
        scripted.on(f"GET {ISSUE}", Say(302, {}, {"Location": f"{elsewhere.url}/api/v4/steal"}))
        with pytest.raises(Rejected, match="another host"):
            gateway.issue(REF)
        assert elsewhere.asked == []


def test_page_links_are_followed_on_the_configured_server(gateway: Gateway, scripted: Scripted) -> None:
    """Behind a proxy GitLab's links name its inner host; python-gitlab would warn, and take the token there."""
    with serving() as elsewhere:
        link = f'<{elsewhere.url}{ISSUE}/notes?page=2>; rel="next"'
        scripted.on(f"GET {ISSUE}/notes", Say(200, [{"id": 1}], {"Link": link}), Say(200, [{"id": 2}]))
        assert [row["id"] for row in gateway.notes(REF)] == [1, 2]
        assert elsewhere.asked == []
    assert "page=2" in scripted.asked[1].path


def test_a_page_link_that_cannot_be_bent_back_is_refused(gateway: Gateway, scripted: Scripted) -> None:
    """A link without the API's path is not rewritten by python-gitlab, and would be asked with our token."""
    with serving() as elsewhere:
        link = f'<{elsewhere.url}/more>; rel="next"'
        scripted.on(f"GET {ISSUE}/notes", Say(200, [{"id": 1}], {"Link": link}))
        with pytest.raises(Rejected, match="another host"):
            list(gateway.notes(REF))
        assert elsewhere.asked == []


def test_lists_are_read_to_the_end(gateway: Gateway, scripted: Scripted) -> None:
    """python-gitlab's `list()` stops after twenty rows, with a warning."""
    first, second = [{"id": n} for n in range(100)], [{"id": 100}]
    link = f'<{scripted.url}{ISSUE}/notes?page=2>; rel="next"'
    scripted.on(f"GET {ISSUE}/notes", Say(200, first, {"Link": link, "X-Per-Page": "100"}), Say(200, second))
    assert len(list(gateway.notes(REF))) == 101
    assert "per_page=100" in scripted.asked[0].path


def test_lists_are_bounded(gateway: Gateway, scripted: Scripted) -> None:
    """A server that always names a next page is not followed for ever."""
    link = f'<{scripted.url}{API}/issues?page=2>; rel="next"'
    scripted.on(f"GET {API}/issues", Say(200, [{"iid": 1}, {"iid": 2}], {"Link": link}))
    assert len(list(gateway.issues("acme/shop", {}, most=5))) == 5
    assert len(scripted.asked) == 3


def test_a_page_that_fails_is_asked_again(gateway: Gateway, scripted: Scripted, waits: list[float]) -> None:
    """The rows before it are not read twice, and none are missed."""
    link = f'<{scripted.url}{ISSUE}/notes?page=2>; rel="next"'
    scripted.on(f"GET {ISSUE}/notes", Say(200, [{"id": 1}], {"Link": link}), Say(502), Say(200, [{"id": 2}]))
    assert [row["id"] for row in gateway.notes(REF)] == [1, 2]
    assert len(waits) == 1


def test_a_page_that_is_not_json_ends_the_list_with_an_error(gateway: Gateway, scripted: Scripted) -> None:
    """python-gitlab has moved on to the page after it by then: going on would lose its rows silently."""
    link = f'<{scripted.url}{ISSUE}/notes?page=2>; rel="next"'
    third = Say(200, [{"id": 3}])
    scripted.on(f"GET {ISSUE}/notes", Say(200, [{"id": 1}], {"Link": link}), Say(200, "oops", {"Link": link}), third)
    with pytest.raises(MalformedReply):
        list(gateway.notes(REF))


def test_a_note_of_nothing_but_commands_is_no_note(gateway: Gateway, scripted: Scripted) -> None:
    """GitLab answers 202 with what it ran; python-gitlab makes a note without an id of it."""
    scripted.on(f"POST {ISSUE}/notes", Say(202, {"commands_changes": {"state_event": "close"}, "summary": ["Closed."]}))
    with pytest.raises(MalformedReply, match="quick actions"):
        gateway.create_note(REF, "/close")


def test_a_link_is_made_though_its_reply_names_no_link(gateway: Gateway, scripted: Scripted) -> None:
    """python-gitlab returns a pair of issues; the link's own id is not in it."""
    scripted.on(f"POST {ISSUE}/links", Say(201, {"source_issue": {"iid": 3}, "target_issue": {"iid": 4}}))
    gateway.link(REF, OTHER)
    sent = {"target_project_id": "acme/ops", "target_issue_iid": 4, "link_type": "relates_to"}
    assert scripted.asked[0].body == sent


def test_a_link_reply_from_something_else_is_malformed(gateway: Gateway, scripted: Scripted) -> None:
    """python-gitlab would fail with a TypeError there."""
    scripted.on(f"POST {ISSUE}/links", Say(200, "<html>", {"Content-Type": "text/html"}))
    with pytest.raises(MalformedReply):
        gateway.link(REF, OTHER)


@pytest.mark.parametrize("verb", ["GET", "PUT"])
def test_a_proxys_page_is_malformed(verb: str, gateway: Gateway, scripted: Scripted) -> None:
    """python-gitlab hands back the bare response where the answer is not declared JSON."""
    scripted.on(f"{verb} {ISSUE}", Say(200, "<html>log in</html>", {"Content-Type": "text/html"}))
    with pytest.raises(MalformedReply):
        gateway.issue(REF) if verb == "GET" else gateway.update_issue(REF, {"title": "x"})


def test_labels_travel_as_lists(gateway: Gateway, scripted: Scripted) -> None:
    """GitLab's API document declares arrays, in issues that are made and in issues that are changed."""
    scripted.on(f"POST {API}/issues", Say(201, {"iid": 5}))
    scripted.on(f"PUT {ISSUE}", FOUND)
    gateway.create_issue("acme/shop", {"title": "t", "labels": ["a", "b c"]})
    gateway.update_issue(REF, {"add_labels": ["a", "b c"]})
    assert [asked.body for asked in scripted.asked] == [
        {"title": "t", "labels": ["a", "b c"]},
        {"add_labels": ["a", "b c"]},
    ]


# --- what a refusal means -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, Rejected, "title is too long"),
        (401, Forbidden, "expired or revoked"),
        (403, Forbidden, "Reporter"),
        (404, NotFound, "may not see it"),
        (405, Rejected, "405"),
        (409, AlreadyThere, "409"),
        (413, Rejected, "413"),
        (422, Rejected, "422"),
        (500, Unavailable, "500"),
        (504, Unavailable, "504"),
    ],
)
def test_each_status_is_an_error_its_caller_can_act_on(
    status: int, error: type[ProviderError], words: str, gateway: Gateway, scripted: Scripted
) -> None:
    """With what was tried and GitLab's own words in a sentence, and without the token."""
    scripted.on(f"GET {ISSUE}", Say(status, {"message": {"title": ["title is too long"]}}))
    with pytest.raises(error, match=words) as caught:
        gateway.issue(REF)
    assert "reading gitlab:acme/shop#3" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_page_of_html_is_not_quoted(gateway: Gateway, scripted: Scripted) -> None:
    """An operator's sentence stays one."""
    scripted.on(f"GET {ISSUE}", Say(503, "<html><body>GitLab is not responding</body></html>"))
    with pytest.raises(Unavailable) as caught:
        gateway.issue(REF)
    assert "<" not in str(caught.value)


def test_nobody_listening_is_unavailable(clock: Clock, waits: list[float]) -> None:
    """A refused connection is tried again a few times; the error does not show the URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://user:hunter2@127.0.0.1:{port}"
    provider = Gateway(Connection(url, TOKEN, clock=clock, sleep=waits.append))
    with pytest.raises(Unavailable) as caught:
        provider.issue(REF)
    assert "hunter2" not in str(caught.value)
    assert len(waits) == ATTEMPTS - 1


def test_a_silent_server_times_out(clock: Clock, waits: list[float]) -> None:
    """An accepted connection without an answer must not hold a worker."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection = Connection(f"http://127.0.0.1:{silent.getsockname()[1]}", TOKEN, clock=clock, sleep=waits.append)
        connection.sdk.timeout = 0.05
        with pytest.raises(Unavailable, match="no complete answer"):
            Gateway(connection).issue(REF)


@pytest.mark.parametrize("url", ["gitlab.com", "ftp://gitlab.com", "", "https://"])
def test_a_url_that_is_none_is_refused_at_once(url: str, clock: Clock) -> None:
    """The message shows how to write it."""
    with pytest.raises(ValueError, match=re.escape("https://gitlab.com")):
        GitLab(token=TOKEN, url=url, clock=clock, sleep=print)


def test_every_request_is_counted(provider: GitLab, scripted: Scripted) -> None:
    """Repeats, redirects, REST and GraphQL: what leaves counts."""
    scripted.on(f"GET {API}/repository/files/a%2Eyml/raw", Say(502), Say(200, "x: 1"))
    scripted.on(f"GET {API}/repository/files/a.yml/raw", Say(502), Say(200, "x: 1"))
    assert provider.file_text("acme/shop", "a.yml") == "x: 1"
    assert provider.requests == len(scripted.asked) == 2


# --- GraphQL --------------------------------------------------------------------------------------------------


def test_graphql_goes_over_the_same_session(gateway: Gateway, scripted: Scripted) -> None:
    """One token, one connection, one count; no second HTTP library."""
    scripted.on("POST /api/graphql", Say(200, {"data": {"currentUser": {"username": "closeout-bot"}}}))
    assert gateway.graphql("query { currentUser { username } }", {"iid": "3"}) == {
        "currentUser": {"username": "closeout-bot"}
    }
    assert scripted.asked[0].body == {"query": "query { currentUser { username } }", "variables": {"iid": "3"}}
    assert scripted.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_query_is_repeated_like_the_read_it_is(gateway: Gateway, scripted: Scripted) -> None:
    """It is a POST on the wire and changes nothing."""
    scripted.on("POST /api/graphql", Say(502), Say(200, {"data": {}}))
    assert gateway.graphql("query", {}) == {}


def test_graphql_errors_are_an_answer(gateway: Gateway, scripted: Scripted) -> None:
    """GitLab answers 200 and an errors list where a field is unknown or the query too complex."""
    scripted.on("POST /api/graphql", Say(200, {"errors": [{"message": "Field 'workItem' doesn't exist"}]}))
    with pytest.raises(GraphQLRefused, match="workItem"):
        gateway.graphql("query", {})
    scripted.on("POST /api/graphql", Say(200, {"data": None}))
    with pytest.raises(MalformedReply):
        gateway.graphql("query", {})


def test_the_sdk_is_the_version_these_traps_were_read_in() -> None:
    """A new major version deserves a new look at how it retries, pages and redirects."""
    assert gitlab.__version__.startswith("8.")
