"""Edits in the form each person used."""

from __future__ import annotations

from datetime import date

import pytest

from service import document
from tests.document.texts import reading

DAY, DUE = date(2026, 5, 1), date(2027, 1, 31)
HEAD = "## Actions\n"
TABLE = HEAD + "| Task | Owner | Due | Status | Issue |\n|---|---|---|---|---|\n"
BARE = HEAD + "| Task | Who |\n|---|---|\n"


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("head", "before", "after"),
    [
        (HEAD, "- [ ] Add alert - @a", "- [x] Add alert - @a (done 2026-05-01)"), (HEAD, "  * [ ] Add alert  ", "  * [x] Add alert (done 2026-05-01)  "), (HEAD, "- [] Add alert", "- [x] Add alert (done 2026-05-01)"), (HEAD, "- [x] Add alert", "- [x] Add alert (done 2026-05-01)"),
        (HEAD, "- [x] Add alert (done 2026-04-01)", "- [x] Add alert (done 2026-04-01)"), (HEAD, "- Add alert", "- Add alert (done 2026-05-01)"), (HEAD, "- ✅ Add alert", "- ✅ Add alert (done 2026-05-01)"), (HEAD, "- [ ] Add\n  alert - @a", "- [x] Add\n  alert - @a (done 2026-05-01)"),
        (TABLE, "| Add alert | @a | | | |", "| Add alert | @a | | done 2026-05-01 | |"), (TABLE, "|Add alert|@a||open||", "|Add alert|@a||done 2026-05-01||"), (TABLE, "| Add alert | @a | | [ ] | |", "| Add alert | @a | | [x] 2026-05-01 | |"), (BARE, "| Add alert | @a |", "| Add alert (done 2026-05-01) | @a |"), (BARE, "| [ ] Add alert | @a |", "| [x] Add alert (done 2026-05-01) | @a |"),
    ],
)  # fmt: skip
def test_ticking(head: str, before: str, after: str, eol: str) -> None:
    """The box, or the status column, or a suffix says done, with the day."""
    text, wanted = ((head + part).replace("\n", eol) for part in (before, after))
    doc = reading(text)
    assert document.tick(doc, doc.items[0], done=True, on=DAY) == wanted


@pytest.mark.parametrize(
    ("head", "before", "after"),
    [
        (HEAD, "- [x] Add alert - @a (done 2026-05-01)", "- [ ] Add alert - @a"), (HEAD, "- [X] Add alert (done) (#57)", "- [ ] Add alert (#57)"), (HEAD, "- ✅ Add alert", "- Add alert"), (HEAD, "- Add alert ✔️ - @a", "- Add alert - @a"), (HEAD, "- [ ] Add alert", "- [ ] Add alert"), (HEAD, "- DONE: Add alert", "- Add alert"),
        (TABLE, "| Add alert | @a | | done 2026-05-01 | |", "| Add alert | @a | | open | |"), (TABLE, "| Add alert | @a | | [x] 2026-05-01 | |", "| Add alert | @a | | [ ] | |"), (BARE, "| Add alert (done 2026-05-01) | @a |", "| Add alert | @a |"),
    ],
)  # fmt: skip
def test_unticking(head: str, before: str, after: str) -> None:
    """Every mark that says done is taken back, our own stamp included."""
    doc = reading(head + before)
    assert document.tick(doc, doc.items[0], done=False, on=None) == head + after


def test_ticking_without_a_day() -> None:
    """A tick needs no day; without a box it is said in words."""
    for before, after in (
        ("- [ ] Add alert", "- [x] Add alert"),
        ("- Add alert", "- Add alert (done)"),
        ("- [x] Add alert", "- [x] Add alert"),
    ):
        doc = reading(HEAD + before)
        assert document.tick(doc, doc.items[0], done=True, on=None) == HEAD + after


