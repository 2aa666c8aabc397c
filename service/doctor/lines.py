"""What the doctor says: one line a check, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.doctor.observation import Trouble
from service.wording import counted


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Line:
    """`about` is what was looked at, `check` the name of the question. `away`: nobody answered it."""

    about: str
    check: str
    verdict: Verdict
    what: str
    fix: str = ""
    away: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """Makes the lines about one thing."""

    name: str

    def ok(self, check: str, what: str) -> Line:
        return Line(self.name, check, Verdict.OK, what)

    def warn(self, check: str, what: str, fix: str) -> Line:
        return Line(self.name, check, Verdict.WARN, what, fix)

    def fail(self, check: str, what: str, fix: str) -> Line:
        return Line(self.name, check, Verdict.FAIL, what, fix)

    def skipped(self, check: str, what: str, fix: str = "") -> Line:
        return Line(self.name, check, Verdict.SKIPPED, what, fix)

    def trouble(self, check: str, trouble: Trouble, fix: str) -> Line:
        """A check that could not be made is a failed one."""
        return Line(self.name, check, Verdict.FAIL, trouble.why, fix, trouble.away)


@dataclass(frozen=True, slots=True)
class Report:
    """`requests` were sent to the forges for it."""

    at: datetime
    lines: tuple[Line, ...]
    requests: int = 0

    @property
    def counts(self) -> Mapping[str, int]:
        found = Counter(line.verdict for line in self.lines)
        return {verdict.value: found[verdict] for verdict in Verdict}

    @property
    def verdict(self) -> Verdict:
        """The worst of the lines."""
        found = {line.verdict for line in self.lines}
        return next((verdict for verdict in (Verdict.FAIL, Verdict.WARN) if verdict in found), Verdict.OK)

    @property
    def exit_code(self) -> int:
        """3 where a forge or the database did not answer, 1 where something else failed."""
        if any(line.away for line in self.lines):
            return 3
        return 1 if self.verdict is Verdict.FAIL else 0

    @property
    def summary(self) -> str:
        words = {
            Verdict.FAIL: "Something is broken, or could not be looked at",
            Verdict.WARN: "Closeout can work; something deserves a look",
            Verdict.OK: "All is well",
        }
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items() if count)
        return f"{words[self.verdict]}: {counts}."


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def span(time: timedelta) -> str:
    """Roughly how long: the largest unit that fits."""
    seconds = time.total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count:
            return counted(count, unit)
    return f"{seconds:.0f} seconds"
