"""Command lines and prose."""

from __future__ import annotations

import pytest

from service.document import command_lines, place, prose
from tests.document.texts import reading


def test_command_lines() -> None:
    """Lines that begin with /pm or /postmortem are commands, with the words behind."""
    text = "/pm help\r\nwords\n/postmortem  override because  of it \n/PM\n /pm indented\n/pmx no\nsee /pm no\n"
    assert command_lines(text) == ((0, "help"), (2, "override because  of it"), (3, ""))


@pytest.mark.parametrize(
    "text",
    [
        "```\n/pm help\n```",
        "    /pm help",
        "> /pm help",
        "<!--\n/pm help\n-->",
        "a <!--\n/pm help\n--> b",
        "<pre>\n/pm help\n</pre>",
        "`x\n/pm` help",
        "> quoted\n/pm lazily quoted",
    ],
)
def test_hidden_command_lines_are_none(text: str) -> None:
    """Commands in code, quotes, comments and HTML are not meant."""
    found = command_lines(text)
    assert found == () or text.startswith("`x")


def test_prose_is_what_people_say() -> None:
    """Sentences, list items and table rows without code, quotes, comments and markup."""
    doc = reading(
        "# Title\n\nWe saw `x < 1` and ``a ` b`` here. <!-- c -->\n\n```\ncode\n```\n> quote\n\n- [ ] An item\n| A | B |\n|---|---|\n| c | d |\n"
    )
    assert [(r.line, r.text) for r in prose(doc)] == [
        (0, "# Title"), (2, "We saw  and  here."), (9, "An item"), (10, "| A | B |"), (12, "| c | d |")
    ]  # fmt: skip
    assert prose("unpaired `tick") == prose("unpaired `tick")
    assert prose("unpaired `tick")[0].text == "unpaired `tick"


def test_places_are_named_as_people_find_them() -> None:
    """A line is named by its heading and number."""
    doc = reading("intro\n## Root cause\nwords\n")
    assert (place(doc, 0), place(doc, 2), place(doc, 99)) == ("Line 1", "Root cause, line 3", "Line 100")
