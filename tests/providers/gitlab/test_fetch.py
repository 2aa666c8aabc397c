"""What a look at the sandbox's GitLab costs, and what it sees beyond the contract both forges share."""

from __future__ import annotations

import pytest

from service.hidden import topic_marker
from service.model import (
    AddLabels,
    EnsureComment,
    IssueRef,
    LinkChild,
    Marker,
    Permission,
    SetBody,
    SyncState,
)
from service.providers.base import Gone, Unavailable
from service.providers.cache import Cache
from service.providers.gitlab.client import GitLab
from tests.clock import Clock
from tests.providers.gitlab.scene import HERE, MARKED, asked, build, row, status
from tests.providers.stage import BODY, BOT, PROJECT, Stage

# --- what a look costs ----------------------------------------------------------------------------------------


def settle(stage: Stage, gitlab: GitLab) -> None:
    """As after a pass: the command is answered, the named issue linked, our comment written last."""
    gitlab.fetch(stage.pm)
    gitlab.apply(LinkChild(stage.pm, stage.ref(3)))
    answered = tuple(str(c.id) for c in row(stage).comments if c.body.startswith("/pm"))
    gitlab.apply(status(stage, SyncState(answered=answered)))
    gitlab.fetch(stage.pm)


def test_an_untouched_post_mortem_costs_two_requests(stage: Stage, gitlab: GitLab) -> None:
    """One for the issue, one for its comments and children, and not a single write."""
    settle(stage, gitlab)
    before, count = gitlab.requests, stage.requests_made()
    snapshot = gitlab.fetch(stage.pm)
    assert gitlab.requests - before == stage.requests_made() - count == 2
    assert {record.method for record in stage.sandbox.log[count:]} == {"GET", "POST"}
    assert stage.sandbox.log[-1].path.endswith("/api/graphql")
    assert [child.ref.number for child in snapshot.children if child.linked] == [2, 3]


def test_an_untouched_action_item_costs_two_requests(stage: Stage, gitlab: GitLab) -> None:
    """Its post-mortem comes along among the related issues."""
    gitlab.fetch(stage.ref(2))
    before = gitlab.requests
    snapshot = gitlab.fetch(stage.ref(2))
    assert snapshot.parent is not None
    assert (snapshot.parent.ref, gitlab.requests - before) == (stage.pm, 2)


def test_label_events_are_asked_for_when_something_happened(stage: Stage, gitlab: GitLab, clock: Clock) -> None:
    """The later of two human changes wins, so the time of a label matters after one; then it is known."""
    settle(stage, gitlab)
    at = clock.forward(hours=1)
    stage.edit(1, actor="bob", labels=["post-mortem", "outage", "learning"])
    count = stage.requests_made()
    assert gitlab.fetch(stage.pm).issue.label_times["learning"] == at
    assert any(path.endswith("resource_label_events") for path in asked(stage, count))
    count = stage.requests_made()
    assert gitlab.fetch(stage.pm).issue.label_times["learning"] == at
    assert len(asked(stage, count)) == 2


def test_a_closed_issue_tells_when_it_was_labelled(stage: Stage, gitlab: GitLab, clock: Clock) -> None:
    """Whether it was closed before or after it became a post-mortem decides what may be done; its text does not."""
    before = clock.now
    stage.edit(1, body="")
    clock.forward(hours=1)
    stage.edit(1, state="closed")
    assert gitlab.fetch(stage.pm).issue.label_times["post-mortem"] == before


def test_a_label_event_costs_at_most_eight_requests(stage: Stage, gitlab: GitLab) -> None:
    """Look, text, labels and comment, once the project's labels are known."""
    gitlab.fetch(stage.ref(3))
    stage.edit(3, labels=["post-mortem"])
    before, ref = gitlab.requests, stage.ref(3)
    seen = gitlab.fetch(ref).issue
    gitlab.apply(SetBody(ref, seen.body, f"{seen.body}\n\n## Impact\n"))
    gitlab.apply(AddLabels(ref, frozenset({"learning"})))
    gitlab.apply(EnsureComment(ref, "status", f"{topic_marker('status')}\n\nHello.\n"))
    assert gitlab.requests - before <= 8


