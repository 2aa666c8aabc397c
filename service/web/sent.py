"""What is sent to a webhook's address, and what is answered: values, for whatever server there is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

PREFIX = "/webhooks/"
HEALTH = "/healthz"
# Browsers run nothing, load nothing and frame nothing of whatever is answered here.
GUARDS = (
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent to a webhook's address. `headers`: names in lower case. `body`: as it came; that is signed."""

    forge: str
    method: str
    headers: Mapping[str, str]
    body: bytes
    peer: str  # its address


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    said: Mapping[str, object]
    more_headers: tuple[tuple[str, str], ...] = ()

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", "application/json"), *GUARDS, *self.more_headers]

    @property
    def body(self) -> bytes:
        return json.dumps(self.said).encode() + b"\n"


class Answering(Protocol):
    """What takes webhooks on an event loop."""

    async def answer(self, sent: Sent) -> Answer:
        """Never raises: a forge is answered in any case."""


def addressed(path: str) -> str | None:
    """The forge whose webhooks come to this path, whether there is one or not; None: it is a page's."""
    forge = path.removeprefix(PREFIX)
    return None if forge == path or not forge or "/" in forge else forge
