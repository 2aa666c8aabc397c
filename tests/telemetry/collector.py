"""A collector on loopback that takes what the OpenTelemetry SDK sends, as a real one would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.receiving import receiving


@dataclass(frozen=True)
class Seen:
    """A span as it arrived. `about` holds its attributes, ids are hexadecimal, `parent` is empty for a root."""

    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    about: Mapping[str, str | int]
    error: str | None


class Collector:
    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[bytes] = []

    def take(self, body: bytes) -> int:
        self.bodies.append(body)
        return 200

    @property
    def spans(self) -> list[Seen]:
        sent = (ExportTraceServiceRequest.FromString(body) for body in self.bodies)
        scopes = (scope for one in sent for resource in one.resource_spans for scope in resource.scope_spans)
        return [
            Seen(
                span.name,
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                tuple(link.span_id.hex() for link in span.links),
                {
                    one.key: one.value.int_value if one.value.HasField("int_value") else one.value.string_value
                    for one in span.attributes
                },
                span.status.message if span.status.code == span.status.STATUS_CODE_ERROR else None,
            )
            for scope in scopes
            for span in scope.spans
        ]


@contextmanager
def collecting() -> Iterator[Collector]:
    here = Collector()
    with receiving(here.take) as port:
        here.url = f"http://127.0.0.1:{port}"
        yield here
