"""The gate: what happens when an issue is closed although something is missing. One way for every kind of issue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from pydantic import Field

from service.case import Case
from service.model import Finding, Issue, Reopen, Revisit, Say, Verdict
from service.vocabulary import Strict

Mode: TypeAlias = Literal["observe", "warn", "enforce"]
REFUSED = "refused:"


class GateOptions(Strict):
    """How firmly a gate holds."""

    mode: Mode = Field(
        "enforce",
        description="`enforce` reopens and explains, `warn` explains, `observe` only shows in plans and reports.",
    )
    grace_seconds: float = Field(
        5, ge=0, le=3600, description="How long a close may stand before it is judged; an undo within it costs nothing."
    )
    refusals_per_day: int = Field(
        3, ge=1, le=20, description="After this many refused closes in 24 hours the gate stops and leaves it to people."
    )


def hold(case: Case, blockers: tuple[Finding, ...], options: GateOptions, mode: Mode) -> Iterator[Verdict]:
    """Judges a close: nothing for an open issue, a free close or a clean one; else wait, warn, refuse or give way."""
    issue = case.issue
    if issue.state == "open" or not blockers or case.given_up(issue) or mode == "observe":
        return
    closed_at = issue.closed_at or case.now
    judged_at = closed_at + timedelta(seconds=options.grace_seconds)
    if case.now < judged_at:
        yield Revisit(judged_at)
    elif mode == "warn":
        yield Say(f"warned:{_stamp(closed_at)}", _warning(case), blockers)
    elif len(_refusals(case)) >= options.refusals_per_day:
        yield Say(f"left-open-to-people:{min(_refusals(case))}", _giving_way(case, options), blockers)
    else:
        yield Say(f"{REFUSED}{_stamp(closed_at)}", _refusal(case), blockers)
        yield Reopen(issue.ref)


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _refusals(case: Case) -> tuple[str, ...]:
    """Times of this day's refused closes, as our own comments record them (a restart forgets nothing)."""
    since = _stamp(case.now - timedelta(days=1))
    topics = (c.topic for c in case.snapshot.comments if c.topic and c.topic.startswith(REFUSED))
    stamps = (topic.removeprefix(REFUSED) for topic in topics)
    return tuple(stamp for stamp in stamps if stamp >= since)


def _whom(issue: Issue, case: Case) -> str:
    return f"@{issue.closed_by}: " if issue.closed_by and issue.closed_by != case.snapshot.viewer else ""


def _what(case: Case) -> str:
    return "post-mortem" if case.kind == "post-mortem" else "action item"


def _refusal(case: Case) -> str:
    return (
        f"{_whom(case.issue, case)}thank you for closing the loop. This {_what(case)} is not quite there, so it is "
        "open again. Nothing was lost. Here is what is missing and how to put each right; then close it again."
    )


def _warning(case: Case) -> str:
    return (
        f"{_whom(case.issue, case)}this {_what(case)} was closed with the points below still open. "
        "It stays closed; please see to them so that the follow-through is not lost."
    )


def _giving_way(case: Case, options: GateOptions) -> str:
    return (
        f"{_whom(case.issue, case)}this {_what(case)} was closed again after {options.refusals_per_day} reopenings "
        "in a day. Closeout will not reopen it again today: please talk it over and decide. The open points are:"
    )
