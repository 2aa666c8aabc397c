"""GitHub's webhook parser on every example payload that the community collected (npm `@octokit/webhooks-examples`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from service.model import IssueRef
from service.providers.base import Delivery, Trust, Unverified
from service.providers.github.webhook import parse
from tests.external import packages
from tests.signatures import by_github

pytestmark = pytest.mark.node

EDITIONS = ("api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35")
NOW = datetime(2026, 3, 2, tzinfo=UTC)
SECRET = "It's a Secret to Everybody"
NUDGING = frozenset({"issues", "issue_comment", "sub_issues"})
CARDS = "projects_v2_item"


def _examples(edition: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in packages.json_file("@octokit/webhooks-examples", edition, "index.json"):
        for payload in row["examples"]:
            yield row["name"], payload


def _delivered(event: str, payload: dict[str, Any], secret: str = SECRET) -> Delivery | None:
    body = json.dumps(payload).encode()
    headers = {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": by_github(body, secret),
        "Content-Type": "application/json",
    }
    return parse(headers, body, forge="github", trust=Trust((SECRET,), NOW))


@pytest.mark.parametrize("edition", EDITIONS)
def test_each_issue_event_nudges_its_issue(edition: str) -> None:
    """Every example of an issue, or of a comment on one, names just the issue it is about, and who did it."""
    seen = 0
    for event, payload in _examples(edition):
        if event not in NUDGING or "pull_request" in payload["issue"]:
            continue
        here = IssueRef("github", payload["repository"]["full_name"], payload["issue"]["number"])
        found = _delivered(event, payload)
        assert found is not None
        assert found.refs[0] == here
        assert (found.event, found.sender) == (f"{event}.{payload['action']}", payload["sender"]["login"])
        assert len(found.refs) == 1 or "changes" in payload  # a transfer also names the other end
        seen += 1
    assert seen > 0


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_other_event_is_none_of_our_business(edition: str) -> None:
    """A push, a review, a ping, a comment on a pull request: verified, understood, and left alone."""
    ours = NUDGING | {CARDS}
    others = [(e, p) for e, p in _examples(edition) if e not in ours or "pull_request" in p.get("issue", {})]
    assert [event for event, payload in others if _delivered(event, payload) is not None] == []
    assert len(others) > 40


def test_a_card_names_its_issue_by_id() -> None:
    """Of every card's event that is about an issue; one about a pull request or a draft is none of our business."""
    cards = [payload for event, payload in _examples("api.github.com") if event == CARDS]
    for payload in cards:
        item, found = payload["projects_v2_item"], _delivered(CARDS, payload)
        if item["content_type"] == "Issue":
            assert found is not None
            assert [ref.node for ref in found.refs] == [item["content_node_id"]]
        else:
            assert found is None
    assert cards


def test_no_example_is_believed_under_another_secret() -> None:
    """A signature made with a secret that is not ours is refused, whatever the payload says."""
    for event, payload in _examples("api.github.com"):
        with pytest.raises(Unverified):
            _delivered(event, payload, secret="guessed")
