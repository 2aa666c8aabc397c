"""The doctor's report as a table for a terminal and as JSON."""

from __future__ import annotations

import json

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.doctor.lines import Line, Report, Verdict
from service.wording import harmless

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red", Verdict.SKIPPED: "dim"}


def terminal(report: Report) -> RenderableType:
    table = Table("", "About", "Check", "What", box=None, header_style="bold", padding=(0, 1))
    for line in report.lines:
        verdict = Text(line.verdict.value, style=_STYLES[line.verdict])
        table.add_row(verdict, Text(harmless(line.about)), Text(line.check), _what(line))
    return Group(table, Text(report.summary, style="bold"))


def _what(line: Line) -> Text:
    what = Text(harmless(line.what))
    if line.fix:
        what.append(f"\n→ {harmless(line.fix)}", style="italic")
    return what


def to_json(report: Report) -> str:
    """Stable keys; `verdict` is the worst of the checks."""
    data = {
        "at": report.at.isoformat(),
        "verdict": report.verdict.value,
        "summary": report.summary,
        "requests": report.requests,
        "counts": dict(report.counts),
        "checks": [
            {
                "about": line.about,
                "check": line.check,
                "verdict": line.verdict.value,
                "what": line.what,
                "fix": line.fix or None,
            }
            for line in report.lines
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False)
