"""Action items in the forms people use."""

from __future__ import annotations

from datetime import date

import pytest

from service.document import DEFAULT_DIALECT, ActionItem, Dialect, extend, mentions, on_host, read, references
from service.model import IssueRef
from tests.document.texts import HOME, TODAY, reading

DAY = date(2026, 3, 1)


def only(lines: str) -> ActionItem:
    (item,) = reading(f"## Action items\n{lines}\n").items
    return item


@pytest.mark.parametrize(
    "line",
    [
        "- [ ] Add alert - @alice - 2026-03-01", "- [ ] Add alert – @alice – 2026-03-01", "- [ ] Add alert — @alice — March 1, 2026", "- [ ] Add alert | @alice | 2026-03-01", "- [ ] Add alert: @alice: 1/Mar/26",
        "- [ ] Add alert (@alice, 2026-03-01)", "- [ ] Add alert (@alice) (2026-03-01)", "- [ ] Add alert @alice 2026-03-01", "- [ ] Add alert, @alice, 2026-03-01", "- [ ] Add alert → @alice → 2026-03-01", "- [ ] Add alert—@alice—2026-03-01",
        "- [ ] Add alert [@alice] [2026-03-01]", "- [ ] Add alert **Owner:** @alice **Due:** 2026-03-01", "- [ ] Add alert. Owner: @alice, due: 2026-03-01" .replace("alert.", "alert;"), "- [ ] Add alert (owner: @alice, deadline: 1 March 2026)",
        "- [ ] Add alert (owner: @alice) by 2026-03-01", "- [ ] Add alert before 2026-03-01 (@alice)", "- [ ] Add alert - assigned to @alice - due by 1 March 2026", "- [ ] Add alert - Assignee: @alice - Target date: 2026-03-01", "- [ ] Add alert, owner @alice, due 2026-03-01",
        "- Add alert - @alice - 2026-03-01", "* Add alert - @alice - 2026-03-01", "+ Add alert - @alice - 2026-03-01", "1. Add alert - @alice - 2026-03-01", "2) [ ] Add alert - @alice - 2026-03-01", "- [] Add alert - @alice - 2026-03-01",
        "- [ ] **Add alert** - *@alice* - _2026-03-01_", "- [ ] __Add alert__ - **@alice** - **2026-03-01**", "- [ ] 2026-03-01: @alice: Add alert", "- [ ] @alice: Add alert by 2026-03-01", "- [ ] Add alert - @alice\n  - Due: 2026-03-01", "- [ ] Add alert\n  - Owner: @alice\n  - Due: 2026-03-01",
        "- [ ] Add alert\n  **Owner:** @alice\n  **Due:** 2026-03-01", "- [ ] Add alert\n\n  Owner: @alice, due 2026-03-01", "- [ ] Add alert\n  @alice, 2026-03-01", "- [ ] Add\n  alert - @alice - 2026-03-01", "- [ ] Add alert - @alice - 2026-03-01\n  because it was late",
        "- [ ] Add alert <!-- note --> - @alice - 2026-03-01", "| Action | Owner | Due |\n|---|---|---|\n| Add alert | @alice | 2026-03-01 |", "| # | Task | Who | By when |\n|---|---|---|---|\n| 1 | Add alert | @alice | March 1, 2026 |",
        "| Thing | Responsible | Deadline |\n|:-:|---|---|\n| **Add alert** | alice | 2026-03-01 |", "| Deadline | DRI | What |\n|---|---|---|\n| 2026-03-01 | @alice | Add alert |", "Action | Assignee | ETA\n---|---|---\nAdd alert | @alice | 2026-03-01", "| Task | Notes |\n|---|---|\n| Add alert - @alice - 2026-03-01 | |",
    ],
)  # fmt: skip
def test_text_owner_and_deadline_in_every_form(line: str) -> None:
    """One action, however it is written."""
    item = only(line)
    assert (item.text, item.owners, item.due, item.problem, item.settled) == ("Add alert", ("alice",), DAY, "", False)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("- [ ] Add alert - @alice, @bob and @carol - 2026-03-01", ("alice", "bob", "carol")), ("- [ ] Add alert - @acme/sre & @bob", ("acme/sre", "bob")), ("- [ ] Add alert (owners: @alice/@bob)", ("alice/",)), ("- [ ] Add alert - @group/sub/team", ("group/sub/team",)),
        ("- [ ] Add alert - @a.b-c_d.", ("a.b-c_d",)), ("- [ ] Add alert - owner: alice", ("alice",)), ("- [ ] Have @bob add an alert", ("bob",)), ("- [ ] Sync with @bob - @alice - 2026-03-01", ("alice",)), ("- [ ] Mail a@b.example - @owner", ()), ("- [ ] Tell `@bob` - TBD", ()),
        ("- [ ] Page @here and @all", ()), ("- [ ] Add alert - @alice - 2026-03-01 - @bob", ("alice", "bob")), ("| Task | Owner |\n|---|---|\n| x y | @alice<br>@bob |", ("alice", "bob")), ("| Task | Owner |\n|---|---|\n| x y | alice, bob & carol |", ("alice", "bob", "carol")), ("| Task | Owner |\n|---|---|\n| x y | TBD |", ()),
    ],
)  # fmt: skip
def test_owners(line: str, wanted: tuple[str, ...]) -> None:
    """Several owners, teams, bare logins under a label; but no placeholders, groups, addresses or code."""
    expected = ("alice",) if wanted == ("alice/",) else wanted
    assert only(line).owners[: len(expected)] == expected


