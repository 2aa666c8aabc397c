"""The GitLab provider against the sandbox: what is GitLab's own, beyond the contract both forges share."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import requests

from service.hidden import state_block, topic_marker
from service.model import (
    Acknowledge,
    AddLabels,
    Change,
    CreateActionItem,
    EnsureComment,
    EnsureLabel,
    IssueRef,
    Label,
    LinkChild,
    Marker,
    MoveCard,
    Permission,
    RemoveLabels,
    SetAssignees,
    SetBody,
    SetDue,
    SyncState,
)
from service.providers.base import Forbidden, Gone, NotFound, Rejected, Unavailable
from service.providers.cache import Cache
from service.providers.gitlab.client import GitLab
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.providers.stage import BODY, BOT, KNOWN_KEY, PROJECT, Stage

HERE = ("gitlab", PROJECT)
MARKED = "From the post-mortem.\n\n{}\n"


def build(stage: Stage, login: str, url: str = "") -> GitLab:
    root = url or stage.sandbox.gitlab_url
    return GitLab(token=f"token-{login}", clock=stage.clock, sleep=stage.sleep, url=root)


@pytest.fixture
def stage(sandbox: Sandbox, clock: Clock) -> Stage:
    stage = Stage("gitlab", sandbox, clock, build)
    stage.set_up()
    return stage


@pytest.fixture
def gitlab(stage: Stage) -> GitLab:
    return build(stage, BOT)


def asked(stage: Stage, since: int = 0) -> list[str]:
    """Method and path of what the sandbox was asked, without queries."""
    records = stage.sandbox.log[since:]
    return [f"{r.method} {r.path.partition('?')[0].rpartition('/projects/')[2]}" for r in records]


def create(stage: Stage, **values: Any) -> CreateActionItem:
    fields: dict[str, Any] = {"ref": stage.pm, "key": "abc1", "project": PROJECT, "title": "Limit the pool"}
    fields |= values
    fields.setdefault("body", MARKED.format(Marker(stage.pm, fields["key"])))
    return CreateActionItem(**fields)


def status(stage: Stage, state: SyncState | None = None, text: str = "All is well.") -> EnsureComment:
    state = state or SyncState(template="full_incident")
    return EnsureComment(stage.pm, "status", f"{topic_marker('status')}\n\n{text}\n\n{state_block(state)}\n", state)


def row(stage: Stage, number: int = 1, project: str = PROJECT) -> Any:
    return stage.sandbox.world.issue("gitlab", project, number)


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
    assert gitlab.fetch(stage.pm).people == {"Mallory": True}
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


# --- silent drops ---------------------------------------------------------------------------------------------


def as_guest_author(stage: Stage) -> tuple[GitLab, IssueRef]:
    """An account that may edit its own issue's text, and nothing else of it."""
    stage.sandbox.world.set_permission(*HERE, BOT, "guest")
    made = stage.sandbox.world.create_issue(*HERE, actor=BOT, title="Ours", labels=("outage",))
    return build(stage, BOT), stage.ref(made.number)


@pytest.mark.parametrize("change", ["add", "remove", "assign", "due"])
def test_what_gitlab_drops_without_a_word_is_forbidden(stage: Stage, change: str) -> None:
    """The answer is 200 and the field is unchanged; the error names the role that is needed."""
    gitlab, ref = as_guest_author(stage)
    changes: dict[str, Change] = {
        "add": AddLabels(ref, frozenset({"learning"})),
        "remove": RemoveLabels(ref, frozenset({"outage"})),
        "assign": SetAssignees(ref, frozenset({"alice"})),
        "due": SetDue(ref, date(2026, 4, 1)),
    }
    with pytest.raises(Forbidden, match="Reporter"):
        gitlab.apply(changes[change])
    assert stage.sandbox.log[-1].status == 200


def test_an_assignee_who_cannot_read_the_project_is_missed(stage: Stage, gitlab: GitLab) -> None:
    """GitLab drops the person and answers 200."""
    made = stage.sandbox.world.create_issue("gitlab", "acme/ops", actor="alice", title="x")
    ref = stage.ref(made.number, "acme/ops")
    with pytest.raises(Forbidden, match="mallory"):
        gitlab.apply(SetAssignees(ref, frozenset({"mallory"})))


