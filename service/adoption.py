"""Taking in an issue that was there before Closeout, without a word to anybody. Pure.

What is adopted is what keeps order: labels, columns, the template around what is written, links, and the status comment
that remembers them. Nothing is refused, reopened, assigned or created, no command answered and nobody reminded; an
issue that was closed is history. The next event on the issue is looked at as any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service.engine import decide
from service.hidden import STATUS, state_block
from service.model import Change, CloseAsNotPlanned, EnsureComment, Plan, Reopen, Snapshot, SyncState
from service.policy import InvalidPolicy, Policy
from service.rules import Options, rules

_TALKERS = ("commands", "escalation")  # rules that are there to answer and to remind


def adopt(snapshot: Snapshot, policy: Policy | InvalidPolicy) -> Plan:
    """The plan for an issue that Closeout does not know yet; for any other, or under a wrong policy, it has no changes.

    One that Closeout looks after already gets its next look back: `revisit_at` is when a usual look would come, or now
    where it would find something to do. One that was taken in before still waits for its first event.
    """
    ref = snapshot.issue.ref
    if isinstance(policy, InvalidPolicy) or snapshot.state.adopted:
        return Plan(ref)
    if _is_looked_after(snapshot):
        usual = decide(snapshot, policy)
        if usual.changes:
            return Plan(ref, revisit_at=snapshot.observed_at, seen_at=snapshot.observed_at)
        return Plan(ref, revisit_at=usual.revisit_at, appointments=usual.appointments, seen_at=usual.seen_at)
    plan = decide(_as_found(snapshot), quiet(policy))
    kept = [
        (_adopted(change), why) for change, why in zip(plan.changes, plan.reasons, strict=True) if _is_silent(change)
    ]
    changes, reasons = tuple(change for change, _ in kept), tuple(why for _, why in kept)
    return replace(plan, changes=changes, reasons=reasons, revisit_at=None, notices=())


def _is_looked_after(snapshot: Snapshot) -> bool:
    """By what the tracker shows: we wrote it, or on it. What we only labelled cannot be told from what others did."""
    ours = bool(snapshot.viewer) and snapshot.issue.author == snapshot.viewer
    return ours or snapshot.state != SyncState() or any(comment.topic is not None for comment in snapshot.comments)


def _adopted(change: Change) -> Change:
    """The status comment remembers that nothing but this happened yet."""
    if not isinstance(change, EnsureComment) or change.state is None:
        return change
    state = replace(change.state, adopted=True)
    return replace(change, state=state, body=change.body.replace(state_block(change.state), state_block(state)))


def quiet(policy: Policy) -> Policy:
    """The same demands, with nobody told and nothing made: gates only observe, and issues wait for people."""
    options: Mapping[str, Options] = {rule.id: _quieted(rule.id, policy.options(rule.id)) for rule in rules()}
    return replace(policy, rule_options=options)


def _is_silent(change: Change) -> bool:
    """Whether a change leaves people in peace: the state stays, and no comment is made but the one that remembers."""
    if isinstance(change, EnsureComment):
        return change.topic == STATUS
    return not isinstance(change, (Reopen, CloseAsNotPlanned))


def _as_found(snapshot: Snapshot) -> Snapshot:
    """Labelled before or after its close, an issue that was closed before us is history; and nobody is assigned."""
    return replace(snapshot, issue=replace(snapshot.issue, label_times={}), people={})


def _quieted(rule_id: str, options: Options) -> Options:
    quieter: dict[str, Any] = {"mode": "observe", "spawn": "command"}
    known = {name: value for name, value in quieter.items() if name in type(options).model_fields}
    if "modes" in type(options).model_fields:
        known["modes"] = type(options).model_fields["modes"].get_default(call_default_factory=True)
    if rule_id in _TALKERS:
        known["enabled"] = False
    return options.model_copy(update=known)
