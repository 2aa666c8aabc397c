"""Follow-up reviews: when the fixes of a completed post-mortem are looked at again, and what a review answers. Pure.

Completed is not the same as effective. A review is counted from the close; who reopens and closes again begins anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.case import Case
from service.document import Document, FieldState
from service.model import REVIEW, Issue

TEMPLATE = "follow_up_review"
LATEST = timedelta(days=30)  # a review that comes later than this is history: nobody is sent back to it
_ANSWER = re.compile(r"\W*(?P<word>yes|no)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Review:
    """One review. `at`: the first moment, on a working day, at which it may be opened."""

    days: int
    key: str
    at: datetime


def planned(case: Case, days: Collection[int]) -> tuple[Review, ...]:
    """The reviews of this close, in their order. None of one that was given up, or that is history to us."""
    return of_close(case, days) if case.state.template is not None else ()


def of_close(case: Case, days: Collection[int]) -> tuple[Review, ...]:
    """The same as far as a listing tells, which does not show what is remembered."""
    issue = case.issue
    if issue.state == "open" or issue.closed_at is None or case.given_up(issue):
        return ()
    closed = case.calendar.day(issue.closed_at)
    # The day in UTC: a policy that names another time zone must not make two reviews of one.
    stamp = f"{issue.closed_at:%Y%m%d}"
    return tuple(
        Review(
            count,
            f"{REVIEW}{count:03d}-{stamp}",
            case.calendar.opens(case.calendar.begins(case.calendar.shifted(closed, count))),
        )
        for count in sorted(set(days))
    )


def standing(case: Case, reviews: Collection[Review]) -> Review | None:
    """The one to open now: the last that has come, unless it was opened before or another one stands in for it.

    One at a time: while a review is open nobody is sent a second, and one closed since then has seen the same.
    """
    last = latest(case, reviews)
    if last is None or last.key in {known.key for known in case.state.reviews}:
        return None
    others = (review for review in case.reviews if review.key != last.key)
    return None if any(_stands_in(other, last) for other in others) else last


def latest(case: Case, reviews: Collection[Review]) -> Review | None:
    """The last that has come, unless it is history by now."""
    come = [review for review in reviews if review.at <= case.now]
    return come[-1] if come and case.now - come[-1].at <= LATEST else None


def _stands_in(review: Issue, wanted: Review) -> bool:
    return review.state == "open" or (review.closed_at is not None and review.closed_at >= wanted.at)


def recurred(doc: Document) -> bool | None:
    """What a review says of the incident; None while it says neither yes nor no."""
    written = doc.field("recurred")
    found = _ANSWER.match(written.raw) if written.state is FieldState.RECORDED else None
    return found["word"].casefold() == "yes" if found else None
