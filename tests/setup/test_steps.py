"""The decisions of setting up and of undoing it, on values alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.model import Label
from service.policy import Policy, load
from service.providers.setup import Board, ProjectLabel, Request, WantedWebhook, Webhook
from service.settings import Kind
from service.setup import removal
from service.setup.seen import Files, Seen, Unseen
from service.setup.steps import AddColumns, ChangeWebhook, CreateBoard, Propose, Step, decide
from service.setup.wanted import Choice, Wanted, wanted

EVENTS = frozenset({"issues", "comments"})
HOOK = WantedWebhook("https://closeout.example.org/webhooks/github", "s")
COLUMNS = ("Draft", "Review", "Actions Created", "In Progress", "Complete")
BOARD = Board("b", 7, "Post-mortems", COLUMNS, "https://forge/7")
POLICY = ".github/closeout.yml"
OPEN = Request(3, "https://forge/3", "open")


def _wanted(kind: Kind = "github", policy: str = "version: 1\n", **choice: object) -> Wanted:
    read = load(policy, "policy.yml")
    assert isinstance(read, Policy)
    return wanted(read, kind, Choice(**choice))  # type: ignore[arg-type] # each is a field of Choice


def _there(what: Wanted) -> Seen:
    """Everything that was wanted is there."""
    return Seen(
        labels=tuple(ProjectLabel(label) for label in what.labels),
        webhooks=(Webhook(1, HOOK.url, EVENTS),),
        boards=(replace(BOARD, columns=what.columns),),
        files=Files(dict.fromkeys(what.paths, "version: 1\n")),
    )


def _steps(seen: Seen, what: Wanted) -> dict[str, Step]:
    steps = decide(seen, what, events=EVENTS, adds_columns=what.kind == "gitlab")
    return {f"{step.mark} {step.kind} {step.name}": step for step in steps}


def _acting(seen: Seen, what: Wanted) -> list[Step]:
    return [step for step in _steps(seen, what).values() if step.action is not None]


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_what_is_there_is_left_alone(kind: Kind) -> None:
    """Nothing acts; only a policy that does not name GitHub's board is a person's to write."""
    policy = "version: 1\nrules: {board: {project: 7}}\n"
    what = _wanted(kind, policy, board=True, templates=True, webhook=HOOK)
    assert _acting(_there(what), what) == []
    assert {step.mark for step in _steps(_there(what), what).values()} == {"="}


def test_a_label_counts_under_any_case_and_colour() -> None:
    """Forges do not keep two that differ in case, and a team's colours are its own."""
    what = _wanted()
    labels = tuple(ProjectLabel(Label(label.name.upper(), "123456")) for label in what.labels)
    assert [step for step in _acting(replace(_there(what), labels=labels), what) if step.kind == "label"] == []


def test_columns_are_labels_where_no_project_shows_them() -> None:
    """GitLab always; GitHub unless there is a project, asked for or named by the policy."""
    names = {
        "gitlab": {label.name for label in _wanted("gitlab", board=True).labels},
        "github": {label.name for label in _wanted().labels},
        "board": {label.name for label in _wanted(board=True).labels},
        "policy": {label.name for label in _wanted(policy="version: 1\nrules: {board: {project: 7}}\n").labels},
    }
    assert {who for who, labels in names.items() if "pm-draft" in labels} == {"gitlab", "github"}
    assert {who for who, labels in names.items() if "pm-complete" in labels} == {"github"}


def test_the_label_people_put_on_is_the_teams_own_word() -> None:
    """The first trigger of the vocabulary, and no name twice."""
    policy = "version: 1\nvocabulary: {labels: {trigger: [Nachlese], post_mortem: nachlese}}\n"
    names = [label.name for label in _wanted(policy=policy).labels]
    assert names[0] == "Nachlese"
    assert "nachlese" not in names