@pytest.mark.parametrize(
    ("head", "before", "reference", "after"),
    [
        (HEAD, "- [ ] Add alert - @a - 2026-03-01", "#57", "- [ ] Add alert - @a - 2026-03-01 (#57)"), (HEAD, "- [ ] Add alert (#new-k1)", "#57", "- [ ] Add alert (#57)"), (HEAD, "- [ ] Add alert (#new-k1)", "#new-k1", "- [ ] Add alert (#new-k1)"), (HEAD, "- [ ] Add alert", "#new-k1", "- [ ] Add alert (#new-k1)"),
        (HEAD, "- [ ] Add alert (#57)", "#57", "- [ ] Add alert (#57)"), (HEAD, "- [ ] Add alert (#577)", "#57", "- [ ] Add alert (#577) (#57)"), (HEAD, "- [ ] Add alert", "acme/ops#3", "- [ ] Add alert (acme/ops#3)"), (HEAD, "- [ ] Add alert (x/acme/ops#3)", "acme/ops#3", "- [ ] Add alert (x/acme/ops#3) (acme/ops#3)"),
        (TABLE, "| Add alert | @a | | | |", "#57", "| Add alert | @a | | | #57 |"), (TABLE, "| Add alert | @a | | | TBD |", "#57", "| Add alert | @a | | | #57 |"), (TABLE, "| Add alert | @a | | | #new-k |", "#57", "| Add alert | @a | | | #57 |"), (TABLE, "| Add alert | @a | | | #3 |", "#57", "| Add alert (#57) | @a | | | #3 |"), (BARE, "| Add alert | @a |", "#57", "| Add alert (#57) | @a |"),
        (HEAD, "- [ ] Add alert", "", "- [ ] Add alert"),
    ],
)  # fmt: skip
def test_naming_the_issue(head: str, before: str, reference: str, after: str) -> None:
    """The line or the issue column names the issue once, in place of the planned one."""
    doc = reading(head + before)
    assert document.name_issue(doc, doc.items[0], reference) == head + after


@pytest.mark.parametrize(
    ("head", "before", "owners", "after"),
    [
        (HEAD, "- [ ] Add alert", ["bob"], "- [ ] Add alert - @bob"), (HEAD, "- [ ] Add alert - @a - 2026-03-01", ["bob", "@acme/sre"], "- [ ] Add alert - @bob, @acme/sre - 2026-03-01"), (HEAD, "- [ ] Add alert (owner: @a, due: x)", ["bob"], "- [ ] Add alert (owner: @bob, due: x)"), (HEAD, "- [ ] Add alert - @owner - [deadline]", ["bob"], "- [ ] Add alert - @bob - [deadline]"),
        (HEAD, "- [ ] Add alert - TBD - 2026-03-01", ["bob"], "- [ ] Add alert - @bob - 2026-03-01"), (HEAD, "- [ ] Add alert - Alice Smith - 2026-03-01", ["bob"], "- [ ] Add alert - @bob - 2026-03-01"), (HEAD, "- [ ] Add alert\n  - Owner: @a", ["bob"], "- [ ] Add alert\n  - Owner: @bob"), (HEAD, "- [ ] Have @a add alert", ["bob"], "- [ ] Have @a add alert - @bob"),
        (HEAD, "- [ ] Add alert - @a & @c - 2026-03-01", ["bob"], "- [ ] Add alert - @bob - 2026-03-01"), (HEAD, "- [ ] Add alert - @a - 2026-03-01 - @c", ["bob"], "- [ ] Add alert - @bob - 2026-03-01"), (HEAD, "- [x] Add alert (done 2026-03-01)", ["bob"], "- [x] Add alert - @bob (done 2026-03-01)"),
        (HEAD, "- [ ] Add alert - @a - 2026-03-01", [], "- [ ] Add alert - 2026-03-01"), (HEAD, "- [ ] Add alert (owner: @a)", [], "- [ ] Add alert (owner: TBD)"), (HEAD, "- [ ] Add alert - @a", ["no login"], "- [ ] Add alert - @a"), (HEAD, "- [ ] Add alert - @a, @b", ["a", "b", "a"], "- [ ] Add alert - @a, @b"),
        (TABLE, "| Add alert | | | | |", ["bob"], "| Add alert | @bob | | | |"), (TABLE, "|Add alert|a, b||||", ["bob", "c"], "|Add alert|@bob, @c||||"), (TABLE, "| Add alert | @a | | | |", [], "| Add alert | TBD | | | |"), ("## Actions\n| Task | Due |\n|---|---|\n", "| Add alert | |", ["bob"], "| Add alert - @bob | |"),
    ],
)  # fmt: skip
def test_owners(head: str, before: str, owners: list[str], after: str) -> None:
    """Owners are written where the person writes them, else behind the words."""
    doc = reading(head + before)
    assert document.set_owners(doc, doc.items[0], owners) == head + after


