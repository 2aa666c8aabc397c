"""A bad post office between the forges and the service: what is given to it is lost, doubled, delayed and reordered."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import requests
from flask import Flask, request

from service.web.loopback import Loopback

LOST = 0.12
COPIES = (1, 1, 1, 1, 2, 3)
DELAY = 25  # letters that may pass one
_NOT_OURS = frozenset({"host", "connection", "content-length"})
Letter: TypeAlias = tuple[str, dict[str, str], bytes]  # path, headers, body


@dataclass
class Post:
    """Takes each webhook at once, and passes it on as chance has it. `told` counts what became of them."""

    chance: random.Random
    told: Counter[str] = field(default_factory=Counter)
    accepted: set[tuple[str, str]] = field(default_factory=set)  # forge and id of what was answered 202 and kept

    def __post_init__(self) -> None:
        self._waiting: list[tuple[int, int, Letter]] = []
        self._came = 0
        app = Flask("post")
        app.add_url_rule("/<path:path>", view_func=self._take, methods=["POST"])
        self._web = Loopback(app)
        self.url = self._web.url

    def stop(self) -> None:
        self._web.stop()

    def _take(self, path: str) -> tuple[str, int]:
        headers = {name: value for name, value in request.headers if name.lower() not in _NOT_OURS}
        letter = (f"/{path}", headers, request.get_data())
        self._came += 1
        self.told["came in"] += 1
        if self.chance.random() < LOST:
            self.told["lost"] += 1
            return "", 200
        copies = self.chance.choice(COPIES)
        self.told["doubled"] += copies > 1
        for copy in range(copies):
            heapq.heappush(self._waiting, (self._came + self.chance.randrange(DELAY), self._came * 10 + copy, letter))
        return "", 200

    def pass_on(self, url: Callable[[], str], *, everything: bool = False) -> None:
        """To the service, what is due; `url` tells where it is now."""
        while self._waiting and (everything or self._waiting[0][0] <= self._came):
            path, headers, body = heapq.heappop(self._waiting)[2]
            try:
                answer = requests.post(url() + path, data=body, headers=headers, timeout=30)
            except requests.ConnectionError:
                self.told["not taken"] += 1
                continue
            self._note(path.rpartition("/")[2], answer)

    def _note(self, forge: str, answer: requests.Response) -> None:
        if answer.status_code != 202:
            self.told["not taken"] += 1
        elif "delivery" in answer.json():
            self.told["accepted"] += 1
            self.accepted.add((forge, answer.json()["delivery"]))
