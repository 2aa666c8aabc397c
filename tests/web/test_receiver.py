"""The webhook receiver: what is believed, what is kept, and a clear answer to everything else."""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from service.web.app import LARGEST
from tests.web.conftest import GITHUB_SECRETS, GITLAB_SECRET, Site, github_event, gitlab_event


@pytest.mark.parametrize("secret", GITHUB_SECRETS)
def test_a_signed_delivery_is_kept_and_answered(site: Site, secret: str) -> None:
    """The answer comes after the delivery is on disk; while secrets are rotated, both are believed."""
    answer = site.github(github_event(), secret=secret)
    assert (answer.status_code, answer.json()) == (
        202,
        {"delivery": "72d3162e", "issues": ["github:acme/shop#12"], "repeated": False},
    )
    stored = sqlite3.connect(site.path)
    assert stored.execute("select forge, id, event from deliveries").fetchall() == [
        ("github", "72d3162e", "issues.labeled")
    ]
    stored.close()
    assert site.issues == {"github:acme/shop#12"}


def test_gitlab_delivers_too(site: Site) -> None:
    """The other forge has its own address, secret and way of naming a delivery."""
    answer = site.gitlab(gitlab_event())
    assert (answer.status_code, answer.json()["issues"]) == (202, ["gitlab:acme/shop#12"])


def test_a_repeated_delivery_is_said_to_be_one(site: Site) -> None:
    """Once processed, the same id is answered the same way and nudges nobody."""
    site.github(github_event())
    claim = site.queue.claim()
    assert claim is not None
    site.queue.finish(claim)
    assert site.github(github_event()).json()["repeated"] is True
    assert site.queue.claim() is None


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"X_Hub_Signature_256": ""}, "set a secret on the webhook"),
        ({"X_Hub_Signature_256": "sha256=" + "0" * 64}, "fits none"),
        ({"X_Hub_Signature_256": "sha256=ä"}, "fits none"),
    ],
)
def test_an_unsigned_or_wrongly_signed_delivery_is_refused(site: Site, headers: dict[str, str], says: str) -> None:
    """401 with the reason; nothing of it is kept."""
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    answer = site.github(github_event(), **encoded)
    assert answer.status_code == 401
    assert says in answer.json()["error"]
    assert site.deliveries == []


def test_one_forges_secret_does_not_open_anothers_door(site: Site) -> None:
    """Each address believes its own secrets only."""
    assert site.github(github_event(), secret=GITLAB_SECRET).status_code == 401
    assert site.gitlab(gitlab_event(), secret=GITHUB_SECRETS[0]).status_code == 401
    assert site.deliveries == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[1]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"issue": 1}', b'{"issue": {}}']
)
def test_a_verified_body_that_makes_no_sense_is_refused(site: Site, body: bytes) -> None:
    """400 with a sentence, never a crash."""
    answer = site.github(body)
    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 10
    assert site.deliveries == []


def test_an_unknown_event_is_ignored_kindly(site: Site) -> None:
    """2xx, because forges disable webhooks that answer with errors; and it says that it was ignored."""
    answer = site.github({"zen": "Keep it logically awesome."}, X_GitHub_Event="ping")
    assert (answer.status_code, list(answer.json())) == (202, ["ignored"])
    assert site.deliveries == []


def test_another_projects_delivery_is_ignored_kindly(site: Site) -> None:
    """A project outside CLOSEOUT_PROJECTS is named in the answer and not touched."""
    answer = site.github(github_event("evil/shop"))
    assert answer.status_code == 202
    assert "evil/shop" in answer.json()["ignored"]
    assert "CLOSEOUT_PROJECTS" in answer.json()["ignored"]
    assert site.issues == set()


def test_an_unknown_forge_is_not_found(site: Site) -> None:
    """A mistyped address says which name is unknown."""
    answer = site.post("gitea", b"{}", {})
    assert (answer.status_code, answer.json()) == (404, {"error": "no forge named 'gitea' is configured here"})


def test_an_oversized_delivery_is_refused_unread(site: Site) -> None:
    """413 as soon as its length is known."""
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=10)
    connection.putrequest("POST", "/webhooks/github")
    connection.putheader("Content-Length", str(LARGEST + 1))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert "25 MiB" in json.loads(answer.read())["error"]
    connection.close()


def test_an_oversized_delivery_that_hides_its_length_is_refused(site: Site) -> None:
    """Chunks are counted as they come."""
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=30)
    chunk = b"x" * (1 << 20)

    def body() -> Iterator[bytes]:
        yield from (chunk for _ in range(26))

    try:
        chunked = {"Transfer-Encoding": "chunked"}
        connection.request("POST", "/webhooks/github", body=body(), headers=chunked, encode_chunked=True)
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before it was all sent
    connection.close()
    assert site.deliveries == []


def test_a_locked_database_asks_to_send_again(site: Site) -> None:
    """503 with Retry-After while the delivery cannot be kept; once it can, the same delivery is taken."""
    other = sqlite3.connect(site.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = site.github(github_event())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert site.get("/readyz").status_code == 503
    assert site.get("/healthz").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    assert site.github(github_event()).status_code == 202
    assert site.deliveries == ["72d3162e"]


def test_noise_is_answered_not_believed(site: Site) -> None:
    """Random bytes to every address: a 4xx each, nothing kept, and the receiver goes on."""
    chance = random.Random(7)  # noqa: S311 - noise
    for forge in ("github", "gitlab") * 20:
        noise = chance.randbytes(chance.randrange(2000))
        assert 400 <= site.post(forge, noise, {"Content-Type": "application/json"}).status_code < 500
    assert site.deliveries == []
    assert site.github(github_event()).status_code == 202


def test_a_hundred_at_once_are_all_kept(site: Site) -> None:
    """Concurrent deliveries share commits; none is lost and none is answered before it is stored."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda n: site.github(github_event(number=n), X_GitHub_Delivery=f"d{n}"), range(1, 101))
        )
    assert {answer.status_code for answer in answers} == {202}
    assert set(site.deliveries) <= {f"d{n}" for n in range(1, 101)}
    assert len(site.issues) == 100


def test_no_secret_is_answered_or_logged(site: Site) -> None:
    """Whatever is sent, the secrets stand in no answer and no log line."""
    with capture_logs() as lines:
        answers = [
            site.github(github_event()),
            site.github(github_event(), secret="wrong"),
            site.github(b"{"),
            site.gitlab(gitlab_event(), secret="wrong"),
            site.get("/"),
            site.get("/readyz"),
        ]
    spoken = "".join(answer.text for answer in answers) + repr(lines)
    assert [secret for secret in (*GITHUB_SECRETS, GITLAB_SECRET) if secret in spoken] == []


def test_one_log_line_a_delivery(site: Site) -> None:
    """An operator sees which delivery came, about what, and what became of it."""
    with capture_logs() as lines:
        site.github(github_event())
        site.github(github_event("evil/shop"))
        site.github(github_event(), secret="wrong")
    assert [line["event"] for line in lines] == ["delivery_accepted", "delivery_ignored", "delivery_refused"]
    assert (lines[0]["issues"], lines[0]["on"]) == (["github:acme/shop#12"], "issues.labeled")
