"""The serving process over real sockets: who sends slowly, too much, or cunningly keeps nobody else waiting."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from service.web.limits import Limits
from tests.signatures import by_github
from tests.web.embedded import until_it_listens
from tests.web.narrow import NARROW

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret for this test"
HEAD = b"POST /webhooks/github HTTP/1.1\r\nHost: closeout\r\n"
MANY = 8 * Limits().threads


def _started(*command: str, **environment: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")}
    given = {**inherited, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.Popen([sys.executable, "-m", *command], env=given, stdout=subprocess.PIPE, text=True)


def _ended(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0


class Serving(NamedTuple):
    port: int
    pid: int  # of the process that was started; what serves is its child

    @property
    def threads(self) -> int:
        """How many there are in the process that serves."""
        [child] = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return len(list(Path(f"/proc/{child}/task").iterdir()))


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """`closeout serve` as it is."""
    folder = tmp_path_factory.mktemp("serve")
    settings = {
        "CLOSEOUT_GITHUB_URL": "http://127.0.0.1:9",
        "CLOSEOUT_GITHUB_TOKEN": "none",
        "CLOSEOUT_GITHUB_WEBHOOK_SECRET": SECRET,
        "CLOSEOUT_DATABASE_URL": f"sqlite:///{folder}/closeout.sqlite3",
        "CLOSEOUT_WORKERS": "0",
        "CLOSEOUT_LOG": "error",
    }
    process = _started("service", "serve", "--bind", "127.0.0.1:0", **settings)
    assert process.stdout is not None
    found = re.search(r":(\d+)\s*$", process.stdout.readline())
    assert found is not None
    until_it_listens(int(found[1]))
    yield Serving(int(found[1]), process.pid)
    _ended(process)


@pytest.fixture
def service(serving: Serving) -> int:
    """Its port."""
    return serving.port


@pytest.fixture(scope="module")
def narrow() -> Iterator[int]:
    """A small application under narrow limits; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    process = _started("tests.web.narrow", str(port), CLOSEOUT_GITHUB_TOKEN="of the process")
    until_it_listens(port)
    yield port
    _ended(process)


def _open(port: int, sent: bytes) -> socket.socket:
    plug = socket.create_connection(("127.0.0.1", port), timeout=60)
    plug.sendall(sent)
    return plug


def _said(plug: socket.socket) -> bytes:
    """All that is answered until the other side ends the connection."""
    found = bytearray()
    with plug, suppress(ConnectionResetError):
        while piece := plug.recv(65536):
            found += piece
    return bytes(found)


def _asked(port: int, sent: bytes) -> tuple[int, bytes]:
    """The status, 0 where the connection was ended without one, and the answer's body."""
    with suppress(BrokenPipeError, ConnectionResetError):
        head, _, body = _said(_open(port, sent)).partition(b"\r\n\r\n")
        return int(head[9:12] or b"0"), body
    return 0, b""


