"""People edit and tick while Closeout looks and writes: whatever the order, no person's line is lost."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from service.sandbox import Sandbox
from tests.clock import Clock
from tests.proofs.conftest import Say
from tests.proofs.life import CHILD, PM, PROJECT, Life
from tests.proofs.wire import Wire, writes_text
from tests.soaking import SOAKING

ROUNDS = 20  # looks of each run, each with up to three edits in between
RUNS = 50 if SOAKING else 2  # on each forge: a soak sees a thousand interleavings there
PEOPLE = ("alice", "bob")
_OPEN = re.compile(r"- \[ \] (?!Step )")  # a box of the template's, or an action item's


class Editors:
    """Two people who read the text and write it back with one line more, or a box ticked, between two requests.

    `lines` are what has to stand in the text in the end, `steps` those with a box of their own, by whether it is ticked.
    """

    def __init__(self, life: Life, chance: random.Random) -> None:
        self.life, self.chance = life, chance
        self._notes: list[str] = []
        self.steps: dict[str, bool] = {}
        self.edits = 0

    @property
    def lines(self) -> list[str]:
        return [*self._notes, *(_step(text, ticked=ticked) for text, ticked in self.steps.items())]

    def edit(self) -> None:
        self.edits += 1
        body = self.life.issue(PM).body
        if self.chance.random() < 0.3 and _OPEN.search(body):
            self._save(_OPEN.sub("- [x] ", body, count=1))
            return
        if self.steps and self.chance.random() < 0.3:
            self._tick(body, self.chance.choice(list(self.steps)))
            return
        self._add(body)

    def _tick(self, body: str, text: str) -> None:
        """Or takes the tick away."""
        was = self.steps[text]
        self.steps[text] = not was
        self._save(body.replace(_step(text, ticked=was), _step(text, ticked=not was)))

    def _add(self, body: str) -> None:
        if self.chance.random() < 0.3:
            text = f"Step {self.edits}: look at the graph."
            line, self.steps[text] = _step(text, ticked=False), False
        else:
            line = f"Note {self.edits}: the graph at minute {self.chance.randrange(1000)} is odd."
            self._notes.append(line)
        rows = body.splitlines(keepends=True)
        # A box among the action items would become one, and its line an issue's.
        headings = [n for n, row in enumerate(rows) if row.startswith("## ") and "Action items" not in row]
        place = self.chance.choice(headings) + 1
        self._save("".join([*rows[:place], f"\n{line}\n", *rows[place:]]))

    def _save(self, body: str) -> None:
        actor = self.chance.choice(PEOPLE)
        self.life.sandbox.world.edit_issue(self.life.forge, PROJECT, PM, actor=actor, body=body)


def _step(text: str, *, ticked: bool) -> str:
    return f"- [{'x' if ticked else ' '}] {text}"


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
def test_no_persons_line_is_lost(sandbox: Sandbox, clock: Clock, wire: Wire, forge: str, seed: int, say: Say) -> None:
    """Every line and tick that somebody saved is there in the end, once, whatever Closeout wrote meanwhile."""
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
    assert editors.steps
    say(f"{forge}, run {seed + 1} of {RUNS}: {editors.edits} edits in {ROUNDS} looks, none lost")
