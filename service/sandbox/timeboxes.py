"""Milestones and iterations, in which issues are planned; GitHub has only the first, without a first day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["milestone", "iteration"]


@dataclass(slots=True)
class TimeboxRow:
    """A project's milestone, or an iteration of its group (GitLab Premium)."""

    id: int
    number: int
    title: str
    kind: Kind
    created_at: datetime
    first: date | None = None
    last: date | None = None
    closed_at: datetime | None = None
