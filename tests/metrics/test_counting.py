"""What a process counts: whatever it is told, the values of a label stay a bounded set."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from service.metrics.counting import Counts
from service.model import IssueRef, Override, Plan
from service.providers.base import Gone, MalformedReply, Rejected
from service.providers.exchanges import Exchange
from service.providers.gitlab.errors import AlreadyThere
from service.store.database import StoreUnavailable
from tests.clock import START
from tests.metrics.scrape import Scrape

ISSUE = IssueRef("github", "acme/shop", 12)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def counts(registry: CollectorRegistry) -> Counts:
    return Counts(registry, version="1.2.3", forges=["github"])


def scrape(registry: CollectorRegistry) -> Scrape:
    return Scrape(generate_latest(registry).decode())


def test_events_are_counted_without_their_action(counts: Counts, registry: CollectorRegistry) -> None:
    """What the forges will think of next, and what nobody believed, is `other`."""
    known = ("issues.closed", "issues.labeled", "Issue Hook/update", "sub_issues", "projects_v2_item.edited")
    for event in (*known, "tea.made", "", "a" * 999):
        counts.delivered("github", event, "accepted")
    events = scrape(registry).values("closeout_deliveries_total", result="accepted")
    assert {labels[0]: count for labels, count in events.items()} == {
        "issues": 2,
        "Issue Hook": 1,
        "sub_issues": 1,
        "projects_v2_item": 1,
        "other": 3,
    }


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (Gone("410"), "Gone"),
        (MalformedReply("not JSON"), "MalformedReply"),
        (Rejected("422"), "Rejected"),
        (AlreadyThere("409"), "Rejected"),
        (StoreUnavailable("locked"), "StoreUnavailable"),
        (KeyError("ours"), "other"),
    ],
)
def test_a_look_that_fails_is_counted_by_the_errors_family(
    counts: Counts, registry: CollectorRegistry, error: Exception, name: str
) -> None:
    """The error itself goes on to whoever must deal with it."""

    def look(ref: IssueRef) -> Plan:
        raise error

    with pytest.raises(type(error)):
        counts.looking(look, acts=True)(ISSUE)
    seen = scrape(registry)
    assert seen.values("closeout_look_errors_total") == {(name, "github"): 1}
    assert seen.values("closeout_look_seconds_count") == {("github", "failed"): 1}


@pytest.mark.parametrize(("acts", "counted"), [(True, 1), (False, 0)])
def test_a_dry_run_counts_no_override(counts: Counts, registry: CollectorRegistry, acts: bool, counted: int) -> None:
    """It remembers nothing, so each of its looks sees the same override as new."""
    plan = Plan(ISSUE, overrides=(Override("alice", START, "because"),))
    assert counts.looking(lambda _: plan, acts=acts)(ISSUE) is plan
    assert scrape(registry).values("closeout_overrides_total") == {("github",): counted}


def test_a_request_without_an_answer_has_no_code(counts: Counts, registry: CollectorRegistry) -> None:
    """It counts as a request, and not as a time."""
    counts.exchanged("github", Exchange("GET /user"))
    seen = scrape(registry)
    assert seen.values("closeout_forge_requests_total") == {("none", "GET /user", "github"): 1}
    assert seen.values("closeout_forge_request_seconds_count") == {}


def test_what_must_not_happen_begins_at_0(counts: Counts, registry: CollectorRegistry) -> None:
    """So that the first delivery that is refused or lost is an increase, which alerts look for."""
    before = scrape(registry)
    counts.delivered("github", "issues.closed", "unstored")
    counts.delivered("github", "", "refused")
    for key in (("issues", "github", "unstored"), ("other", "github", "refused")):
        assert before.values("closeout_deliveries_total")[key] == 0
        assert scrape(registry).values("closeout_deliveries_total")[key] == 1
