"""Judging issues by what a listing shows of them: pure, and days are those of the policy's time zone.

An issue is judged as soon as it is read, and its text let go of; what it needs to know of others is joined at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from service import document
from service.audit.attention import at_rest, attention, review_attention, step
from service.audit.choices import Kind
from service.audit.rows import AuditReport, Problem, Row
from service.case import Case
from service.document import Criterion, FieldState
from service.ladder import Rung, Step
from service.model import Issue, IssueRef, Snapshot
from service.notices import lessons
from service.policy import Policy
from service.rules.escalation import EscalationOptions
from service.rules.progress import ProgressOptions
from service.wording import counted, times

SOON = 7  # days before its deadline in which an action item is due soon, unless its ladder begins earlier
RECENT = timedelta(days=30)  # a close this long ago is still asked for its proof


@dataclass(frozen=True, slots=True)
class Seen:
    """One issue, judged by itself. `named`: the issues that a post-mortem's action lines name."""

    row: Row
    named: frozenset[IssueRef] = frozenset()


def judged(issue: Issue, policy: Policy, now: datetime) -> Seen | None:
    """The issue at `now`; None for one that is neither an action item nor a post-mortem."""
    seen = Snapshot(issue, now.astimezone(UTC), viewer="")
    case = Case(seen, policy.vocabulary, calendars=policy.calendars, teams=policy.teams)
    match case.kind:
        case "action-item":
            return Seen(_action_item(case, policy))
        case "post-mortem":
            dialect = document.on_host(policy.vocabulary.dialect, issue.url)
            named = frozenset(document.references(issue.body, issue.ref, dialect=dialect))
            return Seen(_post_mortem(case, policy, named), named)
        case None:
            return None


def joined(seen: Iterable[Seen], now: datetime, *, complete: Iterable[tuple[str, str]] = ()) -> AuditReport:
    """All of them together: an action item with the post-mortem it comes from.

    `complete` are the (forge, project) all of whose open post-mortems were seen: only there does a missing one mean
    that it is closed or gone.
    """
    every = tuple(seen)
    family = _Family(
        {one.row.ref: one.row for one in every if one.row.sort == "post-mortem"},
        {ref: one.row.ref for one in every for ref in one.named},
        frozenset(complete),
        frozenset((one.row.post_mortem, one.row.key) for one in every if one.row.is_review),
        frozenset(one.row.post_mortem for one in every if one.row.is_review and one.row.open),
        frozenset(one.row.post_mortem for one in every if one.row.sort == "action-item" and not one.row.is_review),
    )
    rows = (
        _related(one.row, family) if one.row.sort == "action-item" else _looked_back(one.row, family) for one in every
    )
    return AuditReport(now, tuple(sorted(rows, key=lambda row: row.ref)))


def classify(
    issues: Iterable[Issue], policy: Policy, now: datetime, *, complete: Iterable[tuple[str, str]] = ()
) -> AuditReport:
    """Issues of one policy, judged and joined."""
    found = (judged(issue, policy, now) for issue in issues)
    return joined((one for one in found if one is not None), now, complete=complete)


# --- what one needs to know of another ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Family:
    known: Mapping[IssueRef, Row]
    above: Mapping[IssueRef, IssueRef]
    complete: frozenset[tuple[str, str]]
    reviews: frozenset[tuple[IssueRef | None, str | None]]  # of which post-mortem, and its key
    under_review: frozenset[IssueRef | None]
    with_items: frozenset[IssueRef | None]  # whether its text names them or not


def _looked_back(row: Row, family: _Family) -> Row:
    """A post-mortem that an action item comes from is past its draft; one whose review is there, or that has another
    review open, lacks none.
    """
    if row.ref in family.with_items:
        row = replace(row, problems=tuple(problem for problem in row.problems if problem.kind is not Kind.STALE))
    if row.attention is None:
        return row
    is_there = (row.ref, row.attention.opens) in family.reviews or row.ref in family.under_review
    return replace(row, attention=None) if is_there else row


