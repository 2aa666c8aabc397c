"""Judging action items by what a listing shows of them: pure, and days are calendar days in UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from service import document
from service.audit.choices import Kind
from service.case import Case
from service.document import Field, FieldState
from service.model import AddLabels, Change, Issue, IssueRef, RemoveLabels, Snapshot
from service.policy import Policy
from service.vocabulary import Vocabulary

SOON = 7  # days before its deadline in which an action item is due soon


@dataclass(frozen=True, slots=True)
class Problem:
    """`days`: past the deadline for `overdue`, left until it for `due-soon`, else None."""

    kind: Kind
    detail: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One action item. `labelled` are the spellings of the overdue label on it."""

    ref: IssueRef
    title: str
    url: str = ""
    open: bool = True
    confidential: bool = False
    owners: tuple[str, ...] = ()
    due: date | None = None
    severity: str | None = None
    post_mortem: IssueRef | None = None
    problems: tuple[Problem, ...] = ()
    labelled: frozenset[str] = frozenset()
    overdue_label: str = "overdue"

    def has(self, kind: Kind) -> bool:
        return any(problem.kind is kind for problem in self.problems)

    @property
    def change(self) -> Change | None:
        """What would bring the overdue label in step. Without a deadline nobody can say: it is left alone."""
        if self.open and self.has(Kind.OVERDUE):
            return None if self.labelled else AddLabels(self.ref, frozenset({self.overdue_label}))
        known = not self.open or self.due is not None
        return RemoveLabels(self.ref, self.labelled) if self.labelled and known else None


@dataclass(frozen=True, slots=True)
class AuditReport:
    """`items` are all action items; closed ones matter to the overdue label alone."""

    at: datetime
    items: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The open ones: the longest overdue first, then by deadline; those without one last."""
        return tuple(sorted((row for row in self.items if row.open), key=_pressing))

    @property
    def totals(self) -> Mapping[str, int]:
        """How many are open, and how many have each kind of problem."""
        counted = Counter(kind for row in self.rows for kind in Kind if row.has(kind))
        return {"open": len(self.rows)} | {kind.value: counted[kind] for kind in Kind}

    def of(self, owner: str) -> AuditReport:
        """One owner's part, compared without case; `@` may stand in front."""
        wanted = owner.lstrip("@").casefold()
        mine = (row for row in self.items if wanted in {name.casefold() for name in row.owners})
        return replace(self, items=tuple(mine))


@dataclass(frozen=True, slots=True)
class PostMortem:
    """What an action item needs to know of the post-mortem it comes from. `named`: issues its action lines name."""

    ref: IssueRef
    open: bool
    severity: str | None
    named: frozenset[IssueRef] = frozenset()


PostMortems = Mapping[IssueRef, PostMortem]


def post_mortems(issues: Iterable[Issue], policy: Policy, now: datetime) -> PostMortems:
    """The post-mortems among the issues."""
    cases = (_case(issue, policy.vocabulary, now) for issue in issues)
    return {case.issue.ref: _post_mortem(case) for case in cases if case.kind == "post-mortem"}


def classify(
    issues: Iterable[Issue],
    policy: Policy,
    now: datetime,
    *,
    known: PostMortems | None = None,
    complete: Iterable[tuple[str, str]] = (),
) -> AuditReport:
    """The action items among the issues, judged at `now`.

    `known` are the post-mortems seen, by default those among the issues. `complete` are the (forge, project) whose
    post-mortems are all among them: only there does a missing one mean that it is gone.
    """
    seen = tuple(issues)
    every = post_mortems(seen, policy, now) if known is None else known
    above = {ref: found for found in every.values() for ref in found.named}
    whole = frozenset(complete)
    cases = (_case(issue, policy.vocabulary, now) for issue in seen)
    rows = (_row(case, _Family(every, above, whole)) for case in cases if case.kind == "action-item")
    return AuditReport(now, tuple(sorted(rows, key=lambda row: row.ref)))


@dataclass(frozen=True, slots=True)
class _Family:
    known: PostMortems
    above: Mapping[IssueRef, PostMortem]
    complete: frozenset[tuple[str, str]]

    def ref_of(self, issue: Issue) -> IssueRef | None:
        if issue.marker is not None:
            return issue.marker.parent
        return self.above[issue.ref].ref if issue.ref in self.above else None


