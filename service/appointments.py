"""What a post-mortem puts into calendars: its meetings, and when its fixes are looked at. Pure.

An address may be handed on, and a calendar is often somebody else's server: people's words stay in the tracker unless
the policy lets titles out, and those of a confidential post-mortem stay whatever it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from service.calendar import on_the_clock
from service.case import Case
from service.meetings import minutes
from service.model import Appointment, Issue, IssueRef, Meeting, calendar_id
from service.policy import Policy
from service.reviews import planned
from service.rules.follow_up import FollowUpOptions
from service.wording import harmless, shortened

KEPT = timedelta(days=30)  # what lies further back is in nobody's calendar but their own
_TITLE = 120


def appointments(case: Case, policy: Policy) -> tuple[Appointment, ...]:
    if case.kind != "post-mortem":
        return ()
    private = policy.keeps(case.issue)
    page = _Page(case, private=private, titles=policy.appointments.titles and not private)
    options = policy.options("follow-up")
    days = options.days_of(case.severity) if isinstance(options, FollowUpOptions) and options.enabled else ()
    # Each once: what is remembered may have been edited by somebody.
    return tuple({one.id: one for one in (*page.meetings(), *page.coming(days), *page.reviews())}.values())


@dataclass(frozen=True)
class _Page:
    """`private`: nobody's name may be shown. `titles`: they may."""

    case: Case
    private: bool
    titles: bool

    def meetings(self) -> Iterator[Appointment]:
        since = self.case.now - KEPT
        yield from (self._meeting(one) for one in self.case.state.meetings if one.key and one.at > since)

    def _meeting(self, meeting: Meeting) -> Appointment:
        issue = self.case.issue
        return Appointment(
            id=calendar_id(issue.ref, meeting.key),
            kind="meeting",
            begins=meeting.at,
            minutes=minutes(self.case),
            summary=CALLED_OFF if meeting.off else f"Post-mortem meeting: {self._named(issue)}",
            text="" if meeting.off else self._words(meeting),
            url="" if meeting.off else issue.url,
            sequence=meeting.sequence,
            changed_at=meeting.changed_at or meeting.at,
            off=bool(meeting.off),
            confidential=self.private,
        )

    def _words(self, meeting: Meeting) -> str:
        """Who comes: accounts of the forge, which may have no address that a calendar could write to."""
        local = on_the_clock(meeting.at, meeting.zone)
        lines = [f"{local:%A, %Y-%m-%d %H:%M} {meeting.zone}. The agenda is in the post-mortem."]
        if not self.private:
            lines += [f"Called by {harmless(meeting.by)}."]
            lines += [f"Invited: {harmless(', '.join(meeting.invited))}."] if meeting.invited else []
        return "\n".join(lines)

    def reviews(self) -> Iterator[Appointment]:
        """Those that are open and have a deadline, until that lies far back."""
        case = self.case
        for review in case.reviews:
            due = case.due(review)
            if review.state != "open" or review.ref.number < 0 or due is None or due <= (case.now - KEPT).date():
                continue
            edited = review.updated_at or review.created_at or case.issue.created_at
            yield Appointment(
                id=calendar_id(case.issue.ref, review.key or ""),
                kind="review",
                begins=due,
                summary=f"Follow-up review due: {self._named(review)}",
                text=f"Of {self._ref(case.issue.ref)}: did it happen again, and does each fix hold?",
                url=review.url,
                sequence=1 + int(edited.timestamp() // 60) if edited else 1,  # any edit may have moved the deadline
                changed_at=edited or case.now,
                confidential=self.private or review.private,
            )

    def coming(self, days: tuple[int, ...]) -> Iterator[Appointment]:
        """Those that will be opened."""
        case, issue = self.case, self.case.issue
        opened = {review.key for review in case.reviews} | {review.key for review in case.state.reviews}
        for review in planned(case, days):
            if review.at > case.now and review.key not in opened:
                yield Appointment(
                    id=calendar_id(issue.ref, review.key),
                    kind="review",
                    begins=case.calendar.day(review.at),
                    summary=f"Follow-up review opens: {self._named(issue)}",
                    text=f"{review.days} days after the close: did it happen again, and does each fix hold?",
                    url=issue.url,
                    changed_at=issue.closed_at or case.now,
                    confidential=self.private,
                )

    def _named(self, issue: Issue) -> str:
        name = self._ref(issue.ref)
        return f"{name} {shortened(harmless(issue.title), _TITLE)}" if self.titles else name

    def _ref(self, ref: IssueRef) -> str:
        return f"{ref.project}#{ref.number}"


CALLED_OFF = "Called off: post-mortem meeting"  # and not which: the address may have been taken back for a reason
