"""Every rule keeps the rules of the house: documented, with examples that hold, total and deterministic."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import service.rules
from service.engine import decide
from service.policy import Policy
from service.rules import Example, Rule, rules
from tests.build import snapshot

MODULES = sorted(info.name for info in pkgutil.iter_modules(service.rules.__path__))
CASES = [(rule, example) for rule in rules() for example in rule.examples]


@pytest.mark.parametrize("name", MODULES)
def test_a_rule_is_one_file_named_after_it(name: str) -> None:
    """A module of the package is a rule, and its id is its name."""
    rule: Rule = importlib.import_module(f"service.rules.{name}").RULE
    assert rule.id == name.replace("_", "-")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_is_documented(rule: Rule) -> None:
    """The docstring states the healthy state, why it matters and the remedy; each option has a default and a text."""
    assert rule.summary.endswith(".")
    assert rule.why, "a paragraph that begins with Why:"
    assert rule.remedy, "a paragraph that begins with Remedy:"
    rule.options()
    undocumented = [name for name, field in rule.options.model_fields.items() if not field.description]
    assert undocumented == []
    assert rule.examples


@pytest.mark.parametrize(
    ("rule", "example"), CASES, ids=lambda value: value.title if isinstance(value, Example) else value.id
)
def test_an_example_holds(rule: Rule, example: Example) -> None:
    """The rule finds and proposes exactly what its example says it does."""
    plan = decide(snapshot(example.body, labels=tuple(example.labels)), Policy())
    found = [f.message for f in plan.findings if f.rule == rule.id]
    for part in example.finds:
        assert any(part in message for message in found), (part, found)
    if not example.finds:
        assert [f for f in plan.findings if f.rule == rule.id and f.level in {"blocks", "advises"}] == []
    proposed = {
        type(c).__name__ for c, reason in zip(plan.changes, plan.reasons, strict=True) if rule.id in reason.split(", ")
    }
    assert proposed >= set(example.changes)
