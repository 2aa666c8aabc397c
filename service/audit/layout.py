"""An audit as a table for a terminal, as JSON, Markdown or CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from service.audit.choices import GroupBy, Kind
from service.audit.gathering import Failure
from service.audit.rows import AuditReport, Row
from service.model import IssueRef
from service.wording import harmless, plain

HIDDEN = "(confidential)"
_LISTED = 10  # issues that wait
COLUMNS = ("item", "kind", "title", "owners", "due", "severity", "post-mortem", "problems")


@dataclass(frozen=True, slots=True)
class Result:
    """What is shown. `requests` were sent to the forges for it; `waiting` want a look that they did not get."""

    report: AuditReport
    failures: tuple[Failure, ...] = ()
    requests: int = 0
    waiting: tuple[IssueRef, ...] = ()
    group_by: GroupBy | None = None

    def without_confidential_titles(self) -> Result:
        """Without the titles of confidential items."""
        items = (replace(row, title=HIDDEN) if row.confidential else row for row in self.report.items)
        return replace(self, report=replace(self.report, items=tuple(items)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say beside the items."""
        if not self.waiting:
            return ()
        listed = ", ".join(str(ref) for ref in self.waiting[:_LISTED])
        more = f" and {len(self.waiting) - _LISTED} more" if len(self.waiting) > _LISTED else ""
        return (f"Left to the next audit: {listed}{more}.",)


def groups(result: Result) -> Sequence[tuple[str, tuple[Row, ...]]]:
    """The rows by heading, in the headings' order; one group without a heading where none was asked for.

    An item of several owners is in each owner's group, and in each of their teams'.
    """
    if result.group_by is None:
        return (("", result.report.rows),)
    found: dict[str, list[Row]] = {}
    for row in result.report.rows:
        for heading in _headings(row, result.group_by):
            found.setdefault(heading, []).append(row)
    order = sorted(found, key=lambda heading: (_rank(heading), heading.casefold()))
    return tuple((heading, tuple(found[heading])) for heading in order)


def _headings(row: Row, by: GroupBy) -> tuple[str, ...]:
    match by:
        case GroupBy.TEAM:
            return row.teams or ("no team",)
        case GroupBy.OWNER:
            return row.audience or ("no owner",)
        case GroupBy.SEVERITY:
            return (row.severity or "no severity",)
        case GroupBy.POST_MORTEM:
            return (str(row.post_mortem or (row.ref if row.sort == "post-mortem" else "no post-mortem")),)
        case GroupBy.PROJECT:
            return (f"{row.ref.forge}:{row.ref.project}",)


_GRAVEST_FIRST = ("critical", "high", "medium", "low")


def _rank(heading: str) -> int:
    return _GRAVEST_FIRST.index(heading) if heading in _GRAVEST_FIRST else len(_GRAVEST_FIRST)


def cells(row: Row) -> tuple[str, ...]:
    """What stands under `COLUMNS`: one harmless line each."""
    found = (
        str(row.ref),
        row.sort if row.open else f"closed {row.sort}",
        row.title,
        ", ".join(row.owners),
        row.due.isoformat() if row.due else "",
        row.severity or "",
        str(row.post_mortem or ""),
        "; ".join(problem.detail for problem in row.problems),
    )
    return tuple(harmless(cell) for cell in found)


# --- for a terminal -------------------------------------------------------------------------------------------


def terminal(result: Result) -> RenderableType:
    parts: list[RenderableType] = []
    for heading, rows in groups(result):
        if heading:
            parts.append(Text(f"{harmless(heading)} ({len(rows)})", style="bold"))
        if rows:
            parts.append(_table(rows))
    parts += [Text(line, style="bold") for line in (result.report.summary, *result.notes)]
    parts += [Text(f"failed: {failed.where}: {harmless(failed.reason)}", style="red") for failed in result.failures]
    return Group(*parts)


def _table(rows: Sequence[Row]) -> Table:
    """Few columns, so that a narrow terminal shows whole words: what belongs together stands below each other."""
    table = Table(Column("item", ratio=5), "owners", Column("due", no_wrap=True), Column("problems", ratio=4))
    table.box, table.padding, table.header_style = None, (0, 1), "bold"
    for row in rows:
        values = dict(zip(COLUMNS, cells(row), strict=True))
        style = "red" if row.has(Kind.OVERDUE) else ""
        problems = Text("\n".join(harmless(problem.detail) for problem in row.problems), style=style)
        due = Text("\n").join([Text(values["due"]), Text(values["severity"], "dim")])
        table.add_row(_item(values), Text(values["owners"]), due, problems)
    return table


def _item(values: Mapping[str, str]) -> Text:
    kind = "" if values["kind"] == "action-item" else f"  {values['kind']}"
    parts = [Text.assemble((values["item"], "bold"), (kind, "dim")), Text(values["title"])]
    if values["post-mortem"]:
        parts.append(Text(f"from {values['post-mortem']}", "dim"))
    return Text("\n").join(parts)


# --- for machines and documents -------------------------------------------------------------------------------


def to_json(result: Result) -> str:
    """Flat: who groups it again does so by the values. Stable keys; days are whole numbers."""
    data = {
        "at": result.report.at.isoformat(),
        "requests": result.requests,
        "totals": result.report.totals,
        "items": [_data(row) for row in result.report.rows],
        "waiting": [str(ref) for ref in result.waiting],
        "errors": [{"where": failed.where, "reason": failed.reason} for failed in result.failures],
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _data(row: Row) -> Mapping[str, object]:
    return {
        "ref": str(row.ref),
        "kind": row.sort,
        "state": "open" if row.open else "closed",
        "title": row.title,
        "url": row.url,
        "confidential": row.confidential,
        "owners": list(row.owners),
        "teams": list(row.teams),
        "due": row.due.isoformat() if row.due else None,
        "severity": row.severity,
        "step": row.step,
        "paused": row.paused,
        "post_mortem": str(row.post_mortem) if row.post_mortem else None,
        "problems": [{"kind": p.kind.value, "days": p.days, "detail": p.detail} for p in row.problems],
    }


def to_csv(result: Result) -> str:
    """A header, and one line an item. A cell that a spreadsheet would calculate is kept a text with a `'`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_inert(cell) for cell in cells(row)] for row in result.report.rows)
    return text.getvalue()


def _inert(cell: str) -> str:
    """https://owasp.org/www-community/attacks/CSV_Injection"""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def to_markdown(result: Result) -> str:
    lines = ["# Post-mortem audit", "", f"{result.report.summary}.", f"As of {result.report.at:%Y-%m-%d %H:%M} UTC."]
    lines += [_cell(note) for note in result.notes]
    for heading, rows in groups(result):
        lines += ["", f"## {_cell(heading)} ({len(rows)})"] if heading else []
        if rows:
            lines += ["", _piped(COLUMNS), _piped(["---"] * len(COLUMNS))]
            lines += [_piped([_cell(cell) for cell in cells(row)]) for row in rows]
    if result.failures:
        lines += ["", "## Failed", ""]
        lines += [f"- {_cell(failed.where)}: {_cell(harmless(failed.reason))}" for failed in result.failures]
    return "\n".join(lines) + "\n"


def _piped(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _cell(text: str) -> str:
    """Plain text whatever it holds: no markup, no link, no table border, nobody mentioned (`&#64;` mentions)."""
    escaped = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", plain(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
