"""The GitHub provider against the sandbox: what is GitHub's own, beyond the contract both forges share."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.document import DEFAULT_DIALECT
from service.hidden import state_block, topic_marker
from service.model import (
    Acknowledge,
    AddLabels,
    Card,
    Change,
    CreateActionItem,
    EnsureComment,
    EnsureLabel,
    IssueRef,
    Label,
    LinkChild,
    Marker,
    MoveCard,
    RemoveLabels,
    Reopen,
    SetAssignees,
    SetBody,
    SetDue,
    SetTitle,
    SyncState,
)
from service.providers.base import Forbidden, Gone, MalformedReply, Rejected, Unavailable
from service.providers.cache import Cache
from service.providers.github.auth import TokenAuth
from service.providers.github.client import GitHub
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.providers.github.scripted import Say, Scripted
from tests.providers.stage import BODY, BOT, PROJECT, Stage

HERE = ("github", PROJECT)


def build(stage: Stage, login: str, url: str = "", cache: Cache | None = None) -> GitHub:
    root = f"{url or stage.sandbox.github_url}/api/v3"
    return GitHub(auth=TokenAuth(f"token-{login}"), clock=stage.clock, sleep=stage.sleep, url=root, cache=cache)


@pytest.fixture
def stage(sandbox: Sandbox, clock: Clock) -> Stage:
    stage = Stage("github", sandbox, clock, build)
    stage.set_up()
    return stage


@pytest.fixture
def provider(stage: Stage) -> GitHub:
    return build(stage, BOT)


def asked(stage: Stage, since: int = 0) -> list[str]:
    """Method and path of what the sandbox was asked, without root and query."""
    paths = ((r.method, r.path.partition("?")[0]) for r in stage.sandbox.log[since:])
    return [f"{method} {re.sub(r'.*/(repos/acme|api)/', '', path)}" for method, path in paths]


def cost(stage: Stage, provider: GitHub, *changes: Change) -> list[str]:
    count = stage.requests_made()
    for change in changes:
        provider.apply(change)
    return asked(stage, count)


def create(stage: Stage, **values: Any) -> CreateActionItem:
    fields: dict[str, Any] = {"ref": stage.pm, "key": "abc1", "project": PROJECT, "title": "Limit the pool"}
    fields |= values
    fields.setdefault("body", f"From the post-mortem.\n\n{Marker(stage.pm, fields['key'])}\n")
    return CreateActionItem(**fields)


def status(stage: Stage, state: SyncState | None = None, text: str = "All is well.") -> EnsureComment:
    state = state or SyncState(template="full_incident")
    return EnsureComment(stage.pm, "status", f"{topic_marker('status')}\n\n{text}\n\n{state_block(state)}\n", state)


def row(stage: Stage, number: int = 1, project: str = PROJECT) -> Any:
    return stage.sandbox.world.issue("github", project, number)


def settle(stage: Stage, provider: GitHub) -> None:
    """As after a pass: the command is answered, the named issue linked, our comment written."""
    provider.fetch(stage.pm)
    provider.apply(LinkChild(stage.pm, stage.ref(3)))
    answered = tuple(str(c.id) for c in row(stage).comments if c.body.startswith("/pm"))
    provider.apply(status(stage, SyncState(answered=answered)))
    provider.fetch(stage.pm)


# --- what a look costs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2])
def test_an_untouched_issue_costs_one_request(stage: Stage, provider: GitHub, number: int) -> None:
    """Post-mortem or action item: one GraphQL query, once the provider is warm."""
    settle(stage, provider)
    provider.fetch(stage.ref(number))
    before, count = provider.requests, stage.requests_made()
    seen = provider.fetch(stage.ref(number))
    assert provider.requests - before == 1
    assert asked(stage, count) == ["POST graphql"]
    assert (seen.parent.ref if seen.parent else None) == (stage.pm if number == 2 else None)


def test_a_label_event_costs_four_requests(stage: Stage, provider: GitHub) -> None:
    """Look, labels, text, comment: what is answered to the labels shows the text as it is then."""
    settle(stage, provider)
    stage.edit(3, labels=["post-mortem"])
    before, ref = provider.requests, stage.ref(3)
    seen = provider.fetch(ref).issue
    provider.apply(AddLabels(ref, frozenset({"learning"})))
    provider.apply(SetBody(ref, seen.body, seen.body + "\n## Action items\n"))
    provider.apply(EnsureComment(ref, "status", topic_marker("status")))
    assert provider.requests - before == 4


def test_threads_share_what_rarely_changes(stage: Stage) -> None:
    """A second provider with the same cache asks nothing twice."""
    cache = Cache(stage.clock)
    settle(stage, build(stage, BOT, cache=cache))
    second = build(stage, BOT, cache=cache)
    second.fetch(stage.pm)
    assert second.requests == 1


def test_each_change_costs_what_the_readme_says(stage: Stage, provider: GitHub) -> None:
    """One request each; one more for the body, unless the reply just before showed it."""
    stage.edit(1, state="closed")
    seen = provider.fetch(stage.pm)
    pending = next(c.id for c in seen.comments if c.topic is None)
    for change, expected in (
        (SetBody(stage.pm, BODY, BODY + "\nmore\n"), ["GET shop/issues/1", "PATCH shop/issues/1"]),
        (EnsureLabel(stage.pm, Label("overdue", "d93f0b")), ["POST shop/labels"]),
        (SetBody(stage.pm, BODY + "x", BODY + "x"), ["GET shop/issues/1"]),
        (AddLabels(stage.pm, frozenset({"learning", "overdue"})), ["POST graphql"]),
        (SetBody(stage.pm, BODY, BODY.replace("Noted", "Seen")), ["PATCH shop/issues/1"]),
        (RemoveLabels(stage.pm, frozenset({"learning", "overdue"})), ["POST graphql"]),
        (SetTitle(stage.pm, "New"), ["PATCH shop/issues/1"]),
        (SetBody(stage.pm, BODY, BODY.replace("Lessons", "The lessons")), ["PATCH shop/issues/1"]),
        (SetAssignees(stage.pm, frozenset({"alice"})), ["PATCH shop/issues/1"]),
        (SetDue(stage.pm, date(2026, 4, 1)), []),
        (Reopen(stage.pm), ["PATCH shop/issues/1"]),
        (LinkChild(stage.pm, stage.ref(3)), ["POST shop/issues/1/sub_issues"]),
        (status(stage), ["POST shop/issues/1/comments"]),
        (status(stage), []),
        (Acknowledge(stage.pm, pending), [f"POST shop/issues/comments/{pending}/reactions"]),
    ):
        assert cost(stage, provider, change) == expected, change
    said = row(stage).comments[-1].id
    assert cost(stage, provider, status(stage, text="Edited.")) == [f"PATCH shop/issues/comments/{said}"]


@pytest.mark.parametrize("count", [1, 5])
def test_action_items_cost_at_most_four_requests_each(stage: Stage, provider: GitHub, count: int) -> None:
    """Created, labelled, assigned and linked in one; its deadline field; its card added and moved."""
    world = stage.sandbox.world
    world.features["github"].issue_fields = True
    world.add_issue_field("github", "acme", "Target date")
    provider.fetch(stage.pm)
    provider.apply(MoveCard(stage.pm, 1, "Draft"))
    before = provider.requests
    provider.fetch(stage.pm)
    for n in range(count):
        ref = provider.apply(
            create(
                stage,
                key=f"k{n}",
                labels=frozenset({"learning"}),
                assignees=frozenset({"bob"}),
                due=date(2026, 4, 1),
            )
        )
        assert ref is not None
        provider.apply(MoveCard(ref, 1, "In Progress"))
    assert provider.requests - before <= 1 + 4 * count + 2
    made = [
        child for child in provider.fetch(stage.pm).children if child.key and child.key.startswith("k") and child.due
    ]
    assert [(c.labels, c.assignees, c.due, c.linked) for c in made] == count * [
        (frozenset({"learning"}), frozenset({"bob"}), date(2026, 4, 1), True)
    ]
    assert [c.cards for c in made] == count * [(Card(1, "In Progress"),)]


def test_a_dry_look_writes_nothing(stage: Stage, provider: GitHub) -> None:
    """Looking leaves the forge as it was."""
    before = stage.state()
    provider.fetch(stage.pm)
    assert stage.state() == before


# --- creating once --------------------------------------------------------------------------------------------


def test_a_create_without_a_fresh_look_looks_first(stage: Stage, provider: GitHub) -> None:
    """As after a restart: the marker is looked for among the sub-issues, and nothing is created twice."""
    made = provider.apply(create(stage))
    assert build(stage, BOT).apply(create(stage)) == made
    stage.clock.forward(seconds=61)
    assert provider.apply(create(stage)) == made


def test_a_stale_look_is_not_trusted_for_a_create(stage: Stage, provider: GitHub) -> None:
    """What somebody else created since is found, because a minute-old look says nothing about now."""
    provider.fetch(stage.pm)
    made = build(stage, BOT).apply(create(stage))
    build(stage, BOT).apply(status(stage))
    stage.clock.forward(seconds=61)
    assert provider.apply(create(stage)) == made
    assert cost(stage, provider, status(stage)) == ["GET shop/issues/1/comments"]


def test_a_create_whose_outcome_is_unknown_is_looked_for(stage: Stage, provider: GitHub) -> None:
    """Without another fetch even: the failed create makes the provider distrust what it saw."""
    provider.fetch(stage.pm)
    stage.fault("graphql", method="POST", kind="drop", after=True)
    with pytest.raises(Unavailable):
        provider.apply(create(stage))
    made = provider.apply(create(stage))
    assert made is not None
    assert row(stage, made.number).title == "Limit the pool"
    assert len(stage.sandbox.world.project(*HERE).issues) == 4


def test_an_action_item_of_another_owner_is_tied_by_its_marker(stage: Stage, provider: GitHub) -> None:
    """GitHub links sub-issues within one owner only; the child still knows its post-mortem, and is made once."""
    world = stage.sandbox.world
    world.add_group("github", "other")
    world.add_project("github", "other/tools")
    world.set_permission("github", "other/tools", BOT, "maintain")
    provider.fetch(stage.pm)
    made = provider.apply(create(stage, project="other/tools", labels=frozenset({"learning"})))
    assert made == IssueRef("github", "other/tools", 1)
    assert provider.apply(create(stage, project="other/tools")) == made
    assert build(stage, BOT).apply(create(stage, project="other/tools")) == made
    parent = provider.fetch(made).parent
    assert parent is not None
    assert parent.ref == stage.pm


def test_an_action_item_in_another_repository_of_the_owner_is_a_sub_issue(stage: Stage, provider: GitHub) -> None:
    """One request creates it there, labels and links it; labels are the other repository's."""
    stage.sandbox.world.create_label("github", "acme/ops", actor="alice", name="Learning")
    provider.fetch(stage.pm)
    made = provider.apply(create(stage, project="acme/ops", labels=frozenset({"learning", "brand new"})))
    assert made == IssueRef("github", "acme/ops", 1)
    child = provider.fetch(stage.pm).child(made)
    assert child is not None
    assert (child.linked, {label.casefold() for label in child.labels}) == (True, {"learning", "brand new"})


