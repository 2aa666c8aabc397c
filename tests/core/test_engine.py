"""The engine's fences and words: a rule that crashes, rules that never agree, what a plan looks like to a reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

import service.engine
from service import report
from service.case import Case
from service.engine import decide
from service.model import AddLabels, Finding, IssueRef, LinkChild, RemoveLabels, SetBody, Verdict, apply
from service.policy import Policy
from service.rules import POST_MORTEM, Options, Rule, rules
from service.rules.template import TemplateOptions
from tests.build import HOME, NOW, WRITTEN, carried_out, child, closed, said, snapshot


def rule(check: object, name: str = "odd") -> Rule:
    return Rule(id=name, about=POST_MORTEM, options=Options, check=check, examples=(), doc="It is so.\n")  # type: ignore[arg-type]


def with_rules(patch: pytest.MonkeyPatch, *more: Rule) -> None:
    chosen = tuple(sorted((*rules(), *more), key=lambda each: each.id))
    patch.setattr(service.engine, "rules", lambda: chosen)


class Defaults(Policy):
    def options(self, rule_id: str) -> Options:
        return Options() if rule_id == "odd" else super().options(rule_id)


def test_a_rule_that_crashes_takes_down_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others' changes are made, and the crash is a finding that names the rule."""

    def crash(case: Case, options: Options) -> Iterator[Verdict]:
        yield Finding("odd", "advises", f"said before {case.issue.ref} {options.enabled}")
        raise ZeroDivisionError

    with_rules(monkeypatch, rule(crash))
    plan = decide(snapshot("It broke.\n"), Defaults())
    [error] = [f for f in plan.findings if f.level == "error"]
    assert error.rule == "odd"
    assert "ZeroDivisionError" in error.message
    assert any(isinstance(change, SetBody) for change in plan.changes)


def test_rules_that_never_agree_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless back and forth is found in the simulation, not on the forge."""

    def flip(case: Case, options: Options) -> Iterator[Verdict]:
        assert options.enabled
        label = frozenset({"odd"})
        yield (RemoveLabels if "odd" in case.issue.labels else AddLabels)(case.issue.ref, label)

    with_rules(monkeypatch, rule(flip))
    plan = decide(snapshot("It broke.\n"), Defaults())
    assert plan.changes == ()
    assert any("do not agree" in f.message for f in plan.findings)


def test_an_ordinary_issue_is_left_alone() -> None:
    """Without the label there is nothing to find or change."""
    plan = decide(snapshot("Typo.\n", labels=("bug",)), Policy())
    assert (plan.findings, plan.changes) == ((), ())


def test_an_action_item_nudges_its_post_mortem() -> None:
    """What happens to the child is looked at from the parent's side too."""
    seen = snapshot(
        "", labels=("type-action-item",), parent=replace(snapshot().issue, ref=IssueRef("github", "acme/shop", 3))
    )
    assert decide(seen, Policy()).related == (IssueRef("github", "acme/shop", 3),)


def test_a_template_that_is_not_there_or_does_not_fit_is_said() -> None:
    """The names there are, or the way round; nothing is half-applied."""
    odd = Policy(rule_options={"template": TemplateOptions(default="nope")})
    plan = decide(snapshot("It broke.\n"), odd)
    assert any("There is no template named 'nope'" in f.message and "full_incident" in f.fix for f in plan.findings)
    long = decide(snapshot("x" * 65_000), Policy())
    assert any("does not fit" in f.message for f in long.findings)
    assert not any(isinstance(change, SetBody) for change in long.changes)


def printed(seen: object) -> str:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123 - nowhere
    console.print(seen)
    console.file.close()
    return console.export_text()


def test_a_plan_reads_well_in_a_terminal() -> None:
    """What was found with its fix, what would change and why; nothing to do is said too."""
    seen = snapshot(WRITTEN.replace(" - @bob", ""), label_times={"post-mortem": NOW - timedelta(days=2)})
    text = printed(report.terminal(decide(seen, Policy())))
    assert "github:acme/shop#12" in text
    assert "It has no owner." in text
    assert "type-post-mortem" in text
    assert "lines written" in printed(report.terminal(decide(snapshot("It broke.\n"), Policy())))
    assert "Nothing to change." in printed(report.terminal(decide(snapshot(labels=("bug",)), Policy())))
    waiting = closed(replace(seen, state=carried_out(seen, decide(seen, Policy())).state), at=NOW)
    assert "looked at again at 2026-03-02T09:00:05" in printed(report.terminal(decide(waiting, Policy())))


def test_a_plan_is_plain_json() -> None:
    """Changes name their kind; sets are sorted, times are ISO."""
    seen = snapshot(WRITTEN, comments=(said("/pm why"),))
    data = json.loads(json.dumps(report.to_json(decide(seen, Policy()))))
    kinds = {change["change"] for change in data["changes"]}
    assert {"Acknowledge", "CreateActionItem", "SetBody", "EnsureComment"} <= kinds
    made = next(change for change in data["changes"] if change["change"] == "CreateActionItem")
    assert made["ref"] == {"forge": "github", "project": "acme/shop", "number": 12}
    assert made["labels"] == sorted(made["labels"])
    assert report.to_json({"at": datetime(2026, 3, 1, tzinfo=UTC)}) == {"at": "2026-03-01T00:00:00+00:00"}


def test_a_change_is_described_in_a_few_words() -> None:
    """For terminals and logs."""
    assert report.describe(LinkChild(HOME, IssueRef("github", "acme/shop", 40))) == "github:acme/shop#40"
    assert report.describe(AddLabels(HOME, frozenset({"b", "a"}))) == "a, b"


def test_a_change_to_an_issue_out_of_sight_is_an_error() -> None:
    """A rule cannot reach beyond what was seen."""
    with pytest.raises(LookupError, match="not part of the snapshot"):
        apply(snapshot(), AddLabels(IssueRef("github", "acme/shop", 99), frozenset({"x"})))
    with_child = snapshot(children=(child(13, "x"),))
    assert apply(with_child, LinkChild(HOME, with_child.children[0].ref)).children[0].linked


def test_a_forge_that_trims_comments_is_not_answered_for_ever() -> None:
    """The status comment handed back with other line endings and without its last newline is still up to date."""
    seen = snapshot(WRITTEN)
    after = carried_out(seen, decide(seen, Policy()))
    trimmed = tuple(replace(c, body=c.body.rstrip().replace("\n", "\r\n")) for c in after.comments)
    assert decide(replace(after, comments=trimmed), Policy()).changes == ()
