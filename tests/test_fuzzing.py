"""Whatever strangers send or write: an answer, never a crash; a sentence, never silence; and never a command that was none."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.document import command_lines
from service.model import IssueRef
from service.plain_yaml import NotYaml, read
from service.policy import InvalidPolicy, Policy, load, policy_model
from service.providers.base import Trust
from service.providers.github.webhook import EVENTS, ORGANISATION_EVENTS
from service.providers.github.webhook import parse as parse_github
from service.providers.gitlab.webhook import EVENTS as GITLAB_EVENTS
from service.providers.gitlab.webhook import parse as parse_gitlab
from service.store.appointments import Appointments
from service.store.feeds import Feeds
from service.store.inbox import Inbox
from service.web.app import Parts, create_site
from service.web.calendars import Shelf
from service.web.webhooks import Desk, Receiver
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from tests.clock import START
from tests.databases import Place, opened
from tests.document.texts import documents
from tests.hostile import CORPUS
from tests.signatures import by_github
from tests.soaking import examples

SECRET = "a secret of this test"
BOUNDED = settings(max_examples=examples(60))

# --- the receiver ---------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    (*(words[:300] for words in CORPUS), "acme/shop", "issue", "note", "Issue", "a" * 3000 + "/b")
) | st.text(max_size=20)
NUMBERS = st.sampled_from((0, 1, 12, -1, 2**31, 2**63, 2**64, 10**400, 1.5, 1e400, True))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("number", "iid", "full_name", "id")) | WORDS, inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
GITHUB = {"action": "edited", "issue": {"number": 1}, "repository": {"full_name": "acme/shop"}, "sender": {"login": "alice"},
          "organization": {"login": "acme"}, "projects_v2_item": {"content_type": "Issue", "content_node_id": "I_1"},
          "changes": {"new_issue": {"number": 2}, "new_repository": {"full_name": "acme/ops"}},
          "parent_issue": {"number": 1}, "parent_issue_repo": {"full_name": "acme/shop"},
          "sub_issue": {"number": 2, "repository_url": "https://api.github.com/repos/acme/shop"}}  # fmt: skip
GITLAB = {"object_kind": "issue", "object_attributes": {"iid": 1, "action": "update", "type": "Issue", "system": False},
          "project": {"path_with_namespace": "acme/shop"}, "user": {"username": "alice"}, "issue": {"iid": 1},
          "work_item": {"iid": 2, "type": "Task"}}  # fmt: skip


@st.composite
def payloads(draw: st.DrawFn, whole: dict[str, Any]) -> bytes:
    """An event as the forge sends it, with parts of it gone or exchanged; now and then not even JSON."""
    payload = json.loads(json.dumps(whole))
    for key in draw(st.lists(st.sampled_from(sorted(whole)), max_size=3)):
        part = payload[key]
        if isinstance(part, dict) and part and draw(st.booleans()):
            part[draw(st.sampled_from(sorted(part)))] = draw(VALUES)
        else:
            payload[key] = draw(VALUES)
    body = json.dumps(payload).encode()
    return (
        draw(st.sampled_from((body, body, body, body[:-1], body.replace(b"acme", b"\\ud800\\u0000"), b"\xff" + body)))
        or body
    )


HEADERS = st.dictionaries(
    st.sampled_from(("Content-Type", "Content-Encoding", "Idempotency-Key", "webhook-id", "webhook-timestamp", "X-Gitlab-Event-UUID")),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255), max_size=30) | st.just("x" * 3000),
    max_size=3,
)  # fmt: skip
Site = tuple[Flask, Inbox]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    trust = Trust((SECRET,), START)
    receivers = {
        "github": Receiver("github", parse_github, lambda: trust),
        "gitlab": Receiver("gitlab", parse_gitlab, lambda: trust),
    }

    def allows(ref: IssueRef) -> bool:
        return ref.project.startswith("acme/")

    with opened(Place.file(tmp_path_factory.mktemp("fuzz"))) as database:
        parts = Parts(
            desk=Desk(receivers, Queue(database, Timing(debounce=0)), allows, delivered=lambda *_: None),
            overview=Overview(database),
            checks={},
            version="1",
            exposition=lambda _: ("text/plain", b""),
            shelf=Shelf(None, Appointments(database), Feeds(database), allows, "", lambda *_: None),
        )
        yield create_site(parts).app, Inbox(database)


def _sent(site: Site, forge: str, headers: dict[str, str], body: bytes) -> int:
    answer = site[0].test_client().post(f"/webhooks/{forge}", data=body, headers=headers)
    assert answer.status_code in {202, 400, 401, 415}, (answer.status_code, answer.text)
    said = answer.get_json()
    assert isinstance(said, dict)
    assert answer.status_code != 202 or set(said) in ({"ignored"}, {"delivery", "issues", "repeated"})
    assert all(name.startswith(f"{forge}:acme/") for name in said.get("issues", ()))
    return answer.status_code


@BOUNDED
@given(
    payloads(GITHUB),
    st.sampled_from(sorted(ORGANISATION_EVENTS)),
    HEADERS,
    st.sampled_from(("1", "2", "x" * 300, "a,b")),
)
def test_whatever_github_signs_gets_an_answer(
    site: Site, body: bytes, event: str, headers: dict[str, str], name: str
) -> None:
    """No mistake of ours comes of it, and only issues of allowed projects are looked at."""
    signature = by_github(body, SECRET)
    own = {"X-GitHub-Event": event, "X-GitHub-Delivery": name, "X-Hub-Signature-256": signature}
    _sent(site, "github", headers | own, body)


@BOUNDED
@given(payloads(GITLAB), st.sampled_from(sorted(GITLAB_EVENTS)), HEADERS)
def test_whatever_gitlab_sends_gets_an_answer(site: Site, body: bytes, event: str, headers: dict[str, str]) -> None:
    """The same, with its token."""
    _sent(site, "gitlab", headers | {"X-Gitlab-Event": event, "X-Gitlab-Token": SECRET}, body)


@BOUNDED
@given(
    st.binary(max_size=200) | payloads(GITHUB),
    st.sampled_from(("github", "gitlab")),
    HEADERS,
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80),
)
def test_whatever_strangers_send_is_refused(
    site: Site, body: bytes, forge: str, headers: dict[str, str], proof: str
) -> None:
    """Nothing of it is kept."""
    own = {
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": "1",
        "X-Hub-Signature-256": proof,
        "webhook-signature": proof,
    }
    before = len(site[1].latest(10_000))
    assert _sent(site, forge, headers | own | {"X-Gitlab-Event": "Issue Hook", "X-Gitlab-Token": proof}, body) in {
        401,
        415,
    }
    assert len(site[1].latest(10_000)) == before


def test_the_events_that_are_tried_are_those_that_are_read() -> None:
    """A new one is tried as well."""
    assert EVENTS < ORGANISATION_EVENTS
    assert len(GITLAB_EVENTS) == 4


# --- policies -------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(
    (
        *policy_model().model_fields,
        "rules",
        "closure",
        "labels",
        "severity",
        "days_off",
        "<<",
        "modes",
        "escalation",
        "steps",
    )
)
PLAIN = st.sampled_from(("1", "-1", "1.5", ".inf", ".nan", "1e999", "0x1f", "0b1", "1:30", "~", "yes", "2026-01-01", "2026-13-45", "2026-01-01T25:00:00",
                         "!!bool x", "!!int x", "!x", "&a", "*a", "[", "{", "}", "- ", "? ", ": ", "|", ">", "'", '"', "%", "@", "`", "#", "\t", "\x00", "9" * 50))  # fmt: skip
SCALARS = PLAIN | WORDS.map(json.dumps) | WORDS


@st.composite
def policies(draw: st.DrawFn) -> str:
    """Lines that look like a policy's, at any depth, with anything for a value."""
    lines = [draw(st.sampled_from(("version: 1", "version: 1", "version: 2", "---", "")))]
    for _ in range(draw(st.integers(0, 8))):
        key, value, form = (
            draw(KEYS),
            draw(SCALARS),
            draw(st.sampled_from(("{k}: {v}", "{k}:", "- {v}", "{k}: [{v}, {v}]", "{k}: {{{k}: {v}}}"))),
        )
        lines.append(
            "  " * draw(st.integers(0, 3))
            + form.replace("{{", "{").replace("}}", "}").replace("{k}", key).replace("{v}", value)
        )
    return draw(st.sampled_from(("\n", "\r\n"))).join(lines)


