"""One post-mortem's whole life on one forge, told step by step, each step followed by looks until nothing is left.

`Life` stands in for people and for the work queue: it looks at every issue until a round changes nothing, and a
look that fails is tried again later, by moving the clock. A worker is what a process holds in memory: a new one
remembers nothing.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from pydantic import SecretStr

from service.bootstrap.looking import Looking
from service.cli.looking import Unrecorded
from service.model import IssueRef, Plan
from service.providers.base import ProviderError, RateLimited
from service.reconciler import Journal, Reconciler, Telling
from service.sandbox import Sandbox
from service.sandbox.replica import rows_of
from service.sandbox.rows import IssueRow
from service.settings import Forge, Route, Settings
from tests.clock import START, Clock
from tests.incident import filled_in, proven, reviewed
from tests.stack import BOT, PROJECTS

PROJECT = PROJECTS[0]
PM, CHILD = 1, 2  # nothing else creates issues here, so their numbers are known
LINES = (
    "- [ ] Page when the connection pool is 80 % full - @bob - 2026-04-01 [detection]",
    "- [ ] Write the runbook for the price service - @eve - 2026-04-15 [mitigation]",
)
GRACE = 6  # seconds; the gate waits five before it reopens
LEASE = 61  # seconds until the queue gives a dead worker's issue to another
BOARD = {"github": "version: 1\nrules:\n  board: {project: 1}\n"}
COLUMNS = ("board::detected", "board::in progress", "board::action items")
ROUNDS = 30
Fact: TypeAlias = Any


@dataclass(frozen=True)
class Checkpoint:
    """The world and the time at one moment."""

    now: datetime
    rows: dict[str, Any]


class Killed(BaseException):
    """The worker dies here. No `except Exception` sees it, as none sees a SIGKILL."""


@dataclass
class Life:
    """`failures` collects what looks raised; `waits` is what providers slept, by moving the clock."""

    sandbox: Sandbox
    forge: str
    clock: Clock
    failures: list[ProviderError] = field(default_factory=list)
    retries: int = 20
    telling: Telling = nullcontext
    routes: tuple[Route, ...] = ()
    journal: Journal = field(default_factory=Unrecorded)

    def __post_init__(self) -> None:
        """An empty world with a board, at the same moment each time, and a new worker."""
        self.clock.now = START
        self.sandbox.reset()
        if self.forge in BOARD:
            self.sandbox.world.put_file(self.forge, PROJECT, ".github/closeout.yml", BOARD[self.forge])
        self.worker = self.new_worker()

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.clock.now, rows_of(self.sandbox.world))

    def restore(self, point: Checkpoint) -> None:
        """The world and the time as they were, with a new worker."""
        self.clock.now = point.now
        vars(self.sandbox.world).update(copy.deepcopy(point.rows))
        self.worker = self.new_worker()

    # --- the worker -------------------------------------------------------------------------------------------

    def new_worker(self) -> Reconciler:
        urls = {"github": self.sandbox.github_url, "gitlab": self.sandbox.gitlab_url}
        forge = Forge(
            name=self.forge,
            kind="gitlab" if self.forge == "gitlab" else "github",
            url=urls[self.forge],
            token=SecretStr(f"token-{BOT}"),
            webhook_secrets=(),
        )
        looking = Looking(Settings(forges=(forge,), routes=self.routes), self.clock, self._wait)
        return looking.reconciler(self.journal, telling=self.telling)

    def _wait(self, seconds: float) -> None:
        self.clock.forward(seconds=seconds)

    def replace_worker(self) -> None:
        """The lease of the dead one ends; another process takes over."""
        self.clock.forward(seconds=LEASE)
        self.worker = self.new_worker()

    def settle(self) -> None:
        """Looks at every issue, oldest first, until a whole round changes nothing."""
        for _ in range(ROUNDS):
            if not sum(len(self.look(number).changes) for number in self._numbers()):
                return
        raise AssertionError("the looks never come to an end")

    def _numbers(self) -> list[int]:
        return sorted(self.sandbox.world.project(self.forge, PROJECT).issues)

    def look(self, number: int) -> Plan:
        """One look, tried again as the queue would: after the time asked for, or a pause that doubles."""
        ref = IssueRef(self.forge, PROJECT, number)
        for attempt in itertools.count():
            try:
                return self.worker.reconcile(ref)
            except ProviderError as error:
                self.failures.append(error)
                if attempt >= self.retries:
                    raise
                self._wait(error.retry_after if isinstance(error, RateLimited) else min(2.0**attempt, 60.0))
        raise AssertionError

    # --- the people -------------------------------------------------------------------------------------------

    def issue(self, number: int) -> IssueRow:
        return self.sandbox.world.issue(self.forge, PROJECT, number)

    def _edit(self, number: int, actor: str, **values: Any) -> None:
        self.sandbox.world.edit_issue(self.forge, PROJECT, number, actor=actor, **values)

    def report(self) -> None:
        self.sandbox.world.create_issue(
            self.forge, PROJECT, actor="alice", title="Checkout down", body="We lost orders.", labels=["post-mortem"]
        )

    def fill_in(self) -> None:
        self._edit(PM, "alice", body=filled_in(self.issue(PM).body, *LINES))

    def ask(self) -> None:
        self.sandbox.world.comment(self.forge, PROJECT, PM, actor="bob", body="/pm help")

    def close_too_soon(self) -> None:
        self._edit(PM, "bob", state="closed")

    def review(self) -> None:
        self._edit(PM, "alice", body=reviewed(self.issue(PM).body))

    def finish_actions(self) -> None:
        for number in (CHILD, CHILD + 1):
            self._edit(number, "bob", body=proven(self.issue(number).body))
            self._edit(number, "bob", state="closed")

    def close(self) -> None:
        self._edit(PM, "alice", state="closed")

    def wait_a_month(self) -> None:
        """The follow-up review is opened, in working hours however long the life before took."""
        self.clock.now = START + timedelta(days=31)

    @property
    def steps(self) -> tuple[Callable[[], None], ...]:
        return (
            self.report,
            self.fill_in,
            self.ask,
            self.close_too_soon,
            self.review,
            self.finish_actions,
            self.close,
            self.wait_a_month,
        )

    def settle_after(self, step: Callable[[], None]) -> None:
        """Everything there is to do now, and after a close once the grace window is over."""
        self.settle()
        if "close" not in step.__name__:
            return
        self.clock.forward(seconds=GRACE)
        self.settle()

    def live(self) -> None:
        """The whole life, undisturbed or with whatever the test has arranged."""
        for step in self.steps:
            step()
            self.settle_after(step)

    # --- the end ----------------------------------------------------------------------------------------------

    def outcome(self) -> Fact:
        """The forge's final state without what differs between two runs that end alike: ids and times."""
        state = self.sandbox.world.snapshot_json()
        projects = [_project(row) for row in state["projects"] if row["forge"] == self.forge]
        boards = [b["cards"] for g in state["groups"] if g["forge"] == self.forge for b in g["boards"]]
        cards = [sorted(cards, key=json.dumps) for cards in boards]
        return {"projects": projects, "cards": cards}


