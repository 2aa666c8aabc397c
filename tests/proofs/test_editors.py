"""People edit and tick while Closeout looks and writes: whatever the order, no person's line is lost."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.proofs.life import CHILD, PM, PROJECT, Life
from tests.proofs.wire import Wire, writes_text

ROUNDS = 20  # looks of each run, each with up to three edits in between
RUNS = 2
PEOPLE = ("alice", "bob")


class Editors:
    """Two people who read the text and write it back with one line more, or a box ticked, between two requests."""

    def __init__(self, life: Life, chance: random.Random) -> None:
        self.life, self.chance = life, chance
        self.lines: list[str] = []
        self.edits = 0

    def edit(self) -> None:
        self.edits += 1
        body = self.life.issue(PM).body
        if self.chance.random() < 0.3 and "- [ ] " in body:
            self._save(body.replace("- [ ] ", "- [x] ", 1))
            return
        line = f"Note {self.edits}: the graph at minute {self.chance.randrange(1000)} is odd."
        rows = body.splitlines(keepends=True)
        headings = [n for n, row in enumerate(rows) if row.startswith("## ")]
        place = self.chance.choice(headings) + 1
        self.lines.append(line)
        self._save("".join([*rows[:place], f"\n{line}\n", *rows[place:]]))

    def _save(self, body: str) -> None:
        actor = self.chance.choice(PEOPLE)
        self.life.sandbox.world.edit_issue(self.life.forge, PROJECT, PM, actor=actor, body=body)


def between(editors: Editors, most: int) -> Callable[[int, str], None]:
    """Before some requests of a look somebody edits, at most `most` times; but not between the reply that showed the
    text and the write of it, which no forge can tell apart from an edit of the text that was there before.
    """
    left = [most]

    def meet(_number: int, what: str) -> None:
        if left[0] and not writes_text(what) and editors.chance.random() < 0.9:
            left[0] -= 1
            editors.edit()

    return meet


@pytest.mark.parametrize("seed", range(RUNS))
def test_no_persons_line_is_lost(sandbox: Sandbox, clock: Clock, wire: Wire, forge: str, seed: int) -> None:
    """Every line that somebody saved is there in the end, once, whatever Closeout wrote meanwhile."""
    life = Life(sandbox, forge, clock)
    life.report()
    life.settle()
    life.fill_in()
    life.settle()
    editors = Editors(life, random.Random(seed))  # noqa: S311 - an order, no secret
    for number in range(ROUNDS):
        child = life.issue(CHILD)
        sandbox.world.edit_issue(
            forge, PROJECT, CHILD, actor="bob", state="closed" if child.state == "open" else "open"
        )
        wire.meet = between(editors, 1 + number % 3)
        life.look(PM)
    wire.meet = lambda _number, _what: None
    life.settle()
    body = life.issue(PM).body
    assert [line for line in editors.lines if body.count(line) != 1] == []
    assert editors.edits >= ROUNDS // 2
