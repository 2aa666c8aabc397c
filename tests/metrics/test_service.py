"""The whole service's metrics after an incident on each forge: what a scraper sees of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from service.bootstrap import Service
from service.metrics.catalogue import METRICS
from service.metrics.metric import Metric
from service.settings import Settings
from tests.metrics.promql import faults
from tests.metrics.scrape import Scrape
from tests.stack import FORGES, PROJECTS, Stack

SHOP = PROJECTS[0]
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.node  # all traffic is held to the forges' published contracts


def _incident(stack: Stack, forge: str) -> None:
    """A post-mortem whose close is refused, and then allowed by a maintainer; an action item in another project."""
    world = stack.sandbox.world
    made = world.create_issue(
        forge, SHOP, actor="alice", title="Payroll leak", body="Zebra.", labels=["post-mortem", "secret-label"]
    )
    stack.settle()
    world.edit_issue(forge, SHOP, made.number, actor="bob", state="closed")
    stack.settle()
    stack.clock.forward(seconds=6)
    stack.settle()
    world.comment(forge, SHOP, made.number, actor="alice", body="/pm override Counsel asked for it")
    stack.settle()


@pytest.fixture
def scraped(stack: Stack) -> Scrape:
    for forge in FORGES:
        _incident(stack, forge)
    requests.post(f"{stack.service.url}/webhooks/github", data=b"{}", timeout=10)
    return Scrape.of(stack.service.url)


def test_an_incident_leaves_its_traces(scraped: Scrape) -> None:
    """Deliveries, looks, changes by rule, a refusal, an override, requests and the queue, on both forges."""
    for forge in FORGES:
        assert scraped.total("closeout_deliveries_total", forge=forge, result="accepted") > 0
        assert scraped.total("closeout_look_seconds_count", forge=forge, outcome="changed") > 0
        assert scraped.total("closeout_changes_total", forge=forge, rule="template", change="SetBody", result="ok") == 1
        assert scraped.values("closeout_refused_closes_total", forge=forge) == {(forge, "closure"): 1}
        assert scraped.values("closeout_overrides_total", forge=forge) == {(forge,): 1}
        assert scraped.total("closeout_forge_requests_total", forge=forge, code="200") > 0
        assert scraped.total("closeout_forge_request_seconds_count", forge=forge) > 0
    refused = scraped.values("closeout_deliveries_total", result="refused")
    assert refused == {("other", "github", "refused"): 1, ("other", "gitlab", "refused"): 0}
    assert set(scraped.values("closeout_forge_rate_limit_remaining")) == {("github", "core"), ("github", "graphql")}
    assert scraped.values("closeout_queue_issues")[("idle",)] == len(FORGES)
    written = sum(scraped.values("closeout_journal_entries").values())
    assert 0 < written <= scraped.total("closeout_changes_total")
    assert set(scraped.values("closeout_last_delivery_timestamp_seconds")) == {(forge,) for forge in FORGES}
    assert scraped.values("closeout_database_up") == {(): 1}


def test_every_request_is_counted_under_an_endpoint_that_is_known(scraped: Scrape) -> None:
    """None falls under `other`: a new kind of request needs its place in the forge's `endpoints.py`."""
    endpoints = {labels[1] for labels in scraped.values("closeout_forge_requests_total")}
    assert "POST /graphql" in endpoints
    assert "other" not in endpoints


def test_no_label_tells_what_an_issue_is_about(scraped: Scrape) -> None:
    """Neither projects, people, titles, words, labels nor numbers stand in what anybody may scrape."""
    private = ("acme", "shop", "alice", "bob", "closeout-bot", "payroll", "zebra", "secret-label", "counsel", "#1")
    assert [word for word in private if word in scraped.text.lower()] == []


def test_what_is_exported_is_documented_and_back(scraped: Scrape) -> None:
    """docs/metrics.md has a row for each exported name, and none besides."""
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(documented) == sorted(scraped.names)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_questions_can_be_answered(metric: Metric) -> None:
    """The PromQL is valid, asks for what there is, adds up what processes count and never what they share."""
    assert list(faults(metric.query)) == []
    assert metric.name in metric.query


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("sum(rate(closeout_deliveries_total[5m]", "unclosed"),
        ("sum(rate(closeout_delivery_total[5m]))", "is no metric"),
        ("sum(rate(closeout_look_seconds[5m]))", "is no metric"),
        ("sum by (project) (rate(closeout_deliveries_total[5m]))", "has no label project"),
        ('max(closeout_queue_issues{status="dead"})', "has no label status"),
        ('max(closeout_queue_issues{state=~"dead|gone"})', "is never state=gone"),
        ("sum(closeout_deliveries_total)", "ask for its rate"),
        ("rate(closeout_deliveries_total[5m])", "add it up"),
        ("max(rate(closeout_deliveries_total[5m]))", "add it up"),
        ("sum(closeout_queue_issues)", "take the largest"),
        ("sum(sum by (state) (closeout_queue_issues))", "take the largest"),
        ("closeout_forge_rate_limit_remaining < 500", "say how to take them together"),
    ],
)
def test_a_question_that_is_asked_wrongly_would_be_noticed(query: str, says: str) -> None:
    """Each of these either fails in Prometheus or has an answer that means something else."""
    assert says in "\n".join(faults(query))


def test_no_label_is_one_that_scrapers_use() -> None:
    """Prometheus would push it aside, and every question that names it would find nothing."""
    assert [metric.name for metric in METRICS if {"job", "instance"} & {*metric.labels}] == []


def test_each_process_counts_for_itself_and_reads_the_same_database(tmp_path: Path) -> None:
    """Two services in one program share no counter; what stands in the database is the same in both."""
    settings = Settings(database_url=SecretStr(f"sqlite:///{tmp_path}/closeout.sqlite3"))
    with Service(settings) as one, Service(settings) as other:
        one._counts.lease_expired()
        first, second = (Scrape(service._exposition("")[1].decode()) for service in (one, other))
    assert first.values("closeout_lease_expiries_total") == {(): 1}
    assert second.values("closeout_lease_expiries_total") == {(): 0}
    facts = [(m.name, first.values(m.name)) for m in METRICS if m.source == "database"]
    assert facts == [(name, second.values(name)) for name, _ in facts]
