"""Deliveries as GitLab sends them: who may be believed, what nudges which issue, and what is none of our business."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.model import IssueRef
from service.providers.base import Delivery, Stale, Trust, Unverified
from service.providers.gitlab.webhook import parse
from tests.clock import START

SECRET = "a secret token"
SIGNING = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_SIGNING = "whsec_" + base64.b64encode(bytes(32)).decode()

ISSUE: dict[str, Any] = {
    "object_kind": "issue",
    "event_type": "issue",
    "user": {"id": 7, "username": "alice", "email": "[REDACTED]"},
    "project": {"id": 3, "path_with_namespace": "acme/shop", "visibility_level": 20},
    "object_attributes": {"id": 301, "iid": 23, "state": "closed", "action": "close", "type": "Issue"},
    "changes": {"state_id": {"previous": 1, "current": 2}},
}
NOTE: dict[str, Any] = {
    "object_kind": "note",
    "event_type": "note",
    "user": {"id": 7, "username": "bob"},
    "project": {"id": 3, "path_with_namespace": "acme/deep/shop"},
    "object_attributes": {"id": 9, "note": "/pm help", "noteable_type": "Issue", "system": False, "action": "create"},
    "issue": {"id": 301, "iid": 17, "state": "opened"},
}


def read(payload: Any, event: str = "Issue Hook", **headers: str) -> Delivery | None:
    sent = {"X-Gitlab-Event": event, "X-Gitlab-Token": SECRET, "Idempotency-Key": "key-1"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse(sent, body, forge="gitlab", trust=Trust([SECRET], START))


def changed(payload: dict[str, Any], part: str, **values: Any) -> dict[str, Any]:
    found = copy.deepcopy(payload)
    found[part] |= values
    return found


def sign(body: bytes, token: str = SIGNING, *, stamp: float = START.timestamp(), mid: str = "msg-1") -> dict[str, str]:
    key = base64.b64decode(token.removeprefix("whsec_"))
    digest = hmac.new(key, f"{mid}.{int(stamp)}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": mid, "webhook-timestamp": str(int(stamp)), "webhook-signature": signature}


BODY = json.dumps(ISSUE).encode()


def signed(headers: dict[str, str], *, secrets: list[str], body: bytes = BODY) -> Delivery | None:
    return parse({"X-Gitlab-Event": "Issue Hook", **headers}, body, forge="gitlab", trust=Trust(secrets, START))


# --- what is nudged -------------------------------------------------------------------------------------------


def test_a_closed_issue_nudges_itself() -> None:
    """The payload is reduced to the issue, the event's name and who caused it."""
    ref = IssueRef("gitlab", "acme/shop", 23)
    assert read(ISSUE) == Delivery("key-1", "Issue Hook/close", (ref,), "alice")


def test_a_confidential_issue_is_seen_too() -> None:
    """Confidential post-mortems arrive under a header of their own."""
    delivery = read(ISSUE | {"event_type": "confidential_issue"}, "Confidential Issue Hook")
    assert delivery is not None
    assert delivery.event == "Confidential Issue Hook/close"


@pytest.mark.parametrize("kind", ["Task", "Incident", "Ticket", "Issue", None])
def test_a_work_item_that_may_follow_an_incident_up_nudges(kind: str | None) -> None:
    """Tasks and incidents come as `work_item` under the issue header; before 17.2 they carry no type."""
    payload = changed(ISSUE, "object_attributes", type=kind) | {"object_kind": "work_item"}
    delivery = read(payload)
    assert delivery is not None
    assert delivery.refs == (IssueRef("gitlab", "acme/shop", 23),)


@pytest.mark.parametrize("kind", ["Epic", "Objective", "Key Result", "Requirement", "Test Case"])
def test_other_work_items_are_none_of_our_business(kind: str) -> None:
    """Epics, goals and requirements are not closed for us to check."""
    assert read(changed(ISSUE, "object_attributes", type=kind) | {"object_kind": "work_item"}) is None


