"""Issues, projects and times as people name them on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from service.audit.gathering import Failure, Project
    from service.model import IssueRef
    from service.providers.base import Provider
    from service.settings import Settings

_SPAN = re.compile(r"(?P<count>[1-9]\d{0,4})(?P<unit>[dw])")


def issue_named(text: str) -> IssueRef:
    """Raises a usage error with the expected form."""
    from service.model import IssueRef  # noqa: PLC0415

    try:
        return IssueRef.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="REF") from None


def projects_chosen(
    names: Sequence[str], settings: Settings, providers: Mapping[str, Provider]
) -> tuple[Sequence[Project], Sequence[Failure]]:
    """Those named, else those of CLOSEOUT_PROJECTS, patterns looked up; and what could not be."""
    from service.audit.projects import configured, expanded, named  # noqa: PLC0415

    return expanded(named(names, settings) if names else configured(settings), providers, settings)


def since_when(text: str, now: datetime) -> datetime:
    """`180d`, `26w` or a day like `2026-01-31` (UTC). Raises a usage error with these forms."""
    span = _SPAN.fullmatch(text)
    if span is not None:
        return now - timedelta(days=int(span["count"]) * (7 if span["unit"] == "w" else 1))
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        message = f"{text!r} is no time; write it like 180d, 26w or 2026-01-31"
        raise typer.BadParameter(message, param_hint="--since") from None