def test_nobody_is_assigned_by_a_name_nobody_has(stage: Stage, gitlab: GitLab) -> None:
    """Refused before anything is written."""
    with pytest.raises(Rejected, match="no-such-person"):
        gitlab.apply(SetAssignees(stage.pm, frozenset({"no-such-person", "bob"})))
    assert row(stage).assignees == ["bob"]


def test_free_keeps_one_assignee_and_we_say_so(stage: Stage, gitlab: GitLab) -> None:
    """Several need Premium; the capability tells the rules beforehand."""
    assert gitlab.fetch(stage.pm).capabilities.max_assignees == 1
    with pytest.raises(Rejected, match="Premium"):
        gitlab.apply(SetAssignees(stage.pm, frozenset({"alice", "bob"})))


def test_premium_is_learned_from_what_is_seen(stage: Stage, gitlab: GitLab) -> None:
    """An issue with two assignees proves it, for the whole group."""
    stage.sandbox.world.features["gitlab"].premium = True
    gitlab.apply(SetAssignees(stage.pm, frozenset({"alice", "Bob"})))
    assert sorted(row(stage).assignees) == ["alice", "bob"]
    assert gitlab.fetch(stage.ref(3)).capabilities.max_assignees > 1


def test_assignees_and_dates_are_cleared(stage: Stage, gitlab: GitLab) -> None:
    """Nobody and no day are wishes like any other."""
    gitlab.apply(SetDue(stage.pm, date(2026, 4, 1)))
    gitlab.apply(SetAssignees(stage.pm, frozenset()))
    gitlab.apply(SetDue(stage.pm, None))
    assert (row(stage).assignees, row(stage).due) == ([], None)


def test_boards_have_no_cards_to_move(stage: Stage, gitlab: GitLab) -> None:
    """The rules use labels where a project has no board of its own; whoever asks all the same is told."""
    with pytest.raises(Rejected, match="label"):
        gitlab.apply(MoveCard(stage.pm, 1, "Review"))
    assert not gitlab.fetch(stage.pm).capabilities.project_board


def test_a_label_of_the_group_counts_as_there(stage: Stage, gitlab: GitLab) -> None:
    """GitLab answers 409 where the label exists in a group above; that is what was wanted."""
    gitlab.fetch(stage.pm)
    stage.sandbox.world.create_label(*HERE, actor="alice", name="severity-high")  # after we listed them
    gitlab.apply(EnsureLabel(stage.pm, Label("severity-high", "d93f0b")))
    assert stage.sandbox.log[-1].status == 409
    count = stage.requests_made()
    gitlab.apply(EnsureLabel(stage.pm, Label("severity-high", "d93f0b")))
    assert stage.requests_made() == count


def test_a_created_label_has_its_colour(stage: Stage, gitlab: GitLab) -> None:
    """GitLab wants the sign that our colours leave out."""
    gitlab.apply(EnsureLabel(stage.pm, Label("severity-low", "0e8a16", "Few users")))
    found = stage.sandbox.world.find_label(stage.sandbox.world.project(*HERE), "severity-low")
    assert found is not None
    assert (found.color.lstrip("#").lower(), found.description) == ("0e8a16", "Few users")


# --- action items ---------------------------------------------------------------------------------------------


def test_an_action_item_has_everything_at_once(stage: Stage, gitlab: GitLab) -> None:
    """Labels, assignee, due date, confidentiality and the link; four requests, the looks included."""
    gitlab.fetch(stage.pm)
    before = gitlab.requests
    change = create(
        stage, labels=frozenset({"learning"}), assignees=frozenset({"bob"}), due=date(2026, 4, 1), private=True
    )
    made = gitlab.apply(change)
    assert made is not None
    issue = row(stage, made.number)
    assert (issue.labels, issue.assignees, issue.due, issue.private) == (["learning"], ["bob"], date(2026, 4, 1), True)
    assert gitlab.requests - before <= 4
    found = gitlab.fetch(stage.pm).child(made)
    assert found is not None
    assert (found.linked, found.key) == (True, "abc1")


