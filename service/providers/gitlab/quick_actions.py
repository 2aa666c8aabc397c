r"""No text we write runs as a quick action.

GitLab executes lines like `/close` or `/assign` in new and edited descriptions and comments, with the rights of
whoever calls the API. Text that a guest typed into a post-mortem would so act as our account. The documents we write
are neutralised where people's words are copied; this is the second fence, at the last step before the wire, and it
holds for whatever reaches it. https://docs.gitlab.com/user/project/quick_actions/

GitLab drops carriage returns, looks at lines that begin with the slash itself, leaves code alone, and on an edit runs
only commands that the old text did not have. A backslash before the slash is not shown: `\/close` reads `/close`.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

_FENCE = re.compile(r"(?P<ticks>`{3,})[^`]*")
_COMMONMARK = MarkdownIt("commonmark")


def defused(text: str, old: str = "") -> str:
    """`text` with every line that GitLab might run and that was not already in `old` escaped."""
    if "/" not in text:
        return text
    kept = set(_live(old))
    lines = text.split("\n")
    for number in _live_numbers(lines):
        if _bare(lines[number]) not in kept:
            before, slash, after = lines[number].partition("/")
            lines[number] = f"{before}\\{slash}{after}"
    return "\n".join(lines)


def _live(text: str) -> list[str]:
    lines = text.split("\n")
    return [_bare(lines[number]) for number in _live_numbers(lines)]


def _live_numbers(lines: list[str]) -> list[int]:
    """Lines that begin with a slash and are not certainly code."""
    slashed = [number for number, line in enumerate(lines) if _bare(line).startswith("/")]
    if not slashed:
        return []
    code = _fenced(lines) & _fenced_in_markdown(lines)
    return [number for number in slashed if number not in code]


def _bare(line: str) -> str:
    return line.replace("\r", "")


def _fenced(lines: list[str]) -> set[int]:
    """Lines inside closed ``` fences at the left margin, which is all that GitLab's older matcher calls code."""
    found: set[int] = set()
    ticks, start = "", 0
    for number, line in enumerate(map(_bare, lines)):
        if ticks and re.fullmatch(rf"{ticks}`*\s*", line):
            found.update(range(start, number))
            ticks = ""
        elif not ticks and (opened := _FENCE.fullmatch(line)):
            ticks, start = opened["ticks"], number + 1
    return found


def _fenced_in_markdown(lines: list[str]) -> set[int]:
    """Lines inside fences as CommonMark sees them, which is what GitLab's newer matcher calls code."""
    found: set[int] = set()
    for token in _COMMONMARK.parse("\n".join(map(_bare, lines))):
        if token.type == "fence" and token.map:
            found.update(range(token.map[0] + 1, token.map[1] - 1))
    return found