@pytest.mark.parametrize(
    "line", ["- [ ] Add alert - Alice Smith - 2026-03-01", "- [ ] Add alert. Owner: Alice Smith; due: 2026-03-01", "| Task | Owner |\n|---|---|\n| Add alert | Alice Smith |", "- [ ] Add alert (owner: Alice Smith)"]
)  # fmt: skip
def test_a_name_that_is_no_login_is_kept_as_text(line: str) -> None:
    """A person's name is told apart from an account."""
    item = only(line)
    assert (item.owners, item.owner_text) == ((), "Alice Smith")


@pytest.mark.parametrize(
    ("line", "due", "problem"),
    [
        ("by Q3 2026", date(2026, 9, 30), ""), ("by next Friday", date(2026, 3, 6), ""), ("- in 2 weeks", date(2026, 3, 16), ""), ("- end of March 2026", date(2026, 3, 31), ""), ("(due: tomorrow)", date(2026, 3, 3), ""), ("- 03/04/2026", None, "2026-03-04 or 2026-04-03"),
        ("- 2026-02-30", None, "calendar"), ("due: ASAP", None, "YYYY-MM-DD"), ("- @alice - soon", None, "YYYY-MM-DD"), ("by March 15", None, "2026-03-15"), ("- TBD", None, ""), ("- [deadline]", None, ""), ("due: YYYY-MM-DD", None, ""), ("after the 2026-02-01 outage", None, ""),
        ("(created: 2026-02-01, due: 2026-03-01)", DAY, ""), ("since 2026-02-01 - 2026-03-01", DAY, ""), ("on Friday", None, ""), ("- due: n/a", None, ""),
    ],
)  # fmt: skip
def test_deadlines(line: str, due: date | None, problem: str) -> None:
    """Relative and coarse dates are read, doubtful ones explained, other dates left to the words."""
    item = only(f"- [ ] Add alert {line}")
    assert item.due == due
    assert problem in item.problem
    assert bool(problem) == bool(item.problem)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("- [ ] Add alert [detection]", "detection"), ("- [ ] [Prevention] Add alert", "prevention"), ("- [ ] Add alert (type: Documentation)", "documentation"), ("- [ ] **Mitigation:** Add alert", "response"), ("- [ ] Add alert - type: toil", "toil"), ("- [ ] Add alert (type: [type])", None),
        ("- [ ] Add alert #process", "process"), ("### Preventive measures\n- [ ] Add alert", "prevention"), ("### Detection\n- [ ] Add alert [learning]", "learning"), ("- Detection:\n  - [ ] Add alert", "detection"), ("- **Docs**\n  - Add alert", "documentation"), ("| Task | Type |\n|---|---|\n| Add alert | Detect |", "detection"),
        ("| Task | Type |\n|---|---|\n| Add alert | |", None), ("### Response\n| Task | Owner |\n|---|---|\n| Add alert | |", "response"), ("- [ ] Add alert\n  - Type: process", "process"), ("- [ ] Add alert", None),
    ],
)  # fmt: skip
def test_types(lines: str, kind: str | None) -> None:
    """The kind of action: in brackets, as a label, a prefix, a column, or the heading above."""
    item = only(lines)
    assert (item.text, item.type) == ("Add alert", kind)


