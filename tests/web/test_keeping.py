"""What the receiver answers is true of the database, whichever it is: kept before the answer, or asked for again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.web.conftest import GITHUB_SECRETS, Site, github_event


@pytest.mark.parametrize("secret", GITHUB_SECRETS)
def test_a_signed_delivery_is_kept_and_answered(site: Site, secret: str) -> None:
    """The answer comes after the delivery is on disk; while secrets are rotated, both are believed."""
    answer = site.github(github_event(), secret=secret)
    assert (answer.status_code, answer.json()) == (
        202,
        {"delivery": "72d3162e", "issues": ["github:acme/shop#12"], "repeated": False},
    )
    stored = site.place.rows("select forge, id, event from deliveries")
    assert stored == [("github", "72d3162e", "issues.labeled")]
    assert site.issues == {"github:acme/shop#12"}


def test_a_repeated_delivery_is_said_to_be_one(site: Site) -> None:
    """Once processed, the same id is answered the same way and nudges nobody."""
    site.github(github_event())
    claim = site.queue.claim()
    assert claim is not None
    site.queue.finish(claim)
    assert site.github(github_event()).json()["repeated"] is True
    assert site.counted[-1] == ("github", "issues.labeled", "repeated")
    assert site.queue.claim() is None


@pytest.mark.parametrize("patience", [1])
def test_a_locked_database_asks_to_send_again(site: Site) -> None:
    """503 with Retry-After while the delivery cannot be kept; once it can, the same delivery is taken."""
    with site.place.locked():
        answer = site.github(github_event())
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert site.get("/readyz").status_code == 503
        assert site.get("/healthz").status_code == 200
    assert site.github(github_event()).status_code == 202
    assert site.deliveries == ["72d3162e"]
    assert [result for _, _, result in site.counted] == ["unstored", "accepted"]


def test_a_hundred_at_once_are_all_kept(site: Site) -> None:
    """Concurrent deliveries share commits; none is lost and none is answered before it is stored."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda n: site.github(github_event(number=n), X_GitHub_Delivery=f"d{n}"), range(1, 101))
        )
    assert {answer.status_code for answer in answers} == {202}
    assert set(site.deliveries) <= {f"d{n}" for n in range(1, 101)}
    assert len(site.issues) == 100
