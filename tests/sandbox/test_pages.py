"""The sandbox's pages: what a person sees and does in the browser."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from service.sandbox import Sandbox
from service.sandbox.markdown import render, toggled
from service.sandbox.rows import IssueRow

BODY = "<!-- secret -->\n# Plan\n\n- [ ] first #2\n- [x] second\n\n<script>alert(1)</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


@pytest.fixture
def issue(sandbox: Sandbox) -> IssueRow:
    """An issue of eve's in GitHub's acme/shop."""
    return sandbox.world.create_issue(
        "github", "acme/shop", actor="eve", title="Down <b>", body=BODY, labels=["post-mortem"]
    )


def see(sandbox: Sandbox, path: str, face: str = "alice") -> str:
    answer = requests.get(sandbox.url + path, cookies={"face": face}, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.text


def act(sandbox: Sandbox, name: str, /, face: str = "alice", where: str = "github/acme/shop/1", **form: Any) -> str:
    """Acts and returns the page that follows."""
    url = f"{sandbox.url}/act/{where}/{name}"
    return requests.post(url, data=form, cookies={"face": face}, timeout=10).text


def test_the_way_leads_from_the_forges_to_an_issue(sandbox: Sandbox, issue: IssueRow) -> None:
    """Both forges with what the person may see; lists by state; the issue's own address is the forge's."""
    assert "acme/ops" in see(sandbox, "/")
    assert "acme/ops" not in see(sandbox, "/", face="mallory")
    assert 'href="/github/acme/shop/issues/1"' in see(sandbox, "/github/acme/shop")
    assert "No issues here" in see(sandbox, "/github/acme/shop?state=closed")
    assert requests.get(f"{sandbox.url}/gitlab/acme/none", timeout=10).status_code == 404


def test_an_issue_shows_what_a_person_wrote_and_nothing_else(sandbox: Sandbox, issue: IssueRow) -> None:
    """Markdown is rendered, comments are hidden, HTML is text, boxes can be ticked, references lead on."""
    page = see(sandbox, "/github/acme/shop/issues/1")
    assert "<h1>Plan</h1>" in page
    assert "<th>a</th>" in page
    assert "secret -->" not in page.partition("<summary>Edit</summary>")[0]
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "Down &lt;b&gt;" in page
    assert 'name="line" value="3"' in page
    assert '<a href="/github/acme/shop/issues/2">#2</a>' in page


def test_ticking_a_box_changes_its_line_only(sandbox: Sandbox, issue: IssueRow) -> None:
    """As the author or a writer; a reader is told that they may not."""
    act(sandbox, "tick", face="eve", line=3)
    assert issue.body == BODY.replace("[ ] first", "[x] first")
    act(sandbox, "tick", face="bob", line=3)
    assert issue.body == BODY
    assert "mallory may not do that here" in act(sandbox, "tick", face="mallory", line=3)
    act(sandbox, "tick", line=0)
    act(sandbox, "tick", line=999)
    assert issue.body == BODY


@pytest.mark.parametrize(
    ("text", "line", "after"),
    [
        ("- [ ] a\r\n- [ ] b\r\n", 1, "- [ ] a\r\n- [x] b\r\n"),
        ("  1. [X] a", 0, "  1. [ ] a"),
        ("> * [ ] a", 0, "> * [x] a"),
        ("no box", 0, "no box"),
        ("- [ ] a", -1, "- [ ] a"),
    ],
)
def test_a_box_is_toggled_in_place(text: str, line: int, after: str) -> None:
    """Every other byte stays, line ends included."""
    assert toggled(text, line) == after


@pytest.mark.parametrize("text", ["<!-- a -->", "<!-- a\n\nb -->", "x <!-- a --> y", "<!-- never closed"])
def test_comments_are_never_shown(text: str) -> None:
    """On their own, inside a line, over several, or without an end."""
    shown = render(text, forge="github", project="acme/shop")
    assert [word for word in ("!--", "--&gt;", "never", " a ") if word in shown] == []


def test_people_edit_label_assign_comment_and_close(sandbox: Sandbox, issue: IssueRow) -> None:
    """Each form has its effect as the person chosen, and the page tells it."""
    act(sandbox, "edit", face="bob", title="Up", body="one\r\ntwo")
    act(sandbox, "label", face="bob", name="severity-high")
    act(sandbox, "unlabel", face="bob", name="post-mortem")
    act(sandbox, "assign", assignees=["bob", "mallory"])
    act(sandbox, "comment", face="eve", body="/pm why")
    page = act(sandbox, "close", face="bob", reason="not_planned")
    assert (issue.title, issue.body, issue.labels, issue.assignees) == ("Up", "one\ntwo", ["severity-high"], ["bob"])
    assert (issue.state, issue.state_reason, issue.closed_by) == ("closed", "not_planned", "bob")
    assert [(row.author, row.body) for row in issue.comments] == [("eve", "/pm why")]
    for sentence in ("edited the description", "removed the label", "closed this as not planned", "/pm why"):
        assert sentence in page
    act(sandbox, "reopen")
    assert issue.state == "open"


@pytest.mark.parametrize("name", ["edit", "label", "assign", "close", "move"])
def test_who_may_not_is_told(sandbox: Sandbox, issue: IssueRow, name: str) -> None:
    """A stranger's form is refused and changes nothing."""
    before = sandbox.world.snapshot_json()
    assert "mallory may not do that here" in act(sandbox, name, face="mallory", name="x", title="x", column="Draft")
    assert sandbox.world.snapshot_json() == before


