"""What a part of the benchmark found: as a table at the terminal, in Markdown and in JSON."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Aim:
    """What this project has set itself, and what came out."""

    what: str
    wanted: str
    found: str
    met: bool

    @classmethod
    def below(cls, what: str, value: float, limit: float, unit: str = "") -> Aim:
        return cls(
            what, f"< {limit:g}{unit}", f"{value:.3g}{unit}" if value < 100 else f"{value:.0f}{unit}", value < limit
        )

    @classmethod
    def none(cls, what: str, number: int) -> Aim:
        return cls(what, "0", str(number), number == 0)

    @classmethod
    def all_of(cls, what: str, good: int, number: int) -> Aim:
        return cls(what, "all", f"{good} of {number}", good == number)


@dataclass(frozen=True)
class Result:
    """One part: rows of numbers and words, the aims, and what a reader has to know to understand them."""

    part: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    aims: Sequence[Aim] = ()
    notes: Sequence[str] = ()

    @property
    def met(self) -> bool:
        return all(aim.met for aim in self.aims)

    def as_json(self) -> Mapping[str, object]:
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        aims = [asdict(aim) for aim in self.aims]
        return {"title": self.title, "rows": rows, "aims": aims, "met": self.met, "notes": list(self.notes)}

    def as_markdown(self) -> Iterator[str]:
        yield f"## {self.title}\n"
        yield from _markdown(self.columns, self.rows)
        if self.aims:
            yield from _markdown(_AIMS, [_aim(aim) for aim in self.aims])
        yield from (f"- {note}" for note in self.notes)
        yield ""

    def show(self, console: Console) -> None:
        console.print(_table(self.title, self.columns, self.rows))
        if self.aims:
            styled = [(*_aim(aim)[:-1], f"[{'green' if aim.met else 'red'}]{_said(aim)}[/]") for aim in self.aims]
            console.print(_table("", _AIMS, styled))
        for note in self.notes:
            console.print(f"  {note}", style="dim")


QUIET = ("load", "slowed down, p99")  # of `machine`: what disturbs a measurement
_AIMS = ("aim", "wanted", "found", "met")


def machine() -> dict[str, Any]:
    """Where and when it was measured, and how quiet it was: load, and how often longer the same work took at times."""
    pieces = sorted(_pieces())
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load": round(os.getloadavg()[0], 1),
        "slowed down, p99": round(pieces[len(pieces) * 99 // 100] / pieces[0], 1),
    }


def _pieces() -> Iterator[float]:
    """Seconds that each of 200 equal pieces of work took, about a millisecond on a quiet machine."""
    for _ in range(200):
        begun = time.perf_counter()
        hashlib.sha256(bytes(1_000_000))
        yield time.perf_counter() - begun


def write(folder: Path, results: Iterable[Result], where: Mapping[str, object]) -> None:
    """`bench.json` and `bench.md` in that folder."""
    found = list(results)
    folder.mkdir(parents=True, exist_ok=True)
    told = {"machine": dict(where), "parts": {result.part: result.as_json() for result in found}}
    (folder / "bench.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    about = ", ".join(f"{name} {value}" for name, value in where.items())
    lines = ["# Benchmark\n", f"{about}\n", *(line for result in found for line in result.as_markdown())]
    (folder / "bench.md").write_text("\n".join(lines), "utf-8")


def _aim(aim: Aim) -> tuple[str, str, str, str]:
    return aim.what, aim.wanted, aim.found, _said(aim)


def _said(aim: Aim) -> str:
    return "yes" if aim.met else "no"


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    yield from ("| " + " | ".join(_cell(value) for value in row) + " |" for row in rows)
    yield ""


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
