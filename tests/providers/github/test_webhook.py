"""Deliveries as GitHub sends them: nothing is believed before the signature holds, and a payload only nudges."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.model import IssueRef
from service.providers.base import Delivery, Trust, Unverified
from service.providers.github.webhook import parse, verify
from tests.clock import START
from tests.signatures import by_github

SECRET = "It's a Secret to Everybody"
SHOP: dict[str, Any] = {"full_name": "acme/shop"}
CARD: dict[str, Any] = {"content_type": "Issue", "content_node_id": "I_kwDOA1b2=="}
ISSUE: dict[str, Any] = {"number": 12, "repository_url": "https://api.github.com/repos/acme/shop"}


def signed(body: bytes, secret: str = SECRET) -> str:
    return by_github(body, secret)


def deliver(event: str, payload: object, **headers: str) -> Delivery | None:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    sent = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": signed(body),
        **headers,
    }
    return parse(sent, body, forge="github", trust=Trust([SECRET], START))


def test_githubs_own_test_vector_holds() -> None:
    """The example of GitHub's page on validating deliveries."""
    given = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    verify(given, b"Hello, World!", [SECRET])


@pytest.mark.parametrize("secrets", [["new", SECRET], [SECRET, "new"], ["", SECRET]])
def test_an_old_and_a_new_secret_are_both_good(secrets: list[str]) -> None:
    """A secret can be changed without losing a delivery."""
    verify(signed(b"x"), b"x", secrets)


@pytest.mark.parametrize(
    ("signature", "secrets"),
    [
        ("", [SECRET]),
        ("sha256=", [SECRET]),
        ("sha1=0", [SECRET]),
        (signed(b"other"), [SECRET]),
        (signed(b"x").upper(), [SECRET]),
        (signed(b"x"), []),
        (signed(b"x", ""), [""]),
        ("sha256=\udcff\u00e9", [SECRET]),
    ],
)
def test_a_missing_or_wrong_signature_is_unverified(signature: str, secrets: list[str]) -> None:
    """Without a secret nothing verifies: an empty one is not a secret."""
    with pytest.raises(Unverified):
        verify(signature, b"x", secrets)


def test_the_signature_is_over_the_bytes_as_sent() -> None:
    """The same JSON written in another way is another body."""
    body = b'{"a": 1}'
    with pytest.raises(Unverified):
        verify(signed(body), b'{"a":1}', [SECRET])


def test_nothing_is_read_before_it_is_verified() -> None:
    """Rubbish without a signature is unverified, not malformed."""
    with pytest.raises(Unverified):
        parse({"Content-Type": "x"}, b"\xff", forge="github", trust=Trust([SECRET], START))


def test_a_delivery_names_the_issue_the_event_and_the_sender() -> None:
    """Header names compare without case; the delivery id is the one a redelivery repeats."""
    payload = {"action": "closed", "issue": ISSUE, "repository": SHOP, "sender": {"login": "bob"}}
    body = json.dumps(payload).encode()
    headers = {
        "CONTENT-TYPE": "application/json; charset=utf-8",
        "x-github-event": "issues",
        "X-Github-Delivery": "d1",
        "x-hub-signature-256": signed(body),
    }
    found = parse(headers, body, forge="ghe", trust=Trust([SECRET], START))
    assert found == Delivery("d1", "issues.closed", (IssueRef("ghe", "acme/shop", 12),), "bob")


