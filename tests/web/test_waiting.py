"""Deliveries that wait for the database keep nobody else waiting."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

from service.web.limits import Limits
from tests.web.conftest import GITHUB_SECRETS, Site, github_event, signed_by_github

MANY = 4 * Limits().threads
LARGE = 100_000  # bytes; more than is read on the event loop


def test_health_is_answered_while_the_database_hangs(site: Site) -> None:
    """Or the process would be restarted for it. Many more deliveries than threads wait, large ones and pages too."""
    with ExitStack() as opened:
        with site.place.locked():
            waiting = [opened.enter_context(_delivering(site, number)) for number in range(1, MANY + 1)]
            asking = [opened.enter_context(_asking(site, b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")) for _ in waiting]
            for _ in range(MANY):
                assert site.get("/healthz").status_code == 200
        assert {_status(plug) for plug in waiting} == {202}
        assert {_status(plug) for plug in asking} == {200}
    assert len(site.deliveries) == MANY


def _delivering(site: Site, number: int) -> socket.socket:
    """A connection on which a whole delivery was sent, and nothing answered yet."""
    body = json.dumps({**github_event(number=number), "padding": "x" * (LARGE if number % 2 else 1)}).encode()
    headers = signed_by_github(body, GITHUB_SECRETS[0], f"d{number}") | {"Content-Length": str(len(body)), "Host": "x"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return _asking(site, f"POST /webhooks/github HTTP/1.1\r\n{head}\r\n".encode() + body)


def _asking(site: Site, request: bytes) -> socket.socket:
    where = urlsplit(site.url)
    plug = socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=60)
    plug.sendall(request)
    return plug


def _status(plug: socket.socket) -> int:
    return int(plug.recv(12)[9:])
