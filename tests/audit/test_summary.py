"""What an audit issue says: nobody is pinged, nothing leaks, and the text stays short."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from service.audit.choices import Kind
from service.audit.rows import AuditReport, Problem, Row
from service.audit.summary import KEPT, MOST, body_with
from service.model import IssueRef

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATE = (Problem(Kind.OVERDUE, "overdue by 3 days", 3),)


def _row(number: int = 7, title: str = "Page on a full pool", owner: str = "bob", *, confidential: bool = False) -> Row:
    ref = IssueRef("github", "acme/shop", number)
    return Row(ref, title, owners=(owner,) if owner else (), problems=LATE, confidential=confidential)


def _body(*rows: Row, at: datetime = NOW, before: str = "") -> str:
    return body_with(AuditReport(at, rows), before)


def test_each_owner_has_a_digest() -> None:
    """What nobody owns comes first, then people by name, in any case; an item of two people is in both lists."""
    shared = Row(IssueRef("github", "acme/shop", 9), "Shared", owners=("eve", "Bob"), problems=LATE)
    headings = re.findall(r"^### .*$", _body(_row(), _row(8, owner=""), shared), re.MULTILINE)
    assert headings == ["### Nobody (1)", "### `bob` (2)", "### `eve` (1)"]


def test_each_team_has_a_line_for_what_is_late_and_what_is_coming() -> None:
    """The team with the most first; a digest's step brings in whom it tells."""
    soon = (Problem(Kind.DUE_SOON, "due in 9 days", 9), Problem(Kind.NO_OWNER, "nobody is assigned"))
    rows = (
        Row(IssueRef("github", "acme/shop", 7), "A", teams=("payments", "web"), problems=LATE),
        Row(IssueRef("github", "acme/shop", 8), "B", teams=("web",), told=("acme/leads",), problems=soon),
    )
    lines = _body(*rows).splitlines()
    teams = lines[lines.index("### Teams") + 2 :][:2]
    assert teams == ["- `web`: 1 overdue (#7); 1 due-soon (#8)", "- `payments`: 1 overdue (#7)"]
    assert "### `acme/leads` (1)" in lines


def test_a_large_team_and_many_people_still_fit() -> None:
    """Each line is short, and an item of many people is not repeated without end."""
    people = tuple(f"person-{n}" for n in range(10))
    rows = (
        Row(IssueRef("github", "acme/shop", n), "x" * 300, owners=people, teams=(f"t{n}", "web"), problems=LATE)
        for n in range(1000)
    )
    body = _body(*rows)
    assert body.count("\n- #") == MOST
    assert "- `web`: 1000 overdue (#0, #1," in body
    assert "#19 and 980 more)" in body
    assert len(body) < 60_000


@pytest.mark.parametrize(
    "title",
    [
        "@alice and @acme/everybody",
        "a `code` [link](http://x) <img src=x> **b** | c",
        "fixes #3",
        "/close\n/assign @bob",
    ],
)
def test_a_title_is_words_and_nothing_else(title: str) -> None:
    """No mention, no markup, no quick action, on one line."""
    (line,) = [line for line in _body(_row(title=title)).splitlines() if line.startswith("- #7 ")]
    assert not re.search(r"(?<!\\)[`<\[|*]|@\w|^/|fixes #", line)


def test_an_owner_cannot_break_out_of_the_backticks() -> None:
    """An owner may be any words of an Owner line."""
    body = _body(_row(owner="x` @alice <!-- closeout:end -->"))
    assert "### `xalice--closeoutend--` (1)" in body
    assert body.count("<!-- closeout:end -->") == 1


def test_nothing_of_a_confidential_item_is_told() -> None:
    """Neither title nor number nor owner: only that there is one."""
    body = _body(_row(), _row(8, "Leaked key", "eve", confidential=True))
    assert "Not listed here: 1 confidential." in body
    assert not re.search(r"Leaked|#8|eve", body)


def test_many_items_are_counted_and_not_listed() -> None:
    """The forges take more; readers do not."""
    body = _body(*(_row(number, "x" * 300) for number in range(1000)))
    assert body.count("\n- #") == MOST
    assert f"And {1000 - MOST} more, less pressing." in body
    assert len(body) < 60_000


def test_the_history_is_short_and_has_one_line_a_day() -> None:
    """A second run of a day corrects the first; the oldest days go."""
    body = ""
    for day in range(KEPT + 3):
        body = _body(_row(), at=NOW + timedelta(days=day), before=body)
    body = _body(at=NOW + timedelta(days=KEPT + 2, hours=3), before=body)
    days = re.findall(r"^\| (2026-\S+) \| (\d+) \|", body, re.MULTILINE)
    assert days[0] == ("2026-03-16", "0")
    assert days[-1] == ("2026-03-05", "1")
    assert len(days) == KEPT


@pytest.mark.parametrize("damage", ["[", '[{"on":"soon"}]', "[7]", '[{"on":"2026-03-01","open":"many"}]'])
def test_a_damaged_history_is_begun_anew(damage: str) -> None:
    """People can edit our part, too."""
    torn = re.sub(r"closeout:history .* -->", f"closeout:history {damage} -->", _body(_row()))
    assert "| 2026-03-02 | 1 |" in _body(_row(), before=torn)


def test_saying_the_same_twice_changes_nothing() -> None:
    """So that a second run writes nothing."""
    once = _body(_row())
    assert _body(_row(), at=NOW + timedelta(hours=5), before=once) == once
