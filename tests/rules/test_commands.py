"""Commands in comments: one effect each, by those who may, with an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from service.engine import decide
from service.model import (
    Acknowledge,
    Comment,
    EnsureComment,
    Permission,
    Plan,
    RemoveLabels,
    Reopen,
    Snapshot,
    SyncState,
)
from service.policy import Policy
from service.rules.commands import COMMANDS, CommandsOptions
from tests.build import NOW, WRITTEN, carried_out, child, closed, said, snapshot

ADOPTED = SyncState(template="full_incident")


def asked(text: str, *, author: str = "alice", permission: Permission | None = Permission.ADMIN) -> Snapshot:
    return snapshot(WRITTEN, comments=(said(text, author=author, permission=permission),), state=ADOPTED)


def reply(plan: Plan) -> str:
    return "\n".join(c.body for c in plan.changes if isinstance(c, EnsureComment) and c.topic.startswith("reply:"))


def test_help_lists_what_there_is_here() -> None:
    """Generated from what is enabled, in this state."""
    answer = reply(decide(asked("/pm help"), Policy()))
    here = {name: command for name, command in COMMANDS.items() if command.free or "post-mortem" in command.about}
    assert all(f"`/pm {command.usage}`" in answer for name, command in here.items() if name != "resume")
    assert not any(f"`/pm {command.usage}`" in answer for name, command in COMMANDS.items() if name not in here)
    off = Policy(rule_options={"commands": CommandsOptions(disabled=("override",))})
    assert "override" not in reply(decide(asked("/pm help"), off))
    reader = reply(decide(asked("/pm help", author="eve", permission=Permission.READ), Policy()))
    assert "`/pm why`" in reader
    assert "severity" not in reader


def test_a_command_has_its_effect_once() -> None:
    """Acknowledged, done, remembered; the next look does nothing."""
    seen = asked("Thanks!\n/pm severity low\n")
    plan = decide(seen, Policy())
    assert Acknowledge(seen.issue.ref, "1") in plan.changes
    after = carried_out(seen, plan)
    assert "severity-low" in after.issue.labels
    assert "**Severity:** low" in after.issue.body
    assert after.state.answered == ("1",)
    assert decide(after, Policy()).changes == ()
    later = replace(
        after, issue=replace(after.issue, labels=(after.issue.labels - {"severity-low"}) | {"severity-high"})
    )
    assert "severity-high" in carried_out(later, decide(later, Policy())).issue.labels


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("/pm hlep", "Did you mean `/pm help`?"),
        ("/pm frobnicate", "`/pm help` lists what there is"),
        ("/pm severity gigantic", "one of critical, high, medium, low"),
        ("/pm template nope", "full_incident"),
        ("/pm drop", "Write `/pm drop`"),
        ("/pm override", "please say why"),
    ],
)
def test_a_mistake_gets_a_clear_reply(text: str, part: str) -> None:
    """With the form that works."""
    answer = reply(decide(asked(text), Policy()))
    assert "@alice: " in answer
    assert part in answer


def test_permission_counts_at_the_time_of_acting() -> None:
    """A stranger's command is declined kindly; the author may change their own post-mortem, but not override."""
    answer = reply(decide(asked("/pm severity low", author="mallory", permission=Permission.READ), Policy()))
    assert "needs triage permission" in answer
    author = decide(asked("/pm severity low", author="alice", permission=Permission.READ), Policy())
    assert "severity-low" in carried_out(asked("/pm severity low"), author).issue.labels
    answer = reply(decide(asked("/pm override it is fine", author="alice", permission=Permission.WRITE), Policy()))
    assert "needs maintain permission" in answer
    assert reply(decide(asked("/pm why", author="mallory", permission=None), Policy()))


def test_an_override_and_a_close_seen_together_let_it_close() -> None:
    """The command was given before the service looked: it counts."""
    seen = closed(asked("/pm override customer asked"), at=NOW - timedelta(minutes=1))
    shut = replace(seen, issue=replace(seen.issue, body="Nothing.\n"))
    plan = decide(shut, Policy())
    assert not any(isinstance(c, Reopen) for c in plan.changes)
    assert carried_out(shut, plan).state.overrides[0].reason == "customer asked"


