"""Many incidents on both forges, whose webhooks go astray, whose workers are killed and whose database goes away.

Two acts: people report, talk and ask; then they close what is not done. After each a resync comes. People edit no
text here: an edit between a read and a write of the same text is a matter of its own, see `test_editors`.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import SecretStr

from service.bootstrap import Service
from service.bootstrap.looking import Looking
from service.cli.looking import Unrecorded
from service.model import IssueRef
from service.sandbox import Sandbox
from service.sandbox.rows import Project
from tests.clock import START, Clock
from tests.proofs.crew import Crew
from tests.proofs.foreman import Order
from tests.proofs.life import Fact, plain_issue
from tests.proofs.post import Post
from tests.stack import BOT, FORGES, PROJECTS, SECRET, settings_at

PROJECT = PROJECTS[0]
TICK = 600  # seconds; longer than the grace before a close is judged
LEASE = 3.0  # seconds
WORKERS = 2  # processes
ROUNDS = 50  # rounds of webhook, look, write, webhook …


class Running(Clock):
    """A clock that goes on by itself."""

    def __init__(self) -> None:
        super().__init__(START)
        self.since = time.time()

    def __call__(self) -> datetime:
        return self.now + timedelta(seconds=time.time() - self.since)


@dataclass
class Chaos:
    """`restart` takes the database away and brings it back; it is told what to do meanwhile."""

    sandbox: Sandbox
    clock: Running
    crew: Crew
    url: str  # the database's
    chance: random.Random
    issues: int  # on both forges together
    kills: int = 0
    restarts: int = 0
    say: Callable[[str], None] = lambda _line: None
    workers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.post = Post(self.chance)
        self._open = ExitStack()
        self._open.callback(self.post.stop)
        for forge in FORGES:
            self.sandbox.world.add_hook(forge, PROJECT, url=f"{self.post.url}/webhooks/{forge}", secret=SECRET)
        self.open()
        self.service.schedule.run_due()  # the jobs count from here
        self._tick()  # and the resync reads on from here

    # --- the service ------------------------------------------------------------------------------------------

    def open(self) -> None:
        """The receiver; those who look are processes of their own."""
        projects = tuple(f"{forge}:{PROJECT}" for forge in FORGES)
        settings = settings_at(
            self.sandbox.url, database_url=SecretStr(self.url), workers=0, projects=projects, redelivery=""
        )
        self.service = Service(settings, clock=self.clock)
        self.service.start()

    def close(self) -> None:
        self.dismiss()
        self.service.stop()
        self._open.close()

    def hire(self) -> None:
        order = Order(
            self.sandbox.url,
            self.url,
            self.clock.now.timestamp(),
            flows=self.clock.since,
            lease=LEASE,
            threads=2,
            drains=False,
        )
        while len(self.workers) < WORKERS:
            self.workers.append(self.crew.start(order))

    def kill(self, pid: int) -> None:
        """By kill -9, wherever it is."""
        os.kill(pid, signal.SIGKILL)
        self.crew.ended(pid)
        self.workers.remove(pid)
        self.kills += 1

    def dismiss(self) -> None:
        for pid in tuple(self.workers):
            self.kill(pid)

    def _tick(self) -> None:
        """The next resync. Every worker is a new one after it: those of before have another time."""
        self.dismiss()
        self.clock.forward(seconds=TICK)
        self.service.schedule.run_due()
        self.hire()

    def settle(self) -> None:
        """Until every letter is passed on and nothing is left to look at."""
        for _ in range(ROUNDS):
            made = len(self.sandbox.log)
            self.sandbox.settle(60)
            self.post.pass_on(lambda: self.service.url, everything=True)
            self.service.settle(timeout=1800)
            self.sandbox.settle(60)
            if len(self.sandbox.log) == made:
                return
        raise AssertionError("Closeout and the forges still answer each other")

    # --- the two acts -----------------------------------------------------------------------------------------

    def play(self, restart: Callable[[Chaos], None]) -> None:
        for name, act in (("reports", self._reports()), ("closes", self._closes())):
            steps = list(act)
            for number, step in enumerate(steps):
                step()
                self.post.pass_on(lambda: self.service.url)
                if number % max(len(steps) // 3, 1) == 1:
                    self.kill(self.chance.choice(self.workers))
                    self.hire()
                if number == len(steps) // 2:
                    restart(self)
                    self.restarts += 1
                    self.hire()
                if number % 250 == 249:
                    self.say(f"{name}: {number + 1} of {len(steps)} steps, {self.post.told['came in']} webhooks")
            self.settle()
            self._tick()
            self.settle()
            self.say(f"{name}: settled after the resync, {self.post.told['came in']} webhooks")

    def _reports(self) -> Iterator[Callable[[], None]]:
        lists = [people.reports() for people in crowd(self.sandbox, self.issues)]
        first = [steps.pop(0) for steps in lists]

        def all_at_once() -> None:
            """Before the first action item takes a number."""
            for report in first:
                report()

        yield all_at_once
        yield from self._shuffled(lists)

    def _closes(self) -> Iterator[Callable[[], None]]:
        yield from self._shuffled([people.closes() for people in crowd(self.sandbox, self.issues)])

    def _shuffled(self, lists: list[list[Callable[[], None]]]) -> Iterator[Callable[[], None]]:
        """A step of each in turn by chance; each one's in its order."""
        while left := [steps for steps in lists if steps]:
            yield self.chance.choice(left).pop(0)

    def unaccounted(self) -> list[str]:
        """Deliveries that were accepted and are not in the inbox as processed."""
        kept = {(one.forge, one.id): one.state for one in self.service.inbox.latest(1_000_000)}
        return [f"{one}: {kept.get(one, 'gone')}" for one in sorted(self.post.accepted) if kept.get(one) != "processed"]


