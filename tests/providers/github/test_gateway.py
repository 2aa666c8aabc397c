"""The gateway over real loopback HTTP: what is tried again, what is not, and what each refusal means."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import github.Auth
import pytest

from service.providers.base import (
    Conflict,
    Forbidden,
    Gone,
    MalformedReply,
    NotFound,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)
from service.providers.github.connection import Counter
from service.providers.github.errors import ServerError, Unsupported
from service.providers.github.gateway import ATTEMPTS, Gateway, NoGraphQL, Wire, repository, segment
from tests.clock import START, Clock
from tests.providers.github.scripted import Say, Scripted

ISSUE = "/api/v3/repos/acme/shop/issues/1"
PATH = "/repos/acme/shop/issues/1"


def test_a_request_says_who_asks_and_in_which_version(gateway: Gateway, scripted: Scripted) -> None:
    """PyGithub sends no API version unless told; GitHub would then choose one."""
    scripted.on(f"GET {ISSUE}", Say(200, {"number": 1}))
    assert gateway.get(PATH) == {"number": 1}
    sent = {name.lower(): value for name, value in scripted.asked[0].headers.items()}
    assert sent["x-github-api-version"] == "2022-11-28"
    assert sent["accept"] == "application/vnd.github+json"
    assert sent["user-agent"].startswith("closeout")
    assert sent["authorization"] == "token token-closeout-bot"


@pytest.mark.parametrize("verb", ["PATCH", "PUT", "DELETE", "POST"])
def test_a_repeatable_write_is_tried_again_after_a_server_error(
    verb: str, gateway: Gateway, scripted: Scripted, waits: list[float]
) -> None:
    """PyGithub itself never retries PATCH; reopening an issue must survive a 502."""
    scripted.on(f"{verb} {ISSUE}", Say(502, "<html>"), Say(200, {"number": 1}))
    assert gateway.write(verb, PATH, {"state": "open"}) == {"number": 1}
    assert (len(scripted.asked), len(waits)) == (2, 1)


@pytest.mark.parametrize("failure", [Say(502, "bad gateway"), Say(500, {}), Say(503, {}, {"Retry-After": "1"})])
def test_a_create_is_never_repeated_after_a_server_error(
    failure: Say, gateway: Gateway, scripted: Scripted, waits: list[float]
) -> None:
    """PyGithub would send the POST again and make two comments; the outcome is unknown, so the caller must look."""
    scripted.on(f"POST {ISSUE}/comments", failure, Say(201, {"id": 2}))
    with pytest.raises(Unavailable, match="may or may not have happened"):
        gateway.create(f"{PATH}/comments", {"body": "x"})
    assert (len(scripted.asked), waits) == (1, [])


def test_a_create_is_not_repeated_when_its_answer_is_cut_short(gateway: Gateway, scripted: Scripted) -> None:
    """The server acted, and the answer was lost on the way."""
    scripted.on(f"POST {ISSUE}/comments", Say(201, {"id": 2}, cut=True))
    with pytest.raises(Unavailable):
        gateway.create(f"{PATH}/comments", {"body": "x"})
    assert len(scripted.asked) == 1


def test_a_create_refused_by_a_short_limit_is_tried_again(
    gateway: Gateway, scripted: Scripted, waits: list[float]
) -> None:
    """A refusal is certain not to have created anything."""
    scripted.on(f"POST {ISSUE}/comments", Say(429, {}, {"Retry-After": "2"}), Say(201, {"id": 2}))
    assert gateway.create(f"{PATH}/comments", {"body": "x"}) == {"id": 2}
    assert waits == [2]


def test_reads_give_up_after_a_bounded_number_of_tries(
    gateway: Gateway, scripted: Scripted, waits: list[float]
) -> None:
    """PyGithub's own retries end in a RetryError that is no GithubException; ours end in Unavailable."""
    scripted.on(f"GET {ISSUE}", Say(503, {"message": "down"}))
    with pytest.raises(Unavailable, match="503"):
        gateway.get(PATH)
    assert len(scripted.asked) == ATTEMPTS
    assert sum(waits) <= 20


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Say(429, {}, {"Retry-After": "30"}), 30),
        (Say(403, {"message": "You have exceeded a secondary rate limit. Please wait."}), 60),
        (Say(403, {"message": "no"}, {"Retry-After": "11"}), 11),
        (
            Say(
                403,
                {"message": "API rate limit exceeded for user"},
                {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(START.timestamp()) + 1800)},
            ),
            1800,
        ),
        (Say(503, {}, {"Retry-After": "120"}), 120),
        (Say(429, {}, {"Retry-After": "soon"}), 60),
    ],
)
def test_a_long_limit_is_the_queues_to_wait_for(
    answer: Say, wait: float, gateway: Gateway, scripted: Scripted, waits: list[float]
) -> None:
    """PyGithub would sleep in the thread, up to an hour; we say how long and let go of the thread."""
    scripted.on(f"GET {ISSUE}", answer)
    with pytest.raises(RateLimited) as raised:
        gateway.get(PATH)
    assert raised.value.retry_after == wait
    assert (len(scripted.asked), waits) == (1, [])


