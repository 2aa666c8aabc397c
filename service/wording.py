"""Short names for things people wrote, safe to repeat in another issue or comment."""

from __future__ import annotations

import re

from service import document
from service.document import ActionItem

MAX_TITLE = 200


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def title_of(text: str) -> str:
    """An action's words as an issue title: one line, harmless, and short enough for both forges."""
    return shortened(document.neutralise(text, one_line=True), MAX_TITLE)


def plain(text: str) -> str:
    """One harmless line."""
    return document.neutralise(text, one_line=True)


def quoted(text: str) -> str:
    return f"“{shortened(document.neutralise(text, one_line=True), 70)}”"


def login(name: str) -> str:
    """A person or team: in backticks nobody is mentioned, and what could end them is no part of a login."""
    word = re.sub(r"[^\w./-]", "", name)
    return f"`{word or 'somebody'}`"


def item_name(item: ActionItem) -> str:
    return quoted(item.text) if item.text.strip() else f"in line {item.line + 1}"


def counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def harmless(text: str) -> str:
    """One line without control characters: others' words must not steer a terminal or break a table."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
