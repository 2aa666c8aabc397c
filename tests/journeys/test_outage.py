"""The service is away for a while, or its webhooks are silent: afterwards the trackers are as if it had been there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.sandbox import Sandbox
from service.sandbox.rows import HookRow
from tests.clock import Clock
from tests.contracts.recorder import Recorder
from tests.incident import filled_in, proven
from tests.stack import BOT, FORGES, PROJECTS, Stack, running

pytestmark = pytest.mark.node  # all traffic is held to the forges' published contracts

PROJECT = PROJECTS[0]
LINE = "- [ ] Page when the connection pool is 80 % full - @bob - 2026-12-01 [detection]"
TICK = 600  # seconds between two runs of a job
GRACE = 6


@dataclass
class Scene:
    """Closeout beside one forge, where it can be stopped and started, over one database."""

    forge: str
    sandbox: Sandbox
    clock: Clock
    folder: Path
    service: ExitStack = field(default_factory=ExitStack)

    def start(self, **settings: Any) -> Stack:
        return self.service.enter_context(running(self.sandbox, self.clock, self.folder, **settings))

    def next_tick(self, stack: Stack) -> None:
        """What is due within ten minutes, and everything that follows from it."""
        self.clock.forward(seconds=TICK)
        stack.service.schedule.run_due()
        stack.settle()
        self.clock.forward(seconds=GRACE)
        stack.settle()

    def report(self, title: str) -> int:
        made = self.sandbox.world.create_issue(
            self.forge, PROJECT, actor="alice", title=title, body="We lost orders.", labels=["post-mortem"]
        )
        return made.number

    def edit(self, number: int, *, by: str, **changes: Any) -> None:
        self.sandbox.world.edit_issue(self.forge, PROJECT, number, actor=by, **changes)

    def body(self, number: int) -> str:
        return self.sandbox.world.issue(self.forge, PROJECT, number).body

    @property
    def hooks(self) -> list[HookRow]:
        return [hook for project in PROJECTS for hook in self.sandbox.world.project(self.forge, project).hooks]


@pytest.fixture(params=FORGES)
def scene(
    request: pytest.FixtureRequest, sandbox: Sandbox, clock: Clock, contracts: Recorder, tmp_path: Path
) -> Iterator[Scene]:
    del contracts  # listens
    made = Scene(request.param, sandbox, clock, tmp_path)
    with made.service:
        yield made


def _with_an_action_item(scene: Scene, stack: Stack) -> tuple[int, int]:
    """A post-mortem that is filled in, and its action item; the resync has read everything so far."""
    pm = scene.report("Checkout down")
    stack.settle()
    scene.edit(pm, by="alice", body=filled_in(scene.body(pm), LINE))
    stack.settle()
    for _ in range(4):
        scene.next_tick(stack)
    issues = scene.sandbox.world.project(scene.forge, PROJECT).issues.values()
    (child,) = [row.number for row in issues if row.author == BOT]
    return pm, child


def _people_work(scene: Scene, pm: int, child: int) -> int:
    """The action item is done, the post-mortem is closed too early, somebody asks, and it breaks again."""
    scene.edit(child, by="bob", body=proven(scene.body(child)))
    scene.edit(child, by="bob", state="closed")
    scene.edit(pm, by="alice", state="closed")
    scene.sandbox.world.comment(scene.forge, PROJECT, pm, actor="alice", body="/pm help")
    return scene.report("Checkout down again")


def _is_made_good(scene: Scene, stack: Stack, pm: int, second: int) -> None:
    (line,) = [row for row in scene.body(pm).splitlines() if "connection pool is 80" in row]
    assert line.startswith("- [x] Page when")
    assert stack.issue(scene.forge, pm).state == "open"
    topics = [text for text in stack.said(scene.forge, pm) if "topic=refused" in text or "/pm override" in text]
    assert len(topics) >= 2
    assert "## Root cause" in scene.body(second)
    written = sorted(stack.writes())
    for _ in range(2):
        scene.next_tick(stack)
    assert sorted(stack.writes()) == written


def test_an_outage_of_the_service_is_made_good(scene: Scene) -> None:
    """Every delivery of forty days is lost; with nobody's help all is as it should be after the next resync."""
    pm, child = _with_an_action_item(scene, scene.start())
    scene.service.close()
    second = _people_work(scene, pm, child)
    scene.sandbox.settle()
    scene.clock.forward(days=40)
    stack = scene.start()
    stack.settle()
    assert "## Root cause" not in scene.body(second)
    scene.next_tick(stack)
    _is_made_good(scene, stack, pm, second)


def test_silent_webhooks_are_made_good(scene: Scene) -> None:
    """The service is there all the time and is told nothing."""
    stack = scene.start()
    pm, child = _with_an_action_item(scene, stack)
    for hook in scene.hooks:
        hook.active = False
    second = _people_work(scene, pm, child)
    stack.settle()
    assert "## Root cause" not in scene.body(second)
    scene.next_tick(stack)
    _is_made_good(scene, stack, pm, second)


def test_what_a_forge_could_not_deliver_it_delivers_again(scene: Scene) -> None:
    """By itself: nobody presses a button, and nothing but the webhook's own log is asked."""
    settings = {"resync": "", "projects": (f"{scene.forge}:{PROJECT}",)}
    scene.next_tick(scene.start(**settings))
    scene.service.close()
    scene.sandbox.world.set_permission(scene.forge, PROJECT, BOT, "admin")
    made = scene.report("Checkout down")
    scene.sandbox.settle()
    stack = scene.start(**settings)
    for hook in scene.hooks:
        hook.url = f"{stack.service.url}/webhooks/{scene.forge}"
    scene.next_tick(stack)
    assert "## Root cause" in scene.body(made)
