"""Whatever people wrote, an audit in any form, its digest and its letters only repeat it."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from pydantic import SecretStr

from service.audit.choices import GroupBy, Kind
from service.audit.gathering import Audited, Failure
from service.audit.layout import COLUMNS, Result, to_csv, to_json, to_markdown
from service.audit.page import to_html
from service.audit.rows import AuditReport, Problem, Row
from service.audit.sharing import digests
from service.audit.summary import body_with
from service.model import Finding, IssueRef
from service.settings import Route
from service.simulation import layout as simulation
from service.simulation.effects import Effect, Refusal
from tests.hostile import CORPUS, set_off

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TAGS = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "time", "div", "table", "caption", "thead",
        "tbody", "tr", "th", "td", "a", "ul", "li"}  # fmt: skip


def _row(number: int, words: str, url: str = "https://forge.example/acme/shop/issues/1") -> Row:
    return Row(
        IssueRef("github", "acme/shop", number),
        words,
        url=url,
        owners=(words,),
        teams=(words,),
        severity=words,
        problems=(Problem(Kind.OVERDUE, f"{words} late", 3),),
    )


RESULT = Result(
    AuditReport(NOW, tuple(_row(n, words) for n, words in enumerate(CORPUS, 1))),
    tuple(Failure("acme/shop", words) for words in CORPUS),
)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags, self.attributes, self.links = set[str](), set[str](), set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}


@pytest.mark.parametrize("group_by", [None, GroupBy.OWNER])
def test_the_page_has_only_our_tags(group_by: GroupBy | None) -> None:
    """No script, no handler, no image, and no link that is not to the web."""
    page = _Page()
    report = AuditReport(NOW, tuple(_row(n, words, url=words) for n, words in enumerate(CORPUS, 1)))
    page.feed(to_html(Result(report, RESULT.failures, group_by=group_by)))
    assert page.tags <= TAGS
    assert [name for name in page.attributes if name.startswith("on") or name == "src"] == []
    assert [link for link in page.links if not link.startswith(("http://", "https://"))] == []


def test_a_spreadsheet_calculates_nothing() -> None:
    """Each cell begins as a text, and each item has one line with all its cells."""
    rows = list(csv.reader(io.StringIO(to_csv(RESULT), newline="")))
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert len(rows) == len(CORPUS) + 1
    assert [cell for row in rows for cell in row if re.match(r"\s*[=+\-@\t\r]", cell)] == []


def test_markdown_is_words_alone() -> None:
    """One table of eight columns; no markup of theirs, nobody mentioned."""
    tokens = MarkdownIt("commonmark").enable("table").parse(to_markdown(RESULT))
    inner = [child.type for token in tokens for child in token.children or ()]
    assert set(inner) <= {"text", "text_special", "softbreak"}
    assert not {"html_block", "fence", "code_block"} & {token.type for token in tokens}
    columns, headings = (
        [token.type for token in tokens].count("th_open"),
        [t for t in tokens if t.type == "heading_open"],
    )
    assert (columns, len(headings)) == (len(COLUMNS), 2)
    assert set_off(to_markdown(RESULT)) == []


def test_json_says_what_was_written() -> None:
    """Data for machines stays as it is."""
    assert [item["title"] for item in json.loads(to_json(RESULT))["items"]] == list(CORPUS)


def test_the_digest_calls_nobody_and_runs_nothing() -> None:
    """It is an issue's text that the forge reads, and that we read again."""
    body = body_with(RESULT.report, "Words of a person's.\n")
    assert set_off(body) == []
    assert body.count("<!-- closeout:") == body_with(AuditReport(NOW, ()), "Words of a person's.\n").count(
        "<!-- closeout:"
    )
    assert body_with(RESULT.report, body) == body


def test_the_letters_call_nobody() -> None:
    """By whatever service they go."""
    route = Route(name="default", address=SecretStr("json://127.0.0.1:9"))
    (digest,) = digests(Audited(RESULT.report, RESULT.failures, policies={}), [route])
    letter = digest.letter
    said = f"{letter.title}\n{letter.text}"
    assert not re.search(r"@(?:all|mallory|acme)|<|\x1b|\x00|\r", said)
    assert len(letter.text.splitlines()) < 20


def test_a_simulation_for_a_comment_sets_nothing_off() -> None:
    """Its Markdown goes into a comment on the change of the policy."""
    refused = tuple(
        Refusal(IssueRef("github", "acme/shop", n), words, (Finding("closure", "blocks", words, words, words),))
        for n, words in enumerate(CORPUS[:40], 1)
    )
    effect = Effect(40, refused, 0, tuple(_row(n, words) for n, words in enumerate(CORPUS[:40], 1)), 0, 0)
    result = simulation.Result(
        "closeout.yml", NOW, ("acme/shop",), effect, None, tuple(("acme/shop", w) for w in CORPUS[:40])
    )
    assert set_off(simulation.to_markdown(result)) == []