def _related(row: Row, family: _Family) -> Row:
    parent = row.post_mortem or family.above.get(row.ref)
    found = family.known.get(parent) if parent is not None else None
    severity = row.severity or (found.severity if found else None)
    orphan = _orphan(parent, found, family) if row.open and not row.is_review else None
    problems = (*row.problems, *((Problem(Kind.ORPHAN, orphan),) if orphan else ()))
    rests = found is not None and found.paused
    told = () if rests else tuple(_told(row.told, found.owners if found else ()))
    kept = row.kept or (found is not None and found.kept)
    teams = tuple(dict.fromkeys((*row.teams, *(name for name in told if "/" in name))))
    row = replace(row, attention=at_rest(row.attention), step=None) if rests else row
    return replace(row, post_mortem=parent, severity=severity, problems=problems, told=told, teams=teams, kept=kept)


def _told(names: Iterable[str], above: tuple[str, ...]) -> Iterator[str]:
    """The people behind the names of a step; `above` own the post-mortem."""
    for name in names:
        yield from above if name == "post-mortem-owner" else (name.removeprefix("@"),)


def _orphan(parent: IssueRef | None, found: Row | None, family: _Family) -> str | None:
    if parent is None:
        return "no open post-mortem is known for it"
    if found is not None:
        return None if found.open else f"its post-mortem {parent} is closed"
    gone = (parent.forge, parent.project) in family.complete
    return f"its post-mortem {parent} is closed or gone" if gone else None


# --- action items ---------------------------------------------------------------------------------------------


def _action_item(case: Case, policy: Policy) -> Row:
    issue, rung = case.issue, step(case, policy)
    own = case.words_on(policy.vocabulary.labels.severity)
    is_open = issue.state == "open"
    problems = (*_open_problems(case, rung), *_slipping(case, policy)) if is_open else _closed_problems(case)
    digest = rung.step if rung is not None and rung.step.how == "digest" else None
    row, parent = _row(case, policy), issue.marker.parent if issue.marker is not None else None
    return replace(
        row,
        kept=row.kept or (parent is not None and policy.reach.keeps(parent)),
        due=case.deadline,
        severity=own[0] if own else None,
        post_mortem=parent,
        problems=tuple(problems),
        step=rung.step.name if rung is not None else None,
        told=_whom(case, digest) if digest is not None else (),
        routes=digest.routes if digest is not None else (),
        attention=attention(case, policy, rung),
    )


def _whom(case: Case, digest: Step) -> tuple[str, ...]:
    """Besides the owners. Who owns the post-mortem stands in another issue."""
    leads = case.teams.leads_of(case.owners)
    named = ((leads if name == "team-lead" else (name,)) for name in digest.people if name != "owner")
    return tuple(name for names in named for name in names)


def _row(case: Case, policy: Policy) -> Row:
    issue, owners = case.issue, case.owners
    return Row(
        ref=issue.ref,
        title=issue.title,
        url=issue.url,
        open=issue.state == "open",
        confidential=issue.private,
        kept=policy.keeps(issue),
        opens=case.calendar.opens(case.now),
        opened_at=issue.created_at,
        done_at=None if issue.state == "open" or case.given_up(issue) else issue.closed_at,
        is_review=issue.is_review,
        key=issue.key,
        paused=case.is_paused(issue),
        owners=owners,
        teams=policy.teams.of(owners),
    )


def _open_problems(case: Case, rung: Rung | None) -> Iterator[Problem]:
    if case.days_left is None:
        yield Problem(Kind.NO_DEADLINE, _why_undated(case))
    else:
        yield from _timing(case.days_left, is_soon=rung is not None)
    if not case.owners:
        yield Problem(Kind.NO_OWNER, "nobody is assigned")
    yield from _left(case)
    if all(criterion.not_applicable for criterion in case.document.criteria):
        yield Problem(Kind.NO_DEFINITION_OF_DONE, "nothing says when it is done")


def _slipping(case: Case, policy: Policy) -> Iterator[Problem]:
    """The rules' label says so: how often exactly stands in comments, which a listing does not show."""
    if case.carries(case.issue, case.vocabulary.labels.slipping):
        extended, moved = policy.options("escalation"), policy.options("progress")
        counts = [extended.extensions] if isinstance(extended, EscalationOptions) else []
        counts += [moved.slips] if isinstance(moved, ProgressOptions) else []
        yield Problem(Kind.SLIPPING, f"deadline moved at least {times(min(counts, default=1))}")