def test_a_live_board_of_github_is_a_persons_to_change() -> None:
    """Its options are never written: the step says what to add, where and why, and does nothing."""
    what = _wanted(board=True)
    seen = replace(_there(what), boards=(replace(BOARD, columns=("Draft", "Done")),))
    step = _steps(seen, what)["! board Post-mortems (#7)"]
    assert step.action is None
    assert all(word in step.detail for word in ("Review", "Complete", BOARD.url))


def test_lists_are_added_to_gitlabs_board() -> None:
    """Adding a list there changes no card."""
    what = _wanted("gitlab", board=True)
    seen = replace(_there(what), boards=(replace(BOARD, columns=what.columns[:2]),))
    [step] = _acting(seen, what)
    assert step.mark == "~"
    assert isinstance(step.action, AddColumns)
    assert step.action.columns == what.columns[2:]


def test_a_board_is_made_where_none_fits() -> None:
    """Other teams' boards are not asked for columns."""
    what = _wanted(board=True)
    other = replace(BOARD, title="Roadmap", columns=("Todo", "Done"))
    [step] = _acting(replace(_there(what), boards=(other,)), what)
    assert step.action == CreateBoard("Post-mortems", COLUMNS)


def test_a_board_that_the_policy_names_is_the_one() -> None:
    """Its columns count and not another's; where it is not there, none is made in its place."""
    what = _wanted(policy="version: 1\nrules: {board: {project: 9}}\n", board=True)
    assert _acting(_there(what), what) == []
    assert "! board number 9" in _steps(_there(what), what)
    named = replace(BOARD, number=9, title="Ours", columns=("Draft",))
    assert "! board Ours (#9)" in _steps(replace(_there(what), boards=(BOARD, named)), what)


def test_a_webhook_is_changed_for_a_reason() -> None:
    """What it lacks, what is wrong with it, or a new secret; further events are no reason."""
    what = _wanted(webhook=HOOK)
    more = replace(_there(what), webhooks=(Webhook(1, HOOK.url, EVENTS | {"push"}),))
    assert _acting(more, what) == []
    faulty = Webhook(1, HOOK.url, frozenset({"issues"}), ("has no secret",))
    [step] = _acting(replace(_there(what), webhooks=(faulty,)), what)
    assert step.detail == "has no secret; lacks comments"
    assert step.action == ChangeWebhook(faulty, HOOK)
    assert [s.mark for s in _acting(_there(what), _wanted(webhook=HOOK, send_secret=True))] == ["~"]


def test_another_services_webhook_is_not_ours() -> None:
    """It is told by its address."""
    what = _wanted(webhook=HOOK)
    seen = replace(_there(what), webhooks=(Webhook(1, "https://ci.example.org/", EVENTS),))
    assert [step.mark for step in _acting(seen, what)] == ["+"]


def test_a_missing_file_is_proposed_with_the_boards_number() -> None:
    """The policy names the board that is there, so that cards go to it."""
    what = _wanted(board=True, templates=True)
    seen = replace(_there(what), files=Files(dict.fromkeys(what.paths)))
    assert [step.action for step in _acting(seen, what)] == [Propose(what.paths, 7)]


def test_what_is_proposed_already_is_not_proposed_again() -> None:
    """An open request is waited for; a further file is added to it."""
    what = _wanted(templates=True)
    waiting = Files(dict.fromkeys(what.paths), OPEN, frozenset(what.paths))
    assert _acting(replace(_there(what), files=waiting), what) == []
    part = replace(waiting, proposed=frozenset({POLICY}))
    [step] = _acting(replace(_there(what), files=part), what)
    assert step.action == Propose(what.paths[1:], None)
    assert OPEN.url in step.detail


def test_a_declined_proposal_is_not_made_again() -> None:
    """A team said no; the step says how to ask again. After a merge, what is still missing is proposed."""
    what = _wanted()
    declined = Files({POLICY: None}, replace(OPEN, state="closed"))
    assert _acting(replace(_there(what), files=declined), what) == []
    assert _steps(replace(_there(what), files=declined), what)[f"! file {POLICY}"].detail
    merged = Files({POLICY: None}, replace(OPEN, state="merged"))
    assert len(_acting(replace(_there(what), files=merged), what)) == 1


