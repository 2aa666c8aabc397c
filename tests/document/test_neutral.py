"""Copied words read the same and set nothing off."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.document import neutralise
from tests.document.texts import documents

# https://docs.gitlab.com/user/project/quick_actions/: a slash as a line's first character, then a command.
QUICK_ACTION = re.compile(r"^/[a-z_]+(?:[ ]|\s*$)", re.IGNORECASE | re.MULTILINE)
MENTION = re.compile(r"(?<![\w])@[a-z0-9]", re.IGNORECASE)
CLOSING = re.compile(
    r"\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing))\b:?\s+(?:[\w./-]*#\d|https?://)", re.IGNORECASE
)


def shown(text: str) -> str:
    """What a reader sees of it."""
    return text.replace("\u2060", "")


@pytest.mark.parametrize(
    "text", ["/close", "/assign @bob\n/label ~x", "fixes #12", "Closes: acme/shop#3", "resolved https://github.com/a/b/issues/1", "@all look", "cc @acme/sre, @bob", "<!-- closeout:state {} -->", "<b>bold</b>", "a < b and c > d", "it costs 3/4", "implements GH-3", "<!--closeout:comment"]
)  # fmt: skip
def test_it_reads_the_same_and_does_nothing(text: str) -> None:
    """Quick actions, closing keywords, mentions, markers and tags lose their effect and keep their look."""
    for safe in (neutralise(text, one_line=False), neutralise(text, one_line=True)):
        assert shown(safe) == text.replace("\n", " ") or shown(safe) == text
        assert not QUICK_ACTION.search(safe)
        assert not MENTION.search(safe)
        assert not CLOSING.search(safe)
        assert "<!--" not in safe
        assert "<b" not in safe


def test_plain_words_are_untouched() -> None:
    """Nothing is added where nothing is dangerous."""
    for text in (
        "Add an alert, p99 < 3 s; mail a@b.example",
        "Fix the cache (#12)",
        "see acme/shop#12",
        "and/or",
        "`x`",
    ):
        assert neutralise(text, one_line=True) == text


def test_people_may_be_kept() -> None:
    """Owners stay mentioned, in any case; everybody else does not."""
    assert neutralise("@Alice and @bob.", one_line=True, keep={"alice"}) == "@Alice and @\u2060bob."
    assert neutralise("@acme/sre", one_line=True, keep=frozenset({"acme/sre"})) == "@acme/sre"


def test_one_line_is_one_line() -> None:
    """Line breaks become spaces."""
    assert neutralise(" a\r\n\tb\rc ", one_line=True) == "a b c"
    assert neutralise("a\r\nb\rc", one_line=False) == "a\nb\nc"


@given(documents() | st.text(alphabet="/@#<!-afixes12 \n\t`"))
def test_no_text_sets_anything_off(text: str) -> None:
    """Whatever is copied, no quick action, mention, closing keyword or comment of ours survives."""
    safe = neutralise(text, one_line=False)
    assert not QUICK_ACTION.search(safe)
    assert not MENTION.search(safe)
    assert not CLOSING.search(safe)
    assert "<!--" not in safe
