"""Text as lines that keep their endings, and splices that touch nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_END = re.compile(r"(\r\n|\r|\n)")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` up to `end` of one line; both count from 0."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `text` where `span` stands. An empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A text cut at LF, CRLF and CR (as Markdown cuts it); `ends[n]` is what ended line n, "" after the last."""

    texts: tuple[str, ...]
    ends: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Lines:
        pieces = _END.split(text)
        return cls(tuple(pieces[::2]), (*pieces[1::2], ""))

    def __str__(self) -> str:
        return "".join(line + end for line, end in zip(self.texts, self.ends, strict=True))

    @property
    def eol(self) -> str:
        """The ending most lines have; LF for a text of one line."""
        return max(("\n", "\r\n", "\r"), key=self.ends.count)

    def spliced(self, splices: Iterable[Splice]) -> str:
        """The whole text with these splices made; they must not overlap."""
        texts = list(self.texts)
        for splice in sorted(splices, key=lambda s: s.span, reverse=True):
            span, line = splice.span, texts[splice.span.line]
            texts[span.line] = line[: span.start] + one_line(splice.text) + line[span.end :]
        return str(Lines(tuple(texts), self.ends))


def one_line(text: str) -> str:
    """The text with line breaks turned into spaces: what is spliced in never adds a line."""
    return _END.sub(" ", text)


def as_kept(text: str) -> str:
    """A text as any forge may hand it back: line endings and the end trimmed to its taste."""
    return text.replace("\r\n", "\n").rstrip()


def folded(text: str) -> str:
    """Lower case, with every position kept: a letter whose lower case is longer stays as it is."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def blank_comments(text: str) -> str:
    """The text with each complete HTML comment turned into spaces; line breaks and all positions stay."""
    at = text.find("<!--")
    if at < 0:
        return text
    pieces, done = [], 0
    while at >= 0:
        close = text.find("-->", at + 4)
        if close < 0:
            break
        pieces += [text[done:at], re.sub(r"[^\r\n]", " ", text[at : close + 3])]
        done = close + 3
        at = text.find("<!--", done)
    return "".join(pieces) + text[done:]
