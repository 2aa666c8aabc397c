"""Nothing we write runs as a quick action, and nothing that people wrote is touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.providers.gitlab.quick_actions import defused
from service.sandbox.gitlab.quick_actions import extract

# GitLab's own matcher in the version before it read Markdown: everything but ``` fences is searched.
_OLD_FENCE = re.compile(r"^```[^`\n]*\n.+?\n```$", re.MULTILINE | re.DOTALL)
_OLD_COMMAND = re.compile(r"^/(?:close|assign|label)\b", re.IGNORECASE | re.MULTILINE)


@pytest.mark.parametrize("line", ["/close", "/CLOSE", "/assign @mallory", "/label ~x", "\r/close", "/", "//close"])
def test_a_new_line_that_begins_with_a_slash_is_escaped(line: str) -> None:
    """Known command or not: GitLab adds commands with every release."""
    assert defused(f"Why:\n{line}\nend") == f"Why:\n{line.replace('/', chr(92) + '/', 1)}\nend"


@pytest.mark.parametrize(
    "text", ["see /close", " /close", "- /close", "> /close", "`/close`", "", "and/or", "\\/close", "https://x/y"]
)
def test_other_slashes_stay(text: str) -> None:
    """GitLab runs a command only where the slash is a line's first character."""
    assert defused(f"a\n\n{text}\n\nb") == f"a\n\n{text}\n\nb"


def test_a_line_that_was_there_stays_as_a_person_wrote_it() -> None:
    """GitLab does not run again what the old text already had; people's words are theirs."""
    old = "Paths:\n/var/log/app\n/etc/app\n"
    assert defused(old + "/close\n", old) == old + "\\/close\n"


@pytest.mark.parametrize("old", ["```\n/close\n```\n", "```\n/close", "<div>\n/close\n</div>", "~~~\n/close\n~~~"])
def test_a_line_that_only_slept_does_not_count_as_there(old: str) -> None:
    """Moved out of its fence or block the same line would come to life."""
    assert defused("/close\n", old) == "\\/close\n"


def test_paths_in_code_stay_as_they_are() -> None:
    """A backslash would be shown there."""
    text = "Trace:\n\n```\n/usr/bin/app failed\n```\n"
    assert defused(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "```\n/close\n",  # never closed
        "~~~\n```\n~~~\n/close\n```\n",  # a fence inside another kind of fence
        "``` `a`\n/close\n```\n",  # not a fence at all
        "<div>\n```\n</div>\n\n/close\n\n```\n",  # an HTML block swallows the opening
        "- ```\n/close\n```\n/close\n",  # the fence belongs to a list item
    ],
)
def test_what_is_not_surely_code_is_escaped(text: str) -> None:
    """Where GitLab's versions may disagree about a fence, the line counts as live."""
    written = defused(text)
    assert extract(written)[1] == []
    assert not _OLD_COMMAND.search(_OLD_FENCE.sub("", written))


_PIECES = [
    "/close",
    "/assign @x",
    "```",
    "````",
    "~~~",
    "text",
    "",
    "> ",
    "- ",
    "    ",
    "<div>",
    "</div>",
    "\r",
    "<!--",
    "-->",
    "/usr",
]
_documents = st.lists(st.lists(st.sampled_from(_PIECES), max_size=3).map("".join), max_size=12).map("\n".join)


@given(text=_documents)
def test_no_command_survives_in_a_new_text(text: str) -> None:
    """By GitLab's present matcher and by its former one."""
    written = defused(text)
    assert extract(written)[1] == []
    assert not _OLD_COMMAND.search(_OLD_FENCE.sub("", written.replace("\r", "")))


@given(text=_documents, old=_documents)
def test_only_backslashes_are_added(text: str, old: str) -> None:
    """Escaping changes nothing else, and escaping again nothing at all."""
    written = defused(text, old)
    assert re.sub(r"(?m)^(\r*)\\/", r"\1/", written) == re.sub(r"(?m)^(\r*)\\/", r"\1/", text)
    assert defused(written, old) == written


@given(text=_documents, old=_documents)
def test_an_edit_runs_no_command_that_the_old_text_lacked(text: str, old: str) -> None:
    """GitLab runs the difference of the two texts' commands; it is empty."""
    assert set(extract(defused(text, old))[1]) <= set(extract(old)[1])


@given(text=_documents)
def test_an_unchanged_text_is_written_as_it_is(text: str) -> None:
    """Whatever stands there already stays, byte by byte."""
    assert defused(text, text) == text
