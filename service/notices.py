"""What is worth telling outside the tracker, as values: derived from a snapshot, and where the rules led from it. Pure.

Each has a key made of the issue, the kind and the moment it is about: whoever tells it notices what was told before.
A plan that was cut short yields its notices again. Some hang on the status comment, which is written last; refused
closes and reminders are also read from our own fresh comments, and reminders by message from what is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from service.case import Case
from service.gate import REFUSED
from service.hidden import STATUS
from service.ladder import NUDGE, Step
from service.ladder import told as whom
from service.model import EnsureComment, Notice, NoticeKind, Plan, Reopen, Snapshot, SyncState
from service.policy import Policy
from service.routing import takes

_NEWS = timedelta(days=7)  # a close that is noticed later is history
_FRESH = timedelta(days=1)  # a comment of ours after which nobody has to be told any more
_LESSONS = 12  # lines that are passed on
_MISSING = 8


class _Event(NamedTuple):
    kind: NoticeKind
    moment: str = ""
    points: tuple[str, ...] = ()
    told: tuple[str, ...] = ()  # whom a step of the ladder names
    due: date | None = None
    routes: tuple[str, ...] | None = None  # that a step of the ladder names
    by_decision: bool = False


def told(before: Snapshot, after: Case, plan: Plan, policy: Policy) -> tuple[Notice, ...]:
    """What this plan is worth telling; nothing of a paused issue, or of one that was history when it was labelled."""
    if after.state.paused or after.closed_before_adoption:
        return ()
    events = [*_refused(before, plan)]
    if after.kind == "post-mortem":
        events += _post_mortem(before, after, plan)
    else:
        events += _reminders(before, after, plan, policy)
    return tuple(_notice(event, before, after, policy) for event in events)


def _notice(event: _Event, before: Snapshot, case: Case, policy: Policy) -> Notice:
    issue, parent = before.issue, before.parent
    owners = case.owners or ((issue.author,) if case.kind == "post-mortem" else ())
    return Notice(
        kind=event.kind,
        key=" ".join(filter(None, (str(issue.ref), event.kind, event.moment))),
        ref=issue.ref,
        title=issue.title,
        url=issue.url,
        severity=case.severity,
        owners=owners,
        teams=tuple(dict.fromkeys((*policy.teams.of(owners), *(name for name in event.told if "/" in name)))),
        told=event.told,
        confidential=policy.keeps(issue, parent),
        due=event.due or (case.deadline if case.kind == "action-item" else None),
        points=event.points,
        by_decision=event.by_decision,
        routes=event.routes if event.routes is not None else getattr(policy.notify, event.kind),
    )


def _refused(before: Snapshot, plan: Plan) -> Iterator[_Event]:
    if Reopen(before.issue.ref) in plan.changes:
        times = [_stamp(before.issue.closed_at or before.observed_at)]
    else:
        times = _fresh(before, REFUSED) if before.issue.state == "open" else []
    missing = tuple(f"{f.where}: {f.message}" if f.where else f.message for f in plan.blockers)
    yield from (_Event("refused", at, missing[:_MISSING]) for at in times)


def _fresh(before: Snapshot, prefix: str) -> list[str]:
    """The rest of the topic of each comment of ours that has this prefix and is not old."""
    since = before.observed_at - _FRESH
    ours = ((c.topic or "", c.created_at) for c in before.comments)
    return [topic.removeprefix(prefix) for topic, at in ours if topic.startswith(prefix) and at and at > since]


def _post_mortem(before: Snapshot, after: Case, plan: Plan) -> Iterator[_Event]:
    if after.issue.state == "closed":
        yield from _completed(before, after, plan)
        return
    if before.issue.state == "open":
        if before.comment(STATUS) is None and _remembers(plan):
            yield _Event("opened")
        if (
            not _is_ready(before.state)
            and _is_ready(after.state)
            and (after.state.review or not after.missing_sections)
        ):
            yield _Event("review")


def _is_ready(state: SyncState) -> bool:
    """Whether it was noticed that the text is written, or somebody said so."""
    return state.review or state.column not in {None, "draft"}


def _completed(before: Snapshot, after: Case, plan: Plan) -> Iterator[_Event]:
    closed_at = before.issue.closed_at
    is_news = closed_at is not None and before.observed_at - closed_at <= _NEWS
    by_decision = any(f.rule == "closure" and f.level == "skipped" for f in plan.findings)
    is_done = not after.given_up(after.issue) and (by_decision or not plan.blockers)
    if closed_at is not None and is_news and is_done and _remembers(plan):
        yield _Event("completed", _stamp(closed_at), lessons(after), by_decision=by_decision)


def lessons(case: Case) -> tuple[str, ...]:
    """What a post-mortem teaches, line by line, in the words that stand there."""
    section = case.document.section("lessons")
    if section is None or not section.filled:
        return ()
    lines = (line.strip().lstrip("-*+•").strip() for line in section.text.splitlines())
    return tuple(line for line in lines if line)[:_LESSONS]


def _reminders(before: Snapshot, after: Case, plan: Plan, policy: Policy) -> Iterator[_Event]:
    """The steps of the ladder that are said or told now, or were of late."""
    topics = (c.topic for c in plan.changes if isinstance(c, EnsureComment) and before.comment(c.topic) is None)
    said = [topic.removeprefix(NUDGE) for topic in topics if topic.startswith(NUDGE)]
    by_message = [told.step for told in after.state.told if before.observed_at - told.at < _FRESH]
    for rung in dict.fromkeys((*said, *by_message, *_fresh(before, NUDGE))):
        event = _reminder(after, rung, policy)
        if event is not None:
            yield event


def _reminder(case: Case, rung: str, policy: Policy) -> _Event | None:
    """A step such as `2026-03-16:+7d`. None where the policy knows no such step, or it stays on the item."""
    deadline, _, name = rung.rpartition(":")
    steps: tuple[Step, ...] = getattr(policy.options("escalation"), "steps", ())
    step = next((step for step in steps if step.name == name and step.leaves), None)
    due = _day(deadline)
    if step is None or due is None:
        return None
    kind: NoticeKind = "overdue" if step.offset > 0 else "due"
    return _Event(kind, f"{deadline} {name}", told=whom(case, step), due=due, routes=step.routes or None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:  # a hidden block that somebody edited
        return None


def heard(before: Snapshot, case: Case, rung: str, policy: Policy) -> bool:
    """Whether a route of the installation would take the message of this step."""
    event = _reminder(case, rung, policy)
    notice = None if event is None else _notice(event, before, case, policy)
    return notice is not None and any(takes(outlet, notice) for outlet in policy.reach.outlets)


def _remembers(plan: Plan) -> bool:
    return any(isinstance(change, EnsureComment) and change.topic == STATUS for change in plan.changes)


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