@pytest.mark.parametrize(
    ("line", "done", "struck", "reason"),
    [
        ("- [x] Add alert", True, False, ""), ("- [X] Add alert", True, False, ""), ("- ✅ Add alert", True, False, ""), ("- [ ] Add alert ✔️", True, False, ""), ("- Add alert :white_check_mark:", True, False, ""), ("- [ ] Add alert (done)", True, False, ""), ("- [ ] Add alert (completed on 2026-02-02)", True, False, ""),
        ("- DONE: Add alert", True, False, ""), ("- Add alert - done", True, False, ""), ("- Add alert - status: done", True, False, ""), ("- Add alert - status: in progress", False, False, ""), ("- Add alert (done by Friday)", False, False, ""), ("- [~] Add alert", False, True, ""), ("- ~~Add alert~~", False, True, ""),
        ("- [ ] ~~Add alert - @a - 2026-03-01~~", False, True, ""), ("- [x] ~~Add alert~~", True, True, ""), ("- ~~Add alert~~ replaced by #9", False, True, "replaced by #9"), ("- ~~Add alert~~ (reason: too dear)", False, True, "too dear"), ("- Add alert (won't do: too dear)", False, True, "too dear"), ("- Add alert (dropped)", False, True, ""),
        ("| Task | Status |\n|---|---|\n| Add alert | Done |", True, False, ""), ("| Task | Done? |\n|---|---|\n| Add alert | [x] |", True, False, ""), ("| Task | Status |\n|---|---|\n| Add alert | in progress |", False, False, ""), ("| Task | Status | Reason |\n|---|---|---|\n| Add alert | cancelled | too dear |", False, True, "too dear"),
        ("- [ ] Add alert\n  - Status: done", True, False, ""),
    ],
)  # fmt: skip
def test_done_and_struck_out(line: str, done: bool, struck: bool, reason: str) -> None:
    """Ticks, check marks, words, status columns and strike-through are understood."""
    item = only(line)
    assert (item.text, item.done, item.struck, item.reason) == ("Add alert", done, struck, reason)
    assert item.settled == (done or struck)


def test_a_corrected_word_is_not_a_struck_item() -> None:
    """Striking one word to replace it withdraws nothing."""
    item = only("- [ ] ~~Add~~ Extend the alert - @alice - 2026-03-01")
    assert (item.text, item.struck) == ("Extend the alert", False)


def test_completion_dates() -> None:
    """The day it was done is read from the stamp, the label or the status column."""
    lines = "- [x] a b (done 2026-02-03)\n- a b\n  - Completed: 2026-02-04\n\n| Task | Status |\n|---|---|\n| a b | done 2026-02-05 |\n| a b | done |"
    assert [i.completed for i in reading(f"## Actions\n{lines}\n").items] == [
        date(2026, 2, 3),
        date(2026, 2, 4),
        date(2026, 2, 5),
        None,
    ]


GITLAB = IssueRef("gitlab", "group/sub/shop", 1)


@pytest.mark.parametrize(
    ("home", "line", "text", "refs"),
    [
        (HOME, "Add alert (#57)", "Add alert", ("acme/shop#57",)), (HOME, "Add alert #57 - @alice - 2026-03-01", "Add alert", ("acme/shop#57",)), (HOME, "#57 Add alert", "Add alert", ("acme/shop#57",)), (HOME, "Add alert - acme/ops#9", "Add alert", ("acme/ops#9",)), (HOME, "Add alert (GH-57)", "Add alert", ("acme/shop#57",)),
        (HOME, "Add alert https://github.com/acme/ops/issues/9", "Add alert", ("acme/ops#9",)), (HOME, "[Add alert](https://github.com/acme/shop/issues/57#issuecomment-1)", "Add alert", ("acme/shop#57",)), (HOME, "Add alert ([#57](https://github.com/acme/shop/issues/57))", "Add alert", ("acme/shop#57",)),
        (GITLAB, "Add alert https://gitlab.com/group/sub/shop/-/issues/57", "Add alert", ("group/sub/shop#57",)), (GITLAB, "Add alert - https://gitlab.com/group/x/-/work_items/5/", "Add alert", ("group/x#5",)), (GITLAB, "Add alert - group/sub/ops#9", "Add alert", ("group/sub/ops#9",)),
        (HOME, "#57", "", ("acme/shop#57",)), (HOME, "Fix #57", "Fix #57", ("acme/shop#57",)), (HOME, "Migrate #57 to the new cluster", "Migrate #57 to the new cluster", ("acme/shop#57",)), (HOME, "Add alert - tracked in #57", "Add alert", ("acme/shop#57",)), (HOME, "Add alert - Ticket: #57", "Add alert", ("acme/shop#57",)),
        (HOME, "Fix regression from #12 - @alice", "Fix regression from #12", ()), (HOME, "Add alert, see #12", "Add alert, see #12", ()), (HOME, "Paint it C#12 &#39; a#12", "Paint it C#12 &#39; a#12", ()), (None, "Add alert (#57)", "Add alert", ()), (HOME, "Add alert `#57`", "Add alert `#57`", ()),
        (HOME, "Add alert https://gitlab.com/acme/shop/-/issues/57", "Add alert", ()), (HOME, "Add alert https://other.example/acme/shop/issues/57", "Add alert", ()),
    ],
)  # fmt: skip
def test_issue_references(home: IssueRef | None, line: str, text: str, refs: tuple[str, ...]) -> None:
    """The issues a line names as its own, in short and as addresses; related ones stay in the words."""
    (item,) = read(f"## Actions\n- [ ] {line}\n", today=TODAY, home=home).items
    assert (item.text, tuple(str(ref).partition(":")[2] for ref in item.refs)) == (text, refs)


