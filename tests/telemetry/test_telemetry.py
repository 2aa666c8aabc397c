"""Traces: what a collector gets to see of a delivery and the look that it caused, and what it never sees."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import structlog
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from service.model import IssueRef, Plan
from service.providers.base import Forbidden
from service.sandbox import Sandbox
from service.telemetry import Telemetry
from service.tracing import span
from tests.clock import Clock
from tests.stack import FORGES, PROJECTS, Stack, running
from tests.telemetry.collector import Collector, Seen, collecting

SHOP = PROJECTS[0]
HERE = IssueRef("gitlab", SHOP, 1)
# What an incident is made of that is nobody else's business: words, people, projects and credentials.
OURS = ("Payroll", "Zebra", "alice", "bob", "shop", "acme", "token-", "a secret for tests", "closeout-bot")


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as there:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.url)
        yield there


@pytest.fixture
def incident(sandbox: Sandbox, clock: Clock, tmp_path: Path, collector: Collector) -> list[Seen]:
    """A post-mortem on each forge, and a delivery that nobody signed."""
    with running(sandbox, clock, tmp_path, traces=True) as stack:
        for forge in FORGES:
            _post_mortem(stack, forge)
        requests.post(f"{stack.service.url}/webhooks/github", data=b"{}", timeout=60)
    return collector.spans


def _post_mortem(stack: Stack, forge: str) -> None:
    stack.sandbox.world.create_issue(
        forge, SHOP, actor="alice", title="Payroll leak", body="Zebra, said @bob.", labels=["post-mortem"]
    )
    stack.settle()


def _named(spans: list[Seen], name: str) -> list[Seen]:
    return [one for one in spans if one.name == name]


def test_a_delivery_can_be_followed_to_the_requests_it_causes(incident: list[Seen]) -> None:
    """One trace: the delivery, the look, what it fetches, decides and applies, and each request under its step."""
    for forge in FORGES:
        look = next(one for one in _named(incident, "look") if one.about["closeout.forge"] == forge)
        (delivery,) = (one for one in _named(incident, "delivery") if one.id == look.parent)
        trace = [one for one in incident if one.trace == delivery.trace]
        steps = [one for one in trace if one.parent == look.id]
        assert {one.name for one in steps} == {"fetch", "decide", "apply"}
        assert ("template", "SetBody") in {
            (one.about.get("closeout.rule"), one.about.get("closeout.change")) for one in steps
        }
        sent = [one for one in trace if "url.template" in one.about]
        assert {one.parent for one in sent} <= {one.id for one in steps if one.name != "decide"}
        assert {one.about["http.response.status_code"] for one in sent} >= {200, 201}
        assert any("{" in str(one.about["url.template"]) for one in sent)


def test_nothing_of_an_incident_leaves_with_a_trace(incident: list[Seen], collector: Collector) -> None:
    """No word, no login, no project, no credential; and whoever is not believed leaves nothing at all."""
    assert len(incident) > 30
    assert all(one.about["closeout.delivery"] for one in _named(incident, "delivery"))
    assert [mark for mark in OURS for body in collector.bodies if mark.encode() in body] == []


def test_a_look_joins_the_first_of_its_causes_and_links_the_others() -> None:
    """In another process as well; its log lines carry the trace's id."""
    received, looked = InMemorySpanExporter(), InMemorySpanExporter()
    receiver, worker = Telemetry("1", received), Telemetry("1", looked)
    for delivery in ("one", "two"):
        with receiver.delivery("gitlab", delivery, "Issue Hook"):
            pass
    with bound_contextvars(deliveries=["one", "two"]), capture_logs([structlog.contextvars.merge_contextvars]) as log:
        worker.looking(_planned)(HERE)
    receiver.stop()
    worker.stop()
    one, two = received.get_finished_spans()
    (look,) = looked.get_finished_spans()
    assert look.parent is not None
    assert (look.parent.span_id, look.context.trace_id) == (one.context.span_id, one.context.trace_id)
    assert [link.context.span_id for link in look.links] == [two.context.span_id]
    assert log == [
        {"trace": f"{one.context.trace_id:032x}", "deliveries": ["one", "two"], "event": "x", "log_level": "info"}
    ]


def _planned(ref: IssueRef) -> Plan:
    structlog.get_logger().info("x")
    return Plan(ref)


def test_a_look_that_fails_says_so() -> None:
    """The kind of the error, not its words; the error goes on to whoever looks after it."""
    exporter = InMemorySpanExporter()
    telemetry = Telemetry("1", exporter)

    def look(ref: IssueRef) -> Plan:
        with span("fetch"):
            raise Forbidden(f"Zebra may not see {ref}")

    with pytest.raises(Forbidden):
        telemetry.looking(look)(HERE)
    telemetry.stop()
    fetch, looked = exporter.get_finished_spans()
    assert [one.status.description for one in (fetch, looked)] == ["Forbidden"] * 2
    assert (fetch.events, looked.parent, looked.attributes) == ((), None, {"closeout.forge": "gitlab"})


def test_what_is_sampled_is_sampled_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard variables decide; a look is kept where its delivery is, or a trace would be torn."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "post-mortems")
    exporter = InMemorySpanExporter()
    telemetry = Telemetry("1", exporter)
    for number in range(40):
        with telemetry.delivery("gitlab", str(number), "Issue Hook"):
            pass
        with bound_contextvars(deliveries=[str(number)]):
            telemetry.looking(Plan)(HERE)
    telemetry.stop()
    kept = exporter.get_finished_spans()
    traces = {name: {one.context.trace_id for one in kept if one.name == name} for name in ("delivery", "look")}
    assert 0 < len(traces["delivery"]) < 40
    assert len(kept) == 2 * len(traces["delivery"])
    assert {one.resource.attributes["service.name"] for one in kept} == {"post-mortems"}


def test_a_collector_that_is_away_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the work nor its end; what could not be sent is dropped, and sending has ended with it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("service.telemetry._PATIENCE", 0.1)
    telemetry = Telemetry("1")
    for number in range(2000):
        with telemetry.delivery("gitlab", str(number), "Issue Hook"):
            pass
    telemetry.stop()
    sending = [thread for thread in threading.enumerate() if thread.name == "closeout-traces"]
    for thread in sending:
        thread.join(60)
    assert not any(thread.is_alive() for thread in sending)


def test_who_wants_no_traces_imports_nothing(tmp_path: Path) -> None:
    """A service that is switched off never loads OpenTelemetry, and its spans are one shared nothing."""
    code = (
        "import sys; from service.bootstrap import Service; from service.settings import load; "
        "from service.tracing import span; s = Service(load()); s.site(); s.looking(); s.database.close(); "
        "assert span('a') is span('b'); print([name for name in sys.modules if 'opentelemetry' in name])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")}
    own = {"CLOSEOUT_GITHUB_TOKEN": "t", "CLOSEOUT_GITHUB_WEBHOOK_SECRET": "s", "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment | own, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