def test_a_full_parent_still_gets_its_action_item(stage: Stage, provider: GitHub) -> None:
    """GitHub takes 100 sub-issues; the next one is created all the same, once, and tied by marker."""
    world = stage.sandbox.world
    for n in range(99):
        stage.tie(1, world.create_issue(*HERE, actor=BOT, title=f"step {n}").number)
    provider.fetch(stage.pm)
    made = provider.apply(create(stage))
    assert made is not None
    assert build(stage, BOT).fetch(made).parent is not None
    again = build(stage, BOT)
    again.fetch(stage.pm)
    assert again.apply(create(stage)) == made


def test_a_limited_create_is_tried_again_and_happens_once(stage: Stage, provider: GitHub) -> None:
    """A refusal for being too fast is certain to have created nothing."""
    provider.fetch(stage.pm)
    stage.fault("*comments", method="POST", kind="status", status=429, headers={"Retry-After": "1"})
    provider.apply(status(stage))
    assert [c.author for c in row(stage).comments].count(BOT) == 1
    assert stage.waits == [1]


# --- comments -------------------------------------------------------------------------------------------------


def test_a_deleted_comment_of_ours_comes_back(stage: Stage, provider: GitHub) -> None:
    """Somebody deleted it between our look and our edit."""
    provider.apply(status(stage))
    provider.fetch(stage.pm)
    stage.sandbox.world.delete_comment("github", row(stage).comments[-1].id, actor="alice")
    provider.apply(status(stage, text="Again."))
    assert row(stage).comments[-1].body == status(stage, text="Again.").body


