"""What is said: short, with the link, and nothing in it that a service would act on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.model import IssueRef, Notice, NoticeKind
from service.notifications.letters import letter, said, worded
from service.settings import Wording
from service.settings.messages import placeholders
from service.store.outbox import Letter
from tests.build import day

NOTICE = Notice(
    kind="completed",
    key="github:acme/shop#12 completed 2026-03-02T09:00:00+00:00",
    ref=IssueRef("github", "acme/shop", 12),
    title="Checkout outage",
    url="https://forge.example/acme/shop/issues/12",
    severity="high",
    owners=("bob",),
    due=day("2026-02-20"),
    points=("Connection limits belong in the load test.",),
)
_SIGNS = st.sampled_from(
    [
        *("<!channel>", "<@U123>", "<@&42>", "@here", "@everyone", "@all", "<at>bob</at>", "&lt;!here&gt;"),
        *("[x](http://evil)", "![i](http://evil)", "<http://evil|click>", "<http://evil>"),
        *("**", "_a_", "`", "~~", "|", "\\", "# ", "- ", "1. ", "\n"),
    ]
)


def test_lessons_are_shared_in_a_few_lines() -> None:
    """Title, lessons, facts and the link."""
    made = letter(NOTICE, "default")
    assert made.title == "Lessons learned: Checkout outage (acme/shop#12)"
    assert made.text.splitlines() == [
        "The post-mortem is complete. What we learned:",
        "• Connection limits belong in the load test.",
        "Severity: high · Owner: bob",
        "https://forge.example/acme/shop/issues/12",
    ]


@pytest.mark.parametrize("kind", get_args(NoticeKind))
def test_every_kind_is_short_and_has_the_link(kind: NoticeKind) -> None:
    """And names nobody as the cause of anything: people are owners."""
    made = letter(replace(NOTICE, kind=kind), "default")
    assert made.text.splitlines()[-1] == NOTICE.url
    assert len(made.text.splitlines()) <= 5
    assert "Checkout outage (acme/shop#12)" in made.title


def test_an_installation_chooses_its_own_words() -> None:
    """For one kind; the others stay as they are."""
    own = {"completed": Wording(title="{severity}: {title}", text="<!here> {issue}\n\n{points}\n{due}\n{told}\n{url}")}
    made = letter(replace(NOTICE, due=None), "default", own)
    assert made.title == "high: Checkout outage"
    assert made.text.splitlines() == [
        "<!here> acme/shop#12",
        "",
        "• Connection limits belong in the load test.",
        NOTICE.url,
    ]
    assert letter(replace(NOTICE, kind="due"), "default", own) == letter(replace(NOTICE, kind="due"), "default")


def test_braces_in_peoples_words_are_not_filled_in() -> None:
    """Placeholders are the template's alone, and each is filled in once."""
    made = letter(replace(NOTICE, title="{url} {points}"), "default", {"completed": Wording(title="{title} {heading}")})
    assert made.title == "{url} {points} Lessons learned: {url} {points} (acme/shop#12)"
    assert made.text == letter(NOTICE, "default").text


def test_a_template_that_says_nothing_leaves_the_usual_words() -> None:
    """No service takes an empty message, and nobody should miss one."""
    empty = letter(
        replace(NOTICE, severity=None), "default", {"completed": Wording(title="{severity}", text="{severity}")}
    )
    assert empty == letter(replace(NOTICE, severity=None), "default")


@pytest.mark.parametrize("kind", get_args(NoticeKind))
def test_each_placeholder_of_an_issues_message_is_filled_in(kind: NoticeKind) -> None:
    """What the settings let through has a value."""
    text = " ".join(f"{{{name}}}" for name in placeholders(kind))
    made = letter(replace(NOTICE, kind=kind, teams=("x",), told=("y",)), "default", {kind: Wording(text=text)})
    assert "{" not in made.text


def test_the_audits_message_has_its_usual_words_as_parts() -> None:
    """And no others."""
    usual = Letter("key", "default", "weekly", "Title", "Words\nand more")
    made = worded(usual, {"weekly": Wording(title="Ours: {heading}", text="{text}\nThursdays.")})
    assert (made.title, made.text) == ("Ours: Title", "Words\nand more\nThursdays.")
    assert placeholders("audit") == placeholders("weekly") == ("heading", "text")


def test_a_decision_to_close_is_told_as_one() -> None:
    """Nobody reads “complete” of something that is not."""
    assert "by a maintainer's decision" in letter(replace(NOTICE, by_decision=True), "default").text


@given(st.lists(_SIGNS | st.text(max_size=8), max_size=8).map("".join))
def test_peoples_words_set_nothing_off(words: str) -> None:
    """No mention, no control sequence, no markup, no line of its own, whatever is written."""
    text = said(words)
    assert "\n" not in text
    assert not re.search(r"@[\w&]|[<>\[\]`*]|&#?\w+;", text)
    html = MarkdownIt("commonmark").enable("strikethrough").render(f"Title: {text}")
    assert set(re.findall(r"</?(\w+)", html)) <= {"p"}


def test_ordinary_words_read_the_same() -> None:
    """Names with an underscore, addresses with a query, punctuation: all as they were written."""
    words = "Set pool_size to 80 % (see https://wiki.example/limits?a=1&b=2): done!"
    assert said(words) == words
