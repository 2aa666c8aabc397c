"""How long an action may take: a day for a line that has none, from the severity of the incident."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from service.case import Case
from service.vocabulary import SEVERITIES, Strict

_TWO_WEEKS = 14  # where neither severity nor policy says anything


class Deadlines(Strict):
    """Days from the opening of the post-mortem; once they have passed, as many again."""

    use: Literal["propose", "apply", "off"] = Field(
        "propose",
        description="For a line without a date: `propose` says it in the fix, `apply` writes it, `off` neither.",
    )
    critical: int = Field(7, ge=1, le=366)
    high: int = Field(7, ge=1, le=366)
    medium: int = Field(30, ge=1, le=366)
    low: int = Field(60, ge=1, le=366)

    def days(self, case: Case) -> int | None:
        """How long an action of this severity may take, where the policy wants that said."""
        found: int | None = getattr(self, case.severity) if case.severity in SEVERITIES else None
        return found if self.use != "off" else None

    def proposed(self, case: Case) -> date:
        """A working day that does not change with every look."""
        days = self.days(case) or _TWO_WEEKS
        opened = case.calendar.day(case.issue.created_at or case.now)
        gone = max((case.calendar.day(case.now) - opened).days, 0)
        return case.calendar.working_day(case.calendar.shifted(opened, days * (gone // days + 1)))

    def why(self, case: Case) -> str:
        days = self.days(case)
        return f" ({days} days for {case.severity} severity)" if days is not None else ""