def differences(found: Fact, wanted: Fact, where: str = "") -> list[str]:
    """Where two outcomes differ, a line each."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = dict.fromkeys([*found, *wanted])
        return [line for key in keys for line in differences(found.get(key), wanted.get(key), f"{where}.{key}")]
    if where.endswith((".events.labeled", ".events.unlabeled")) and found is not None and found < (wanted or 0):
        return []  # whoever comes late skips the stations in between
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        pairs = enumerate(zip(found, wanted, strict=True))
        return [line for n, (one, other) in pairs for line in differences(one, other, f"{where}[{n}]")]
    return [] if found == wanted else [f"{where}: {found!r} is not {wanted!r}"]


def _project(row: dict[str, Any]) -> Fact:
    labels = sorted((label["name"], label["color"], label["description"]) for label in row["labels"])
    boards = [sorted(board["cards"], key=json.dumps) for board in row["boards"]]
    return {
        "path": row["path"],
        "labels": labels,
        "boards": boards,
        "issues": [plain_issue(issue) for issue in row["issues"]],
    }


_PLAIN = ("number", "title", "body", "state", "state_reason", "assignees", "due", "parent", "kind", "author")
_PINGS = ("opened", "closed", "reopened", "commented", "assigned", "unassigned", "labeled", "unlabeled")
_TIES = ("child_added", "parent_added", "linked", "card_added", "due_changed")


def plain_issue(row: dict[str, Any]) -> Fact:
    """An issue without ids and times."""
    told = Counter(event["kind"] for event in row["events"] if event["kind"] in _PINGS + _TIES)
    names = {str(comment["id"]): f"comment {n}" for n, comment in enumerate(row["comments"])}
    comments = [
        (c["author"], _anonymous(c["body"], names), sorted(r["content"] for r in c["reactions"]))
        for c in row["comments"]
    ]
    return {
        **{name: row[name] for name in _PLAIN},
        "labels": sorted(row["labels"]),
        "children": sorted(row["children"]),
        "links": sorted(json.dumps(link, sort_keys=True) for link in row["links"]),
        "comments": comments,
        "events": dict(sorted(told.items())),
    }


def _anonymous(body: str, names: dict[str, str]) -> str:
    """A comment without ids and times of the day, which the hidden state holds."""
    timeless = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\s\"]*", "<time>", body)
    return re.sub(r"(?<=topic=reply:)\d+|(?<=\")\d+(?=\")", lambda found: names.get(found[0], found[0]), timeless)