def _case(issue: Issue, vocabulary: Vocabulary, now: datetime) -> Case:
    return Case(Snapshot(issue, now.astimezone(UTC), viewer=""), vocabulary)


def _post_mortem(case: Case) -> PostMortem:
    issue = case.issue
    dialect = document.on_host(case.vocabulary.dialect, issue.url)
    named = frozenset(document.references(issue.body, issue.ref, dialect=dialect))
    return PostMortem(issue.ref, issue.state == "open", case.severity, named)


def _row(case: Case, family: _Family) -> Row:
    issue, labels = case.issue, case.vocabulary.labels
    parent = family.ref_of(issue)
    post_mortem = family.known.get(parent) if parent is not None else None
    is_open = issue.state == "open"
    due = _deadline(case)
    own = case.words_on(labels.severity)
    return Row(
        ref=issue.ref,
        title=issue.title,
        url=issue.url,
        open=is_open,
        confidential=issue.private,
        owners=_owners(case),
        due=due,
        severity=own[0] if own else (post_mortem.severity if post_mortem else None),
        post_mortem=parent,
        problems=tuple(_problems(case, due, _orphan(parent, family))) if is_open else (),
        labelled=frozenset(name for name in issue.labels if name.casefold() == labels.overdue.casefold()),
        overdue_label=labels.overdue,
    )


def _problems(case: Case, due: date | None, orphan: str | None) -> Iterator[Problem]:
    if due is None:
        yield Problem(Kind.NO_DEADLINE, _why_undated(case))
    else:
        yield from _timing(due, case.today)
    if not _owners(case):
        yield Problem(Kind.NO_OWNER, "nobody is assigned")
    if all(criterion.not_applicable for criterion in case.document.criteria):
        yield Problem(Kind.NO_DEFINITION_OF_DONE, "nothing says when it is done")
    if orphan is not None:
        yield Problem(Kind.ORPHAN, orphan)


def _timing(due: date, today: date) -> Iterator[Problem]:
    left = (due - today).days
    if left < 0:
        yield Problem(Kind.OVERDUE, f"overdue by {_days(-left)}", -left)
    elif left <= SOON:
        yield Problem(Kind.DUE_SOON, "due today" if left == 0 else f"due in {_days(left)}", left)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _deadline(case: Case) -> date | None:
    """The forge's field, else the line in the body, if it names one day for good."""
    if case.issue.due is not None:
        return case.issue.due
    written = case.document.field("deadline")
    return written.value if isinstance(written.value, date) and not _drifts(case, written) else None


def _drifts(case: Case, written: Field) -> bool:
    """“Next Friday” is another day whenever it is read: nobody could ever be late."""
    if str(written.value) in written.raw:
        return False
    later = replace(case.snapshot, observed_at=case.now + timedelta(days=400))
    return replace(case, snapshot=later).document.field("deadline").value != written.value


def _why_undated(case: Case) -> str:
    written = case.document.field("deadline")
    if written.state is FieldState.INVALID:
        return f"the deadline cannot be read: {written.reason}"
    if written.state is FieldState.RECORDED:
        return f"“{written.raw}” is a different day whenever it is read; write it as YYYY-MM-DD"
    return "there is no deadline"


def _owners(case: Case) -> tuple[str, ...]:
    """Who is assigned, else whom the Owner line names."""
    if case.issue.assignees:
        return tuple(sorted(case.issue.assignees, key=str.casefold))
    written = case.document.field("owner")
    if written.state is not FieldState.RECORDED or not isinstance(written.value, str):
        return ()
    names = (name.strip().lstrip("@") for name in written.value.split(","))
    return tuple(name for name in names if name)


def _orphan(parent: IssueRef | None, family: _Family) -> str | None:
    if parent is None:
        return "no post-mortem is known for it"
    found = family.known.get(parent)
    if found is not None:
        return None if found.open else f"its post-mortem {parent} is closed"
    gone = (parent.forge, parent.project) in family.complete
    return f"its post-mortem {parent} is gone" if gone else None


def _pressing(row: Row) -> tuple[date, IssueRef]:
    return (row.due or date.max, row.ref)