def test_other_links_are_kept_apart() -> None:
    """Merge and pull requests and dashboards are links, not issues."""
    item = only("- [ ] Add alert https://github.com/acme/shop/pull/3 !12 - @alice")
    assert (item.text, item.links, item.refs) == ("Add alert", ("https://github.com/acme/shop/pull/3", "!12"), ())


def test_a_planned_issue_is_known_by_its_key() -> None:
    """The placeholder of an issue that is yet to be created is read back, in a line and in a column."""
    assert only("- [ ] Add alert - @a - 2026-03-01 (#new-ab12-2)").planned == "ab12-2"
    assert only("| Task | Issue |\n|---|---|\n| Add alert | #new-ab12 |").planned == "ab12"
    assert only("- [ ] Add alert\n  - Ticket: #new-k").planned == "k"


def test_a_row_names_its_issue_in_a_column() -> None:
    """References in an issue column belong to the row."""
    item = only("| Task | Ticket |\n|---|---|\n| Add `a\\|b` alert | [#57](https://github.com/acme/shop/issues/57) |")
    assert (item.text, item.refs) == ("Add `a|b` alert", (IssueRef("github", "acme/shop", 57),))


def test_optional_items_say_so() -> None:
    """(optional) marks an action that need not be done."""
    assert only("- [ ] Add alert (optional) - @alice").optional
    assert not only("- [ ] Add alert - @alice").optional


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] [Action 1] - @owner - [deadline]", "- [ ] ", "- [ ]", "- TBD", "- ...", "- None", "- N/A - nothing to do", "- _one line an action_", "- [ ] TBD - TBD - TBD", "```\n- [ ] a - @a - 2026-03-01\n```", "> - [ ] a - @a - 2026-03-01",
        "<!-- - [ ] a - @a - 2026-03-01 -->", "| Task | Owner |\n|---|---|\n| | |\n| [task] | @owner |\n| TBD | TBD |\n| N/A | |", "Prose about actions.", "- <!-- hidden -->", "<details>\n- [ ] a b\n</details>", "### Lessons learned\n- a b - @a - 2026-03-01", "**Timeline**\n\n- a b", "#### Definition of done\n- [ ] a b",
    ],
)  # fmt: skip
def test_what_is_no_action_item(text: str) -> None:
    """Placeholders, code, quotes, comments and other topics hold no action items."""
    assert reading(f"## Action items\n\n{text}\n").items == ()


def test_items_live_under_action_headings_only() -> None:
    """Lists of other sections are not actions, sub-sections of an action heading are."""
    doc = reading(
        "- [ ] a\n## Summary\n- [ ] b - @x - 2026-03-01\n## Follow-ups\n### For the database team\n- [ ] c\n### Detection\n- [ ] d\n## Customer-facing actions\n- [ ] e\n## Links\n- f\n"
    )
    assert [(i.text, i.type) for i in doc.items] == [("c", None), ("d", "detection"), ("e", None)]


def test_nested_lists() -> None:
    """Steps belong to their action; steps with an owner of their own are actions; a bullet that only groups is none."""
    doc = reading(
        "## Actions\n- [ ] Parent - @a - 2026-03-01\n  - [ ] a step\n  - [x] Child - @b\n  - a detail\n- Group\n  - [ ] In group\n  - Also - @c\n- Plain\n  - a detail\n- - [ ] On one line\n"
    )
    assert [(i.line, i.end, i.text) for i in doc.items] == [
        (1, 3, "Parent"),
        (3, 4, "Child"),
        (6, 7, "In group"),
        (7, 8, "Also"),
        (8, 10, "Plain"),
        (10, 11, "On one line"),
    ]


def test_a_bold_heading_right_below_a_list_ends_it() -> None:
    """A bold line at the margin is a heading to the person who wrote it, though Markdown lets the list swallow it."""
    doc = reading("**Action items:**\n- [ ] a b\n**Lessons learned**\n- c d\n")
    assert [(i.text, i.end) for i in doc.items] == [("a b", 2)]
    assert [s.id for s in doc.sections] == ["actions", "lessons"]


