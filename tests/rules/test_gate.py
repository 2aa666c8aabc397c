"""The gate, on post-mortems and action items: what happens when one is closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.engine import decide
from service.hidden import topic_marker
from service.model import Comment, EnsureComment, Override, Plan, Reopen, Snapshot, SyncState
from service.policy import Policy
from service.rules.closure import ClosureOptions
from service.rules.definition_of_done import DefinitionOfDoneOptions
from tests.build import BOT, GITHUB, NOW, WRITTEN, carried_out, child, closed, snapshot

ADOPTED = SyncState(template="full_incident")
LABELS = frozenset({"overdue"})


def unfinished(at: datetime = NOW - timedelta(minutes=1), **more: Any) -> Snapshot:
    return closed(snapshot("Nothing yet.\n", state=ADOPTED, labels=("post-mortem",)), at=at, **more)


def kinds(plan: Plan) -> list[type]:
    return [type(change) for change in plan.changes]


def messages(plan: Plan, topic: str) -> list[str]:
    return [c.body for c in plan.changes if isinstance(c, EnsureComment) and c.topic.startswith(topic)]


def with_options(**options: Any) -> Policy:
    return Policy(rule_options={"closure": ClosureOptions(**options)})


def test_an_unfinished_close_is_explained_first_and_undone_then() -> None:
    """One comment to whoever closed it lists each point with its fix; an interruption in between loses nothing."""
    plan = decide(unfinished(), Policy())
    order = kinds(plan)
    assert order.count(Reopen) == 1
    refusal = next(i for i, c in enumerate(plan.changes) if isinstance(c, EnsureComment) and c.topic != "status")
    assert refusal < order.index(Reopen) < len(order) - 1
    [said] = messages(plan, "refused:")
    assert "@alice: thank you" in said
    assert "**Root cause**" in said
    assert ": This section is missing. Add the heading, and a few sentences under it." in said


def test_a_close_within_the_grace_window_is_looked_at_again_later() -> None:
    """An undo within it costs nothing."""
    plan = decide(unfinished(NOW - timedelta(seconds=2)), Policy())
    assert Reopen not in kinds(plan)
    assert plan.revisit_at == NOW + timedelta(seconds=3)


@pytest.mark.parametrize("reason", ["not_planned", "duplicate", "moved"])
def test_some_closes_are_free(reason: str) -> None:
    """Deciding not to do something is a decision."""
    assert Reopen not in kinds(decide(unfinished(state_reason=reason), Policy()))


def test_warn_explains_and_leaves_it_closed() -> None:
    """The mode can differ by severity."""
    plan = decide(unfinished(), with_options(mode="warn"))
    assert Reopen not in kinds(plan)
    assert messages(plan, "warned:")
    plan = decide(unfinished(), with_options(mode="observe"))
    assert Reopen not in kinds(plan)
    assert not messages(plan, "warned:")
    low = replace(unfinished(), state=replace(ADOPTED, severity="low"))
    assert Reopen in kinds(decide(unfinished(), with_options(modes={"low": "warn"})))
    assert Reopen not in kinds(decide(low, with_options(modes={"low": "warn"})))


def test_after_three_refusals_in_a_day_it_is_left_to_people() -> None:
    """Says so once, and does not reopen; a day later it holds again."""
    topics = [f"refused:{(NOW - timedelta(hours=h)).isoformat(timespec='seconds')}" for h in (3, 2, 1)]
    earlier = tuple(Comment(str(i), BOT, topic_marker(t), topic=t) for i, t in enumerate(topics))
    seen = replace(unfinished(), comments=earlier)
    plan = decide(seen, Policy())
    assert Reopen not in kinds(plan)
    [said] = messages(plan, "left-open-to-people:")
    assert "will not reopen it again today" in said
    again = replace(carried_out(seen, plan), observed_at=NOW + timedelta(minutes=5))
    assert decide(again, Policy()).changes == ()
    next_day = closed(replace(seen, observed_at=NOW + timedelta(days=1)), at=NOW + timedelta(hours=23, minutes=59))
    assert Reopen in kinds(decide(next_day, Policy()))


def test_an_override_lets_it_close_and_stays_on_record() -> None:
    """Open points are counted, the decision is shown, nothing is reopened."""
    made = Override("alice", NOW, "customer asked")
    seen = replace(unfinished(), state=replace(ADOPTED, overrides=(made,)))
    plan = decide(seen, Policy())
    assert Reopen not in kinds(plan)
    [status] = messages(plan, "status")
    assert "May close by a maintainer's decision" in status
    assert "`alice` let it close with open points on 2026-03-02: customer asked" in status


def test_a_close_by_override_carries_a_label_until_it_is_reopened() -> None:
    """A listing shows it. Who takes it off is heard for as long as it stays closed; the next close is another one."""
    made = Override("alice", NOW, "customer asked")
    seen = replace(unfinished(), state=replace(ADOPTED, overrides=(made,)))
    shut = carried_out(seen, decide(seen, Policy()))
    assert "closed-by-override" in shut.issue.labels
    assert decide(shut, Policy()).changes == ()
    bare = replace(shut, issue=replace(shut.issue, labels=shut.issue.labels - {"closed-by-override"}))
    assert decide(bare, Policy()).changes == ()
    opened = replace(shut, issue=replace(shut.issue, state="open", closed_at=None, closed_by=None))
    again = carried_out(opened, decide(opened, Policy()))
    assert "closed-by-override" not in again.issue.labels
    twice = closed(again, at=NOW - timedelta(minutes=1))
    assert "closed-by-override" in carried_out(twice, decide(twice, Policy())).issue.labels


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_a_free_close_is_none_by_override(reason: str) -> None:
    """It needed none."""
    seen = replace(unfinished(state_reason=reason), state=replace(ADOPTED, overrides=(Override("alice", NOW, "ok"),)))
    assert "closed-by-override" not in carried_out(seen, decide(seen, Policy())).issue.labels


def test_what_was_closed_before_it_was_labelled_is_history() -> None:
    """It is neither edited nor reopened; with the label put on first, the gate holds."""
    seen = closed(snapshot("Old words.\n"), at=NOW - timedelta(days=30))
    assert decide(seen, Policy()).changes == ()
    early = replace(seen.issue, label_times={"post-mortem": NOW - timedelta(days=31)})
    assert Reopen in kinds(decide(replace(seen, issue=early), Policy()))


def test_a_written_post_mortem_with_its_actions_may_close() -> None:
    """Everything recorded and every action in its own issue: nothing blocks."""
    open_one = snapshot(WRITTEN, labels=("post-mortem",))
    ready = carried_out(open_one, decide(open_one, Policy()))
    assert decide(ready, Policy()).blockers == ()
    shut = closed(ready, at=NOW - timedelta(minutes=1))
    plan = decide(shut, Policy())
    assert plan.blockers == ()
    assert Reopen not in kinds(plan)


def test_actions_done_asks_for_each_action_to_be_closed() -> None:
    """`actions: done` lists each action that is still open, with its owner."""
    open_one = snapshot(WRITTEN, labels=("post-mortem",))
    ready = carried_out(open_one, decide(open_one, Policy()))
    policy = with_options(actions="done")
    [blocker] = decide(ready, policy).blockers
    assert blocker.message == "#13 is still open."
    assert blocker.who == ("bob",)


def action(body: str, **more: Any) -> Snapshot:
    seen = snapshot(labels=("type-action-item",))
    one = child(13, "Page on pool", body=body, **more)
    return replace(seen, issue=replace(one, linked=False))


def test_an_action_item_closes_when_its_definition_of_done_holds() -> None:
    """Owner, deadline, one ticked criterion and none open; optional and N/A lines are honoured."""
    done = "**Owner:** @bob\n**Deadline:** 2026-04-01\n\n## Definition of done\n\n- [x] It paged\n"
    extra = "- [ ] Nice to have (optional)\n- [ ] N/A: no runbook\n"
    at = NOW - timedelta(minutes=1)
    assert decide(closed(action(done + extra), at=at), Policy()).changes == ()
    plan = decide(closed(action(done + "- [ ] It paged twice\n"), at=at), Policy())
    assert Reopen in kinds(plan)
    [said] = messages(plan, "refused:")
    assert "“It paged twice” is still open." in said
    assert "this action item is not quite there" in said.casefold()


def test_an_adopted_issue_without_a_definition_of_done_is_not_held() -> None:
    """Somebody's own ticket is not reopened for a section it never had; the points are shown only."""
    seen = snapshot("Do it.\n", labels=("type-action-item",))
    plan = decide(closed(seen, at=NOW - timedelta(minutes=1)), Policy())
    assert plan.changes == ()
    assert plan.blockers


def test_the_gates_mode_is_the_actions_own() -> None:
    """The definition of done has its own options."""
    policy = Policy(rule_options={"definition-of-done": DefinitionOfDoneOptions(mode="warn")})
    plan = decide(closed(action(""), at=NOW - timedelta(minutes=1)), policy)
    assert Reopen not in kinds(plan)
    assert messages(plan, "warned:")


def test_a_closed_issue_says_nothing_to_itself() -> None:
    """Closed by our own account (a forge's automation acting as us), nobody is pinged."""
    plan = decide(unfinished(by=BOT), Policy())
    [said] = messages(plan, "refused:")
    assert "@" not in said.split("**")[0]


def test_unused_defaults_stay_as_documented() -> None:
    """Defaults that people rely on without reading."""
    assert (ClosureOptions().mode, ClosureOptions().grace_seconds, ClosureOptions().refusals_per_day) == (
        "enforce",
        5,
        3,
    )
    assert GITHUB.max_body == 65_536