@pytest.mark.parametrize("event", ["Note Hook", "Confidential Note Hook"])
def test_a_comment_nudges_its_issue(event: str) -> None:
    """A command is answered as soon as it is given, in subgroups as well."""
    delivery = read(NOTE, event)
    assert delivery is not None
    assert delivery.refs == (IssueRef("gitlab", "acme/deep/shop", 17),)
    assert (delivery.event, delivery.sender) == (f"{event}/create", "bob")


def test_a_comment_on_a_work_item_nudges_it() -> None:
    """A task's comments may name it under another key."""
    payload = {key: value for key, value in NOTE.items() if key != "issue"}
    assert read(payload | {"work_item": {"iid": 5, "type": "Task"}}, "Note Hook") is not None


@pytest.mark.parametrize("part", ["merge_request", "commit", "snippet"])
def test_a_comment_elsewhere_is_ignored(part: str) -> None:
    """Merge requests, commits and snippets share the header and have numbers of their own."""
    payload = {key: value for key, value in NOTE.items() if key != "issue"}
    assert read(payload | {part: {"iid": 17}}, "Note Hook") is None


def test_a_system_note_is_ignored() -> None:
    """What GitLab writes of itself follows an issue event that nudges already."""
    assert read(changed(NOTE, "object_attributes", system=True), "Note Hook") is None


@pytest.mark.parametrize("event", ["Emoji Hook", "Push Hook", "Wiki Page Hook", "Resource Access Token Hook", ""])
def test_other_events_are_ignored(event: str) -> None:
    """GitLab disables a hook that answers errors, so an event nobody asked for is no error."""
    assert read({"object_kind": "emoji"}, event) is None


def test_nobody_assigned_and_nothing_changed_is_fine() -> None:
    """Every key but the ones that name the issue may be missing."""
    bare = {
        "object_kind": "issue",
        "project": {"path_with_namespace": "acme/shop"},
        "object_attributes": {"iid": 1},
    }
    assert read(bare) == Delivery("key-1", "Issue Hook", (IssueRef("gitlab", "acme/shop", 1),), "")


# --- its id ---------------------------------------------------------------------------------------------------


def test_a_resend_has_the_id_of_the_first_delivery() -> None:
    """Idempotency-Key stays; X-Gitlab-Webhook-UUID is new with each attempt and says nothing."""
    first = read(ISSUE, X_Gitlab_Webhook_UUID="one", X_Gitlab_Event_UUID="chain")
    again = read(ISSUE, X_Gitlab_Webhook_UUID="two", X_Gitlab_Event_UUID="chain")
    assert first is not None
    assert again is not None
    assert first.id == again.id == "key-1"


def test_an_old_gitlab_gets_an_id_from_the_chain_and_the_body() -> None:
    """The UUID alone is shared by every delivery one request set off, and would make them look like one."""
    headers = {"Idempotency_Key": "", "X_Gitlab_Event_UUID": "chain"}
    one, same = read(ISSUE, **headers), read(ISSUE, **headers)
    other = read(changed(ISSUE, "object_attributes", action="update"), **headers)
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.id == same.id != other.id


def test_header_names_compare_without_case() -> None:
    """WSGI servers and proxies spell them as they like."""
    headers = {"x-gitlab-event": "Issue Hook", "X-GITLAB-TOKEN": SECRET, "idempotency-KEY": "key-2"}
    delivery = parse(headers, BODY, forge="work", trust=Trust([SECRET], START))
    assert delivery is not None
    assert (delivery.id, delivery.refs[0].forge) == ("key-2", "work")


# --- who is believed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "wrong", SECRET + " ", SECRET.upper(), "sécret"])
def test_a_wrong_or_missing_token_is_refused(token: str) -> None:
    """Without a configured secret nothing of the payload may be believed."""
    with pytest.raises(Unverified):
        read(ISSUE, X_Gitlab_Token=token)


