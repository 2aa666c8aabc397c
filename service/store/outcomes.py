"""What became of a delivery, and why: told from the issues it nudged, never stored, and so never out of date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, Row, select

from service.store.tables import work

DeliveryState: TypeAlias = Literal["processed", "waiting", "dead"]


class Outcome(NamedTuple):
    """`processed` once every issue was looked at since; `dead` where one was given up. `reason` is for people."""

    state: DeliveryState
    reason: str


def outcomes(connection: Connection, nudges: Sequence[Mapping[str, int]]) -> list[Outcome]:
    """For each of these deliveries; `nudges` maps the issues of each to the number of the nudge it gave."""
    issues = {issue for one in nudges for issue in one}
    columns = [work.c[name] for name in ("issue", "state", "done", "due_at", "error")]
    found = connection.execute(select(*columns).where(work.c.issue.in_(issues)))
    rows = {row.issue: row for row in found}
    return [_outcome(one, rows) for one in nudges]


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _outcome(nudges: Mapping[str, int], rows: Mapping[str, Row[Any]]) -> Outcome:
    unanswered = [rows[issue] for issue, number in nudges.items() if issue in rows and rows[issue].done < number]
    if not unanswered:
        return Outcome("processed", "each issue was looked at since")
    state: DeliveryState = "dead" if any(row.state == "dead" for row in unanswered) else "waiting"
    return Outcome(state, "; ".join(f"{row.issue} {_why(row)}" for row in unanswered))


def _why(row: Row[Any]) -> str:
    if row.state == "dead":
        return f"was given up: {row.error}"
    if row.state == "running":
        return "is being looked at"
    when = f"{moment(row.due_at):%Y-%m-%d %H:%M:%S}Z" if row.due_at is not None else "no known time"
    return f"is tried again at {when}: {row.error}" if row.error else f"is due at {when}"