def test_a_new_issue_is_made_by_a_form(sandbox: Sandbox) -> None:
    """With labels chosen and typed; without a title it is refused with the reason; confidential on GitLab."""
    form = {"title": "New", "body": "a\r\nb", "more": "x, y", "private": "on"}
    for forge in ("github", "gitlab"):
        requests.post(f"{sandbox.url}/{forge}/acme/shop/new", data=form, timeout=10)
        made = sandbox.world.issue(forge, "acme/shop", 1)
        assert (made.body, made.labels, made.private) == ("a\nb", ["x", "y"], forge == "gitlab")
    again = requests.post(f"{sandbox.url}/github/acme/shop/new", data={"title": ""}, timeout=10)
    assert "blank" in again.text
    assert (
        requests.get(f"{sandbox.url}/gitlab/acme/shop/-/issues/1", cookies={"face": "mallory"}, timeout=10).status_code
        == 404
    )


def test_cards_move_between_columns(sandbox: Sandbox, issue: IssueRow) -> None:
    """From the board or the issue, by whoever may write; the board shows each card once."""
    act(sandbox, "move", face="bob", column="Review")
    page = see(sandbox, "/board/github/acme/shop")
    review = page.partition('aria-label="Review"')[2].partition("</section>")[0]
    assert "/github/acme/shop/issues/1" in review
    answer = act(sandbox, "move", column="No status", back="/board/github/acme/shop")
    assert "<title>Board" in answer
    assert sandbox.world.column_of(issue, sandbox.world.group("github", "acme").boards[0]) is None
    assert "No board yet" in see(sandbox, "/board/gitlab/acme/shop")


def test_a_gitlab_issue_has_a_due_date_and_related_issues(sandbox: Sandbox) -> None:
    """Set and removed by a form; related issues are shown where GitHub shows sub-issues."""
    world = sandbox.world
    one = world.create_issue("gitlab", "acme/shop", actor="bob", title="one")
    world.link(one, world.create_issue("gitlab", "acme/shop", actor="bob", title="two"), actor="bob")
    page = act(sandbox, "due", where="gitlab/acme/shop/1", due="2026-04-01")
    assert "set the due date to 2026-04-01" in page
    assert 'href="/gitlab/acme/shop/-/issues/2"' in page
    act(sandbox, "due", where="gitlab/acme/shop/1", due="")
    assert one.due is None
    assert "Invalid isoformat" in act(sandbox, "due", where="gitlab/acme/shop/1", due="soon")


def test_news_come_as_a_fragment(sandbox: Sandbox, issue: IssueRow) -> None:
    """What the page swaps in by itself holds the new comment and no second page around it."""
    sandbox.world.comment("github", "acme/shop", 1, actor="closeout-bot", body="Not ready")
    fragment = see(sandbox, "/github/acme/shop/issues/1?fragment=1")
    assert "Not ready" in fragment
    assert "<html" not in fragment


def test_a_person_is_chosen_and_kept(sandbox: Sandbox) -> None:
    """In a cookie; a stranger's name counts as alice."""
    with requests.Session() as browser:
        browser.post(f"{sandbox.url}/face", data={"face": "bob", "back": "/github/acme/shop"}, timeout=10)
        assert "Create issue as bob" in browser.get(f"{sandbox.url}/github/acme/shop", timeout=10).text
    assert "Create issue as alice" in see(sandbox, "/github/acme/shop", face="nobody")
