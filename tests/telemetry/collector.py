"""A collector on loopback that takes what the OpenTelemetry SDK sends, as a real one would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


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
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.bodies: list[bytes] = []

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
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            here.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            """A test reads what was taken, not what was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = Collector(server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield here
        server.shutdown()
        thread.join()
