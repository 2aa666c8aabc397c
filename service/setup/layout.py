"""How a plan and its outcome are shown: lines like those of a diff for people, JSON for machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from rich.text import Text

from service.setup.acting import Outcome
from service.setup.steps import Mark, Step

_STYLES: dict[Mark, str] = {"+": "green", "~": "yellow", "=": "dim", "-": "red", "!": "bold magenta"}


def plan(steps: Iterable[Step]) -> Text:
    """A line a step. Neighbours that are left without a reason share one."""
    return Text("\n").join(_lines(steps))


def outcome(done: Outcome) -> Text:
    """What came of one step."""
    words = {"done": "done", "refused": "refused", "failed": "no answer", "left": "left"}[done.result]
    style = "green" if done.result == "done" else "bold red"
    return Text.assemble(_line(done.step, detail=False), ": ", (words, style), f" {done.said}" if done.said else "")


def to_json(project: str, outcomes: Iterable[Outcome], *, applied: bool) -> dict[str, Any]:
    """`result` is null in a plan that was not applied."""
    steps = [
        {
            "mark": each.step.mark,
            "kind": each.step.kind,
            "name": each.step.name,
            "detail": each.step.detail,
            "result": each.result if applied else None,
            "said": each.said,
        }
        for each in outcomes
    ]
    return {"project": project, "applied": applied, "steps": steps}


def _lines(steps: Iterable[Step]) -> Iterator[Text]:
    for (kind, quiet), group in groupby(steps, lambda step: (step.kind, step.mark == "=" and not step.detail)):
        same = list(group)
        if quiet:
            yield _line(Step("=", kind, ", ".join(step.name for step in same)))
        else:
            yield from (_line(step) for step in same)


def _line(step: Step, *, detail: bool = True) -> Text:
    said = f"  ({step.detail})" if detail and step.detail else ""
    return Text(f"{step.mark} {step.kind:<8} {step.name}{said}", style=_STYLES[step.mark])