def _get(port: int, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


def _delivered(port: int) -> int:
    body = json.dumps({"action": "edited", "issue": {"number": 1}, "repository": {"full_name": "acme/shop"}}).encode()
    signature = by_github(body, SECRET)
    headers = {"X-GitHub-Event": "issues", "X-GitHub-Delivery": "1", "X-Hub-Signature-256": signature}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", "/webhooks/github", body, headers)
        return connection.getresponse().status


@pytest.mark.parametrize(
    "unfinished",
    [
        HEAD,
        HEAD + b"Content-Length: 1000\r\n\r\nx",
        HEAD + b"Content-Length: 20000000\r\n\r\nx",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
    ],
    ids=["heads", "bodies", "large bodies", "chunks"],
)
def test_slow_senders_hold_nobody_up(service: int, unfinished: bytes) -> None:
    """Many times more unfinished requests than threads: health, pages and deliveries are answered all the same."""
    with ExitStack() as slow:
        plugs = [slow.enter_context(_open(service, unfinished)) for _ in range(MANY)]
        for plug in plugs:
            plug.sendall(b"x")  # and on it trickles
        assert (_get(service, "/healthz"), _get(service, "/"), _delivered(service)) == (200, 200, 202)


def test_deliveries_take_no_threads(serving: Serving) -> None:
    """However many come at the same moment: they are answered on the event loop."""
    assert (_get(serving.port, "/readyz"), _delivered(serving.port)) == (200, 202)
    before = serving.threads
    with ThreadPoolExecutor(MANY) as senders:
        assert set(senders.map(_delivered, [serving.port] * 4 * MANY)) == {202}
    assert serving.threads == before


def test_who_reads_no_answer_holds_nobody_up(service: int) -> None:
    """Many questions on one connection, no answer fetched: the threads go on."""
    with ExitStack() as deaf:
        for _ in range(MANY):
            deaf.enter_context(_open(service, b"GET /metrics HTTP/1.1\r\nHost: closeout\r\n\r\n" * 8))
        assert _get(service, "/healthz") == 200


def test_an_unfinished_body_is_given_up(narrow: int) -> None:
    """408 with the reason, and the connection ends."""
    status, body = _asked(narrow, HEAD + b"Content-Length: 10\r\n\r\nx")
    assert (status, json.loads(body)) == (408, {"error": "the body did not arrive within 1 seconds"})


@pytest.mark.parametrize(
    "sent",
    [b"", HEAD, b"GET / HTTP/1.1\r\nHost: closeout\r\n\r\n"],
    ids=["nothing", "half a head", "a request and silence"],
)
def test_an_idle_connection_is_given_up(narrow: int, sent: bytes) -> None:
    """It is ended from our side, so that it does not count for ever."""
    assert _said(_open(narrow, sent)).count(b"200 OK") == sent.count(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (b"Content-Length: %d\r\n" % (NARROW.body + 1), b"", 413),
        (b"Content-Length: %d\r\n" % 10**30, b"", 400),
        (b"Transfer-Encoding: chunked\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (NARROW.body + 1, b"x" * (NARROW.body + 1)), 413),
        (b"X-Large: %b\r\n" % (b"x" * 16 * NARROW.head), b"", 431),
        (b"".join(b"X-%d: x\r\n" % n for n in range(1000)), b"", 431),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n", b"xx", 400),
        (b"Content-Length: -1\r\n", b"", 400),
        (b"Transfer-Encoding: gzip\r\n", b"", 400),
    ],
    ids=["announced", "absurd", "chunked", "head", "headers", "two lengths", "no length", "coded"],
)  # fmt: skip
def test_too_much_is_refused(narrow: int, head: bytes, body: bytes, status: int) -> None:
    """As soon as it is known, and by a status that says why; a sender that goes on sending may see a reset instead."""
    request = HEAD + head + b"\r\n" + body
    reset = {0} if len(request) > NARROW.head else set[int]()
    assert _asked(narrow, request)[0] in {status} | reset
    assert _get(narrow, "/") == 200


def test_large_bodies_share_what_there_is(narrow: int) -> None:
    """Together they may hold so much; who comes beyond that is asked to come again, and small ones never are."""
    half = HEAD + b"Content-Length: %d\r\n\r\n" % (NARROW.body - 1) + b"x" * (NARROW.body * 3 // 4)
    answers: list[int] = []
    waiting = [threading.Thread(target=lambda: answers.append(_asked(narrow, half)[0])) for _ in range(3)]
    for thread in waiting:
        thread.start()
    small = HEAD + b"Connection: close\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
    assert _asked(narrow, small)[0] == 200
    for thread in waiting:
        thread.join()
    assert {408, 503} >= set(answers) >= {503}
    whole = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % NARROW.body + b"x" * NARROW.body
    assert _asked(narrow, whole)[0] == 200  # nothing stays counted


def _told(port: int, request: bytes) -> dict[str, Any]:
    status, body = _asked(port, request)
    assert status == 200
    found = json.loads(body)
    assert isinstance(found, dict)
    return found


def test_what_the_application_is_told(narrow: int) -> None:
    """The request, and nothing of the process's environment, in which the secrets are."""
    request = b"POST /a%20b/%C3%A9?x=%20y HTTP/1.1\r\nHost: closeout\r\nConnection: close\r\n"
    request += b"Content-Type: text/plain\r\nX-One: 1\r\nX-One: 2\r\nX_Two: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    told = _told(narrow, request + b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")
    assert told | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/a b/é".encode().decode("latin-1"),
        "QUERY_STRING": "x=%20y",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "5",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PORT": str(narrow),
        "HTTP_X_ONE": "1,2",
        "body": 5,
    } == told  # fmt: skip
    assert not {"HTTP_X_TWO", "CLOSEOUT_GITHUB_TOKEN", "PATH"} & set(told)


def test_a_mistake_of_ours_is_not_told_outside(narrow: int) -> None:
    """500 without a word of it."""
    status, body = _asked(narrow, b"GET /mistake HTTP/1.1\r\nHost: closeout\r\nConnection: close\r\n\r\n")
    assert (status, b"secret" in body) == (500, False)


def test_other_protocols_are_not_spoken(narrow: int) -> None:
    """Neither HTTP/2, whose streams and headers have limits of their own, nor WebSocket."""
    assert _asked(narrow, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")[0] in {0, 400}
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    assert _asked(narrow, b"GET / HTTP/1.1\r\nHost: closeout\r\n" + upgrade + key)[0] == 200
