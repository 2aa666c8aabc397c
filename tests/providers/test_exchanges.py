"""What requests are counted by: templates of the vendors, never what stands in them."""

from __future__ import annotations

import pytest

from service.providers.exchanges import Exchange, Quota
from service.providers.github import endpoints as github
from service.providers.github.connection import Connection, Counter
from service.providers.gitlab import endpoints as gitlab


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/graphql", "GET /graphql"),
        ("/repos/acme/shop/issues/12", "GET /repos/{owner}/{repo}/issues/{number}"),
        ("/repos/acme/issues/issues", "GET /repos/{owner}/{repo}/issues"),
        ("/repos/acme/shop/contents/.github/closeout.yml", "GET /repos/{owner}/{repo}/contents/{path}"),
        (
            "/repos/acme/shop/issues/12/labels/severity%2Fhigh",
            "GET /repos/{owner}/{repo}/issues/{number}/labels/{name}",
        ),
        ("/repos/acme/shop/forks", "other"),
        ("/user/../repos", "other"),
        ("", "other"),
    ],
)
def test_githubs_paths_are_folded(path: str, endpoint: str) -> None:
    """One value an endpoint; what nobody foresaw shares one."""
    assert github.ENDPOINTS.of("GET", path) == endpoint


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/api/graphql", "PUT /api/graphql"),
        ("/api/v4/projects/acme%2Fshop/issues/12", "PUT /api/v4/projects/{id}/issues/{iid}"),
        ("/api/v4/projects/acme%2Fshop/issues/12/notes/7", "PUT /api/v4/projects/{id}/issues/{iid}/notes/{id}"),
        (
            "/api/v4/projects/1/repository/files/.gitlab%2Fcloseout.yml/raw",
            "PUT /api/v4/projects/{id}/repository/files/{path}/raw",
        ),
        ("/api/v4/projects", "other"),
        ("/users/sign_in", "other"),
    ],
)
def test_gitlabs_paths_are_folded(path: str, endpoint: str) -> None:
    """The same, on the other forge."""
    assert gitlab.ENDPOINTS.of("PUT", path) == endpoint


def test_the_budget_is_read_from_the_answer() -> None:
    """GitHub counts GraphQL apart; a resource that nobody foresaw, or a header that is no number, makes no new value."""
    named = {"X-RateLimit-Remaining": "41", "X-RateLimit-Resource": "graphql"}
    assert github.quota(named) == Quota("graphql", 41)
    assert github.quota({**named, "X-RateLimit-Resource": "tea_making"}) == Quota("other", 41)
    assert github.quota({"X-RateLimit-Remaining": "-"}) is None
    assert gitlab.quota({"RateLimit-Remaining": "599"}) == Quota("api", 599)
    assert gitlab.quota({}) is None


def test_a_request_without_an_answer_is_told_too() -> None:
    """Its endpoint is known, its status is not."""
    told: list[Exchange] = []
    connection = Connection("http://127.0.0.1:9/api/v3", Counter(), told.append)
    connection.request("GET", "/api/v3/repos/acme/shop/issues", None, {})
    with pytest.raises(OSError, match=r"127\.0\.0\.1"):
        connection.getresponse()
    assert told == [Exchange("GET /repos/{owner}/{repo}/issues")]
