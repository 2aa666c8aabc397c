"""Small builders with defaults, so that a test names only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from service.hidden import state_of, topic_of
from service.model import (
    Appointment,
    Capabilities,
    Comment,
    Issue,
    IssueRef,
    Marker,
    Permission,
    Plan,
    Snapshot,
    SyncState,
    apply_all,
    resolve,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOME = IssueRef("github", "acme/shop", 12)
BOT = "closeout-bot"
GITHUB = Capabilities(sub_issues=True)
GITLAB = Capabilities(
    native_due=True, closed_is_a_column=True, close_reasons=False, max_assignees=1, max_body=1_000_000
)
PEOPLE: Mapping[str, bool] = {"alice": True, "bob": True, "eve": True, "mallory": False}

WRITTEN = """\
## Summary

**Date:** 2026-03-01
**Duration:** 2h 15m
**Severity:** high
**Category:** code
**Impact:** 1,200 customers could not pay for 40 minutes; no data was lost

The checkout returned errors after the deployment of the new price service.

## Impact

1,200 customers could not pay.

## Timeline

| Time (UTC) | What happened |
|---|---|
| 14:03 | Checkout returned errors |
| 14:43 | The old version was back |

## Root cause

The price service opened a connection for each request and ran out of them.

## Contributing factors

The load test used a tenth of the real traffic.

## What went well

The rollback took four minutes.

## What went wrong

The alert fired eleven minutes late.

## Where we got lucky

It was a quiet Sunday.

## Lessons learned

Connection limits belong in the load test.

## Ongoing problems

None known.

## Action items

- [ ] Page when the connection pool is 80 % full - @bob - 2026-04-01 [detection]

## Links

- [Trace of a failed checkout](https://traces.example/1)

## Final review

- [x] Somebody who was not there has read it
"""


def issue(body: str = "", *, labels: tuple[str, ...] = ("post-mortem",), **more: Any) -> Issue:
    values: dict[str, Any] = {
        "ref": HOME,
        "title": "Checkout outage",
        "author": "alice",
        "created_at": datetime(2026, 3, 1, 18, 0, tzinfo=UTC),
        "url": "https://forge.example/acme/shop/issues/12",
    }
    return Issue(body=body, labels=frozenset(labels), **{**values, **more})


def closed(seen: Snapshot, *, at: datetime, by: str = "alice", **more: Any) -> Snapshot:
    shut = replace(seen.issue, state="closed", closed_at=at, closed_by=by, **more)
    return replace(seen, issue=shut)


def snapshot(body: str = "", *, labels: tuple[str, ...] = ("post-mortem",), **more: Any) -> Snapshot:
    about = {name: more.pop(name) for name in tuple(more) if name in Issue.__dataclass_fields__ and name != "state"}
    values: dict[str, Any] = {"observed_at": NOW, "viewer": BOT, "people": PEOPLE, "capabilities": GITHUB}
    return Snapshot(issue=issue(body, labels=labels, **about), **{**values, **more})


def child(number: int, title: str, *, key: str = "k", body: str = "", **more: Any) -> Issue:
    ref = IssueRef(HOME.forge, HOME.project, number)
    text = f"{Marker(HOME, key)}\n{body}"
    values: dict[str, Any] = {"author": BOT, "labels": frozenset({"type-action-item"}), "linked": True}
    return Issue(ref=ref, title=title, body=text, **{**values, **more})


def said(
    text: str, *, author: str = "alice", number: str = "1", permission: Permission | None = Permission.ADMIN
) -> Comment:
    return Comment(id=number, author=author, body=text, created_at=NOW, permission=permission)


def carried_out(seen: Snapshot, plan: Plan, *, above: int = 0) -> Snapshot:
    """What a forge shows after the plan: planned issues have numbers, comments have ids, texts name them.

    New numbers are greater than `above`: a text may name issues that are not there, and a forge gives no number twice.
    """
    first = 1 + max([above, seen.issue.ref.number, *(c.ref.number for c in seen.children)])
    simulated = apply_all(seen, plan.changes)
    planned = [c for c in simulated.children if c.ref.number < 0]
    created = {str(c.key): replace(c.ref, number=first + index) for index, c in enumerate(planned)}
    after = apply_all(seen, [resolve(change, created) for change in plan.changes])
    numbered = tuple(replace(c, ref=created[str(c.key)]) if c.ref.number < 0 else c for c in after.children)
    comments = tuple(replace(c, topic=topic_of(c.body) if c.author == BOT else None) for c in after.comments)
    status = next((c for c in comments if c.topic == "status"), None)
    state = state_of(status.body) if status else SyncState()
    return replace(after, children=numbered, comments=comments, state=state)


def appointment(**more: Any) -> Appointment:
    """A meeting of two days later, at an hour of its own."""
    values: dict[str, Any] = {
        "id": "a0" * 16,
        "kind": "meeting",
        "begins": datetime(2026, 3, 4, 14, tzinfo=UTC),
        "minutes": 60,
        "summary": "Post-mortem meeting: acme/shop#12",
        "text": "Called by alice.",
        "url": "https://forge.example/acme/shop/issues/12",
        "changed_at": NOW,
    }
    return Appointment(**(values | more))


def day(text: str) -> date:
    return date.fromisoformat(text)
