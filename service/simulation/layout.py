"""What a simulation shows: a table for a terminal, JSON for a machine, Markdown for a comment on the change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group
from rich.table import Table
from rich.text import Text

from service.audit.rows import Row
from service.hidden import topic_marker
from service.simulation.effects import Effect, Refusal
from service.wording import login, plain, quoted

TOPIC = "simulation"
_MOST = 40  # rows of a list in Markdown; a forge's comment has 65,536 characters


@dataclass(frozen=True, slots=True)
class Result:
    """`in_force` is what the present policies come to on the same issues, None where one of them cannot be used.

    `errors` are the projects that could not be read.
    """

    policy: str  # the file's name
    since: datetime
    projects: tuple[str, ...]
    proposed: Effect
    in_force: Effect | None
    errors: tuple[tuple[str, str], ...] = ()


def rows(result: Result) -> Iterator[tuple[str, int | None, int]]:
    """Each figure: its name, what it is under the policies in force, and under the one that is tried."""
    before = {} if result.in_force is None else _figures(result.in_force)
    for name, after in _figures(result.proposed).items():
        yield name, before.get(name), after


def _figures(effect: Effect) -> dict[str, int]:
    return {
        "closes refused": len(effect.refused),
        "closes with a reminder": effect.warned,
        "overdue action items": len(effect.overdue),
        "comments posted": effect.comments,
        "issues created": effect.issues,
    }


def _shown(figure: int | None) -> str:
    return "–" if figure is None else str(figure)


def terminal(result: Result) -> Group:
    figures = Table(box=None, pad_edge=False, header_style="bold")
    figures.add_column(f"{result.proposed.looked_at} issues looked at")
    for name in ("In force", "This policy"):
        figures.add_column(name, justify="right")
    for name, before, after in rows(result):
        figures.add_row(name, _shown(before), str(after))
    lists = [Text(line) for line in (*_refused(result.proposed.refused), *_overdue(result.proposed.overdue))]
    failed = [Text(f"failed: {where}: {reason}", style="bold red") for where, reason in result.errors]
    return Group(figures, *lists, *failed)


def to_json(result: Result) -> str:
    shown = {
        "policy": result.policy,
        "since": result.since.isoformat(),
        "projects": list(result.projects),
        "looked_at": result.proposed.looked_at,
        "totals": {
            name.replace(" ", "_"): {"in_force": before, "this_policy": after} for name, before, after in rows(result)
        },
        "refused": [
            {
                "ref": str(one.ref),
                "title": one.title,
                "reasons": [{"where": f.where, "message": f.message, "fix": f.fix} for f in one.reasons],
            }
            for one in result.proposed.refused
        ],
        "overdue": [
            {"ref": str(row.ref), "due": row.due.isoformat() if row.due else None, "owners": list(row.owners)}
            for row in result.proposed.overdue
        ],
        "errors": [{"where": where, "reason": reason} for where, reason in result.errors],
    }
    return json.dumps(shown, indent=2, ensure_ascii=False)


def to_markdown(result: Result) -> str:
    """For a comment on the pull or merge request that changes the policy. The first line finds it again."""
    names = ", ".join(f"`{name}`" for name in result.projects)
    tried = f"Tried on the {result.proposed.looked_at} issues of {names} that changed since {result.since.date()}"
    lines = [
        topic_marker(TOPIC),
        f"### What `{result.policy}` would have done",
        "",
        f"{tried}, by their text of today. Nothing was written.",
        "",
        "| | in force | this policy |",
        "|---|---:|---:|",
        *(f"| {name} | {_shown(before)} | {after} |" for name, before, after in rows(result)),
        *_folded("Closes refused", [f"- {line}" for line in _refused(result.proposed.refused)]),
        *_folded("Overdue", [f"- {line}" for line in _overdue(result.proposed.overdue)]),
        *_folded("Could not be read", [f"- {plain(where)}: {plain(reason)}" for where, reason in result.errors]),
    ]
    return "\n".join(lines) + "\n"


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield from ("", f"<details><summary>{title}: {len(lines)}</summary>", "", *lines[:_MOST])
    if len(lines) > _MOST:
        yield f"- and {len(lines) - _MOST} more"
    yield from ("", "</details>")


def _refused(refusals: Sequence[Refusal]) -> Iterator[str]:
    for one in refusals:
        title = f" {quoted(one.title)}" if one.title else ""
        reasons = "; ".join(
            f"{plain(f.where)}: {plain(f.message)}" if f.where else plain(f.message) for f in one.reasons
        )
        yield f"{one.ref}{title} would not have closed. {reasons}"


def _overdue(late: Sequence[Row]) -> Iterator[str]:
    for row in late:
        title = "" if row.confidential else f" {quoted(row.title)}"
        owners = f" ({', '.join(map(login, row.owners))})" if row.owners else ""
        yield f"{row.ref}{title}, due {row.due}{owners}"
