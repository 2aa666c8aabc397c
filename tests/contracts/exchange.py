"""One request and its reply as they crossed the wire, ready to be held against a published contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request, Response


@dataclass(frozen=True, slots=True)
class Exchange:
    """`path` is percent-encoded and without the query; header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: bytes = b""
    status: int = 200
    reply_headers: Mapping[str, str] = field(default_factory=dict)
    reply_body: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"

    @property
    def request_json(self) -> Any:
        """The request's body. Raises ValueError where it is not JSON."""
        return json.loads(self.request_body)

    @property
    def reply_json(self) -> Any:
        """The reply's body. Raises ValueError where it is not JSON."""
        return json.loads(self.reply_body)

    @property
    def reply_type(self) -> str:
        return self.reply_headers.get("content-type", "").partition(";")[0].strip().lower()


def observed(request: Request, response: Response) -> Exchange:
    """What a Flask application has just received and is about to answer."""
    raw = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.path)
    return Exchange(
        method=request.method,
        path=raw.partition("?")[0],
        query={name: tuple(values) for name, values in request.args.lists()},
        request_headers={name.lower(): value for name, value in request.headers.items()},
        request_body=request.get_data(cache=True),
        status=response.status_code,
        reply_headers={name.lower(): value for name, value in response.headers.items()},
        reply_body=b"" if response.direct_passthrough else response.get_data(),
    )
