"""The looks of an audit: the same path as a webhook's, one issue after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from service.audit.attention import Attention
from service.audit.gathering import Failure
from service.audit.pace import in_haste
from service.model import Change, IssueRef, Plan
from service.providers.base import RateLimited
from service.work.looks import Look, Looks
from service.work.queue import Queue
from service.work.reasons import reason_of

Waits: TypeAlias = Callable[[str, RateLimited], bool]


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of the looks. `left` were not looked at, because their forge asked to wait."""

    plans: tuple[Plan, ...] = ()
    failures: tuple[Failure, ...] = ()
    left: tuple[IssueRef, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(change for plan in self.plans for change in plan.changes)


def look_through(
    wanted: Iterable[Attention], queue: Queue, look: Look, step: Callable[[str], None], waits: Waits = in_haste
) -> Looked:
    """Looks at each issue with its row of the queue in hand, so that no worker looks at it meanwhile.

    One that fails is tried again as the queue has it, and does not stop the rest. `step` is called before each, and may
    raise. A forge that asks to wait is waited for as `waits` has it, else asked no more. Raises `StoreUnavailable`.
    """
    plans: list[Plan] = []
    failures: list[Failure] = []
    left: list[IssueRef] = []
    waiting: set[str] = set()  # forges

    def kept(ref: IssueRef) -> Plan:
        plan = look(ref)
        plans.append(plan)
        return plan

    with Looks(queue) as looks:
        for ref in (one.ref for one in wanted):
            step(str(ref))
            if ref.forge in waiting:
                left.append(ref)
                continue
            claim = queue.take(ref)
            error = looks.at(claim, kept) if claim is not None else None
            while isinstance(error, RateLimited) and waits(ref.forge, error):
                claim = queue.take(ref)
                error = looks.at(claim, kept) if claim is not None else None
            if isinstance(error, RateLimited):
                waiting.add(ref.forge)
            if error is not None:
                failures.append(Failure(str(ref), reason_of(error)))
    return Looked(tuple(plans), tuple(failures), tuple(left))
