"""Issues as people name them on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from service.model import IssueRef


def issue_named(text: str) -> IssueRef:
    """Raises a usage error with the expected form."""
    from service.model import IssueRef  # noqa: PLC0415

    try:
        return IssueRef.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="REF") from None
