"""A whole life in which every person's word is an attack: it is repeated, and sets nothing off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.hidden import state_of
from service.sandbox import Sandbox
from service.sandbox.rows import IssueRow
from tests.clock import Clock
from tests.hostile import LINES, ONE_LINE, VICTIM, set_off
from tests.incident import filled_in
from tests.metrics.scrape import Scrape
from tests.stack import BOT, FORGES, PROJECTS, Stack, running

SHOP, OPS = PROJECTS
OWNERS = re.compile(r"^- \*\*Owner:\*\*.*$", re.MULTILINE)  # who a line names is meant to hear of it
COMMANDS = ("{}", "help {}", "wont-do {}", "snooze 1w {}", "extend 2026-09-01 {}", "override {}", "drop #2 {}", "severity {}",
            "schedule 2026-03-05 15:00 Europe/Berlin @{}", "attended @{} {}", "template {}", "category {}")  # fmt: skip


@dataclass
class Attack:
    stack: Stack
    forge: str

    @property
    def made(self) -> list[IssueRow]:
        """The issues that we created."""
        projects = [self.stack.sandbox.world.project(self.forge, name) for name in PROJECTS]
        return [row for project in projects for row in project.issues.values() if row.author == BOT]

    def said(self) -> Iterator[str]:
        """Whatever we wrote of our own: titles, texts and comments."""
        for project in PROJECTS:
            for row in self.stack.sandbox.world.project(self.forge, project).issues.values():
                yield from (comment.body for comment in row.comments if comment.author == BOT)
        for row in self.made:
            yield from (row.title, row.body)

    def live(self) -> None:
        """A post-mortem, its action items, comments on them, a close: all of it hostile."""
        world = self.stack.sandbox.world
        labels = ["post-mortem", *ONE_LINE[:3]]
        pm = world.create_issue(self.forge, SHOP, actor="eve", title=ONE_LINE[2], body="x", labels=labels)
        self.stack.settle()
        world.edit_issue(self.forge, SHOP, pm.number, actor="alice", body=self._written(self.issue(pm).body))
        self.stack.settle()
        self._comment(pm)
        self.stack.settle()
        world.edit_issue(self.forge, SHOP, pm.number, actor="eve", state="closed")
        self.stack.settle()
        self.stack.clock.forward(seconds=6)
        self.stack.settle()

    def _written(self, body: str) -> str:
        """As a forge would hold it: what begins with a slash in a person's own text it has run, and taken out."""
        lines = [f"- [ ] {words} - @bob - 2026-03-20" for words in LINES]
        lines += [f"- [ ] Ask {words[:40]} - @{words[:40]} - {words}" for words in LINES[::4]]
        body = filled_in(body, *lines)
        prose = "\n\n".join(words for words in ONE_LINE if not words.startswith("/"))
        for heading in ("Impact", "Root cause", "Lessons learned"):
            body = body.replace(f"## {heading}\n", f"## {heading}\n\n{prose}\n", 1)
        body = body.replace("**Category:** code", f"**Category:** {ONE_LINE[8]}")
        return (body + "".join(f"\n## {words}\n\n- [ ] {words}\n" for words in LINES)).replace("\x00", "")

    def issue(self, row: IssueRow) -> IssueRow:
        return self.stack.sandbox.world.issue(self.forge, row.path, row.number)

    def _comment(self, row: IssueRow) -> None:
        said = [f"/pm {COMMANDS[n % len(COMMANDS)].replace('{}', words)}" for n, words in enumerate(ONE_LINE)]
        for start in range(0, len(said), 24):
            body = "\n".join(said[start : start + 24])
            self.stack.sandbox.world.comment(self.forge, row.path, row.number, actor="alice", body=body)


@pytest.fixture(params=FORGES)
def attack(sandbox: Sandbox, clock: Clock, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Attack]:
    with running(sandbox, clock, tmp_path) as stack:
        yield Attack(stack, request.param)


def test_no_word_of_a_persons_sets_anything_off(attack: Attack) -> None:
    """Titles, texts, comments: nobody is called, nothing is run, nothing closed, no marker believed, no label counted."""
    with capture_logs() as log:
        attack.live()
    said = list(attack.said())
    assert len(attack.made) > len(LINES) / 2
    assert len(said) > 2 * len(attack.made)
    assert [(found, text[:300]) for text in said for found in set_off(OWNERS.sub("", text))] == []
    assert [owners for text in said for owners in OWNERS.findall(text) if "@all" in owners] == []
    assert [row.title for row in attack.made if len(row.title) > 255 or "\n" in row.title] == []
    assert [text for text in said if state_of(text).paused] == []
    for row in attack.made:
        assert (VICTIM in row.assignees, row.state, "hostile" in row.labels) == (False, "open", False), row.title
    assert [line for line in log if line["event"] in {"rule_error", "request_failed"}] == []
    assert not re.search(r"alert\(1\)|evil|mallory", Scrape.of(attack.stack.service.url).text)