def test_a_limits_waits_have_a_bound_together(gateway: Gateway, scripted: Scripted, waits: list[float]) -> None:
    """Three waits of nine seconds are too long for one thread, though each of them is not."""
    scripted.on(f"GET {ISSUE}", Say(429, {}, {"Retry-After": "9"}))
    with pytest.raises(RateLimited):
        gateway.get(PATH)
    assert waits == [9, 9]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Say(401, {"message": "Bad credentials"}), Forbidden, "expired or revoked"),
        (Say(403, {"message": "Must have admin rights"}), Forbidden, "Must have admin rights"),
        (
            Say(
                403,
                {"message": "Resource not accessible by integration"},
                {"X-Accepted-GitHub-Permissions": "issues=write"},
            ),
            Forbidden,
            "issues=write",
        ),
        (Say(404, {"message": "Not Found"}), NotFound, "may not see it"),
        (Say(409, {"message": "Conflict"}), Conflict, "409"),
        (Say(410, {"message": "This issue was deleted"}), Gone, "deleted"),
        (
            Say(422, {"message": "Validation Failed", "errors": [{"field": "body", "code": "too_long"}, "words"]}),
            Rejected,
            "body too_long",
        ),
        (Say(200, "<html>not json"), MalformedReply, "not JSON"),
        (Say(404, '"text"'), NotFound, "404"),
        (Say(500, '{"cut'), ServerError, "500"),
    ],
)
def test_each_refusal_becomes_a_decision(
    answer: Say, kind: type[ProviderError], words: str, gateway: Gateway, scripted: Scripted
) -> None:
    """Each error says what the caller can do, in GitHub's own words, and never the token."""
    scripted.on(f"PATCH {ISSUE}", answer)
    with pytest.raises(kind) as raised:
        gateway.write("PATCH", PATH, {})
    assert words in str(raised.value)
    assert "token-closeout-bot" not in str(raised.value)
    assert type(raised.value) is kind


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("verb", ["GET", "PATCH", "POST"])
def test_a_redirect_is_never_followed_and_never_success(
    status: int, verb: str, gateway: Gateway, scripted: Scripted
) -> None:
    """PyGithub takes a 307 to a PATCH for success, with nothing written, and follows a 301 to another's issue."""
    scripted.on(f"{verb} {ISSUE}", Say(status, {"message": "Moved"}, {"Location": f"{scripted.url}/api/v3/other"}))
    scripted.on(f"{verb} /api/v3/other", Say(200, {"number": 9}))
    with pytest.raises(Gone, match="renamed or moved"):
        gateway.write(verb, PATH, {"state": "open"})
    assert len(scripted.asked) == 1


