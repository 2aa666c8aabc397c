r"""No text we write runs as a quick action.

GitLab executes lines like `/close` or `/assign` in new and edited descriptions and comments, with the rights of
whoever calls the API. Text that a guest typed into a post-mortem would so act as our account. The documents we write
are neutralised where people's words are copied; this is the second fence, at the last step before the wire, and it
holds for whatever reaches it. https://docs.gitlab.com/user/project/quick_actions/

GitLab drops carriage returns, looks at lines that begin with the slash itself, leaves code alone, and on an edit runs
only commands that the old text did not have. What is code it has judged differently over the years: by ``` fences at
the left margin, and by Markdown paragraphs. A line is escaped if either reading would find it newly alive; so a
command that slept in code, a quote or HTML cannot be woken by moving it. A backslash before the slash is not shown:
`\/close` reads `/close`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from markdown_it import MarkdownIt

_OPENING = re.compile(r"```[^`]*")
_CLOSING = re.compile(r"```\s*")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def defused(text: str, old: str = "") -> str:
    """`text` with every line escaped that GitLab might run and that `old`, the text as it is stored, did not run."""
    if "/" not in text or text == old:
        return text
    lines = text.split("\n")
    for number in {*_newly_live(text, old, _outside_fences), *_newly_live(text, old, _in_paragraphs)}:
        before, slash, after = lines[number].partition("/")
        lines[number] = f"{before}\\{slash}{after}"
    return "\n".join(lines)


_Reading = Callable[[list[str]], Iterator[int]]


def _newly_live(text: str, old: str, reading: _Reading) -> Iterator[int]:
    """Numbers of the lines that begin with a slash and are live in this reading, but were not in the old text."""
    known = {line for _, line in _live(old, reading)}
    return (number for number, line in _live(text, reading) if line not in known)


def _live(text: str, reading: _Reading) -> Iterator[tuple[int, str]]:
    lines = text.replace("\r", "").split("\n")
    return ((number, lines[number]) for number in reading(lines) if lines[number].startswith("/"))


def _outside_fences(lines: list[str]) -> Iterator[int]:
    """All lines but those inside closed ``` fences."""
    inside: list[int] | None = None
    for number, line in enumerate(lines):
        if inside is None:
            inside = [] if _OPENING.fullmatch(line) else None
            yield number
        elif _CLOSING.fullmatch(line):
            inside = None
        else:
            inside.append(number)
    yield from inside or ()


def _in_paragraphs(lines: list[str]) -> Iterator[int]:
    """Lines of Markdown paragraphs outside quotes; those in lists count, should one begin with a slash."""
    quotes = 0
    for token in _MARKDOWN.parse("\n".join(lines)):
        quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type == "paragraph_open" and not quotes and token.map:
            yield from range(*token.map)
