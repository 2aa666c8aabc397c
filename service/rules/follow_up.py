"""A completed post-mortem is looked at again: did it recur, did the alert fire, does each fix hold.

Why: completed is not the same as effective. A fix that nobody looked at again is a belief.

Remedy: 30 and 60 days after the close, counted anew if it was reopened, a review with a line for each fix is opened for
the post-mortem's owner; one at a time, each once. An incident that recurred is taken up again: reopen the post-mortem.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field

from service.case import Case
from service.created import as_created, is_untouched
from service.model import (
    CreateActionItem,
    EnsureLabel,
    Finding,
    Issue,
    Marker,
    Remember,
    ReviewState,
    Revisit,
    Verdict,
    placeholder,
)
from service.reviews import TEMPLATE, Review, planned, recurred, standing
from service.rules import POST_MORTEM, Example, Options, Rule
from service.templates import fill
from service.vocabulary import SEVERITIES, Strict
from service.wording import plain, quoted, shortened, title_of

_FIX = 120  # characters of an action's words in the list of fixes
Days = tuple[Annotated[int, Field(ge=1, le=366)], ...]


class DaysBySeverity(Strict):
    """Other days for one severity; an empty list for no review."""

    critical: Days | None = None
    high: Days | None = None
    medium: Days | None = None
    low: Days | None = (60,)


class FollowUpOptions(Options):
    days: Days = Field((30, 60), description="So many days after the close a review is opened; empty for none.")
    by_severity: DaysBySeverity = Field(
        DaysBySeverity(), description="Other days for single severities: a low one is looked at once."
    )
    due: int = Field(14, ge=1, le=366, description="So many days after it was opened a review is due.")

    def days_of(self, severity: str | None) -> Days:
        own: Days | None = getattr(self.by_severity, severity) if severity in SEVERITIES else None
        return self.days if own is None else own

    @property
    def longest(self) -> int:
        """So many days after a close its last review comes at the latest; 0 where there is none."""
        return max((day for severity in (None, *SEVERITIES) for day in self.days_of(severity)), default=0)


def check(case: Case, options: FollowUpOptions) -> Iterator[Verdict]:
    yield from _answers(case)
    for made in case.reviews:
        if is_untouched(case, made):
            yield from as_created(made, _labels(case), _assignees(case))
    reviews = planned(case, options.days_of(case.severity))
    coming = next((review for review in reviews if review.at > case.now), None)
    if coming is not None:
        yield Revisit(coming.at)
        message = f"On {coming.at.date()} a follow-up review asks whether the fixes hold."
        yield Finding("follow-up", "skipped", message)
    review = standing(case, reviews)
    opens = case.calendar.opens(case.now)
    if review is not None and opens > case.now:
        yield Revisit(opens)
    elif review is not None:
        yield from _opened(case, options, review)


def _answers(case: Case) -> Iterator[Finding]:
    """A review that found the incident again is not put away with the issue it stands in."""
    for review in case.reviews:
        if case.issue.state == "closed" and recurred(case.read(review)):
            yield Finding(
                "follow-up",
                "advises",
                f"{case.named(review)} says that it happened again: what was completed did not hold.",
                where="Follow-up review",
                fix="Reopen this post-mortem and add an action for what was missing; the count begins anew.",
                who=_owners(case),
            )


# --- the review's issue ---------------------------------------------------------------------------------------


def _opened(case: Case, options: FollowUpOptions, review: Review) -> Iterator[Verdict]:
    label = case.vocabulary.review_label
    if not case.exists(label):
        yield EnsureLabel(case.issue.ref, label)
    yield _create(case, options, review)
    there = next((case.named(made) for made in case.reviews if made.key == review.key), placeholder(review.key))
    yield Remember({"reviews": (*case.state.reviews, ReviewState(review.key, there))})


def _create(case: Case, options: FollowUpOptions, review: Review) -> CreateActionItem:
    calendar = case.calendar
    due = calendar.working_day(calendar.shifted(calendar.day(case.now), options.due))
    return CreateActionItem(
        ref=case.issue.ref,
        key=review.key,
        project=case.issue.ref.project,
        title=title_of(f"Follow-up review after {review.days} days: {case.issue.title}"),
        body=_body(case, review, due),
        labels=_labels(case),
        assignees=_assignees(case),
        due=due if case.snapshot.capabilities.native_due else None,
        private=case.issue.private,
    )


def _labels(case: Case) -> frozenset[str]:
    names = case.vocabulary.labels
    return case.severity_labels | {names.action_item, names.review, names.action_type.learning}


def _body(case: Case, review: Review, due: date) -> str:
    values = {
        "parent": f"{case.ref_text(case.issue.ref)} {quoted(case.issue.title)}",
        "owner": " ".join(f"@{name}" for name in _owners(case)),
        "deadline": due.isoformat(),
        "what": "\n".join(_fixes(case)),
    }
    return f"{Marker(case.issue.ref, review.key)}\n{fill(case.templates[TEMPLATE].text, values)}"


def _fixes(case: Case) -> Iterator[str]:
    """A line to tick for each action that was to be done."""
    children = [child for child in case.children.values() if child.ref.number > 0 and not _is_off(case, child)]
    for child in children:
        yield f"- [ ] {case.named(child)} {shortened(plain(child.title), _FIX)}: [link to the proof]"
    if not children:
        yield "- [ ] What was changed because of this incident holds: [link to the proof]"


def _is_off(case: Case, child: Issue) -> bool:
    state = case.item_state(child)
    return case.given_up(child) or (state is not None and state.dropped is not None)


def _owners(case: Case) -> tuple[str, ...]:
    """Whose post-mortem it is, of those who can be assigned; else whoever opened it."""
    named = tuple(name for name in case.owners if name in case.issue.assignees or case.snapshot.people.get(name))
    author = case.issue.author
    return named or ((author,) if author and author != case.snapshot.viewer else ())


def _assignees(case: Case) -> frozenset[str]:
    able = [name for name in _owners(case) if name in case.issue.assignees or case.snapshot.people.get(name)]
    return frozenset(able[: case.snapshot.capabilities.max_assignees])


RULE = Rule(
    id="follow-up",
    about=POST_MORTEM,
    options=FollowUpOptions,
    check=check,
    stage="follows",
    doc=__doc__,
    examples=(Example("an open post-mortem has nothing to look back on yet", "", frozenset({"post-mortem"})),),
)
