"""What can be asked of an audit by name; importing this is cheap."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What can be wrong with an action item or a post-mortem, the most pressing first."""

    OVERDUE = "overdue"
    DUE_SOON = "due-soon"
    NO_OWNER = "no-owner"
    OWNER_LEFT = "owner-left"
    NO_DEADLINE = "no-deadline"
    SLIPPING = "slipping"
    NO_DEFINITION_OF_DONE = "no-definition-of-done"
    ORPHAN = "orphan"
    STALE = "stale"
    UNPROVEN = "unproven"
    OVERRIDE = "override"


class GroupBy(StrEnum):
    TEAM = "team"
    OWNER = "owner"
    SEVERITY = "severity"
    POST_MORTEM = "post-mortem"
    PROJECT = "project"


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"
    HTML = "html"


def kinds(text: str) -> tuple[Kind, ...]:
    """`overdue,no-owner` → the kinds. Raises ValueError naming those there are."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in set(Kind)]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: there is {', '.join(Kind)}")
    return tuple(Kind(word) for word in words)
