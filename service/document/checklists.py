"""Checklists: the definition of done of an action item, and the final review of a post-mortem."""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.document.blanks import content, is_not_applicable
from service.document.blocks import Kind, Layout, opening
from service.document.lines import Span
from service.document.outline import Outline
from service.document.parts import Criterion

_OPTIONAL = re.compile(r"[(\[]\s*optional\s*[)\]]|^optional\s*[:–—-]|[-–—]\s*optional\s*$", re.IGNORECASE)
_ASIDE = re.compile(
    r"[(\[]\s*(?:n/?a|not applicable)\b[^()\[\]]*[)\]]|[-–—:,]\s*(?:n/?a|not applicable)\b.*$", re.IGNORECASE
)
_ENDING = re.compile(r"\b(?:n/a|not applicable)[.!]?\s*$", re.IGNORECASE)


def criteria(layout: Layout, outlined: Outline, topics: frozenset[str]) -> Iterator[Criterion]:
    """Every checkbox line under a heading of these topics that says something."""
    for entry in layout.entries:
        topic = outlined.topic(entry.line)
        if topic is None or topic.id not in topics or layout.kinds[entry.line] is not Kind.TEXT:
            continue
        begin = opening(layout.visible[entry.line], entry.line)
        text = layout.visible[entry.line][begin.start :].strip()
        if isinstance(begin.box, Span) and content(text):
            yield _criterion(entry.line, text, begin.mark)


def _criterion(line: int, text: str, mark: str) -> Criterion:
    struck = text.startswith("~~") and text.rstrip(" .").count("~~") >= 2
    out = bool(struck or mark == "~" or is_not_applicable(text) or _ASIDE.search(text) or _ENDING.search(text))
    plain = " ".join(text.replace("~~", "").split())
    done = mark in {"x", "X", "✓", "✔"}
    return Criterion(line, plain, done=done, optional=_OPTIONAL.search(text) is not None, not_applicable=out)