def test_a_receipt_for_a_deleted_comment_is_no_error(stage: Stage, provider: GitHub) -> None:
    """There is nobody left to tell."""
    provider.apply(Acknowledge(stage.pm, "987654"))
    assert provider.fetch(stage.pm).capabilities.reactions


def test_too_long_texts_are_refused_before_they_are_sent(stage: Stage, provider: GitHub) -> None:
    """GitHub takes 65,536 characters."""
    long = "x" * 65_537
    provider.fetch(stage.pm)
    for change in (
        SetBody(stage.pm, BODY, long),
        create(stage, body=long),
        EnsureComment(stage.pm, "status", topic_marker("status") + long),
    ):
        with pytest.raises(Rejected, match="65536"):
            provider.apply(change)


# --- silent drops and other people's places -------------------------------------------------------------------


@pytest.mark.parametrize("knows_ids", [True, False])
def test_dropped_labels_are_noticed(stage: Stage, provider: GitHub, knows_ids: bool) -> None:
    """Without the triage role GitHub refuses, or answers 200 and leaves the label out."""
    if knows_ids:
        provider.fetch(stage.pm)
    stage.sandbox.world.set_permission(*HERE, BOT, "read")
    before = row(stage).labels
    with pytest.raises(Forbidden):
        provider.apply(AddLabels(stage.pm, frozenset({"learning"})))
    assert row(stage).labels == before


