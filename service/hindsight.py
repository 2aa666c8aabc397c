"""Looking back at a closed post-mortem of which no webhook told: whether a follow-up review was missed. Pure.

Nobody is surprised: a close that nothing is remembered about was before our time, and one that the rules would not let
stand was let stand so long that a person's webhook may undo it, and not a look of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from service.engine import judge
from service.model import Plan, Reopen, Snapshot, SyncState
from service.policy import InvalidPolicy, Policy

Judging: TypeAlias = Callable[[Snapshot, Policy | InvalidPolicy], Plan]


def look_back(snapshot: Snapshot, policy: Policy | InvalidPolicy, judging: Judging = judge) -> Plan:
    """The plan for a closed post-mortem, as after a webhook; without changes where it is not for us to make any."""
    plan = judging(snapshot, policy)
    is_known = snapshot.state != SyncState() and not snapshot.state.adopted  # which waits for its first event
    is_history = not is_known or any(isinstance(change, Reopen) for change in plan.changes)
    return replace(plan, changes=(), reasons=(), notices=()) if is_history else plan
