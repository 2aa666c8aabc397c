"""Changes on the sandbox's GitLab: silent drops, links and comments, beyond the contract both forges share."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from service.model import (
    Acknowledge,
    AddLabels,
    Change,
    EnsureLabel,
    IssueRef,
    Label,
    LinkChild,
    Marker,
    MoveCard,
    RemoveLabels,
    SetAssignees,
    SetDue,
)
from service.providers.base import Forbidden, NotFound, Rejected, Unavailable
from service.providers.gitlab.client import GitLab
from tests.providers.gitlab.scene import HERE, MARKED, build, create, row, status
from tests.providers.stage import BOT, KNOWN_KEY, PROJECT, Stage

UNKNOWN = json.dumps({"errors": [{"message": "WorkItemCreateInput isn't a defined input type (on $input)"}]})
NOT_ALLOWED = json.dumps({"data": {"workItemCreate": None}, "errors": [{"message": "The resource does not exist"}]})
INVALID = json.dumps({"data": {"workItemCreate": {"workItem": None, "errors": ["Title can't be blank"]}}})
FAILED = json.dumps({"errors": [{"message": "Internal server error"}]})

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
    """Labels, assignee, due date, confidentiality and the link, in one request."""
    gitlab.fetch(stage.pm)
    gitlab.apply(create(stage, key="warm", labels=frozenset({"learning"}), assignees=frozenset({"bob"})))
    before = gitlab.requests
    change = create(
        stage, labels=frozenset({"learning"}), assignees=frozenset({"bob"}), due=date(2026, 4, 1), private=True
    )
    made = gitlab.apply(change)
    assert made is not None
    issue = row(stage, made.number)
    assert (issue.labels, issue.assignees, issue.due, issue.private) == (["learning"], ["bob"], date(2026, 4, 1), True)
    assert gitlab.requests - before == 1
    found = gitlab.fetch(stage.pm).child(made)
    assert found is not None
    assert (found.linked, found.key) == (True, "abc1")


def test_a_label_without_a_known_id_is_put_on_afterwards(stage: Stage, gitlab: GitLab) -> None:
    """GraphQL takes ids; a label newer than our list goes by its name."""
    gitlab.fetch(stage.pm)
    stage.sandbox.world.create_label(*HERE, actor="alice", name="brand new")
    made = gitlab.apply(create(stage, labels=frozenset({"learning", "brand new"})))
    assert made is not None
    assert set(row(stage, made.number).labels) == {"learning", "brand new"}


@pytest.mark.parametrize("answer", [UNKNOWN, NOT_ALLOWED, INVALID], ids=["older", "not allowed", "invalid"])
def test_what_graphql_refuses_goes_by_rest(stage: Stage, gitlab: GitLab, answer: str) -> None:
    """After looking whether it is there all the same; and GraphQL is not asked for it again for a while."""
    gitlab.fetch(stage.pm)
    stage.fault("graphql", kind="status", status=200, body=answer)
    for key, expected in (("one", ["graphql", "issues", "issues", "links"]), ("two", ["issues", "links"])):
        count = stage.requests_made()
        gitlab.apply(create(stage, key=key))
        assert [record.path.partition("?")[0].rpartition("/")[2] for record in stage.sandbox.log[count:]] == expected
    assert [child.key for child in gitlab.fetch(stage.pm).children if child.linked] == [KNOWN_KEY, "one", "two"]


@pytest.mark.parametrize("fault", [{"kind": "drop", "after": True}, {"kind": "status", "body": FAILED, "after": True}])
def test_a_create_whose_outcome_is_unknown_is_looked_for(stage: Stage, gitlab: GitLab, fault: dict[str, Any]) -> None:
    """The issue was made and the answer lost: another attempt finds it among the related ones."""
    gitlab.fetch(stage.pm)
    stage.fault("graphql", **{"status": 200, **fault})
    with pytest.raises(Unavailable):
        gitlab.apply(create(stage))
    made = gitlab.apply(create(stage))
    assert made is not None
    assert row(stage, made.number).title == "Limit the pool"
    assert len(stage.sandbox.world.project(*HERE).issues) == 4


def test_an_action_item_that_came_without_its_link_is_linked(stage: Stage, gitlab: GitLab) -> None:
    """The answer shows what it is linked to; where that is nothing, the link is made."""
    gitlab.fetch(stage.pm)
    bare = stage.sandbox.world.create_issue(*HERE, actor=BOT, title="x", body=MARKED.format(Marker(stage.pm, "abc1")))
    made = {"iid": str(bare.number), "reference": f"{PROJECT}#{bare.number}", "widgets": []}
    answer = {"data": {"workItemCreate": {"workItem": made, "errors": []}}}
    stage.fault("graphql", kind="status", status=200, body=json.dumps(answer))
    gitlab.apply(create(stage))
    found = gitlab.fetch(stage.pm).child(stage.ref(bare.number))
    assert found is not None
    assert found.linked


def test_an_incidents_action_items_are_issues(stage: Stage, gitlab: GitLab) -> None:
    """An incident does not show the id of the type that its action items have, so REST creates them."""
    stage.edit(1, kind="incident")
    gitlab.fetch(stage.pm)
    made = gitlab.apply(create(stage))
    assert made is not None
    assert row(stage, made.number).kind == "issue"
    assert gitlab.fetch(stage.pm).child(made) is not None


def test_without_graphql_each_further_action_item_costs_two_requests(stage: Stage, gitlab: GitLab) -> None:
    """One look at what we created in the project serves the whole plan."""
    stage.sandbox.world.features["gitlab"].graphql = False
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