def test_labels_by_id_never_land_on_another_issue(stage: Stage, provider: GitHub) -> None:
    """The repository was renamed and its old name taken by another one: a label follows the issue, if anything, and
    the caller is told that it is gone.
    """
    provider.fetch(stage.pm)
    stage.sandbox.world.rename_project(*HERE, "acme/store")
    stage.sandbox.world.add_project(*HERE)
    stage.sandbox.world.create_issue(*HERE, actor="alice", title="Something else")
    with pytest.raises(Gone, match="acme/store"):
        provider.apply(AddLabels(stage.pm, frozenset({"learning"})))
    assert row(stage).labels == []


def test_labels_whose_ids_are_not_known_go_by_name(stage: Stage, provider: GitHub) -> None:
    """Newer than our look, or deleted and made again since: REST takes the name."""
    provider.fetch(stage.pm)
    world = stage.sandbox.world
    world.create_label(*HERE, actor="alice", name="brand new")
    assert cost(stage, provider, AddLabels(stage.pm, frozenset({"brand new"}))) == ["POST shop/issues/1/labels"]
    learning = next(label for label in world.project(*HERE).labels if label.name == "learning")
    world.delete_label(world.project(*HERE), learning, actor="alice")
    world.create_label(*HERE, actor="alice", name="learning")
    provider.apply(AddLabels(stage.pm, frozenset({"learning"})))
    assert "learning" in row(stage).labels
    provider.apply(RemoveLabels(stage.pm, frozenset({"learning", "never there"})))
    assert "learning" not in row(stage).labels


def test_an_edit_after_the_labels_is_read_before_the_text_is_written(stage: Stage, provider: GitHub) -> None:
    """Only the very last reply stands for reading: after another request, or a moment later, the text is read again."""
    seen = provider.fetch(stage.pm).issue
    for pause in (lambda: provider.permission(PROJECT, "bob"), lambda: stage.clock.forward(seconds=2)):
        provider.apply(AddLabels(stage.pm, frozenset({"learning"})))
        pause()
        theirs = row(stage).body.replace("pay.", "pay. Nor log in.")
        stage.edit(1, actor="bob", body=theirs)
        provider.apply(SetBody(stage.pm, seen.body, seen.body.replace("[ ] Alert", "[x] Alert")))
        assert row(stage).body == theirs.replace("[ ] Alert", "[x] Alert")


def test_an_unassignable_person_is_left_out_quietly(stage: Stage, provider: GitHub) -> None:
    """As GitHub does; the next look shows who is assigned."""
    provider.apply(SetAssignees(stage.pm, frozenset({"alice", "nobody-here"})))
    assert provider.fetch(stage.pm).issue.assignees == {"alice"}


def test_labels_compare_without_case(stage: Stage, provider: GitHub) -> None:
    """GitHub has one label for `Learning` and `learning`."""
    provider.apply(EnsureLabel(stage.pm, Label("LEARNING", "000000")))
    provider.apply(AddLabels(stage.pm, frozenset({"LEARNING"})))
    assert provider.fetch(stage.pm).issue.labels == {"post-mortem", "outage", "learning"}


def test_a_label_with_a_slash_is_removed(stage: Stage, provider: GitHub) -> None:
    """PyGithub would send the slash as it is, and miss the label; the others stay."""
    stage.edit(1, labels=["post-mortem", "area/db & co?", "area"])
    provider.apply(RemoveLabels(stage.pm, frozenset({"area/db & co?", "never there"})))
    assert set(row(stage).labels) == {"post-mortem", "area"}


