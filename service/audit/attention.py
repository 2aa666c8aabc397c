"""Which issues want a look now, as far as a listing shows: the rules are asked, and nothing is decided twice.

A listing shows no comments, so it cannot tell whether a reminder was given already. That the issue was looked at since,
or has not changed since, can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from service.case import Case
from service.ladder import Rung, standing
from service.model import AddLabels, IssueRef, RemoveLabels
from service.policy import Policy
from service.reviews import latest, of_close
from service.rules.escalation import EscalationOptions
from service.rules.follow_up import FollowUpOptions
from service.rules.overdue import RULE as OVERDUE

LABEL = "overdue label"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Attention:
    """An issue that wants a look, and why. `since` is when the last of it came due; a look after that and after
    `changed_at` has seen everything.
    """

    ref: IssueRef
    why: tuple[str, ...]
    since: datetime
    changed_at: datetime
    due: date
    opens: str = ""  # the key of the follow-up review that a closed post-mortem may lack

    @property
    def is_news(self) -> bool:
        """Certainly not looked at since: the label would be right, or the reminder would have changed the issue. A look
        back at a closed post-mortem often changes nothing.
        """
        return LABEL in self.why or (self.changed_at < self.since and not self.opens)

    @property
    def reminds(self) -> bool:
        return self.why != (LABEL,)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one run looks at, in this order, and what has to wait for another."""

    now: tuple[Attention, ...] = ()
    later: tuple[Attention, ...] = ()


def step(case: Case, policy: Policy) -> Rung | None:
    """The last step of the ladder that has come. Who sleeps is not in a listing."""
    options = policy.options("escalation")
    if not (isinstance(options, EscalationOptions) and options.enabled):
        return None
    return standing(case, options.steps, options.planned).rung


def attention(case: Case, policy: Policy, rung: Rung | None) -> Attention | None:
    """None where no rule can have anything to do."""
    if case.is_paused(case.issue):
        return None
    changed = case.issue.updated_at or _LONG_AGO
    reminder = rung if rung is not None and rung.step.how != "digest" else None
    wrong_label = _is_out_of_step(case, policy)
    if reminder is None and not wrong_label:
        return None
    why = ((f"step {reminder.step.name}",) if reminder else ()) + ((LABEL,) if wrong_label else ())
    moments = [reminder.at if reminder else None, _passed(case) if wrong_label else None]
    since = max((at for at in moments if at is not None), default=changed)
    return Attention(case.issue.ref, why, since, changed, case.deadline or date.max)


def review_attention(case: Case, policy: Policy) -> Attention | None:
    """A closed post-mortem whose follow-up review has come. Whether it was opened, other rows say, or the look."""
    options = policy.options("follow-up")
    if not (isinstance(options, FollowUpOptions) and options.enabled) or case.is_paused(case.issue):
        return None
    review = latest(case, of_close(case, options.days_of(case.severity)))
    if review is None:
        return None
    changed, due = case.issue.updated_at or _LONG_AGO, case.calendar.day(review.at)
    return Attention(case.issue.ref, (f"review after {review.days} days",), review.at, changed, due, opens=review.key)


def at_rest(wanted: Attention | None) -> Attention | None:
    """What is left to do while the post-mortem is paused: nobody is reminded, and the label is still kept right."""
    return replace(wanted, why=(LABEL,)) if wanted is not None and LABEL in wanted.why else None


def _passed(case: Case) -> datetime | None:
    """When its deadline passed. A label that is wrong without that was made so by somebody's change."""
    if case.deadline is None or not case.is_overdue:
        return None
    return case.calendar.begins(case.calendar.shifted(case.deadline, 1))


def _is_out_of_step(case: Case, policy: Policy) -> bool:
    options = policy.options(OVERDUE.id)
    verdicts = OVERDUE.check(case, options) if options.enabled else ()
    return any(isinstance(verdict, AddLabels | RemoveLabels) for verdict in verdicts)


def chosen(wanted: Iterable[Attention], looked_at: Mapping[IssueRef, datetime], most: int) -> Chosen:
    """At most so many that may remind somebody, the longest overdue first. `looked_at` says of some issues when that
    last was.

    What is certainly news goes first: without a memory of looks the first `most` would be looked at again in every
    run, and the others in none.
    """
    fresh = sorted(_unseen(wanted, looked_at), key=lambda one: (not one.is_news, one.due, one.ref))
    reminding = [one for one in fresh if one.reminds]
    later = frozenset(one.ref for one in reminding[most:])
    return Chosen(tuple(one for one in fresh if one.ref not in later), tuple(one for one in fresh if one.ref in later))


def _unseen(wanted: Iterable[Attention], looked_at: Mapping[IssueRef, datetime]) -> Iterator[Attention]:
    for one in wanted:
        seen = looked_at.get(one.ref)
        if seen is None or seen < max(one.since, one.changed_at):
            yield one