def test_words_with_brackets_and_dashes_stay() -> None:
    """Brackets and dashes that are part of the wording are not taken for marks."""
    item = only("- [ ] [Backend] Improve dashboards - latency and errors (p99) - @alice - 2026-03-01")
    assert item.text == "[Backend] Improve dashboards - latency and errors (p99)"


def test_a_line_with_only_an_owner_is_an_item_without_words() -> None:
    """A placeholder text with a real owner is a promise that lacks its words."""
    item = only("- [ ] [Action 1] - @alice - 2026-03-01")
    assert (item.text, item.owners, item.due) == ("", ("alice",), DAY)


def test_a_team_s_own_column_and_label_words() -> None:
    """A dialect extends the names of columns and of labels in a line."""
    german = extend(
        DEFAULT_DIALECT,
        Dialect(
            sections={"actions": ("Maßnahmen",)},
            columns={"owner": ("Verantwortlich",), "due": ("Frist",), "text": ("Maßnahme",)},
        ),
    )
    text = "## Maßnahmen\n- [ ] Alarm – Verantwortlich: @a, Frist: 2026-03-01\n\n| Maßnahme | Verantwortlich | Frist |\n|---|---|---|\n| Alarm | @a | 2026-03-01 |\n"
    assert [(i.text, i.owners, i.due) for i in read(text, today=TODAY, dialect=german).items] == [
        ("Alarm", ("a",), DAY)
    ] * 2


def test_what_a_provider_must_look_up() -> None:
    """Owners of items and Owner fields are candidates for assignment; issues named by items are references."""
    text = "**Owner:** @zoe\n\n- Owner: Dana\n\n## Actions\n- [ ] a b - @alice, @acme/sre (#57)\n- [ ] c d - Bob - 2026-03-01 (acme/ops#3)\n- [ ] e f - @owner\n- g, thanks to @eve\n## Links\n- @mallory #99\n"
    assert mentions(text) == {"zoe", "Dana", "alice", "acme/sre", "Bob", "eve"}
    assert references(text, HOME) == (IssueRef("github", "acme/shop", 57), IssueRef("github", "acme/ops", 3))


def test_criteria_and_the_final_review() -> None:
    """Checklists of the definition of done and of the final review, with what is optional or does not apply."""
    doc = reading(
        "## Definition of done\n- [x] Alert fires\n- [ ] Runbook linked (optional)\n- [ ] Load test - N/A\n- [~] Old way\n- [ ] ~~Dropped~~\n- [ ] [criterion]\n- [ ]\n- no box\n> - [ ] quoted\n## Final review\n- [ ] Read by somebody\n## Links\n- [ ] x\n"
    )
    assert [(c.text, c.done, c.optional, c.not_applicable) for c in doc.criteria] == [
        ("Alert fires", True, False, False), ("Runbook linked (optional)", False, True, False), ("Load test - N/A", False, False, True),
        ("Old way", False, False, True), ("Dropped", False, False, True),
    ]  # fmt: skip
    assert [(c.line, c.text) for c in doc.review] == [(11, "Read by somebody")]


@pytest.mark.parametrize("form", ["(PR #45)", "(MR !45)", "PR 45", "pull request #45"])
def test_a_pull_request_is_a_link_and_no_issue(form: str) -> None:
    """Naming one does not stand for an action item's issue."""
    [item] = reading(f"## Action items\n\n- [ ] Fix the pool - @bob - 2026-04-01 {form}\n").items
    assert (item.text, item.refs, len(item.links)) == ("Fix the pool", (), 1)
    assert item.due is not None


@pytest.mark.parametrize("word", ["Monitoring", "Documentation", "Process"])
def test_a_single_word_that_is_also_a_type_is_the_action(word: str) -> None:
    """Vague as it is, it says something; the advice on vague actions can then speak of it."""
    [item] = reading(f"## Action items\n\n- [ ] {word} - @bob - 2026-04-01\n").items
    assert item.text == word


def test_an_address_beside_the_issue_is_a_reference() -> None:
    """On a self-hosted forge the issue's own address says which host is meant."""
    dialect = on_host(DEFAULT_DIALECT, "https://git.example/acme/shop/-/issues/12")
    text = "## Action items\n\n- [ ] Do it - @bob - 2026-04-01 https://git.example/acme/ops/-/issues/45\n"
    home = IssueRef("gitlab", "acme/shop", 12)
    [item] = read(text, today=date(2026, 3, 2), dialect=dialect, home=home).items
    assert item.refs == (IssueRef("gitlab", "acme/ops", 45),)
