"""A policy file: what it may say, and how its mistakes are explained."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.plain_yaml import MAX_SIZE
from service.policy import InvalidPolicy, Policy, load
from service.rules import rules
from service.rules.closure import ClosureOptions


def errors(text: str) -> tuple[str, ...]:
    read = load(text, "closeout.yml")
    assert isinstance(read, InvalidPolicy)
    return read.errors


def test_version_alone_is_a_whole_policy() -> None:
    """Every rule has its default options."""
    read = load("version: 1\n", "closeout.yml")
    assert isinstance(read, Policy)
    assert {rule.id: rule.options() for rule in rules()} == dict(read.rule_options)


def test_a_policy_changes_what_it_names_and_nothing_else() -> None:
    """Options are read under the rule's id."""
    read = load("version: 1\nrules:\n  closure:\n    actions: done\n    modes: {low: warn}\n", "closeout.yml")
    assert isinstance(read, Policy)
    options = read.options("closure")
    assert isinstance(options, ClosureOptions)
    assert (options.actions, options.modes.low, options.mode) == ("done", "warn", "enforce")


def test_all_mistakes_are_told_at_once_with_line_and_remedy() -> None:
    """A typo names what was probably meant; a wrong value says what is allowed; in the order of the lines."""
    text = """\
version: 1
rules:
  closure:
    actoins: done
    mode: strict
  closing: {}
vocabulary:
  labels:
    severity: {hgih: sev-1}
    trigger: 7
"""
    assert errors(text) == (
        'closeout.yml:4: rules.closure.actoins: unknown option (did you mean "actions"?)',
        "closeout.yml:5: rules.closure.mode: input should be 'observe', 'warn' or 'enforce', not 'strict'",
        'closeout.yml:6: rules.closing: unknown option (did you mean "closure"?)',
        'closeout.yml:9: vocabulary.labels.severity.hgih: unknown option (did you mean "high"?)',
        "closeout.yml:10: vocabulary.labels.trigger: input should be a valid tuple, not 7",
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "begins with `version: 1`"),
        ("- a\n", "begins with `version: 1`"),
        ("rules: {}\n", "add `version: 1`"),
        ("version: 2\n", "version: input should be 1"),
        ("version: 1\nrules: {\n", "closeout.yml:3: this is not YAML"),
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("[" * 50 + "]" * 50, "nested more than"),
        ("version: 1 #" + "x" * MAX_SIZE, "characters"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "closeout.yml:2: this is not YAML that can be read: aliases"),
        ("version: 1\nrules:\n  closure: {mode: warn, mode: observe}\n", "closeout.yml:3: this is not YAML that can be read: the key 'mode' is there twice"),
        ("version: 1\nversion: 1\n", "closeout.yml:2: this is not YAML that can be read: the key 'version' is there twice"),
        (f"version: {'9' * 5000}\n", "closeout.yml:1: this is not YAML that can be read: a number has at most 20 digits"),
        (f"version: 0x{'f' * 5000}\n", "a number has at most 20 digits"),
        ("version: 1\ncalendar: {days_off: [2026-13-45]}\n", "closeout.yml:2: this is not YAML that can be read: this looks like a number or a date"),
        ("version: 2026-01-01\n", "version: input should be 1, not datetime.date(2026, 1, 1)"),
        ("version: 1e999\n", "version: input should be 1"),
        (f"version: '{'x' * 500}'\n", "version: input should be 1, not 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"),
        ("version: !!timestamp soon\n", "tags are not allowed"),
        ("version: !!bool maybe\n", "tags are not allowed"),
        ("version: 1\naudit: {stale_days: {low: 99999999999999}}\n", "audit.stale_days.low: input should be less than or equal to 3660"),
        ("version: !!python/object:os.system 1\n", "not YAML"),
        ("version: 1\nversion: 1\nx: \x00\n", "not YAML"),
    ],
)  # fmt: skip
def test_a_hostile_or_empty_file_gets_a_clear_answer(text: str, part: str) -> None:
    """Size, depth, aliases, tags, doubled keys, endless numbers and control characters are refused with a sentence."""
    assert any(part in error for error in errors(text)), errors(text)


@given(st.text(max_size=300) | st.text(alphabet="version: 1\n rules{}[]&*!-\"'|>", max_size=200))
def test_no_text_makes_it_fail(text: str) -> None:
    """Any text gives a policy or its mistakes."""
    assert isinstance(load(text, "closeout.yml"), (Policy, InvalidPolicy))