def test_nothing_is_believed_where_no_secret_is_configured() -> None:
    """An empty secret would be matched by everybody who leaves the header out."""
    for secrets in ([], [""]):
        with pytest.raises(Unverified):
            parse({"X-Gitlab-Event": "Issue Hook", "X-Gitlab-Token": ""}, BODY, forge="g", trust=Trust(secrets, START))


def test_two_tokens_count_while_they_are_rotated() -> None:
    """The old and the new secret are both good, in any order."""
    headers = {"X-Gitlab-Event": "Issue Hook", "X-Gitlab-Token": SECRET}
    assert parse(headers, BODY, forge="gitlab", trust=Trust(["new", SECRET], START)) is not None


def test_a_signed_delivery_is_believed() -> None:
    """GitLab 19 signs with the decoded key of a whsec_ token, over id, time and raw body."""
    delivery = signed(sign(BODY), secrets=[SIGNING])
    assert delivery is not None
    assert delivery.id == "msg-1"


def test_the_known_signature_of_the_standard_is_accepted() -> None:
    """Standard Webhooks' own example, so that signing and checking cannot be wrong together."""
    key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    headers = {
        "X-Gitlab-Event": "Push Hook",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    then = START.replace(year=2021, month=2, day=25, hour=15)
    assert parse(headers, body, forge="gitlab", trust=Trust([key], then)) is None
    with pytest.raises(Unverified):
        parse(headers, body + b" ", forge="gitlab", trust=Trust([key], then))


def test_a_signature_decides_alone() -> None:
    """A good token does not save a bad signature: whoever knows only the token must not get by."""
    headers = sign(BODY, OTHER_SIGNING) | {"X-Gitlab-Token": SECRET}
    with pytest.raises(Unverified):
        signed(headers, secrets=[SECRET, SIGNING])
    with pytest.raises(Unverified):
        signed(headers, secrets=[SECRET])


def test_an_unsigned_delivery_needs_the_token_also_from_a_new_gitlab() -> None:
    """GitLab 19 sends webhook-id with every delivery; it proves nothing."""
    headers = {"webhook-id": "msg-1", "webhook-timestamp": "1", "X-Gitlab-Token": SECRET}
    delivery = signed(headers, secrets=[SECRET, SIGNING])
    assert delivery is not None
    assert delivery.id == "msg-1"
    with pytest.raises(Unverified):
        signed(headers | {"X-Gitlab-Token": SIGNING}, secrets=[SIGNING])


def test_one_of_several_signatures_is_enough() -> None:
    """While a signing token is rotated the header holds one signature for each."""
    headers = sign(BODY)
    headers["webhook-signature"] = f"v1a,other v1,{'A' * 43}= {headers['webhook-signature']}"
    assert signed(headers, secrets=[OTHER_SIGNING, SIGNING]) is not None


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "body"])
def test_a_signature_covers_id_time_and_body(part: str) -> None:
    """None of the three can be exchanged."""
    headers, body = sign(BODY), BODY
    if part == "body":
        body = BODY.replace(b"shop", b"shup")
    else:
        headers[part] += "1" if part == "webhook-id" else ""
        headers[part] = str(int(headers[part]) + 1) if part == "webhook-timestamp" else headers[part]
    with pytest.raises(Unverified):
        signed(headers, secrets=[SIGNING], body=body)


@pytest.mark.parametrize(("hours", "is_good"), [(0, True), (23, True), (-23, True), (25, False), (-25, False)])
def test_a_signature_is_good_for_a_day(hours: float, is_good: bool) -> None:
    """Long enough for a resend under the old timestamp, and no longer than a delivery's name is remembered."""
    headers = sign(BODY, stamp=(START - timedelta(hours=hours)).timestamp())
    if is_good:
        assert signed(headers, secrets=[SIGNING]) is not None
        return
    with pytest.raises(Stale, match=f"25.0 hours {'before' if hours > 0 else 'after'} now"):
        signed(headers, secrets=[SIGNING])


