"""Lossless reading of a post-mortem's Markdown, and line edits that change nothing else.

`read` turns a text into a `Document`; the edits take one and return the whole new text. No I/O, no clock.
"""

from __future__ import annotations

from service.document.asking import mentions, references
from service.document.commands import command_lines, place, prose
from service.document.completion import add_missing_sections
from service.document.dates import Problem, read_date
from service.document.edits import name_issue, set_due, set_field, set_owners, set_text, tick
from service.document.lines import as_kept
from service.document.merge import merge
from service.document.neutral import neutralise
from service.document.parts import (
    ActionItem,
    Criterion,
    Dialect,
    Field,
    FieldState,
    FieldValue,
    Remark,
    Section,
    TimelineEntry,
)
from service.document.reading import Document, read
from service.document.words import DEFAULT_DIALECT, extend, on_host

__all__ = [
    "DEFAULT_DIALECT",
    "ActionItem",
    "Criterion",
    "Dialect",
    "Document",
    "Field",
    "FieldState",
    "FieldValue",
    "Problem",
    "Remark",
    "Section",
    "TimelineEntry",
    "add_missing_sections",
    "as_kept",
    "command_lines",
    "extend",
    "mentions",
    "merge",
    "name_issue",
    "neutralise",
    "on_host",
    "place",
    "prose",
    "read",
    "read_date",
    "references",
    "set_due",
    "set_field",
    "set_owners",
    "set_text",
    "tick",
]
