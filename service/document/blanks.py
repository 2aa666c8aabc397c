"""What counts as nothing: placeholders, prompts and empty labels; and what counts as "does not apply"."""

from __future__ import annotations

import re

_WORDS = frozenset({
    "tbd", "tba", "tbc", "todo", "fixme", "xxx", "wip", "pending", "unknown", "?", "??", "???", "-", "--", "–", "—",
    "…", "...", "..", ".", "_", "__", "___", "*", "+", "|", "#", "/", "~", "x", "hh:mm", "utc", "hh:mm utc",
    "yyyy-mm-dd", "dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd hh:mm", "yyyy-mm-dd hh:mm utc", "fill", "placeholder",
    "empty", "blank", "to be determined", "to be done", "to be decided", "to be filled", "to be filled in",
    "to be confirmed", "fill in", "fill me in", "no response", "not yet", "not yet known", "your answer here",
    "add here",
})  # fmt: skip
_BRACKETED = re.compile(
    r"(?:[-–—,;:/|\s]*(?:\[[^\[\]]*\](?![(\[])|\{\{[^{}]*\}\}|<(?!img|video|picture)[^<>]{1,60}>|%\{[^{}]*\}"
    r"|@(?:owner|name|username|login|assignee|team|person)\b))+[\s.,;:?]*"
)
_ITALIC = re.compile(r"(?:_(?!_)[^_]+_|\*(?!\*)[^*]+\*)[.:]?")
_NOT_APPLICABLE = re.compile(
    r"(?:n/?a|n\.a\.?|none|nil|not applicable|does not apply|nothing(?: to (?:report|add|note))?)"
    r"(?:[ \t]*$|[ \t]*[-–—:;,.(!][^\n]*|[ \t]+(?:because|for|as|since|here)\b[^\n]*)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:\*\*|__)(?P<bold>[^*_\n]{1,60}?):?(?:\*\*|__)[ \t]*:?[ \t]*(?P<after>.*)|"
    r"(?P<plain>[^\s:|*_<>`\[\]][^:|*_<>`\[\]\n]{0,50}):(?=\s|$)[ \t]*(?P<value>.*)",
    re.DOTALL,
)
_FIRST = re.compile(r"^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])(?:\s+|$))*(?:\[[ xX~✓✔-]?\](?:\s+|$))?")
_TAGS = re.compile(r"</?(?!(?:img|video|picture|source|iframe)\b)[A-Za-z][^<>]{0,300}>|<!--.*")
_RULE = re.compile(r"[-=*_~#\s|:.+]*")


# Two words or more without anything that could make them a label, a prompt or a placeholder.
_PLAIN = re.compile(r"\s*[A-Za-z][a-z]* (?!be |in |me |yet|known|response)[^:*_`<>\[\]{}|~]*[a-z][^:*_`<>\[\]{}|~]*\Z")


def bare(text: str) -> str:
    """The words without surrounding formatting."""
    return text.strip().strip("*_`~ \t\"'“”").strip()


def is_placeholder(text: str) -> bool:
    """Nothing a person has said yet: empty, `TBD`, `[deadline]`, `{{owner}}`, `YYYY-MM-DD`, an italic prompt."""
    words = text.strip()
    if not words or _BRACKETED.fullmatch(words) or (_ITALIC.fullmatch(words)):
        return True
    plain = bare(words).rstrip(".:?!…").strip().casefold()
    return not plain or plain in _WORDS or plain.strip("[]<>()") in _WORDS or bool(_BRACKETED.fullmatch(bare(words)))


def is_not_applicable(text: str) -> bool:
    """`N/A`, `None`, `not applicable`, each with or without a reason behind a dash, comma, colon or bracket."""
    return _NOT_APPLICABLE.fullmatch(bare(text).strip("[]() ")) is not None


def content(line: str) -> str:
    """What a person has said on this (visible) line: without list mark, checkbox, tags, and without a label that
    has no value behind it. "" for a placeholder, a prompt or a rule.
    """
    if _PLAIN.match(line) is not None:
        return line.strip()
    words = _TAGS.sub(" ", line) if "<" in line else line
    words = words[_FIRST.match(words).end() :].strip()  # type: ignore[union-attr]  # it matches the empty string
    if _RULE.fullmatch(words) or is_placeholder(words):
        return ""
    label = _LABEL.fullmatch(words)
    if label is None:
        return words
    value = label["after"] if label["bold"] is not None else label["value"]
    empty = is_placeholder(value) and (not value or value.strip() not in {"?", "x"})
    return "" if empty else words