def test_a_policy_that_does_not_name_the_board_is_pointed_out() -> None:
    """It is the team's file, so nothing is written into it."""
    what = _wanted(board=True)
    assert "project: 7" in _steps(_there(what), what)[f"! file {POLICY}"].detail
    assert "new board" in _steps(replace(_there(what), boards=()), what)[f"! file {POLICY}"].detail


def test_what_may_not_be_seen_is_said_and_hides_nothing_else() -> None:
    """Each part for itself."""
    what = _wanted(board=True, webhook=HOOK)
    blind = Unseen("it needs more")
    seen = Seen(labels=blind, webhooks=blind, boards=blind, files=blind)
    steps = _steps(seen, what).values()
    assert [step.mark for step in steps] == ["!"] * 4
    assert all("it needs more" in step.detail for step in steps)
    assert [step.kind for step in _acting(replace(seen, labels=()), what)] == ["label"] * len(what.labels)


# --- undoing --------------------------------------------------------------------------------------------------


def _removed(seen: Seen, what: Wanted) -> tuple[set[str], dict[str, str]]:
    """The names that go, and those that stay with a reason."""
    steps = removal.decide(seen, what)
    going = {step.name for step in steps if step.action is not None}
    return going, {step.name: step.detail for step in steps if step.action is None}


def test_what_set_up_made_goes() -> None:
    """The webhook with our address, the empty board, labels that nothing carries; files stay with a reason."""
    what = _wanted(webhook=HOOK)
    going, staying = _removed(_there(what), what)
    assert going == {HOOK.url, "Post-mortems (#7)", *(label.name for label in what.labels)}
    assert list(staying) == [POLICY]


def test_what_people_use_stays() -> None:
    """A label on an issue, a board with a card or with other columns, a webhook elsewhere, a label of the group."""
    what = _wanted(webhook=HOOK)
    first, second, *_ = what.labels
    there = _there(what)
    assert not isinstance(there.labels, Unseen)
    seen = replace(
        there,
        used_labels=frozenset({first.name}),
        labels=(ProjectLabel(first), ProjectLabel(second, inherited=True)),
        boards=(replace(BOARD, cards=2),),
        webhooks=(Webhook(1, "https://ci.example.org/", EVENTS),),
    )
    going, staying = _removed(seen, what)
    assert going == set()
    assert staying["Post-mortems (#7)"] == "stays: it holds 2 cards"
    assert set(staying) >= {first.name, second.name}


@pytest.mark.parametrize(
    "board",
    [
        replace(BOARD, title="Post-Mortems 2026"),
        replace(BOARD, marked=False),
        replace(BOARD, columns=(*COLUMNS, "Archive")),
    ],
)
def test_a_board_that_is_not_as_it_was_made_stays(board: Board) -> None:
    """Somebody's own title, a project without our note, a further column."""
    going, _ = _removed(replace(_there(_wanted()), boards=(board,)), _wanted())
    assert not any("(#7)" in name for name in going)


def test_a_label_that_looks_different_stays() -> None:
    """It may have been there before us."""
    what = _wanted()
    label = replace(what.labels[0], color="123456")
    going, staying = _removed(replace(_there(what), labels=(ProjectLabel(label),)), what)
    assert label.name not in going
    assert "looks different" in staying[label.name]


def test_an_open_request_is_a_persons_to_close() -> None:
    """People may be talking in it."""
    what = _wanted()
    seen = replace(_there(what), files=Files({POLICY: None}, OPEN, frozenset({POLICY})))
    assert _removed(seen, what)[1] == {
        "any": "say which with --webhook URL to have it removed",
        OPEN.url: "close it, and delete its branch",
    }