@pytest.mark.parametrize(
    ("event", "payload", "numbers"),
    [
        ("issues", {"action": "field_added", "issue": ISSUE, "repository": SHOP}, ["acme/shop#12"]),
        ("issue_comment", {"action": "created", "issue": ISSUE, "repository": SHOP}, ["acme/shop#12"]),
        (
            "issues",
            {
                "action": "transferred",
                "issue": ISSUE,
                "repository": SHOP,
                "changes": {"new_issue": {"number": 3}, "new_repository": {"full_name": "acme/ops"}},
            },
            ["acme/shop#12", "acme/ops#3"],
        ),
        (
            "sub_issues",
            {
                "action": "sub_issue_added",
                "parent_issue": ISSUE,
                "sub_issue": {"number": 5},
                "sub_issue_repo": {"full_name": "acme/ops"},
                "repository": SHOP,
            },
            ["acme/shop#12", "acme/ops#5"],
        ),
        (
            "sub_issues",
            {
                "action": "parent_issue_added",
                "parent_issue": {"number": 1, "repository_url": "https://H/api/v3/repos/acme/ops"},
                "sub_issue": ISSUE,
                "repository": SHOP,
            },
            ["acme/ops#1", "acme/shop#12"],
        ),
        (
            "projects_v2_item",
            {"action": "edited", "projects_v2_item": CARD, "organization": {"login": "acme"}},
            ["acme/@I_kwDOA1b2==#0"],
        ),
    ],
)
def test_an_event_nudges_every_issue_it_is_about(event: str, payload: object, numbers: list[str]) -> None:
    """A transfer and a sub-issue link concern two issues each; a card tells its issue's id alone."""
    found = deliver(event, payload)
    assert found is not None
    assert [f"{ref.project}#{ref.number}" for ref in found.refs] == numbers


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("ping", {"zen": "Keep it logically awesome.", "hook_id": 1}),
        ("issue_comment", {"action": "created", "issue": {**ISSUE, "pull_request": {}}, "repository": SHOP}),
        ("issues", {"action": "labeled", "issue": {**ISSUE, "pull_request": {}}, "repository": SHOP}),
        ("label", {"action": "created", "label": {"name": "overdue"}, "repository": SHOP}),
        ("projects_v2_item", {"action": "edited", "projects_v2_item": {**CARD, "content_type": "PullRequest"}}),
        ("projects_v2_item", {"action": "created", "projects_v2_item": {**CARD, "content_type": "DraftIssue"}}),
        ("an_event_of_next_year", {}),
    ],
)
def test_what_is_none_of_our_business_nudges_nobody(event: str, payload: object) -> None:
    """Pull requests, labels, pings, cards of other things than issues and events nobody knows yet."""
    assert deliver(event, payload) is None


@pytest.mark.parametrize(
    ("event", "payload", "headers", "words"),
    [
        ("issues", b"payload=%7B%7D", {"Content-Type": "application/x-www-form-urlencoded"}, "application/json"),
        ("issues", b"not json", {}, "not JSON"),
        ("issues", b"\xff\xfe", {}, "not JSON"),
        ("issues", b"[" * 100_000, {}, "not JSON"),
        ("issues", [], {}, "not an object"),
        ("issues", {"action": "opened", "repository": SHOP}, {}, "no issue"),
        ("issues", {"issue": {"number": True}, "repository": SHOP}, {}, "no number"),
        ("issues", {"issue": {"number": -1}, "repository": SHOP}, {}, "no number"),
        ("issues", {"issue": {"number": 1}, "repository": {"full_name": "acme/../x#y"}}, {}, "owner/name"),
        ("issues", {"issue": {"number": 1}}, {}, "no repository"),
        ("projects_v2_item", {"projects_v2_item": CARD}, {}, "no organization"),
        ("projects_v2_item", {"projects_v2_item": CARD, "organization": {"login": "../x"}}, {}, "no login"),
        (
            "projects_v2_item",
            {"projects_v2_item": {**CARD, "content_node_id": "I 1"}, "organization": {"login": "acme"}},
            {},
            "no content_node_id",
        ),
        ("", {"issue": ISSUE, "repository": SHOP}, {}, "X-GitHub-Event"),
        ("issues", {"issue": ISSUE, "repository": SHOP}, {"X-GitHub-Delivery": ""}, "X-GitHub-Delivery"),
    ],
)
def test_a_verified_body_that_is_not_as_documented_says_so(
    event: str, payload: object, headers: dict[str, str], words: str
) -> None:
    """The sentence goes back to whoever configured the webhook."""
    with pytest.raises(ValueError, match=words):
        deliver(event, payload, **headers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(ISSUE)), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    *("action", "issue", "repository", "sender", "changes", "parent_issue", "sub_issue"),
    *("projects_v2_item", "organization"),
)


@given(
    event=st.sampled_from(["issues", "issue_comment", "sub_issues", "projects_v2_item", "ping"]),
    payload=st.dictionaries(st.sampled_from(KEYS), JSON),
)
def test_any_signed_object_is_a_delivery_or_none_or_a_sentence(event: str, payload: dict[str, Any]) -> None:
    """No payload makes the parser fail in another way."""
    try:
        found = deliver(event, payload)
    except ValueError:
        return
    assert found is None or found.refs
