"""What the provider contract plays on: a sandbox with one post-mortem on it, and providers that look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import requests

from service.model import Comment, Issue, IssueRef, Marker, Snapshot
from service.providers.base import Provider
from service.sandbox import Sandbox
from service.sandbox.rows import Project
from service.sandbox.timeboxes import TimeboxRow
from tests.clock import Clock

PROJECT = "acme/shop"
BOT = "closeout-bot"
KNOWN_KEY = "k7e2"
BODY = """\
# Checkout down

Customers could not pay. Noted by @alice.

## Action items

- [ ] Alert on pool usage #2 - @bob - 2026-04-01
- [ ] Write the runbook #3 - @eve - 2026-05-01

## Lessons learned

Connection limits belong in the load test.
"""
Build: TypeAlias = Callable[["Stage", str], Provider]


@dataclass
class Stage:
    """One forge of a sandbox. `build` makes a provider for a login; `waits` collects how long providers slept."""

    forge: str
    sandbox: Sandbox
    clock: Clock
    build: Build
    waits: list[float] = field(default_factory=list)

    def provider(self, login: str = BOT) -> Provider:
        """A new one each time, as after a restart: it remembers nothing."""
        return self.build(self, login)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.forward(seconds=seconds)

    def ref(self, number: int, project: str = PROJECT) -> IssueRef:
        return IssueRef(self.forge, project, number)

    @property
    def pm(self) -> IssueRef:
        """The post-mortem."""
        return self.ref(1)

    def project(self, path: str) -> Project:
        """The project, made where there is none, with our account in it."""
        world = self.sandbox.world
        if (self.forge, path) not in world.projects:
            world.add_project(self.forge, path)
        for login, level in (("alice", "maintain"), (BOT, "write")):
            world.set_permission(self.forge, path, login, level)
        return world.project(self.forge, path)

    def leaves(self, login: str) -> None:
        """The person has left: blocked on GitLab, without a role on GitHub."""
        self.sandbox.world.person(login).blocked = True
        self.sandbox.world.set_permission(self.forge, PROJECT, login, "none")

    # --- people at work ---------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """A post-mortem (#1) with a linked action item (#2), an issue that is only named (#3), labels and talk."""
        world, here = self.sandbox.world, (self.forge, PROJECT)
        for name in ("post-mortem", "outage", "learning"):
            world.create_label(*here, actor="alice", name=name)
        world.create_issue(
            *here, actor="alice", title="Checkout down", body=BODY, labels=("post-mortem", "outage"), assignees=("bob",)
        )
        marked = f"Alert on pool usage\n\n{Marker(self.pm, KNOWN_KEY)}\n"
        world.create_issue(*here, actor=BOT, title="Alert on pool usage", body=marked, labels=("learning",))
        world.create_issue(*here, actor="bob", title="Write the runbook", body="For the pool.")
        self.tie(1, 2)
        world.comment(*here, 1, actor="bob", body="I am on it.")
        world.comment(*here, 1, actor="bob", body="/pm help")

    def tie(self, parent: int, child: int) -> None:
        """Links two issues in the forge's own way."""
        world = self.sandbox.world
        rows = [world.issue(self.forge, PROJECT, number) for number in (parent, child)]
        if self.forge == "gitlab":
            world.link(rows[0], rows[1], actor="alice")
        elif world.features[self.forge].sub_issues:
            world.add_child(rows[0], rows[1], actor="alice")

    def edit(self, number: int, *, actor: str = "alice", **values: Any) -> None:
        self.sandbox.world.edit_issue(self.forge, PROJECT, number, actor=actor, **values)

    def plan(self, number: int, title: str, first: date, last: date) -> TimeboxRow:
        """Puts an issue into a new milestone."""
        world, here = self.sandbox.world, (self.forge, PROJECT)
        box = world.add_timebox(*here, title=title, first=first, last=last)
        world.plan_issue(world.issue(*here, number), box, actor="alice")
        return box

    def comment(self, number: int, body: str, *, actor: str = "bob") -> int:
        return self.sandbox.world.comment(self.forge, PROJECT, number, actor=actor, body=body).id

    def body(self, number: int = 1) -> str:
        return self.sandbox.world.issue(self.forge, PROJECT, number).body

    def state(self) -> dict[str, Any]:
        """Everything the sandbox holds."""
        return self.sandbox.world.snapshot_json()

    # --- trouble ----------------------------------------------------------------------------------------------

    def fault(self, path: str = "*", **values: Any) -> None:
        """Orders a fault for this forge's API, through the sandbox's own switch."""
        order = {"path": f"/{self.forge}/api/{path}", **values}
        answer = requests.post(f"{self.sandbox.url}/_faults", json=order, timeout=10)
        assert answer.status_code == 204, answer.text

    def requests_made(self) -> int:
        return len(self.sandbox.log)


# --- comparing snapshots --------------------------------------------------------------------------------------

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def comparable(snapshot: Snapshot) -> Snapshot:
    """The snapshot without what the forge alone decides: times, who closed it, addresses, ids, and the numbers of new issues."""
    return replace(
        snapshot,
        observed_at=NEVER,
        issue=_issue(snapshot.issue),
        parent=_issue(snapshot.parent) if snapshot.parent else None,
        children=tuple(sorted((_issue(child) for child in snapshot.children), key=lambda i: (i.ref, i.key or ""))),
        comments=tuple(sorted((_comment(c) for c in snapshot.comments), key=lambda c: (c.topic or "", c.id))),
        people=dict(snapshot.people),
    )


def _issue(issue: Issue) -> Issue:
    """An action item of ours is known by its key, so its number may stay out of it."""
    number = 0 if issue.key not in (None, KNOWN_KEY) else issue.ref.number
    return replace(
        issue,
        ref=replace(issue.ref, number=number),
        created_at=None,
        updated_at=None,
        closed_at=None,
        closed_by=None,
        body_edited_at=None,
        label_times={},
        url="",
    )


def _comment(comment: Comment) -> Comment:
    return replace(comment, id=comment.topic or comment.id, created_at=None, updated_at=None)
