"""What no delivery told of: issues that changed since the last look at their project are nudged.

The watermark is the forge's own `updated_at`, so it does not matter what our clock says. A stretch before it is read
again each time, for what becomes visible late and for what changes while a long list is read; what was seen there is
remembered, so that it is nudged once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial

import structlog

from service.model import Issue, IssueRef
from service.providers.base import Provider
from service.store.watermarks import Watermark, Watermarks
from service.vocabulary import Vocabulary
from service.work.jobs import Turn
from service.work.queue import Queue
from service.work.rounds import Project, visit

_log = structlog.get_logger()
OVERLAP = timedelta(hours=1)  # longer than replicas lag behind, and than it takes to read a project
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 100  # nudges in one transaction


@dataclass(frozen=True)
class Resync:
    """For one thread, like the providers it holds. `vocabulary`: the words in force in a project."""

    providers: Mapping[str, Provider]
    vocabulary: Callable[[Provider, str], Vocabulary]
    queue: Queue
    watermarks: Watermarks

    def run(self, turn: Turn, projects: Iterable[Project]) -> None:
        """Every project, those first that were left out longest. Raises `RateLimited` and `StoreUnavailable`."""
        ages = self.watermarks.ages()
        once = {_name(*one): one for one in projects}  # however they are spelt
        waiting = sorted(once.values(), key=lambda one: (ages.get(_name(*one), 0.0), one))
        visit(turn, waiting, partial(self._read, turn), failed="resync_failed")

    def _read(self, turn: Turn, forge: str, project: str) -> None:
        """Nudges what changed since. Interrupted half-way, all of it is read again."""
        provider, name = self.providers[forge], _name(forge, project)
        mark = self.watermarks.find(name)
        if mark is None:  # from here on: what was there before is not adopted by surprise
            self.watermarks.keep(name, Watermark(provider.last_change(project) or _BEGINNING))
            return
        passage = _Passage(mark)
        words = cache(partial(self.vocabulary, provider, project))  # asked for where there is something to judge
        listed = provider.list(project, since=max(mark.at - OVERLAP, _BEGINNING))
        found = [_spelt_as_there(one) for one in listed if passage.is_new(one) and words().kind_of(one) is not None]
        for start in range(0, len(found), _AT_ONCE):
            turn.go_on()
            self.queue.changed(found[start : start + _AT_ONCE])
        self.watermarks.keep(name, passage.mark)
        _log.info("project_resynced", project=f"{forge}:{project}", nudged=len(found))


class _Passage:
    """What is seen on the way from one watermark to the next."""

    def __init__(self, last: Watermark) -> None:
        self._last, self._newest = last, last.at
        self._seen: dict[str, float] = {}

    def is_new(self, issue: Issue) -> bool:
        """Whether it changed since it was seen last."""
        if issue.updated_at is None:
            return True
        number, at = str(issue.ref.number), issue.updated_at.timestamp()
        self._newest, self._seen[number] = max(self._newest, issue.updated_at), at
        return self._last.seen.get(number) != at

    @property
    def mark(self) -> Watermark:
        start = (self._newest - OVERLAP).timestamp()
        return Watermark(self._newest, {number: at for number, at in self._seen.items() if at >= start})


def _name(forge: str, project: str) -> str:
    return f"resync {forge}:{project.lower()}"


def _spelt_as_there(issue: Issue) -> IssueRef:
    """Its ref with the project's path in the forge's own letters, as deliveries have it; settings may differ."""
    path = re.search(re.escape(issue.ref.project), issue.url, re.IGNORECASE)
    return replace(issue.ref, project=path.group()) if path else issue.ref
