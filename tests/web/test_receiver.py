"""The webhook receiver: what is believed, what is kept, and a clear answer to everything else."""

from __future__ import annotations

import gzip
import http.client
import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
from structlog.testing import capture_logs

from service.web.limits import LARGEST
from service.web.loopback import Loopback
from service.web.serving import Served
from tests.clock import START
from tests.databases import ON_SQLITE
from tests.signatures import by_github
from tests.web.conftest import GITHUB_SECRETS, GITLAB_SECRET, Site, github_event, gitlab_event
from tests.web.embedded import Embedded

pytestmark = ON_SQLITE


@pytest.fixture(params=[Embedded, lambda served: Loopback(served.app)], ids=["on the loop", "wsgi"])
def serving(request: pytest.FixtureRequest) -> Callable[[Served], Embedded | Loopback]:
    """Both ways in, which are to answer alike."""
    made: Callable[[Served], Embedded | Loopback] = request.param
    return made


def test_gitlab_delivers_too(site: Site) -> None:
    """The other forge has its own address, secret and way of naming a delivery."""
    answer = site.gitlab(gitlab_event())
    assert (answer.status_code, answer.json()["issues"]) == (202, ["gitlab:acme/shop#12"])


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"X_Hub_Signature_256": ""}, "set a secret on the webhook"),
        ({"X_Hub_Signature_256": "sha256=" + "0" * 64}, "fits none"),
    ],
)
def test_an_unsigned_or_wrongly_signed_delivery_is_refused(site: Site, headers: dict[str, str], says: str) -> None:
    """401 with the reason; nothing of it is kept."""
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    answer = site.github(github_event(), **encoded)
    assert answer.status_code == 401
    assert says in answer.json()["error"]
    assert site.deliveries == []


def test_a_signature_that_is_no_ascii_is_refused(site: Site, serving: Callable[[Served], Embedded | Loopback]) -> None:
    """As a wrong one; the server of `closeout serve` drops such a header, which makes it none."""
    answer = site.github(github_event(), X_Hub_Signature_256="sha256=ä".encode().decode("latin-1"))
    assert answer.status_code == 401
    assert ("set a secret on the webhook" if serving is Embedded else "fits none") in answer.json()["error"]
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


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_a_webhooks_address_takes_posts_alone(site: Site, method: str) -> None:
    """Who opens it in a browser is told so; nothing is counted as a delivery."""
    answer = requests.request(method, f"{site.url}/webhooks/github", timeout=60)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert site.counted == []


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/", "/webhooks/github/more", "/webhook/github"])
def test_an_address_beside_a_webhooks_is_not_found(site: Site, path: str) -> None:
    """In JSON, like every other mistake."""
    answer = requests.post(f"{site.url}{path}", data=b"{}", timeout=60)
    assert answer.status_code == 404
    assert "Not Found" in answer.json()["error"]


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


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_ten_minutes_off_loses_nothing(site: Site, minutes: int) -> None:
    """Ours or the forge's, to either side."""
    assert site.signed(gitlab_event(), START + timedelta(minutes=minutes)).json()["issues"] == ["gitlab:acme/shop#12"]


@pytest.mark.parametrize("hours", [-25, 25])
def test_a_delivery_of_another_day_is_not_acted_on(site: Site, hours: int) -> None:
    """It is said and counted; 2xx, because GitLab stops delivering where our clock's fault is answered as an error."""
    with capture_logs() as lines:
        answer = site.signed(gitlab_event(), START + timedelta(hours=hours))
    assert (answer.status_code, list(answer.json())) == (202, ["ignored"])
    assert "CLOSEOUT_REPLAY_HOURS" in answer.json()["ignored"]
    assert [line["event"] for line in lines] == ["delivery_stale"]
    assert (site.deliveries, site.counted) == ([], [("gitlab", "", "stale")])


def test_an_overheard_delivery_nudges_nobody_again(site: Site) -> None:
    """Within the window its signed name is known, whatever other name it is given."""
    site.signed(gitlab_event(), START)
    claim = site.queue.claim()
    assert claim is not None
    site.queue.finish(claim)
    again = site.signed(gitlab_event(), START, Idempotency_Key="fresh", X_Gitlab_Event_UUID="fresh")
    assert again.json()["repeated"] is True
    assert site.queue.claim() is None


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x-unknown", "identity, gzip"])
def test_a_compressed_body_is_refused_unopened(site: Site, coding: str) -> None:
    """A small one could become a large one; no forge sends any. Not even a signature opens it."""
    bomb = gzip.compress(bytes(10_000_000))
    answer = site.github(bomb, Content_Encoding=coding)
    assert (answer.status_code, "compressed" in answer.json()["error"]) == (415, True)
    assert site.github(github_event(), Content_Encoding="identity").status_code == 202


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 202),
        ("application/json; charset=utf-8", 202),
        ("text/plain", 202),
        ("multipart/form-data; boundary=x", 202),
        ("application/x-www-form-urlencoded", 400),
        ("Application/X-WWW-Form-Urlencoded ; charset=utf-8", 400),
    ],
)
def test_the_bytes_count_and_not_what_they_are_said_to_be(site: Site, kind: str, status: int) -> None:
    """What is signed and JSON is read as such, and nothing else is ever tried; a webhook that sends forms is told."""
    answer = site.github(github_event(), Content_Type=kind)
    assert answer.status_code == status
    assert status == 202 or "set its content type to application/json" in answer.json()["error"]


@pytest.mark.parametrize(
    ("name", "status"), [("X-Hub-Signature-256", 401), ("X-GitHub-Event", 202), ("X-GitHub-Delivery", 400)]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_header_that_is_there_twice_is_not_chosen_from(site: Site, name: str, status: int, first: bool) -> None:
    """Neither the first nor the last of them is believed: what stands in front of us may have looked at the other."""
    body = json.dumps(github_event()).encode()
    signature = by_github(body, GITHUB_SECRETS[0])
    good = [("X-Hub-Signature-256", signature), ("X-GitHub-Event", "issues"), ("X-GitHub-Delivery", "1")]
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=60)
    connection.putrequest("POST", "/webhooks/github")
    for key, value in [(name, "ping"), *good] if first else [*good, (name, "ping")]:
        connection.putheader(key, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    assert connection.getresponse().status == status
    connection.close()
    assert site.deliveries == []


def test_noise_is_answered_not_believed(site: Site) -> None:
    """Random bytes to every address: a 4xx each, nothing kept, and the receiver goes on."""
    chance = random.Random(7)  # noqa: S311 - noise
    for forge in ("github", "gitlab") * 20:
        noise = chance.randbytes(chance.randrange(2000))
        assert 400 <= site.post(forge, noise, {"Content-Type": "application/json"}).status_code < 500
    assert site.deliveries == []
    assert site.github(github_event()).status_code == 202


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


def test_each_delivery_is_counted_by_what_became_of_it(site: Site) -> None:
    """Once each; what was not believed counts without its event, and an unknown forge's name not at all."""
    site.github(github_event())
    site.github(github_event("evil/shop"))
    site.github({"zen": "Keep it logically awesome."}, X_GitHub_Event="ping")
    site.github(github_event(), secret="wrong")
    site.github(b"{")
    site.gitlab(gitlab_event())
    site.post("gitea", b"{}", {})
    assert site.counted == [
        ("github", "issues.labeled", "accepted"),
        ("github", "issues.labeled", "ignored"),
        ("github", "", "ignored"),
        ("github", "", "refused"),
        ("github", "", "refused"),
        ("gitlab", "Issue Hook/update", "accepted"),
    ]