def test_a_server_that_is_not_there_is_unavailable(clock: Clock) -> None:
    """Network errors are no GithubException; the sentence names the kind, and nothing secret."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    waits: list[float] = []
    gateway = Gateway(Wire(f"http://127.0.0.1:{port}", Counter(), clock, waits.append), github.Auth.Token("secret-1"))
    with pytest.raises(Unavailable, match="did not answer GET /user: ConnectionError"):
        gateway.get("/user")
    assert len(waits) == ATTEMPTS - 1


def test_every_request_on_the_wire_is_counted(gateway: Gateway, wire: Wire, scripted: Scripted) -> None:
    """Budgets are kept in HTTP requests, those that were tried again included."""
    scripted.on(f"GET {ISSUE}", Say(500), Say(200, {}))
    gateway.get(PATH)
    assert wire.counter.requests == len(scripted.asked) == 2


def test_lists_are_read_to_their_end(gateway: Gateway, scripted: Scripted) -> None:
    """A full page may be followed by another; a short one is the last."""
    scripted.on(f"GET {ISSUE}/comments", Say(200, [{"id": n} for n in range(100)]), Say(200, [{"id": 100}]))
    assert [row["id"] for row in gateway.pages(f"{PATH}/comments", {"since": "x"})] == list(range(101))
    assert scripted.asked[1].path.endswith("comments?page=2&per_page=100&since=x")


def test_a_list_that_is_no_list_is_malformed(gateway: Gateway, scripted: Scripted) -> None:
    """A proxy's error page with status 200 is not an empty list."""
    scripted.on(f"GET {ISSUE}/comments", Say(200, {"oops": 1}))
    with pytest.raises(MalformedReply):
        list(gateway.pages(f"{PATH}/comments"))


@pytest.mark.parametrize("root", ["/api/v3", "/github/api/v3", "", "/api/v3/"])
def test_graphql_lives_beside_rest(root: str, scripted: Scripted, clock: Clock) -> None:
    """Enterprise: https://H/api/v3 and https://H/api/graphql, under a prefix too; github.com: /graphql."""
    beside = f"{root.rstrip('/').removesuffix('/v3')}/graphql"
    scripted.on(f"POST {beside}", Say(200, {"data": {"viewer": {"login": "closeout-bot"}}}))
    gateway = Gateway(Wire(f"{scripted.url}{root}", Counter(), clock, print), github.Auth.Token("t"))
    assert gateway.query("query { viewer { login } }", {}).data == {"viewer": {"login": "closeout-bot"}}


GRAPHQL = "POST /api/graphql"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "NOT_FOUND", "message": "Could not resolve", "path": ["repository"]}, NotFound),
        ({"type": "FORBIDDEN", "message": "Resource not accessible", "path": ["repository"]}, Forbidden),
        ({"type": "UNPROCESSABLE", "message": "Title can't be blank"}, Rejected),
        ({"message": "Field 'subIssues' doesn't exist on type 'Issue'"}, Unsupported),
        ({"type": "INSUFFICIENT_SCOPES", "message": "Your token has not been granted"}, Unsupported),
    ],
)
def test_graphql_errors_are_told_apart(
    error: dict[str, object], kind: type[ProviderError], gateway: Gateway, scripted: Scripted
) -> None:
    """GraphQL answers 200 whatever happens; the error's type says what to do."""
    scripted.on(GRAPHQL, Say(200, {"data": None, "errors": [error]}))
    assert type(gateway.query("q", {}).error) is kind
    with pytest.raises(kind):
        gateway.mutate("m", {})


def test_partial_graphql_data_is_kept(gateway: Gateway, scripted: Scripted) -> None:
    """One unreadable issue among many leaves the others readable; PyGithub would raise for all."""
    error = {"type": "NOT_FOUND", "message": "no #2", "path": ["i1", "issue"]}
    scripted.on(GRAPHQL, Say(200, {"data": {"i0": {"issue": {}}, "i1": None}, "errors": [error]}))
    answer = gateway.query("q", {})
    assert answer.data == {"i0": {"issue": {}}, "i1": None}
    assert answer.names == {"i1", "issue"}