def test_why_lists_what_blocks_with_the_fix() -> None:
    """The same points as the status comment, as an answer of its own."""
    seen = replace(asked("/pm why"), issue=replace(asked("").issue, body="Nothing.\n"))
    assert "**Root cause**" in reply(decide(seen, Policy()))


def test_pause_and_resume() -> None:
    """Paused, nothing but a resume has an effect."""
    paused = carried_out(asked("/pm pause"), decide(asked("/pm pause"), Policy()))
    assert paused.state.paused
    gone = closed(replace(paused, issue=replace(paused.issue, body="Nothing.\n")), at=NOW - timedelta(hours=1))
    assert decide(gone, Policy()).changes == ()
    told = replace(gone, comments=(*gone.comments, said("/pm severity low", number="2")))
    assert "`/pm resume` wakes it" in reply(decide(told, Policy()))
    woken = replace(gone, comments=(*gone.comments, said("/pm resume", number="3")))
    assert any(isinstance(c, Reopen) for c in decide(woken, Policy()).changes)


def test_a_pause_is_a_label_that_goes_with_it() -> None:
    """Made and put on once, so that people and the action items see it; who takes it off by hand is left to it."""
    item = child(21, "Alert", key="k1")
    seen = replace(asked("/pm pause"), children=(item,))
    plan = decide(seen, Policy())
    kinds = [type(change).__name__ for change in plan.changes]
    assert kinds.index("EnsureLabel") < kinds.index("AddLabels") < kinds.index("EnsureComment")
    assert item.ref in plan.related
    paused = carried_out(seen, plan)
    assert "pm-paused" in paused.issue.labels
    bare = replace(paused, issue=replace(paused.issue, labels=seen.issue.labels))
    assert decide(bare, Policy()).changes == ()
    resumed = decide(replace(paused, comments=(*paused.comments, said("/pm resume", number="8"))), Policy())
    assert any(isinstance(c, RemoveLabels) and c.labels == {"pm-paused"} for c in resumed.changes)
    assert item.ref in resumed.related


def test_drop_puts_the_reason_on_record() -> None:
    """The issue stays; the line no longer blocks."""
    seen = carried_out(snapshot(WRITTEN), decide(snapshot(WRITTEN), Policy()))
    gone = "\n".join(line for line in seen.issue.body.split("\n") if "connection pool" not in line)
    without = replace(seen, issue=replace(seen.issue, body=gone))
    told = replace(without, comments=(*without.comments, said("/pm drop 13 fixed upstream")))
    plan = decide(told, Policy())
    assert not any("gone from the list" in f.message for f in plan.blockers)
    after = carried_out(told, plan)
    assert after.state.items[0].dropped == "fixed upstream"
    assert "#13 was dropped: fixed upstream" in next(c.body for c in after.comments if c.topic == "status")


@pytest.mark.parametrize(
    "text", ["> /pm override x", "```\n/pm override x\n```", "see `/pm override x`", "<!-- /pm override x -->"]
)
def test_a_quoted_command_is_none(text: str) -> None:
    """Code, quotes and hidden text command nothing."""
    assert decide(asked(text), Policy()) == decide(
        snapshot(WRITTEN, comments=(Comment("1", "alice", text),), state=ADOPTED), Policy()
    )
    assert not decide(asked(text), Policy()).changes or all(
        not isinstance(c, Acknowledge) for c in decide(asked(text), Policy()).changes
    )


def test_template_adds_the_sections_of_another_template() -> None:
    """What is there stays."""
    seen = asked("/pm template security_incident")
    after = carried_out(seen, decide(seen, Policy()))
    assert after.state.template == "security_incident"
    assert all(line in after.issue.body for line in WRITTEN.split("\n"))
    assert len(after.issue.body) > len(WRITTEN)


def test_an_action_item_explains_itself() -> None:
    """Help and why work there too; what belongs to a post-mortem is declined with the way to what there is."""
    seen = snapshot("Do it.\n", labels=("type-action-item",), comments=(said("/pm why"),))
    answer = reply(decide(seen, Policy()))
    assert "What stands between this action item and its close" in answer
    assert "No criterion of the definition of done is ticked." in answer
    assert decide(carried_out(seen, decide(seen, Policy())), Policy()).changes == ()
    told = replace(seen, comments=(said("/pm override it is fine"),))
    assert "`/pm help` lists what there is" in reply(decide(told, Policy()))
