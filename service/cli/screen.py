"""All that a command shows goes through here, so that no text of others' steers the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from service.visible import escaped, visible

if TYPE_CHECKING:
    from rich.console import Console


def say(text: str, *, error: bool = False) -> None:
    """A line, or several."""
    write(f"{text}\n", error=error)


def write(text: str, *, error: bool = False) -> None:
    """A document as it is, without a line end of ours."""
    stream = sys.stderr if error else sys.stdout
    stream.write(visible(text))
    stream.flush()


def say_json(data: object, indent: int | None = 2) -> None:
    say_written(json.dumps(data, indent=indent, ensure_ascii=False))


def say_written(document: str) -> None:
    """JSON that was written elsewhere."""
    say(escaped(document))


def screen(**options: Any) -> Console:
    """A console for tables and colours. Square brackets are text, unless `markup` is asked for."""
    from rich.console import Console, ConsoleOptions, RenderableType  # noqa: PLC0415 - takes a while to import
    from rich.segment import Segment  # noqa: PLC0415

    class Screen(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(visible(segment.text), segment.style)

    return Screen(**{"markup": False, **options})