@dataclass(frozen=True)
class People:
    """Those around one incident; nothing that they do depends on how quick Closeout is."""

    sandbox: Sandbox
    forge: str
    number: int  # of the post-mortem: they are reported before anything else

    def reports(self) -> list[Callable[[], None]]:
        return [
            self._report,
            self._says("It was the pool."),
            self._says("/pm help"),
            self._says("Again."),
            self._retitle,
        ]

    def closes(self) -> list[Callable[[], None]]:
        """What is not done: the post-mortem, and its first action item."""
        first = f"Page on depth {self.number}"
        [made] = [row.number for row in self._project.issues.values() if row.title == first and row.author == BOT]
        return [self._closes_issue(self.number), self._closes_issue(made)]

    @property
    def _project(self) -> Project:
        return self.sandbox.world.project(self.forge, PROJECT)

    def _report(self) -> None:
        lines = (f"- [ ] Page on depth {self.number} - @bob - 2026-04-01", f"- [ ] Cap the pool {self.number} - @eve")
        body = "We lost orders.\n\n## Action items\n\n" + "\n".join(lines) + "\n"
        made = self.sandbox.world.create_issue(
            self.forge, PROJECT, actor="alice", title=f"Down {self.number}", body=body, labels=["post-mortem"]
        )
        assert made.number == self.number

    def _says(self, text: str) -> Callable[[], None]:
        return lambda: self._say(text)

    def _say(self, text: str) -> None:
        self.sandbox.world.comment(self.forge, PROJECT, self.number, actor="bob", body=text)

    def _retitle(self) -> None:
        self.sandbox.world.edit_issue(
            self.forge, PROJECT, self.number, actor="alice", title=f"Checkout down {self.number}"
        )

    def _closes_issue(self, number: int) -> Callable[[], None]:
        return lambda: self._close(number)

    def _close(self, number: int) -> None:
        self.sandbox.world.edit_issue(self.forge, PROJECT, number, actor="alice", state="closed")


def crowd(sandbox: Sandbox, issues: int) -> list[People]:
    """Those around so many incidents, on each forge in turn."""
    return [People(sandbox, FORGES[n % len(FORGES)], n // len(FORGES) + 1) for n in range(issues)]


def quiet(sandbox: Sandbox, clock: Clock, issues: int) -> None:
    """Both acts undisturbed: no queue, no process and no database, just looks until there is nothing to do."""
    reconciler = Looking(settings_at(sandbox.url), clock, lambda _: None).reconciler(Unrecorded())
    for steps in (People.reports, People.closes):
        for people in crowd(sandbox, issues):
            for step in steps(people):
                step()
        clock.forward(seconds=TICK)
        for forge in FORGES:
            there = sandbox.world.project(forge, PROJECT).issues
            while sum(len(reconciler.reconcile(IssueRef(forge, PROJECT, n)).changes) for n in sorted(there)):
                """Another round."""


# A post-mortem's title as it was when it was copied into an action item: before or after somebody renamed it.
_COPIED = re.compile(r"“(?:Down|Checkout down) \d+”")


def outcome(sandbox: Sandbox, forge: str) -> Fact:
    """The project in the end, each issue under its title: which number an action item got is a matter of order."""
    rows = next(
        project["issues"]
        for project in sandbox.world.snapshot_json()["projects"]
        if (project["forge"], project["path"]) == (forge, PROJECT)
    )
    names = {str(row["number"]): row["title"] for row in rows}
    told = ("opened", "closed", "reopened", "commented")
    found = []
    for row in rows:
        fact = plain_issue(row)
        fact["number"] = 0
        fact["events"] = {kind: fact["events"].get(kind) for kind in told}
        fact["comments"] = sorted(fact["comments"], key=str)
        text = re.sub(r"#(\d+)", lambda seen: f"#<{names.get(seen[1], seen[1])}>", json.dumps(fact, ensure_ascii=False))
        text = _COPIED.sub("“…”", text)
        found.append(json.loads(re.sub(r"topic=reply:(comment )?\d+|comment \d+", "<comment>", text)))
    return {json.dumps([row["title"], n]): row for n, row in enumerate(sorted(found, key=str))}