@pytest.mark.parametrize(
    ("head", "before", "due", "after"),
    [
        (HEAD, "- [ ] Add alert - @a", DUE, "- [ ] Add alert - @a - 2027-01-31"), (HEAD, "- [ ] Add alert - @a - 1 March 2026", DUE, "- [ ] Add alert - @a - 2027-01-31"), (HEAD, "- [ ] Add alert (due: 03/04/2026)", DUE, "- [ ] Add alert (due: 2027-01-31)"), (HEAD, "- [ ] Add alert by next Friday (@a)", DUE, "- [ ] Add alert by 2027-01-31 (@a)"),
        (HEAD, "- [ ] Add alert - @a - [deadline]", DUE, "- [ ] Add alert - @a - 2027-01-31"), (HEAD, "- [ ] Add alert\n  - Due: TBD", DUE, "- [ ] Add alert\n  - Due: 2027-01-31"), (HEAD, "- [ ] Add alert - @a - 2027-01-31", DUE, "- [ ] Add alert - @a - 2027-01-31"), (HEAD, "- [ ] Add alert - @a - 2026-03-01 (#5)", None, "- [ ] Add alert - @a (#5)"),
        (HEAD, "- [ ] Add alert due: 2026-03-01", None, "- [ ] Add alert due: TBD"), (HEAD, "- [ ] Add alert by 2026-03-01", None, "- [ ] Add alert"), (HEAD, "- [ ] Add alert", None, "- [ ] Add alert"), (TABLE, "| Add alert | | Friday | | |", DUE, "| Add alert | | 2027-01-31 | | |"), (TABLE, "| Add alert | | | | |", DUE, "| Add alert | | 2027-01-31 | | |"), (BARE, "| Add alert | @a |", DUE, "| Add alert - 2027-01-31 | @a |"),
    ],
)  # fmt: skip
def test_deadlines(head: str, before: str, due: date | None, after: str) -> None:
    """The deadline is written as an ISO date where the person wrote one, else at the end."""
    doc = reading(head + before)
    assert document.set_due(doc, doc.items[0], due) == head + after


@pytest.mark.parametrize(
    ("head", "before", "words", "after"),
    [
        (HEAD, "- [ ] Add alert - @a - 2026-03-01 (#5)", "Page on depth", "- [ ] Page on depth - @a - 2026-03-01 (#5)"), (HEAD, "- [x] @a to add alert by 2026-03-01", "Page on depth", "- [x] @a to Page on depth by 2026-03-01"), (HEAD, "- [ ] #57", "Page on depth", "- [ ] Page on depth #57"), (HEAD, "- [ ] Add alert", " Add\r\n alert ", "- [ ] Add alert"),
        (HEAD, "- [ ] Add alert - @a", "", "- [ ] Add alert - @a"), (HEAD, "- [ ] Have @a add it by Q3 2026", "Page on depth", "- [ ] Page on depth by Q3 2026 - @a"), (HEAD, "- [ ] Add alert - @a", "Page - @eve - 2026-01-01", "- [ ] Add alert - @a"), (HEAD, "- ~~Add alert~~ no", "Page on depth", "- ~~Page on depth~~ no"), (TABLE, "| Add alert | @a | | | |", "a | b", "| a \\| b | @a | | | |"),
        (HEAD, "- [ ] Add an\n  alert on\n  depth - @a", "Page on queue depth", "- [ ] Page on\n  queue\n  depth - @a"), (HEAD, "- [ ] Migrate #12 soon", "Page on depth", "- [ ] Page on depth - (#12)"), (HEAD, "- [ ] Add (owner: @a) alert", "Page on depth", "- [ ] Page on depth (owner: @a)"),
        (HEAD, "- [ ] [Add alert](https://github.com/acme/shop/issues/5) - @a", "Page on depth", "- [ ] [Page on depth](https://github.com/acme/shop/issues/5) - @a"), (HEAD, "- [ ] **Add alert** - @a", "Page on depth", "- [ ] **Page on depth** - @a"),
    ],
)  # fmt: skip
def test_words(head: str, before: str, words: str, after: str) -> None:
    """New words replace the old; words that would read as something else are refused."""
    doc = reading(head + before)
    assert document.set_text(doc, doc.items[0], words) == head + after


def test_an_item_of_another_document_is_left_alone() -> None:
    """An item whose line is no item here changes nothing."""
    item = reading("a\nb\n" + HEAD + "- [ ] x y").items[0]
    other = reading(HEAD + "- [ ] x y")
    assert {
        document.tick(other, item, done=True, on=DAY), document.set_owners(other, item, ["b"]), document.set_due(other, item, DAY),
        document.set_text(other, item, "z"), document.name_issue(other, item, "#1"),
    } == {other.text}  # fmt: skip
