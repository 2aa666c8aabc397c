"""From a snapshot and a policy to a plan: pure, deterministic, and settled in one pass.

The rules run against a simulated tracker until none of them wants another change. The plan is the difference
between what was seen and where that led, so deciding again on the applied plan yields nothing: that is also why
Closeout cannot talk to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from traceback import walk_tb
from typing import get_args

from service import document, report
from service.appointments import appointments
from service.case import Case
from service.document.likeness import fingerprint
from service.hidden import STATUS
from service.model import (
    Change,
    CloseAsNotPlanned,
    CreateActionItem,
    Decision,
    EnsureComment,
    EnsureLabel,
    Finding,
    Fold,
    IssueRef,
    Plan,
    Remember,
    Reopen,
    Revisit,
    Say,
    SetBody,
    Snapshot,
    SyncState,
    Tell,
    Told,
    Track,
    Verdict,
    apply,
    difference,
)
from service.notices import heard, told
from service.policy import InvalidPolicy, Policy
from service.rules import Rule, Stage, rules
from service.wording import plain

MAX_PASSES = 40
MOST_TOLD = 50  # reminders by message that an issue remembers; of one deadline there are a handful


def decide(snapshot: Snapshot, policy: Policy) -> Plan:
    """What to change on this issue, and everything there is to say about it. Never raises on any snapshot."""
    run = _Run(policy, replace(snapshot, state=replace(snapshot.state, adopted=False)))
    kind = run.case.kind
    ref = snapshot.issue.ref
    if kind is None:
        return Plan(ref, appointments=())
    if not run.settle():
        message = "The rules do not agree on this issue, so nothing was changed."
        stuck = Finding("engine", "error", message, fix="Please report it with this issue's text.")
        return Plan(ref, findings=(*run.findings, stuck))
    changes = tuple(_with_comments(snapshot, run))
    related = tuple(_related(snapshot, run.case))
    reasons = tuple(", ".join(run.reasons.get(_about(change), (STATUS,))) for change in changes)
    overrides = tuple(o for o in run.snapshot.state.overrides if o not in snapshot.state.overrides)
    plan = Plan(ref, run.findings, changes, reasons, run.revisit_at, related, overrides)
    return replace(
        plan,
        notices=told(snapshot, run.case, plan, policy),
        appointments=appointments(run.case, policy),
        seen_at=snapshot.observed_at,
    )


def _related(before: Snapshot, after: Case) -> Iterator[IssueRef]:
    """Who else is looked at: the post-mortem above, and the action items whose reminders rest or wake with this."""
    if before.parent is not None:
        yield before.parent.ref
    if after.is_paused(after.issue) != after.is_paused(before.issue):
        yield from (child.ref for child in before.children)


def judge(snapshot: Snapshot, policy: Policy | InvalidPolicy) -> Plan:
    """The plan under the policy in force, whether it can be used or not."""
    return hold_back(snapshot, policy) if isinstance(policy, InvalidPolicy) else decide(snapshot, policy)


def hold_back(snapshot: Snapshot, invalid: InvalidPolicy) -> Plan:
    """The plan while the policy cannot be used: a post-mortem is told so, once for each version of the mistakes."""
    ref = snapshot.issue.ref
    found = tuple(Finding("policy", "error", plain(mistake)) for mistake in invalid.errors)
    say = Say(f"policy:{fingerprint(' '.join(invalid.errors))}", _NO_POLICY)
    if Case(snapshot).kind != "post-mortem" or snapshot.comment(say.topic) is not None:
        return Plan(ref, found)
    return Plan(ref, found, (EnsureComment(ref, say.topic, report.message(say, found)),), ("policy",))


_NO_POLICY = (
    "This project's Closeout policy cannot be used, so nothing is changed or checked here until it is right. "
    "`closeout policy check` shows the same on your machine:"
)


@dataclass
class _Run:
    """One simulation: the tracker as the rules would leave it, and what they said on the way."""

    policy: Policy
    snapshot: Snapshot
    findings: tuple[Finding, ...] = ()
    says: dict[str, Say] = field(default_factory=dict)
    labels: list[EnsureLabel] = field(default_factory=list)
    reasons: dict[object, tuple[str, ...]] = field(default_factory=dict)
    revisit_at: datetime | None = None

    @property
    def case(self) -> Case:
        policy = self.policy
        words, teams = policy.vocabulary, policy.teams
        return Case(self.snapshot, words, policy.templates, self.findings, policy.calendars, teams)

    def settle(self) -> bool:
        """Runs the rules until nothing changes; False if they never agree."""
        for _ in range(MAX_PASSES + len(self.snapshot.comments)):
            before = self.snapshot
            self.findings, self.revisit_at = (), None
            for stage in get_args(Stage):
                if self.snapshot == before:  # the next stage looks only at what the one before left in peace
                    self._run(rule for rule in rules() if rule.stage == stage)
            if self.snapshot == before:
                return True
        return False

    def _run(self, chosen: Iterable[Rule]) -> None:
        kind = self.case.kind
        for rule in chosen:
            options = self.policy.options(rule.id)
            asleep = self.snapshot.state.paused and rule.id != "commands"
            if kind in rule.about and options.enabled and not asleep:
                for verdict in _fenced(rule, self.case, options):
                    self._take(rule, verdict)

    def _take(self, rule: Rule, verdict: Verdict) -> None:
        match verdict:
            case Finding():
                self.findings = (*self.findings, verdict)
            case Say():
                self.says.setdefault(verdict.topic, verdict)
                self._because((EnsureComment, verdict.topic), rule)
            case Tell():
                self._tell(rule, verdict)
            case Fold():
                self._fold(rule, verdict)
            case Revisit(at=at):
                self.revisit_at = at if self.revisit_at is None else min(at, self.revisit_at)
            case Remember(values=values):
                self._remember(replace(self.snapshot.state, **values))
            case Decision():
                state = self.snapshot.state
                self._remember(replace(state, decisions=(*state.decisions, verdict)))
            case Track(item=item):
                others = tuple(other for other in self.snapshot.state.items if other.key != item.key)
                items = tuple(sorted((*others, item), key=lambda each: each.key))
                self._remember(replace(self.snapshot.state, items=items))
            case _:
                self._change(rule, verdict)

    def _fold(self, rule: Rule, fold: Fold) -> None:
        said = self.snapshot.comment(fold.topic)
        if said is not None:
            shut = report.folded(said.body, fold.title)
            self._change(rule, EnsureComment(self.snapshot.issue.ref, fold.topic, shut))

    def _tell(self, rule: Rule, verdict: Tell) -> None:
        """By message where a route takes it, which is remembered; else as a comment."""
        if not heard(self.snapshot, self.case, verdict.step, self.policy):
            self._take(rule, verdict.otherwise)
            return
        state = self.snapshot.state
        told_now = Told(verdict.step, self.snapshot.observed_at)
        self._remember(replace(state, told=(*state.told, told_now)[-MOST_TOLD:]))

    def _remember(self, state: SyncState) -> None:
        self.snapshot = replace(self.snapshot, state=state)

    def _change(self, rule: Rule, change: Change) -> None:
        rebased = _rebased(self.snapshot, change) if isinstance(change, SetBody) else change
        if rebased is None:
            return  # the line it edits has just been edited by another rule: it will ask again
        after = apply(self.snapshot, rebased)
        if after == self.snapshot:
            return
        if isinstance(rebased, EnsureLabel):
            self.labels.append(rebased)
        self._because(_about(rebased), rule)
        self.snapshot = after

    def _because(self, about: object, rule: Rule) -> None:
        self.reasons[about] = tuple(dict.fromkeys((*self.reasons.get(about, ()), rule.id)))


def _fenced(rule: Rule, case: Case, options: object) -> Iterator[Verdict]:
    """A rule that crashes takes down nothing but itself, and says so."""
    try:
        yield from tuple(rule.check(case, options))
    except Exception as crash:  # noqa: BLE001 - the fence around every rule
        *_, (frame, line) = walk_tb(crash.__traceback__)
        place = f"{Path(frame.f_code.co_filename).name}:{line}"
        message = f"This rule failed on this issue: {type(crash).__name__} in {place}."
        yield Finding(rule.id, "error", message, fix="The other rules are not affected. Please report it.")


def _rebased(snapshot: Snapshot, change: SetBody) -> SetBody | None:
    """The edit carried over to the text as the simulation has it by now."""
    seen = (snapshot.issue, *snapshot.children, *((snapshot.parent,) if snapshot.parent else ()))
    current = next(issue.body for issue in seen if issue.ref == change.ref)
    if current == change.base:
        return change
    body = document.merge(change.base, change.body, current)
    return None if body is None else replace(change, base=current, body=body)


def _about(change: Change) -> object:
    """What a change is about, so that its reason can be told: its kind and its place."""
    if isinstance(change, EnsureComment):
        return (EnsureComment, change.topic)
    if isinstance(change, CreateActionItem):
        return (CreateActionItem, change.key)
    if isinstance(change, EnsureLabel):
        return (EnsureLabel, change.label.name)
    return (type(change), change.ref)


def _with_comments(before: Snapshot, run: _Run) -> Iterator[Change]:
    """The difference, with what is said placed so that an interruption loses nothing: a refusal is explained before
    the issue is reopened, and what is remembered is written last.
    """
    ref, case = before.issue.ref, run.case
    blockers = tuple(f for f in run.findings if f.level == "blocks")
    changes = difference(before, run.snapshot)
    yield from run.labels
    yield from (change for change in changes if not isinstance(change, _STATES))
    for say in run.says.values():
        if before.comment(say.topic) is None:
            listed = blockers if say.findings is None else say.findings
            yield EnsureComment(ref, say.topic, report.message(say, listed))
    yield from _folded(before, run.snapshot)
    yield from (change for change in changes if isinstance(change, _STATES))
    yield from _status(before, case, run.findings)


_STATES = (Reopen, CloseAsNotPlanned)


def _folded(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    """After what takes their place is said."""
    for old, new in zip(before.comments, after.comments, strict=False):
        if new.body != old.body and new.topic is not None:
            yield EnsureComment(before.issue.ref, new.topic, new.body)


def _status(before: Snapshot, case: Case, findings: tuple[Finding, ...]) -> Iterator[Change]:
    """The one comment that is kept up to date. An issue about which there is nothing to remember has none."""
    state, old = case.state, before.comment(STATUS)
    if (old is None and state == SyncState()) or (state.paused and state == before.state):
        return
    body = report.status(case, findings)
    # A forge that trims would have us edit our comment at every look, and each edit is a webhook that causes the next.
    if old is None or document.as_kept(old.body) != document.as_kept(body):
        yield EnsureComment(before.issue.ref, STATUS, body, state)
