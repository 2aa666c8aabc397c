"""The HTML report: one page that needs nothing else, for everybody's eyes and ears."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from service.audit.choices import GroupBy, Kind
from service.audit.gathering import Failure
from service.audit.layout import Result
from service.audit.page import to_html
from service.audit.rows import AuditReport, Problem, Row
from service.model import IssueRef

SCRIPT = "<script>alert(1)</script>"
HOME = ("github", "acme/shop")
READABLE = 4.5  # https://www.w3.org/TR/WCAG22/#contrast-minimum


def _result(group_by: GroupBy | None = None) -> Result:
    late = (Problem(Kind.OVERDUE, "overdue by 3 days", 3),)
    rows = (
        Row(IssueRef(*HOME, 7), SCRIPT, url="https://forge/7", owners=("bob",), due=date(2026, 2, 27), problems=late),
        Row(IssueRef(*HOME, 8), "Harmless", url="javascript:alert(1)", owners=("eve", '"><b>')),
    )
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    return Result(AuditReport(at, rows), (Failure("github:acme/ops", SCRIPT),), 9, (IssueRef(*HOME, 8),), group_by)


class _Page(HTMLParser):
    """The elements of a page with their attributes, in order, and all its text outside of style sheets."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = self.style = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> ends another element"

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"]:
            self.style += data
        else:
            self.text += data

    def all(self, *tags: str) -> list[tuple[str, dict[str, str | None]]]:
        return [(tag, attributes) for tag, attributes in self.elements if tag in tags]


@pytest.fixture(params=[None, GroupBy.OWNER], ids=["whole", "grouped"])
def page(request: pytest.FixtureRequest) -> _Page:
    return _Page(to_html(_result(request.param)))


def test_titles_are_text(page: _Page) -> None:
    """No title, owner or reason becomes an element, and an address that is none leads nowhere."""
    assert page.all("script", "b") == []
    assert page.text.count(SCRIPT) == 2  # a title and a failure
    assert {attributes["href"] for _, attributes in page.all("a")} == {"https://forge/7"}
    assert page.open == []


def test_the_page_says_its_language_and_title(page: _Page) -> None:
    """And fits a small screen, which can be zoomed."""
    assert page.elements[0] == ("html", {"lang": "en"})
    assert [tag for tag, _ in page.all("title", "main", "h1")] == ["title", "main", "h1"]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in [a for _, a in page.all("meta")]


def test_headings_come_in_order(page: _Page) -> None:
    """One of the first level, and none is skipped on the way down."""
    levels = [int(tag[1]) for tag, _ in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_tables_say_what_their_cells_are(page: _Page) -> None:
    """Each has a caption, and each header says whether it heads a column or a row; what scrolls can be reached by key."""
    tables = page.all("table")
    assert len(tables) == len(page.all("caption")) > 0
    assert {attributes.get("scope") for _, attributes in page.all("th")} == {"col", "row"}
    regions = [attributes for _, attributes in page.all("div") if attributes.get("role") == "region"]
    assert len(regions) == len(tables)
    assert all(region["tabindex"] == "0" and region["aria-label"] for region in regions)


def test_the_page_needs_nothing_else(page: _Page) -> None:
    """No script, no image, no style sheet, no font: its own policy would refuse them."""
    assert page.all("script", "img", "link", "iframe", "object") == []
    assert not [attributes for _, attributes in page.elements if "src" in attributes]
    assert "url(" not in page.style
    assert "@import" not in page.style
    policies = [a["content"] for _, a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_every_colour_can_be_read_by_day_and_by_night(page: _Page) -> None:
    """Against the page's own background, and no colour is used but those."""
    schemes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", page.style, re.DOTALL)
    ]
    assert [set(scheme) for scheme in schemes] == [{"paper", "ink", "link", "late", "line"}] * 2
    for scheme in schemes:
        for name in ("ink", "link", "late"):
            assert _contrast(scheme[name], scheme["paper"]) >= READABLE, name
    used = re.findall(r"(?:color|background): ([^;]+);", re.sub(r":root \{.*?\}", "", page.style, flags=re.DOTALL))
    assert all(re.fullmatch(r"var\(--\w+\)", colour) for colour in used)


def _contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_is_overdue_is_said_in_words_too() -> None:
    """Colour alone tells nothing to who cannot see it."""
    html = to_html(_result())
    assert '<td class="late">overdue by 3 days</td>' in html
    assert '<time datetime="2026-02-27">2026-02-27</time>' in html
    assert "Left to the next audit: github:acme/shop#8." in html
