"""Spans as OpenTelemetry has them, sent by OTLP over HTTP; `CLOSEOUT_TRACES` asks for it.

Where they go, how many are kept and what the service is called, the SDK reads from the standard variables:
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

A delivery's trace goes on with the look that it caused, in whatever process and however much later: its ids are made
from the delivery's own id, so nothing has to be kept to find it again.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from structlog.contextvars import bound_contextvars, get_contextvars

from service.tracing import Fact, Span, followed_by

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from service.model import IssueRef, Plan
    from service.providers.exchanges import Exchange

Look: TypeAlias = Callable[["IssueRef"], "Plan"]
NAME = "closeout"
_PATIENCE = 5.0  # seconds
_next: ContextVar[SpanContext | None] = ContextVar("next", default=None)  # what the span that begins now is called


class Telemetry:
    """One process's spans. Safe to share among threads."""

    def __init__(self, version: str, exporter: SpanExporter | None = None) -> None:
        """Starts a thread that sends; `exporter` takes the spans instead."""
        self._exporter = exporter or _otlp()
        self._provider = TracerProvider(resource=_resource(version), id_generator=_Ids(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer(NAME, version)

    def stop(self) -> None:
        """Sends what is left, for some seconds at most: a collector that is away holds up nobody's end."""
        sending = threading.Thread(target=self._provider.shutdown, name="closeout-traces", daemon=True)
        sending.start()
        sending.join(_PATIENCE)
        if sending.is_alive():
            self._exporter.shutdown()

    @contextmanager
    def delivery(self, forge: str, delivery: str, event: str) -> Iterator[Span]:
        """Surrounds the taking in of a verified delivery."""
        known = _next.set(self._of(forge, delivery))
        try:
            begun = self._tracer.start_span(
                "delivery", Context(), SpanKind.SERVER, _named({"forge": forge, "delivery": delivery, "event": event})
            )
        finally:
            _next.reset(known)
        with self._around(begun) as told:
            yield told

    def looking(self, look: Look) -> Look:
        """The same look, in the trace of the first delivery that caused it, linked with those of the others.

        Which they were stands in what the look's log lines say of it; these get the trace's id.
        """

        def traced(ref: IssueRef) -> Plan:
            causes = [self._of(ref.forge, delivery) for delivery in _causes(get_contextvars())]
            context = trace.set_span_in_context(NonRecordingSpan(causes[0])) if causes else Context()
            links = [Link(cause) for cause in causes[1:]]
            begun = self._tracer.start_span("look", context, SpanKind.CONSUMER, _named({"forge": ref.forge}), links)
            known = trace.format_trace_id(begun.get_span_context().trace_id)
            with bound_contextvars(trace=known), self._around(begun) as told:
                plan = look(ref)
                told.tell(changes=len(plan.changes))
                return plan

        return traced

    def exchanged(self, forge: str, exchange: Exchange) -> None:
        """A request was sent to a forge, and is over. What no span surrounds, such as a resync's, is not told."""
        if not trace.get_current_span().get_span_context().is_valid:
            return
        ended = time.time_ns()
        method, _, template = exchange.endpoint.partition(" ")
        facts: dict[str, Fact] = {"url.template": template, "http.request.method": method} if template else {}
        if exchange.status is not None:
            facts["http.response.status_code"] = exchange.status
        begun = ended - round((exchange.seconds or 0) * 1e9)
        span = self._tracer.start_span(
            exchange.endpoint, None, SpanKind.CLIENT, {**_named({"forge": forge}), **facts}, start_time=begun
        )
        if exchange.status is None or exchange.status >= 400:
            span.set_status(StatusCode.ERROR)
        span.end(ended)

    @contextmanager
    def _step(self, name: str, facts: Mapping[str, Fact]) -> Iterator[Span]:
        with self._around(self._tracer.start_span(name, attributes=_named(facts))) as told:
            yield told

    @contextmanager
    def _around(self, span: trace.Span) -> Iterator[Span]:
        """Its own steps are its children. Of an error the kind is told; its words may be somebody's."""
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                with followed_by(self._step):
                    yield _Told(span)
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def _of(self, forge: str, delivery: str) -> SpanContext:
        """The delivery's span, whoever recorded it, and whether it was chosen to be recorded."""
        digest = hashlib.sha256(f"{forge} {delivery}".encode()).digest()
        trace_id, span_id = int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
        chosen = self._provider.sampler.should_sample(None, trace_id, "delivery").decision is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if chosen else TraceFlags.DEFAULT)
        return SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)


class _Told:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def tell(self, **facts: Fact) -> None:
        self._span.set_attributes(_named(facts))


class _Ids(RandomIdGenerator):
    """By chance, but for spans whose name is known before they begin."""

    def generate_trace_id(self) -> int:
        known = _next.get()
        return super().generate_trace_id() if known is None else known.trace_id

    def generate_span_id(self) -> int:
        known = _next.get()
        return super().generate_span_id() if known is None else known.span_id


def _named(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {f"{NAME}.{name}": value for name, value in facts.items()}


def _causes(context: Mapping[str, Any]) -> Sequence[str]:
    return context.get("deliveries") or [context[name] for name in ("last_delivery",) if name in context]


def _resource(version: str) -> Resource:
    """What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say, and where they do not, our name."""
    found = Resource.create({SERVICE_VERSION: version})
    unnamed = str(found.attributes[SERVICE_NAME]).startswith("unknown_service")
    return found.merge(Resource({SERVICE_NAME: NAME})) if unnamed else found


def _otlp() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - it is slow

    return OTLPSpanExporter()