def test_each_further_action_item_costs_two_requests(stage: Stage, gitlab: GitLab) -> None:
    """One look at what we created in the project serves the whole plan."""
    gitlab.fetch(stage.pm)
    gitlab.apply(create(stage, key="one"))
    before = gitlab.requests
    gitlab.apply(create(stage, key="two"))
    assert gitlab.requests - before == 2


def test_an_action_item_whose_link_was_never_made_is_linked(stage: Stage, gitlab: GitLab) -> None:
    """We were stopped between the two requests: the issue is found by its marker, not created again."""
    orphan = stage.sandbox.world.create_issue(*HERE, actor=BOT, title="x", body=MARKED.format(Marker(stage.pm, "abc1")))
    assert gitlab.apply(create(stage)) == stage.ref(orphan.number)
    assert len(stage.sandbox.world.project(*HERE).issues) == 4
    assert gitlab.fetch(stage.pm).child(stage.ref(orphan.number)) is not None


def test_somebody_elses_copy_of_a_marker_is_not_ours(stage: Stage, gitlab: GitLab) -> None:
    """Whoever copies an action item's text into an issue of their own does not take its place."""
    theirs = stage.sandbox.world.create_issue(
        *HERE, actor="eve", title="x", body=MARKED.format(Marker(stage.pm, "abc1"))
    )
    made = gitlab.apply(create(stage))
    assert made is not None
    assert made.number != theirs.number


def test_an_existing_action_item_is_returned(stage: Stage, gitlab: GitLab) -> None:
    """Linked already, under this key: nothing is written."""
    gitlab.fetch(stage.pm)
    count = stage.requests_made()
    assert gitlab.apply(create(stage, key=KNOWN_KEY)) == stage.ref(2)
    assert stage.requests_made() == count


def test_an_action_item_in_another_project_is_linked(stage: Stage, gitlab: GitLab) -> None:
    """A team may keep its action items in a project of its own."""
    gitlab.fetch(stage.pm)
    made = gitlab.apply(create(stage, project="acme/ops"))
    assert made is not None
    assert made.project == "acme/ops"
    assert gitlab.fetch(stage.pm).child(made) is not None
    assert build(stage, BOT).apply(create(stage, project="acme/ops")) == made


def test_a_link_made_twice_is_one(stage: Stage, gitlab: GitLab) -> None:
    """409 for a link that exists is what was wanted."""
    gitlab.apply(LinkChild(stage.pm, stage.ref(3)))
    build(stage, BOT).apply(LinkChild(stage.pm, stage.ref(3)))
    assert stage.sandbox.log[-1].status == 409
    with pytest.raises(Rejected):
        gitlab.apply(LinkChild(stage.pm, stage.pm))


# --- comments -------------------------------------------------------------------------------------------------


def test_our_comment_is_edited_in_place(stage: Stage, gitlab: GitLab) -> None:
    """One comment a topic, whatever it comes to say."""
    for text in ("First.", "Second.", "Second."):
        gitlab.fetch(stage.pm)
        gitlab.apply(status(stage, text=text))
    ours = [c.body for c in row(stage).comments if c.author == BOT]
    assert len(ours) == 1
    assert "Second." in ours[0]


def test_our_comment_that_somebody_deleted_comes_back(stage: Stage, gitlab: GitLab) -> None:
    """Its id is known and gone; then it is written anew."""
    gitlab.apply(status(stage))
    gitlab.fetch(stage.pm)
    ours = next(c for c in row(stage).comments if c.author == BOT)
    stage.sandbox.world.delete_comment("gitlab", ours.id, actor="alice")
    gitlab.apply(status(stage, text="Again."))
    assert ["Again." in c.body for c in row(stage).comments if c.author == BOT] == [True]


