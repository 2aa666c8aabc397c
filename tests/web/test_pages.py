"""Health, readiness and the page at the root."""

from __future__ import annotations

import requests

from tests.databases import ON_SQLITE
from tests.web.conftest import Site, github_event

pytestmark = ON_SQLITE


def test_readiness_gives_its_reasons(site: Site) -> None:
    """`/readyz` is 200 while every check is fine, else 503 with what is wrong; `/healthz` does not depend on it."""
    ready = site.get("/readyz")
    site.problem.append("the disk is full")
    not_ready = site.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "checks": {"database": "ok"}})
    assert (not_ready.status_code, not_ready.json()["checks"]) == (503, {"database": "the disk is full"})
    assert site.get("/healthz").json() == {"status": "ok"}


def test_the_page_says_what_this_is_and_how_it_does(site: Site) -> None:
    """Version, webhook addresses and the queue's depth, for whoever opens the address in a browser."""
    site.github(github_event())
    page = site.get("/").text
    assert "Closeout" in page
    assert "1.2.3" in page
    assert "/webhooks/github" in page
    assert "<th>Issues waiting<td>1" in page


def test_other_addresses_and_methods_are_answered_in_json(site: Site) -> None:
    """404 and 405 are sentences too."""
    assert site.get("/nowhere").status_code == 404
    answer = requests.get(f"{site.url}/webhooks/github", timeout=10)
    assert answer.status_code == 405
    assert "error" in answer.json()


def test_the_metrics_come_in_the_form_that_was_asked_for(site: Site) -> None:
    """`/metrics` passes on what its reader accepts."""
    answer = requests.get(f"{site.url}/metrics", headers={"Accept": "text/plain"}, timeout=10)
    assert (answer.status_code, answer.text) == (200, "for text/plain")