def test_a_sub_issue_of_another_parent_stays_there(stage: Stage, provider: GitHub) -> None:
    """An issue has one parent; taking it away is a person's business. Linking again what is linked is no error."""
    stage.sandbox.world.create_issue(*HERE, actor="bob", title="Another post-mortem")
    stage.tie(4, 3)
    provider.apply(LinkChild(stage.pm, stage.ref(2)))
    provider.apply(LinkChild(stage.pm, stage.ref(3)))
    world = stage.sandbox.world
    assert [child.number for child in world.children_of(world.issue(*HERE, 4))] == [3]
    stage.edit(1, body="## Action items\n\n- [ ] Do it - @bob - 2026-04-01 (#3)\n")
    named = provider.fetch(stage.pm).child(stage.ref(3))
    assert named is not None
    assert named.linked  # by its line, which is all the link there can be: nothing is asked for again


def test_a_renamed_repository_is_gone(stage: Stage, provider: GitHub) -> None:
    """GraphQL follows the rename without a word; the answer is about a place nobody asked for."""
    provider.fetch(stage.pm)
    stage.sandbox.world.rename_project(*HERE, "acme/store")
    with pytest.raises(Gone, match="acme/store"):
        provider.fetch(stage.pm)
    for change in (Reopen(stage.pm), SetBody(stage.pm, "a", "b"), create(stage, key="other")):
        with pytest.raises(Gone):
            provider.apply(change)


# --- boards ---------------------------------------------------------------------------------------------------


def test_a_card_is_added_then_only_moved(stage: Stage, provider: GitHub) -> None:
    """Ids of the board are kept; the column's name compares without case."""
    provider.fetch(stage.pm)
    assert len(cost(stage, provider, MoveCard(stage.pm, 1, "draft"))) == 3
    assert len(cost(stage, provider, MoveCard(stage.pm, 1, "Review"))) == 1
    assert provider.fetch(stage.pm).issue.cards == (Card(1, "Review"),)
    assert len(cost(stage, provider, MoveCard(stage.pm, 1, "Complete"))) == 1


def test_a_boards_date_is_read_with_the_look_and_written_in_one_request(stage: Stage, provider: GitHub) -> None:
    """Names of date fields travel as variables; where the organisation has its own field, nothing goes to the board."""
    world = stage.sandbox.world
    board = world.group("github", "acme").boards[0]
    board.date_field = 'Fällig "am" {'
    world.set_column(board, world.issue(*HERE, 1), "Review", actor="alice")
    dialect = replace(DEFAULT_DIALECT, dates=("Due", 'Fällig "am" {'))
    provider.fetch(stage.pm, dialect)
    change = SetDue(stage.pm, date(2026, 4, 1))
    assert cost(stage, provider, change) == ["POST graphql"]
    assert provider.fetch(stage.pm, dialect).issue.due == date(2026, 4, 1)
    assert provider.fetch(stage.pm, replace(dialect, dates=())).issue.due is None
    world.features["github"].issue_fields = True
    world.add_issue_field("github", "acme", "Target date")
    stage.clock.forward(hours=2)
    seen = provider.fetch(stage.pm, dialect)
    assert (seen.issue.due, seen.issue.cards) == (None, (Card(1, "Review"),))


def test_a_missing_column_names_the_ones_there_are(stage: Stage, provider: GitHub) -> None:
    """Columns are a person's; writing them would cost every card its place."""
    with pytest.raises(Rejected, match=r"no column 'Nowhere'; its columns are: Draft, Review"):
        provider.apply(MoveCard(stage.pm, 1, "Nowhere"))
    with pytest.raises(Rejected, match="no project number 99"):
        provider.apply(MoveCard(stage.pm, 99, "Draft"))


# --- older servers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lack", ["sub_issues", "projects"])
def test_graphql_without_a_part_is_asked_without_it(stage: Stage, provider: GitHub, lack: str) -> None:
    """The server refuses the whole query over a field it does not know; from then on it is left out."""
    setattr(stage.sandbox.world.features["github"], lack, False)
    first = provider.fetch(stage.pm)
    assert (first.capabilities.sub_issues, first.capabilities.project_board) == (lack == "projects", lack != "projects")
    assert {child.ref.number for child in first.children} == {2, 3}
    before = provider.requests
    assert provider.fetch(stage.pm) == first
    assert set(asked(stage, stage.requests_made() - (provider.requests - before))) <= {
        "POST graphql",
        "GET shop/collaborators/bob/permission",
    }