def test_providers_of_several_threads_share_what_they_learned(stage: Stage, clock: Clock) -> None:
    """Labels, people and our own name are asked for once for all of them."""
    cache = Cache(clock)
    url = stage.sandbox.gitlab_url
    one, two = (
        GitLab(token="token-closeout-bot", url=url, clock=clock, sleep=stage.sleep, cache=cache) for _ in range(2)
    )
    settle(stage, one)
    two.fetch(stage.pm)
    assert two.requests == 2


def test_the_labels_are_asked_for_again_after_a_while(stage: Stage, gitlab: GitLab, clock: Clock) -> None:
    """Somebody else's new label is seen within minutes."""
    gitlab.fetch(stage.pm)
    stage.sandbox.world.create_label(*HERE, actor="alice", name="brand new")
    assert "brand new" not in gitlab.fetch(stage.pm).labels
    clock.forward(seconds=301)
    assert "brand new" in gitlab.fetch(stage.pm).labels


def test_a_file_is_remembered_for_a_minute(stage: Stage, gitlab: GitLab, clock: Clock) -> None:
    """Also that there is none: every look reads the policy."""
    assert gitlab.file_text(PROJECT, ".gitlab/closeout.yml") is None
    stage.sandbox.world.put_file(*HERE, ".gitlab/closeout.yml", "version: 1\n")
    assert gitlab.file_text(PROJECT, ".gitlab/closeout.yml") is None
    clock.forward(seconds=61)
    assert gitlab.file_text(PROJECT, ".gitlab/closeout.yml") == "version: 1\n"


# --- what is seen ---------------------------------------------------------------------------------------------


def test_both_ways_to_look_see_the_same(stage: Stage) -> None:
    """But for when a body was edited, which REST does not tell."""
    stage.edit(1, actor="bob", body=BODY + "\nMore.\n")
    with_graphql = build(stage, BOT).fetch(stage.pm)
    stage.sandbox.world.features["gitlab"].graphql = False
    without = build(stage, BOT).fetch(stage.pm)
    assert with_graphql.issue.body_edited_at == stage.clock.now
    assert without.issue.body_edited_at is None
    assert without.comments == with_graphql.comments
    seen = [(c.ref, c.title, c.body, c.labels, c.state, c.linked) for c in without.children]
    assert seen == [(c.ref, c.title, c.body, c.labels, c.state, c.linked) for c in with_graphql.children]


def test_related_issues_that_are_no_action_items_are_left_out(stage: Stage, gitlab: GitLab) -> None:
    """People relate issues for many reasons; a marker or an action line makes one a child."""
    world = stage.sandbox.world
    made = world.create_issue(*HERE, actor="bob", title="Something else", body="Nothing of ours.")
    stage.tie(1, made.number)
    assert [child.ref.number for child in gitlab.fetch(stage.pm).children] == [2, 3]


def test_a_child_in_another_project_is_seen(stage: Stage, gitlab: GitLab) -> None:
    """Related items cross projects."""
    world = stage.sandbox.world
    made = world.create_issue(
        "gitlab", "acme/ops", actor=BOT, title="There", body=MARKED.format(Marker(stage.pm, "k9"))
    )
    world.link(row(stage), made, actor="alice")
    found = gitlab.fetch(stage.pm).child(IssueRef("gitlab", "acme/ops", made.number))
    assert found is not None
    assert (found.title, found.linked, found.key) == ("There", True, "k9")


def test_a_moved_issue_says_so(stage: Stage, gitlab: GitLab) -> None:
    """It goes on elsewhere, and must not be reopened."""
    stage.edit(1, state="closed")
    row(stage).moved_to = row(stage, 3).id
    seen = gitlab.fetch(stage.pm).issue
    assert (seen.state, seen.state_reason) == ("closed", "moved")


def test_system_notes_and_quoted_commands_are_nobodys(stage: Stage, gitlab: GitLab) -> None:
    """GitLab's own notes may hold any text."""
    comment = stage.comment(1, "/pm pause", actor="alice")
    next(c for c in row(stage).comments if c.id == comment).system = True
    assert [c.body for c in gitlab.fetch(stage.pm).comments] == ["/pm help"]


@pytest.mark.parametrize("graphql", [True, False])
def test_a_command_in_a_very_long_discussion_is_seen(stage: Stage, gitlab: GitLab, graphql: bool) -> None:
    """Past every page of either API."""
    stage.sandbox.world.features["gitlab"].graphql = graphql
    for n in range(205):
        stage.comment(1, f"thought {n}")
    stage.comment(1, "/pm why", actor="alice")
    assert [c.body for c in gitlab.fetch(stage.pm).comments] == ["/pm help", "/pm why"]


