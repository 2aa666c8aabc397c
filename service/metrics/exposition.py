"""A registry as text, in the form that the asker reads."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder


def exposition(registry: CollectorRegistry) -> Callable[[str], tuple[str, bytes]]:
    """An `Accept` header → content type and text: Prometheus' own format, or OpenMetrics for who asks for it."""

    def told(accept: str) -> tuple[str, bytes]:
        encode, kind = choose_encoder(accept)
        return kind, encode(registry)

    return told
