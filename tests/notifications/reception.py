"""The other end of a route: a real HTTP server on loopback that takes what Apprise posts to `json://`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

from pydantic import SecretStr

from service.settings import Route


class Message(NamedTuple):
    title: str
    text: str
    type: str


class Reception:
    """`messages` are those that were taken; `statuses` are the answers to the next ones, 200 after the last."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.messages: list[Message] = []
        self.statuses: list[int] = []
        self.asked = 0

    def route(self, name: str = "default", **filters: Any) -> Route:
        return Route(name=name, address=SecretStr(f"{self.address}/{name}"), **filters)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self._port}"

    def answer(self, body: bytes) -> int:
        self.asked += 1
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            told = json.loads(body)
            self.messages.append(Message(told["title"], told["message"], told["type"]))
        return status


@contextmanager
def reception() -> Iterator[Reception]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = here.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            """A test reads what was taken, not what was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = Reception(server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield here
        server.shutdown()
        thread.join()
