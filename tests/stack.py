"""The whole of Closeout beside a sandbox, as in production: signed webhooks in, changes out, a real database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from service.bootstrap import Service
from service.policy import FILES
from service.sandbox import Sandbox
from service.sandbox.rows import IssueRow
from service.settings import Forge, Settings
from tests.clock import Clock

FORGES = tuple(FILES)
PROJECTS = ("acme/shop", "acme/ops")
BOT = "closeout-bot"
SECRET = "a secret for tests alone"
ROUNDS = 50  # of webhook, look, write, webhook …; a bot that answers itself would never be quiet


@dataclass(frozen=True)
class Stack:
    """`settle()` after whatever people did; then look at the sandbox."""

    sandbox: Sandbox
    service: Service
    clock: Clock

    def settle(self, *, horizon: float = 0.0) -> None:
        """Until every webhook is answered and nothing is left to look at, or due within `horizon` seconds."""
        for _ in range(ROUNDS):
            made = len(self.sandbox.log)
            self.sandbox.settle()
            self.service.settle(horizon=horizon)
            self.sandbox.settle()
            if len(self.sandbox.log) == made:
                return
        raise AssertionError("Closeout and the forge still answer each other")

    def writes(self) -> list[str]:
        """What Closeout did so far: its writing REST requests, effect or not, and all that happened by its hand."""
        asked = [
            f"{record.method} {record.path}"
            for record in self.sandbox.log
            if record.actor == BOT and record.method != "GET" and not record.path.endswith("/graphql")
        ]
        done = [
            f"{event.kind} {event.path}#{event.number}" for event in self.sandbox.world.events if event.actor == BOT
        ]
        return asked + done

    def issue(self, forge: str, number: int, project: str = PROJECTS[0]) -> IssueRow:
        return self.sandbox.world.issue(forge, project, number)

    def said(self, forge: str, number: int, project: str = PROJECTS[0]) -> list[str]:
        """The bot's comments on an issue."""
        return [row.body for row in self.issue(forge, number, project).comments if row.author == BOT]


@contextmanager
def running(sandbox: Sandbox, clock: Clock, folder: Path, *, hooked: bool = True, **settings: Any) -> Iterator[Stack]:
    """The service, and `hooked` to every project of both forges. `settings` replace those of `Settings`."""
    with Service(settings_for(sandbox, folder, **settings), clock=clock, sleep=_forward(clock)) as service:
        service.start()
        for forge in FORGES if hooked else ():
            for project in PROJECTS:
                sandbox.world.add_hook(forge, project, url=f"{service.url}/webhooks/{forge}", secret=SECRET)
        yield Stack(sandbox, service, clock)


def settings_for(sandbox: Sandbox, folder: Path, **settings: Any) -> Settings:
    """Our account on both forges, and a database of its own. `settings` replace those of `Settings`."""
    own = {"database_url": SecretStr(f"sqlite:///{folder / 'closeout.sqlite3'}")}
    return settings_at(sandbox.url, **(own | settings))


def settings_at(sandbox_url: str, **settings: Any) -> Settings:
    """Our account on both forges of the sandbox that serves there."""
    values: dict[str, Any] = {
        "forges": tuple(
            Forge(
                name=forge,
                kind="gitlab" if forge == "gitlab" else "github",
                url=f"{sandbox_url}/{forge}",
                token=SecretStr(f"token-{BOT}"),
                webhook_secrets=(SecretStr(SECRET),),
            )
            for forge in FORGES
        ),
        "debounce": 0.0,
        "workers": 2,
    }
    return Settings(**(values | settings))


def _forward(clock: Clock) -> Any:
    """Waiting moves the clock instead of the test."""
    return lambda seconds: clock.forward(seconds=seconds)
