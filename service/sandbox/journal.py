"""A record of every request to the forges' APIs, in order."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """`status` 0: the connection was cut without an answer. `path` holds the query string."""

    at: datetime
    actor: str | None
    forge: str
    method: str
    path: str
    status: int

    def as_json(self) -> Mapping[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


class Journal:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.records: list[RequestRecord] = []

    def add(self, record: RequestRecord) -> None:
        with self._lock:
            self.records.append(record)

    def clear(self) -> None:
        with self._lock:
            self.records.clear()