@BOUNDED
@given(policies())
def test_any_policy_is_one_or_says_why_not(text: str) -> None:
    """Each mistake in one short line that names the file and a line in it."""
    found = load(text, "closeout.yml")
    if isinstance(found, Policy):
        return
    assert isinstance(found, InvalidPolicy)
    for error in found.errors:
        source, line, said = error.split(":", 2)
        assert (source, bool(said.strip())) == ("closeout.yml", True)
        assert 1 <= int(line) <= max(len(text.splitlines()), 1) + 1
        assert len(error) < 1000


@BOUNDED
@given(st.text(max_size=200) | policies())
def test_yaml_is_data_or_no_yaml(text: str) -> None:
    """Nothing else comes out of reading it: no other error, no object, nothing shared or endless."""
    try:
        data = read(text).data
    except NotYaml as error:
        assert (error.line >= 1, bool(str(error))) == (True, True)  # noqa: PT017 - many examples are YAML
        return
    assert len(repr(data)) < 40 * len(text) + 40


@pytest.mark.parametrize("seed", ["- a\n", "a", '"\\', "- {a: b}\n", "- |\n x\n", "- 2026-01-01\n"])
def test_reading_a_policy_costs_in_proportion(seed: str) -> None:
    """Counted in calls, which do not depend on the machine: eight times the text, about eight times the calls."""
    texts = ("version: 1\nx:\n" + seed * (size // len(seed)) for size in (2_000, 16_000))
    small, large = (_calls(partial(load, text, "f")) for text in texts)
    assert large < 12 * small + 1000


def _calls(work: Callable[[], object]) -> int:
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


# --- commands -------------------------------------------------------------------------------------------------

_MARKDOWN = MarkdownIt("commonmark").enable("table")


PIECES = st.sampled_from(("/pm help", "/pm close", " /pm x", "> /pm x", "```", "~~~", "    /pm x", "<!--", "-->", "text", "",
                          "- /pm x", "<div>", "</div>", "`", "/pm `x`", ">", "1. a"))  # fmt: skip
SAID = st.lists(PIECES, max_size=12).map("\n".join) | documents().map(
    lambda text: text.replace("/close", "/pm wont-do x")
)


@settings(max_examples=examples(300))
@given(SAID)
def test_no_command_comes_out_of_code_quote_or_comment(text: str) -> None:
    """Judged by a Markdown reader that others wrote."""
    aside = {
        line
        for token in _MARKDOWN.parse(text)
        if token.type in {"fence", "code_block", "html_block"} and token.map is not None
        for line in range(*token.map)
    }
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = [number for number, _ in command_lines(text)]
    assert [lines[number] for number in found if not lines[number].lower().startswith(("/pm", "/postmortem"))] == []
    assert [lines[number] for number in found if number in aside] == []