def _closed_problems(case: Case) -> Iterator[Problem]:
    """Only where a definition of done is expected: in an issue of ours, or one that has such a section."""
    expected = case.issue.key is not None or case.document.section("definition-of-done") is not None
    criteria = [criterion for criterion in case.document.criteria if not criterion.not_applicable]
    unticked = _unticked(criteria)
    if not (expected and _was_completed(case)):
        return
    if not any(criterion.done for criterion in criteria):
        yield Problem(Kind.UNPROVEN, "closed, and nothing of its definition of done is ticked")
    elif unticked:
        yield Problem(Kind.UNPROVEN, f"closed with {len(unticked)} of {len(criteria)} criteria not ticked")


def _was_completed(case: Case) -> bool:
    """Closed as done, and not long ago: closing as something else is always free."""
    issue = case.issue
    recent = issue.closed_at is not None and case.now - issue.closed_at <= RECENT
    return recent and not case.given_up(issue)


def _unticked(criteria: Iterable[Criterion]) -> list[Criterion]:
    return [one for one in criteria if not (one.done or one.optional or one.not_applicable)]


def _timing(left: int, *, is_soon: bool) -> Iterator[Problem]:
    """`is_soon`: its ladder has begun."""
    if left < 0:
        yield Problem(Kind.OVERDUE, f"overdue by {counted(-left, 'day')}", -left)
    elif is_soon or left <= SOON:
        yield Problem(Kind.DUE_SOON, "due today" if left == 0 else f"due in {counted(left, 'day')}", left)


def _why_undated(case: Case) -> str:
    written = case.document.field("deadline")
    if written.state is FieldState.INVALID:
        return f"the deadline cannot be read: {written.reason}"
    if written.state is FieldState.RECORDED:
        return f"“{written.raw}” is a different day whenever it is read; write it as YYYY-MM-DD"
    return "there is no deadline"


def _left(case: Case) -> Iterator[Problem]:
    if case.issue.inactive:
        names = ", ".join(sorted(case.issue.inactive, key=str.casefold))
        yield Problem(Kind.OWNER_LEFT, f"{names} left, or cannot be assigned any more")


# --- post-mortems ---------------------------------------------------------------------------------------------


def _post_mortem(case: Case, policy: Policy, named: frozenset[IssueRef]) -> Row:
    row = replace(_row(case, policy), sort="post-mortem", due=case.issue.due, severity=case.severity)
    if case.issue.state == "open":
        return replace(row, problems=(*_stale(case, policy, named), *_left(case)))
    row = replace(row, lessons=lessons(case)) if row.done_at is not None else row
    return replace(row, attention=review_attention(case, policy), problems=tuple(_of_close(case)))


def _of_close(case: Case) -> Iterator[Problem]:
    """What a maintainer decided on is that, and not a close without proof as well."""
    if not _was_completed(case):
        return
    unticked = _unticked(case.document.review)
    if case.carries(case.issue, case.vocabulary.labels.overridden):
        yield Problem(Kind.OVERRIDE, "closed with open points by `/pm override`")
    elif unticked:
        detail = f"closed with {len(unticked)} of {len(case.document.review)} points of its final review not ticked"
        yield Problem(Kind.UNPROVEN, detail)


def _stale(case: Case, policy: Policy, named: frozenset[IssueRef]) -> Iterator[Problem]:
    """Still in Draft or Review past its own deadline: the forge's field, else so many days after its opening."""
    opened = case.issue.created_at
    allowed = timedelta(days=getattr(policy.audit.stale_days, case.severity or "low"))
    deadline = case.issue.due or (case.calendar.day(opened) + allowed if opened is not None else None)
    if deadline is None or not _is_early(case, named):
        return
    late = (case.calendar.day(case.now) - deadline).days
    if late > 0:
        yield Problem(Kind.STALE, f"no action items yet, {counted(late, 'day')} after they were due", late)


def _is_early(case: Case, named: frozenset[IssueRef]) -> bool:
    """The column's label says so; without one (a card on a board is not in a listing), that no action has its issue."""
    columns = set(case.words_on(case.vocabulary.labels.column))
    return columns <= {"draft", "review"} if columns else not named
