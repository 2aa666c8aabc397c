"""What is there: each part observed by itself, so that one that may not be seen hides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from service.providers.base import Forbidden, NotFound, Rejected
from service.providers.setup import Board, ProjectLabel, ProjectSetup, Request, Webhook
from service.setup.files import BRANCH
from service.setup.wanted import Wanted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unseen:
    """A part that our account may not see; `why` names the permission."""

    why: str


@dataclass(frozen=True, slots=True)
class Files:
    """The texts on the default branch by path (None: not there), and what is proposed already."""

    texts: Mapping[str, str | None]
    request: Request | None = None
    proposed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was not asked for is not looked at, and empty."""

    labels: tuple[ProjectLabel, ...] | Unseen = ()
    webhooks: tuple[Webhook, ...] | Unseen = ()
    boards: tuple[Board, ...] | Unseen = ()
    files: Files | Unseen = Files({})
    used_labels: frozenset[str] = frozenset()


def observe(setup: ProjectSetup, project: str, wanted: Wanted) -> Seen:
    """For setting up. Raises the `ProviderError` family where the forge gives no answer."""
    return Seen(
        labels=_part(lambda: setup.labels(project)),
        webhooks=_part(lambda: setup.webhooks(project)) if wanted.choice.webhook else (),
        boards=_part(lambda: setup.boards(project)) if wanted.choice.board else (),
        files=_part(lambda: _files(setup, project, wanted)),
    )


def observe_all(setup: ProjectSetup, project: str, wanted: Wanted) -> Seen:
    """For undoing it: boards as well, and which of our labels are on an issue."""
    labels = _part(lambda: setup.labels(project))
    there = {} if isinstance(labels, Unseen) else {each.label.name.casefold(): each.label.name for each in labels}
    ours = tuple(there[name] for name in (label.name.casefold() for label in wanted.labels) if name in there)
    used = _part(lambda: setup.used_labels(project, ours))
    return Seen(
        labels=labels,
        webhooks=_part(lambda: setup.webhooks(project)) if wanted.choice.webhook else (),
        boards=_part(lambda: setup.boards(project)),
        files=_part(lambda: _files(setup, project, wanted)),
        used_labels=frozenset(ours) if isinstance(used, Unseen) else used,
    )


def _part(look: Callable[[], T]) -> T | Unseen:
    try:
        return look()
    except (Forbidden, NotFound, Rejected) as refused:
        return Unseen(str(refused))


def _files(setup: ProjectSetup, project: str, wanted: Wanted) -> Files:
    texts = {path: setup.file_text(project, path) for path in wanted.paths}
    missing = [path for path, text in texts.items() if text is None]
    if not missing:
        return Files(texts)
    request = setup.request(project, BRANCH)
    if request is None or request.state == "merged":
        return Files(texts, request)
    if request.state == "closed":  # a team's no, until it takes the branch away
        return Files(texts, request if setup.has_branch(project, BRANCH) else None)
    proposed = frozenset(path for path in missing if setup.file_text(project, path, BRANCH) is not None)
    return Files(texts, request, proposed)