def test_a_reaction_given_twice_is_one(stage: Stage, gitlab: GitLab) -> None:
    """GitLab refuses the second with a 404 of all things."""
    command = next(c for c in gitlab.fetch(stage.pm).comments if c.topic is None)
    assert not command.acknowledged
    for _ in range(2):
        gitlab.apply(Acknowledge(stage.pm, command.id))
    assert next(c for c in gitlab.fetch(stage.pm).comments if c.id == command.id).acknowledged


def test_a_reaction_to_a_deleted_comment_is_an_error(stage: Stage, gitlab: GitLab) -> None:
    """The 404 that means what it says, and an id that is none."""
    with pytest.raises(NotFound, match="999999"):
        gitlab.apply(Acknowledge(stage.pm, "999999"))
    with pytest.raises(Rejected):
        gitlab.apply(Acknowledge(stage.pm, "new-status"))


# --- quick actions --------------------------------------------------------------------------------------------

INJECTED = "/close"
WHYS = [
    f"why\n{INJECTED}\nmore",
    f"{INJECTED}",
    f"\r{INJECTED}\n/confidential\n/label ~outage",
    f"```\ncode\n```\n{INJECTED}",
]


def raw(stage: Stage, path: str, method: str = "PUT", **fields: str) -> requests.Response:
    """A request as our account, past the provider."""
    headers = {"Authorization": f"Bearer token-{BOT}"}
    url = f"{stage.sandbox.gitlab_url}/api/v4/projects/acme%2Fshop/issues{path}"
    return requests.request(method, url, json=fields, headers=headers, timeout=10)


def test_the_sandbox_runs_quick_actions(stage: Stage) -> None:
    """What the following tests prove would prove nothing if it did not."""
    raw(stage, "/1", description=f"why\n\n{INJECTED}\n")
    assert row(stage).state == "closed"


@pytest.mark.parametrize("why", WHYS)
def test_a_command_in_an_action_item_does_not_run(stage: Stage, gitlab: GitLab, why: str) -> None:
    """A person's line in an action's title or reason is copied into an issue that our account creates."""
    body = f"{why}\n\n{Marker(stage.pm, 'abc1')}\n"
    made = gitlab.apply(create(stage, title="/close", body=body))
    assert made is not None
    issue = row(stage, made.number)
    assert (issue.state, issue.private, issue.labels, issue.title) == ("open", False, [], "/close")
    assert INJECTED in issue.body
    assert Marker.find(issue.body) == Marker(stage.pm, "abc1")


@pytest.mark.parametrize("why", WHYS)
def test_a_command_in_a_comment_of_ours_does_not_run(stage: Stage, gitlab: GitLab, why: str) -> None:
    """Neither in a new comment nor in its edit, nor as all there is of it."""
    for text in (why, f"{why}\n\n{why}"):
        gitlab.apply(EnsureComment(stage.pm, "status", f"{topic_marker('status')}\n\n{text}\n"))
        assert (row(stage).state, row(stage).private) == ("open", False)
        ours = [c.body for c in row(stage).comments if c.author == BOT]
        assert len(ours) == 1
        assert INJECTED in ours[0]


@pytest.mark.parametrize("why", WHYS)
def test_a_command_that_we_carry_into_a_body_does_not_run(stage: Stage, gitlab: GitLab, why: str) -> None:
    """A title typed into an action item comes back into the post-mortem's line."""
    seen = gitlab.fetch(stage.pm).issue
    gitlab.apply(SetBody(stage.pm, seen.body, f"{seen.body}\n{why}\n"))
    assert (row(stage).state, row(stage).private) == ("open", False)
    assert INJECTED in row(stage).body


def test_a_persons_own_slash_line_stays_as_it_is(stage: Stage, gitlab: GitLab) -> None:
    """Paths at the start of a line are people's words; editing elsewhere does not touch them."""
    text = f"{BODY}\n/var/log/checkout was full\n"
    stage.edit(1, actor="bob", body=text)
    gitlab.apply(SetBody(stage.pm, text, text.replace("- [ ] Alert", "- [x] Alert")))
    assert row(stage).body == text.replace("- [ ] Alert", "- [x] Alert")
