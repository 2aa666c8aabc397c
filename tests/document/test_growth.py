"""No input makes reading slow: eight times the text costs about eight times the work, not its square."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest

from service import document
from tests.document.texts import HOME, TODAY

SMALL, TIMES, LINEAR = 3_000, 8, 24  # a quadratic step would cost 64 times as much

SEEDS = (
    "[", "](", "[a](", "`", "**", "~~", "~~a ", "@a, ", "#1 ", "<!--", "<a ", "https://github.com/a/b/issues/", "a/", "2026-03-01 ", "March ",
    "due: ", "owner: ", "(done) ", "✅", "\\|", "a: ", "Fri ", "{{a}}", " - A", "İ", "14:03 ", "fixes a/", "TBD ", " ", "- ", "> ",
)  # fmt: skip
SHAPES: dict[str, Callable[[str], str]] = {
    "one action": lambda text: f"## Action items\n- [ ] {text}\n",
    "plain text": lambda text: text,
    "a field": lambda text: f"**Date:** {text}\n\n**Started:** {text}\n\nSeverity: {text}\n",
    "a table cell": lambda text: f"## Actions\n| Task | Owner | Due |\n|--|--|--|\n| {text} | {text} | {text} |\n",
    "a timeline": lambda text: f"## Timeline\n- 14:03 {text}\n",
}


def cost(text: str) -> float:
    began = process_time()
    document.read(text, today=TODAY, home=HOME)
    document.neutralise(text, one_line=False)
    document.prose(text)
    document.command_lines(text)
    return process_time() - began


def is_linear(large: str, base: float) -> bool:
    """Whether any of some tries keeps within the bound: what takes a machine's time away slows one, a square all."""
    return any(cost(large + " " * n) < base * LINEAR for n in range(10))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", SEEDS)
def test_work_grows_with_the_text(shape: str, seed: str) -> None:
    """Repeated constructs that tempt a pattern to backtrack cost time in proportion."""
    small, large = (SHAPES[shape](seed * (size // len(seed))) for size in (SMALL, SMALL * TIMES))
    base = max(min(cost(small + " " * n) for n in range(3)), 0.004)
    assert is_linear(large, base)


def test_many_lines_grow_with_the_text() -> None:
    """Sections, items, fields and timeline rows by the hundred cost time in proportion."""
    block = "## Actions\n- [ ] Do {n} - @a - 2026-01-01\n## Timeline\n- 14:03 x{n}\n**Date:** 2026-01-01\n### A{n}\n"
    small, large = ("".join(block.format(n=n) for n in range(count)) for count in (50, 400))
    base = min(cost(small + " " * n) for n in range(3))
    assert is_linear(large, base)


def test_merging_texts_with_nothing_in_common_gives_up() -> None:
    """Beyond a bound on changed lines the merge says conflict instead of searching on."""
    base, theirs = ("".join(f"{name}{n}\n" for n in range(30_000)) for name in "ab")
    assert document.merge(base, base + "x\n", theirs) is None