def test_an_answered_command_costs_nothing(stage: Stage, gitlab: GitLab) -> None:
    """Neither its author's role nor our reaction is asked for again."""
    settle(stage, gitlab)
    command = next(c for c in gitlab.fetch(stage.pm).comments if c.topic is None)
    assert (command.permission, command.acknowledged) == (None, True)


def test_a_planner_triages(stage: Stage, gitlab: GitLab) -> None:
    """The newer role between Guest and Reporter; a Guest only reads."""
    stage.sandbox.world.set_permission(*HERE, "eve", "planner")
    assert gitlab.permission(PROJECT, "eve") is Permission.TRIAGE
    stage.sandbox.world.set_permission(*HERE, "mallory", "guest")
    assert gitlab.permission(PROJECT, "MALLORY") is Permission.READ


def test_only_members_are_assigned(stage: Stage, gitlab: GitLab) -> None:
    """A public project would take any account: on GitLab.com nearly every word behind an @ is some stranger's."""
    text = "- [ ] x - @mallory\n- [ ] y - @nobody-here\n- [ ] z - @eve\n- [ ] t - @acme/shop\n"
    stage.edit(1, body=f"## Action items\n\n{text}")
    seen = gitlab.fetch(stage.pm).people
    assert (seen["mallory"], seen["nobody-here"], seen["eve"]) == (False, False, True)
    assert not seen.get("acme/shop", False)


def test_whoever_is_assigned_can_be_assigned(stage: Stage, gitlab: GitLab) -> None:
    """Somebody put a contributor on it who is no member; nothing more is asked."""
    stage.edit(1, assignees=["mallory"], body="## Action items\n\n- [ ] x - @Mallory\n")
    assert gitlab.fetch(stage.pm).people["Mallory"]
    assert not any(path.endswith("/users") for path in asked(stage))


def test_a_guest_cannot_be_given_a_confidential_action_item(stage: Stage, gitlab: GitLab) -> None:
    """Who may not read it is dropped by GitLab without a word."""
    stage.sandbox.world.set_permission(*HERE, "mallory", "guest")
    stage.edit(1, body="## Action items\n\n- [ ] x - @mallory\n")
    assert gitlab.fetch(stage.pm).people["mallory"]
    stage.edit(1, private=True)
    assert not gitlab.fetch(stage.pm).people["mallory"]


def test_a_renamed_project_is_gone_though_reads_are_redirected(stage: Stage, gitlab: GitLab) -> None:
    """Whoever follows the redirect would find every write refused."""
    gitlab.fetch(stage.pm)
    stage.sandbox.world.rename_project(*HERE, "acme/store")
    with pytest.raises(Gone, match="acme/store#1"):
        gitlab.fetch(stage.pm)


# --- GraphQL may be missing -----------------------------------------------------------------------------------


def test_a_server_without_graphql_is_asked_once_an_hour(stage: Stage, gitlab: GitLab, clock: Clock) -> None:
    """An upgrade is noticed without a restart."""
    stage.sandbox.world.features["gitlab"].graphql = False
    for expected in (1, 1):
        gitlab.fetch(stage.pm)
        assert sum(path.endswith("/api/graphql") for path in asked(stage)) == expected
    stage.sandbox.world.features["gitlab"].graphql = True
    clock.forward(hours=1, seconds=1)
    assert gitlab.fetch(stage.pm).comments
    assert sum(path.endswith("/api/graphql") for path in asked(stage)) == 2


def test_a_refused_query_falls_back_to_rest(stage: Stage, gitlab: GitLab) -> None:
    """An older schema, or a lower complexity limit, answers 200 with errors."""
    stage.fault("graphql", kind="status", status=200, body='{"errors": [{"message": "no such field"}]}', times=1)
    assert [child.ref.number for child in gitlab.fetch(stage.pm).children] == [2, 3]
    assert any(path.endswith("/links") for path in asked(stage))


def test_an_outage_of_graphql_is_an_outage_once_it_worked(stage: Stage, gitlab: GitLab) -> None:
    """Then the fallback would only hide it; before, the endpoint is taken for a missing one."""
    gitlab.fetch(stage.pm)
    stage.fault("graphql", kind="status", status=502, times=0)
    with pytest.raises(Unavailable):
        gitlab.fetch(stage.pm)
    assert build(stage, BOT).fetch(stage.pm).children
