"""What one project's audit issue says: counts, a digest for each owner and team, and how it went lately. Pure.

People are named without pinging them, and nothing of a confidential item but that there is one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, product
from typing import Any

from service import hidden
from service.audit.choices import Kind
from service.audit.gathering import TOPIC
from service.audit.rows import AuditReport, Row
from service.wording import login, plain, shortened

TITLE = "Post-mortem audit"
KEPT = 12  # days of history
MOST = 150  # lines of items; both forges take more, readers do not
_NAMED = 20  # items of a team, of each kind
_TEAMS = 30
_TITLE = 100  # characters of an item's title
_TIMELY = (Kind.OVERDUE, Kind.DUE_SOON)
_HISTORY = re.compile(r"^<!-- closeout:history (?P<json>\[.*\]) -->$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Day:
    """What an audit counted on one day."""

    on: date
    counts: Mapping[str, int]


def body_with(report: AuditReport, body: str = "") -> str:
    """The issue's text with our part telling this report of its project; people's own words in it stay."""
    today = Day(report.at.date(), {name: count for name, count in report.totals.items() if count})
    earlier = tuple(day for day in _history(hidden.region(TOPIC, body)) if day.on != today.on)
    days = tuple(sorted((*earlier, today), key=lambda day: day.on))[-KEPT:]
    return hidden.with_region(TOPIC, body, "\n".join(_lines(report, days)))


def _lines(report: AuditReport, days: Sequence[Day]) -> Iterator[str]:
    yield f"{report.summary}. As of {report.at:%Y-%m-%d}."
    troubled = [row for row in report.rows if row.problems]
    open_to_all = [row for row in troubled if not row.confidential]
    listed = tuple(_listed(open_to_all))
    for owner, rows in _digest(listed):
        yield from ("", f"### {owner} ({len(rows)})", "", *(_line(row) for row in rows))
    if len(open_to_all) > len(listed):
        yield from ("", f"And {len(open_to_all) - len(listed)} more, less pressing.")
    yield from _teams(open_to_all)
    if len(open_to_all) < len(troubled):
        yield from ("", f"Not listed here: {len(troubled) - len(open_to_all)} confidential.")
    yield from ("", *_table(days), "")
    yield "Closeout keeps this part up to date. What you write above or below it stays; close the issue to end it."
    yield _remembered(days)


def _listed(rows: Sequence[Row]) -> Iterator[Row]:
    """The first of them, as far as the lines go; an item of several people has one in each digest."""
    lines = accumulate(max(len(row.audience), 1) for row in rows)
    yield from (row for row, count in zip(rows, lines, strict=True) if count <= MOST)


def _digest(rows: Sequence[Row]) -> Sequence[tuple[str, Sequence[Row]]]:
    """The rows of each owner, by name, in whatever case it is written; what nobody owns comes first."""
    spelt: dict[str, str] = {}
    found: dict[str, list[Row]] = {}
    for row in rows:
        for owner in row.audience or ("",):
            spelt.setdefault(owner.casefold(), owner)
            found.setdefault(owner.casefold(), []).append(row)
    return [(login(spelt[owner]) if owner else "Nobody", found[owner]) for owner in sorted(found)]


def _teams(rows: Sequence[Row]) -> Iterator[str]:
    """A line for each team that has something overdue or coming up, those with the most first."""
    found: dict[str, dict[Kind, list[Row]]] = {}
    for row in rows:
        for team, kind in product(row.teams, filter(row.has, _TIMELY)):
            found.setdefault(team, {}).setdefault(kind, []).append(row)
    if found:
        yield from ("", "### Teams", "")
    for team in sorted(found, key=lambda team: (-sum(map(len, found[team].values())), team.casefold()))[:_TEAMS]:
        yield f"- {login(team)}: {'; '.join(_numbers(kind, some) for kind, some in found[team].items())}"


def _numbers(kind: Kind, rows: Sequence[Row]) -> str:
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    return f"{len(rows)} {kind} ({', '.join(f'#{row.ref.number}' for row in rows[:_NAMED])}{more})"


def _line(row: Row) -> str:
    problems = "; ".join(plain(problem.detail) for problem in row.problems)
    return f"- #{row.ref.number} {_text(row.title)}: {_escaped(problems)}"


def _text(title: str) -> str:
    return _escaped(shortened(plain(title), _TITLE))


def _escaped(text: str) -> str:
    """Words and nothing else: no markup, no code that would end a mention's backticks."""
    return re.sub(r"([\\`*_\[\]|~$<>&])", r"\\\1", text)


# --- history --------------------------------------------------------------------------------------------------


def _table(days: Sequence[Day]) -> Iterator[str]:
    kinds = list(dict.fromkeys(("open", "post-mortems", *(kind for day in days for kind in day.counts))))
    yield f"| day | {' | '.join(kinds)} |"
    yield f"| --- |{' --- |' * len(kinds)}"
    for day in reversed(days):
        yield f"| {day.on} | {' | '.join(str(day.counts.get(kind, 0)) for kind in kinds)} |"


def _remembered(days: Sequence[Day]) -> str:
    rows = [{"on": day.on.isoformat(), **day.counts} for day in days]
    return f"<!-- closeout:history {json.dumps(rows, separators=(',', ':'))} -->"


def _history(text: str) -> tuple[Day, ...]:
    """The days an earlier text remembers. One that was damaged is begun anew."""
    found = _HISTORY.search(text)
    if found is None:
        return ()
    try:
        return tuple(_day(row) for row in json.loads(found["json"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return ()


def _day(row: Mapping[str, Any]) -> Day:
    counts = {name: int(row[name]) for name in ("open", "post-mortems", *(kind.value for kind in Kind)) if name in row}
    return Day(date.fromisoformat(row["on"]), counts)