def test_the_window_can_be_set() -> None:
    """Narrower than a day, to the second."""
    headers = sign(BODY, stamp=(START - timedelta(hours=1)).timestamp()) | {"X-Gitlab-Event": "Issue Hook"}
    assert parse(headers, BODY, forge="gitlab", trust=Trust([SIGNING], START, window=3600)) is not None
    with pytest.raises(Stale):
        parse(headers, BODY, forge="gitlab", trust=Trust([SIGNING], START, window=3599))


def test_a_strangers_time_is_of_no_interest() -> None:
    """An old delivery that is not signed by the forge is a wrong one, not an old one."""
    headers = sign(BODY, OTHER_SIGNING, stamp=1)
    with pytest.raises(Unverified):
        signed(headers, secrets=[SIGNING])


def test_a_signed_delivery_has_one_name() -> None:
    """What is not signed cannot make an overheard delivery pass for a new one."""
    delivery = signed(sign(BODY) | {"Idempotency-Key": "another"}, secrets=[SIGNING])
    assert delivery is not None
    assert delivery.id == "msg-1"


def test_an_endless_name_is_refused() -> None:
    """No database can look names of any length up."""
    with pytest.raises(ValueError, match="too long"):
        read(ISSUE, Idempotency_Key="x" * 201)


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "1e9", "9" * 400, "٣"])
def test_a_timestamp_that_is_none_is_refused(stamp: str) -> None:
    """Whatever stands there, it must not raise anything but Unverified."""
    with pytest.raises(Unverified):
        signed(sign(BODY) | {"webhook-timestamp": stamp}, secrets=[SIGNING])


def test_a_mistyped_signing_token_says_so() -> None:
    """The operator learns that the configuration is at fault, without seeing the token."""
    with pytest.raises(Unverified, match="copy it anew") as caught:
        signed(sign(BODY), secrets=["whsec_not base64!"])
    assert "not base64!" not in str(caught.value)


# --- what is broken -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"object_kind": "issue"}).encode(),
        json.dumps(changed(ISSUE, "object_attributes", iid="23")).encode(),
        json.dumps(changed(ISSUE, "object_attributes", iid=True)).encode(),
        json.dumps(changed(ISSUE, "object_attributes", iid=-1)).encode(),
        json.dumps(changed(ISSUE, "project", path_with_namespace="shop")).encode(),
        json.dumps(changed(ISSUE, "project", path_with_namespace="acme/shop#1 gitlab:x/y")).encode(),
        json.dumps(changed(ISSUE, "project", path_with_namespace=None)).encode(),
        json.dumps(ISSUE | {"project": [], "object_attributes": 1}).encode(),
    ],
)
def test_a_broken_body_is_a_value_error(body: bytes) -> None:
    """A verified sender that does not keep to the documentation gets a clear answer, never a crash."""
    with pytest.raises(ValueError, match="delivery"):
        read(body)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ISSUE, "iid", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(payload=st.dictionaries(st.sampled_from([*ISSUE, *NOTE]), _json))
def test_no_verified_json_raises_anything_but_a_value_error(payload: dict[str, Any]) -> None:
    """Every shape under every key is either a delivery, ignored, or refused in words."""
    for event in ("Issue Hook", "Note Hook"):
        try:
            read(payload | {"object_kind": "issue"}, event)
            read(payload | {"object_kind": "note"}, event)
        except ValueError as error:
            assert "delivery" in str(error)  # noqa: PT017 - most examples raise nothing


@given(body=st.binary(max_size=60), token=st.text(max_size=20), signature=st.text(max_size=30))
def test_no_unverified_delivery_gets_through(body: bytes, token: str, signature: str) -> None:
    """Whatever strangers send, they get Unverified."""
    headers = {"X-Gitlab-Event": "Issue Hook", "X-Gitlab-Token": token, "webhook-signature": signature}
    with pytest.raises(Unverified):
        parse(headers | {"webhook-timestamp": "1"}, body, forge="gitlab", trust=Trust([SECRET * 3, SIGNING], START))
