"""The issues of a project that Closeout is about, found by their labels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from service.model import Issue
from service.providers.base import Provider
from service.vocabulary import LabelNames

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def labelled(provider: Provider, project: str, names: LabelNames, since: datetime | None = None) -> tuple[Issue, ...]:
    """Post-mortems and action items that changed at or after `since`, oldest first. One listing for each label."""
    found = {
        issue.ref: issue for name in _wanted(names) for issue in provider.list(project, labels=(name,), since=since)
    }
    return tuple(sorted(found.values(), key=lambda issue: (issue.created_at or _LONG_AGO, issue.ref)))


def _wanted(names: LabelNames) -> Iterator[str]:
    yield from dict.fromkeys((*names.trigger, names.post_mortem, names.action_item))