def test_a_graphql_limit_is_a_limit(gateway: Gateway, scripted: Scripted, clock: Clock) -> None:
    """Status 200, `RATE_LIMITED` inside, and the reset time in the headers."""
    reset = str(int((clock() + timedelta(minutes=5)).timestamp()))
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    scripted.on(GRAPHQL, Say(200, {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit"}]}, headers))
    with pytest.raises(RateLimited) as raised:
        gateway.query("q", {})
    assert raised.value.retry_after == 300


def test_a_graphql_hiccup_is_tried_again_for_reads_only(gateway: Gateway, scripted: Scripted) -> None:
    """A reply of "Something went wrong while executing your query" is GitHub's timeout; a create may have happened by then."""
    wrong = Say(200, {"data": None, "errors": [{"message": "Something went wrong while executing your query."}]})
    scripted.on(GRAPHQL, wrong, Say(200, {"data": {"ok": 1}}))
    assert gateway.query("q", {}).data == {"ok": 1}
    scripted.on(GRAPHQL, wrong, Say(200, {"data": {"ok": 1}}))
    with pytest.raises(Unavailable):
        gateway.mutate("m", {}, repeatable=False)
    assert len(scripted.asked) == 3


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_graphql_is_known_at_once(status: int, gateway: Gateway, scripted: Scripted) -> None:
    """No second try: an endpoint that is not there does not come back."""
    scripted.on(GRAPHQL, Say(status, {"message": "no"}))
    with pytest.raises(NoGraphQL):
        gateway.query("q", {})
    assert len(scripted.asked) == 1


def test_threads_with_their_own_gateway_get_their_own_answers(wire: Wire, scripted: Scripted) -> None:
    """PyGithub keeps a request's fields on its connection: shared by threads, one reads another's issue."""
    for n in range(8):
        scripted.on(f"GET /api/v3/repos/acme/shop/issues/{n}", Say(200, {"number": n}))

    def read(n: int) -> set[int]:
        own = Gateway(wire, github.Auth.Token("t"))
        return {own.get(f"/repos/acme/shop/issues/{n}")["number"] for _ in range(25)}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(8))) == [{n} for n in range(8)]


def test_a_renewed_credential_is_tried_once(wire: Wire, scripted: Scripted) -> None:
    """An App's token may be revoked early; a second refusal is final."""
    renewed: list[int] = []

    def renew() -> bool:
        renewed.append(1)
        return True

    own = Gateway(wire, github.Auth.Token("t"), renew)
    scripted.on(f"POST {ISSUE}/comments", Say(401, {"message": "Bad credentials"}), Say(201, {"id": 1}))
    assert own.create(f"{PATH}/comments", {}) == {"id": 1}
    scripted.on(f"GET {ISSUE}", Say(401, {"message": "Bad credentials"}))
    with pytest.raises(Forbidden):
        own.get(PATH)
    assert len(renewed) == 2


def test_text_is_utf8_whatever_the_server_says(gateway: Gateway, scripted: Scripted) -> None:
    """A body's encoding is not guessed from its bytes."""
    scripted.on(f"GET {ISSUE}/f", Say(200, "größer – später", {"Content-Type": "text/plain"}))
    assert gateway.text(f"{PATH}/f") == "größer – später"


def test_names_cannot_lead_to_another_path() -> None:
    """A label may hold a slash, and no part of a path may climb."""
    assert segment("area/db & co?") == "area%2Fdb%20%26%20co%3F"
    assert repository("acme/shop") == "/repos/acme/shop"
    for name in ("..", ".", ""):
        with pytest.raises(Rejected):
            segment(name)


@pytest.mark.parametrize("url", ["api.github.com", "ftp://github.com", "https://"])
def test_a_url_that_is_none_says_how_to_write_one(url: str, clock: Clock) -> None:
    """A wrong setting is found at the start, with its remedy."""
    with pytest.raises(ValueError, match=r"like https://api\.github\.com"):
        Gateway(Wire(url, Counter(), clock, print), github.Auth.Token("t"))
