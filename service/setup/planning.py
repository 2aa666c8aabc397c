"""Observe, then decide: the steps for one project."""

from __future__ import annotations

from service.providers.setup import ProjectSetup
from service.setup import removal, steps
from service.setup.seen import observe, observe_all
from service.setup.steps import Step
from service.setup.wanted import Wanted


def plan(setup: ProjectSetup, project: str, wanted: Wanted) -> tuple[Step, ...]:
    """What it takes to have what is wanted. Raises the `ProviderError` family where the forge gives no answer."""
    seen = observe(setup, project, wanted)
    return steps.decide(seen, wanted, events=setup.events, adds_columns=setup.adds_columns)


def plan_removal(setup: ProjectSetup, project: str, wanted: Wanted) -> tuple[Step, ...]:
    """What it takes to undo that. Raises the same."""
    return removal.decide(observe_all(setup, project, wanted), wanted)
