"""The other end of a route: a real HTTP server on loopback that takes what Apprise posts to `json://`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pydantic import SecretStr

from service.settings import Route
from tests.receiving import receiving


class Message(NamedTuple):
    title: str
    text: str
    type: str


class Reception:
    """`messages` are those that were taken; `statuses` are the answers to the next ones, 200 after the last."""

    def __init__(self) -> None:
        self.port = 0
        self.messages: list[Message] = []
        self.statuses: list[int] = []
        self.asked = 0

    def route(self, name: str = "default", **filters: Any) -> Route:
        return Route(name=name, address=SecretStr(f"{self.address}/{name}"), **filters)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}"

    def answer(self, body: bytes) -> int:
        self.asked += 1
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            told = json.loads(body)
            self.messages.append(Message(told["title"], told["message"], told["type"]))
        return status


@contextmanager
def reception() -> Iterator[Reception]:
    here = Reception()
    with receiving(here.answer) as port:
        here.port = port
        yield here
