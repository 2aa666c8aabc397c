"""What is known of a metric before it has any value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
Source: TypeAlias = Literal["process", "database"]


@dataclass(frozen=True, slots=True)
class Metric:
    """`name` as Prometheus shows it. `query` is PromQL that answers `question`.

    `source`: counted in each process by itself, or read from the database and so the same in every process.
    `labels`: never `job` or `instance`, which a scraper puts on everything.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str
    question: str
    query: str
    source: Source = "process"
    buckets: tuple[float, ...] = ()
