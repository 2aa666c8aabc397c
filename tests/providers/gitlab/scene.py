"""The sandbox's GitLab with a post-mortem on it, and the few things its tests keep saying."""

from __future__ import annotations

from typing import Any

from service.hidden import state_block, topic_marker
from service.model import (
    CreateActionItem,
    EnsureComment,
    Marker,
    SyncState,
)
from service.providers.gitlab.client import GitLab
from tests.providers.stage import PROJECT, Stage

HERE = ("gitlab", PROJECT)
MARKED = "From the post-mortem.\n\n{}\n"


def build(stage: Stage, login: str, url: str = "") -> GitLab:
    root = url or stage.sandbox.gitlab_url
    return GitLab(token=f"token-{login}", clock=stage.clock, sleep=stage.sleep, url=root)


def asked(stage: Stage, since: int = 0) -> list[str]:
    """Method and path of what the sandbox was asked, without queries."""
    records = stage.sandbox.log[since:]
    return [f"{r.method} {r.path.partition('?')[0].rpartition('/projects/')[2]}" for r in records]


def create(stage: Stage, **values: Any) -> CreateActionItem:
    fields: dict[str, Any] = {"ref": stage.pm, "key": "abc1", "project": PROJECT, "title": "Limit the pool"}
    fields |= values
    fields.setdefault("body", MARKED.format(Marker(stage.pm, fields["key"])))
    return CreateActionItem(**fields)


def status(stage: Stage, state: SyncState | None = None, text: str = "All is well.") -> EnsureComment:
    state = state or SyncState(template="full_incident")
    return EnsureComment(stage.pm, "status", f"{topic_marker('status')}\n\n{text}\n\n{state_block(state)}\n", state)


def row(stage: Stage, number: int = 1, project: str = PROJECT) -> Any:
    return stage.sandbox.world.issue("gitlab", project, number)