def test_a_graphql_outage_is_not_taken_for_a_missing_endpoint(stage: Stage, provider: GitHub) -> None:
    """Once it worked, a failure is a failure, and the queue tries again."""
    provider.fetch(stage.pm)
    stage.fault("graphql", kind="status", status=502, times=0)
    with pytest.raises(Unavailable):
        provider.fetch(stage.pm)


@pytest.mark.parametrize("answer", [404, 500, 501])
def test_without_graphql_rest_sees_the_same(stage: Stage, provider: GitHub, answer: int) -> None:
    """Issue, sub-issues, comments, labels, people; only the time of the last body edit is not told."""
    stage.edit(1, body=BODY)
    with_graphql = build(stage, BOT).fetch(stage.pm)
    stage.fault("graphql", kind="status", status=answer, times=0)
    seen = provider.fetch(stage.pm)
    assert (seen.issue.title, seen.issue.labels, seen.issue.label_times) == (
        with_graphql.issue.title,
        with_graphql.issue.labels,
        with_graphql.issue.label_times,
    )
    assert (seen.comments, seen.people, seen.labels) == (
        with_graphql.comments,
        with_graphql.people,
        with_graphql.labels,
    )
    assert [(c.ref, c.linked) for c in seen.children] == [(c.ref, c.linked) for c in with_graphql.children]
    count = stage.requests_made()
    provider.fetch(stage.pm)
    assert "POST graphql" not in asked(stage, count)


def test_graphql_is_tried_again_after_a_while(stage: Stage, provider: GitHub) -> None:
    """An endpoint that failed before it ever worked is not given up for ever."""
    stage.fault("graphql", kind="status", status=500, times=4)
    provider.fetch(stage.pm)
    stage.clock.forward(seconds=301)
    count = stage.requests_made()
    provider.fetch(stage.pm)
    assert "POST graphql" in asked(stage, count)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateways_failure_says_nothing_about_the_server(stage: Stage, provider: GitHub, status: int) -> None:
    """A proxy in trouble while the service starts must not turn boards into labels."""
    stage.fault("graphql", kind="status", status=status, times=0)
    with pytest.raises(Unavailable):
        provider.fetch(stage.pm)


def test_a_failure_inside_one_part_is_no_lack_of_it(scripted: Scripted, clock: Clock) -> None:
    """GitHub running out of time over the sub-issues does not mean that there are none."""
    error = {
        "message": "Something went wrong while executing your query.",
        "path": ["repository", "issue", "subIssues"],
    }
    data = {"viewer": {"login": BOT}, "repository": {"issue": None}}
    scripted.on("POST /api/graphql", Say(200, {"data": data, "errors": [error]}))
    provider = GitHub(auth=TokenAuth("t"), clock=clock, sleep=lambda _: None, url=f"{scripted.url}/api/v3")
    with pytest.raises(Unavailable, match="Something went wrong"):
        provider.fetch(IssueRef("github", PROJECT, 1))
    assert all("subIssues" in each.body["query"] for each in scripted.asked if each.body)


@pytest.mark.parametrize(
    "error",
    [
        {"type": "INSUFFICIENT_SCOPES", "message": "Your token has not been granted the required scopes"},
        {"type": "FORBIDDEN", "message": "Resource not accessible", "path": ["repository", "issue", "projectItems"]},
        {"message": "x", "extensions": {"code": "undefinedField", "fieldName": "projectItems"}},
        {"message": "Field 'projectItems' doesn't exist on type 'Issue'"},
    ],
)
def test_a_credential_without_projects_sees_the_rest(scripted: Scripted, clock: Clock, error: dict[str, Any]) -> None:
    """The query is refused for one part of it; asked without that part, once and from then on."""
    scripted.on("POST /api/graphql", Say(200, {"data": None, "errors": [error]}), Say(200, {"data": {}}))
    provider = GitHub(auth=TokenAuth("t"), clock=clock, sleep=lambda _: None, url=f"{scripted.url}/api/v3")
    with pytest.raises(MalformedReply):
        provider.fetch(IssueRef("github", PROJECT, 1))
    first, second = (each.body["query"] for each in scripted.asked if each.body)
    assert ("projectItems" in first, "projectItems" in second, "subIssues" in second) == (True, False, True)
