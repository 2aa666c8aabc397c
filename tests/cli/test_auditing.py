"""`closeout audit` on the sandbox of both forges: what it finds, shows, writes, and how it fails."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from service.hidden import state_block, topic_marker
from service.model import Override, SyncState
from service.policy import FILES
from service.sandbox import Sandbox
from service.sandbox.rows import IssueRow
from tests.cli.conftest import Ran, Run
from tests.clock import Clock

BOT = "closeout-bot"
FORGES = ("github", "gitlab")
LATE, LATER = "2020-01-31", "2999-01-31"  # whatever day it is
DONE_WHEN = "## Definition of done\n\n- [ ] The alert fires\n"
SCRIPT = "<script>alert(1)</script>"
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["at", "requests", "totals", "items", "waiting", "errors"],
    "properties": {
        "at": {"type": "string"},
        "requests": {"type": "integer"},
        "totals": {"type": "object", "additionalProperties": {"type": "integer"}},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["ref", "kind", "state", "problems"],
                "properties": {
                    "ref": {"type": "string", "pattern": "^[a-z]+:.+#[0-9]+$"},
                    "kind": {"enum": ["action-item", "post-mortem"]},
                    "state": {"enum": ["open", "closed"]},
                    "teams": {"type": "array", "items": {"type": "string"}},
                    "title": {"type": "string"},
                    "url": {"type": "string"},
                    "confidential": {"type": "boolean"},
                    "owners": {"type": "array", "items": {"type": "string"}},
                    "due": {"type": ["string", "null"]},
                    "severity": {"type": ["string", "null"]},
                    "step": {"type": ["string", "null"]},
                    "paused": {"type": "boolean"},
                    "post_mortem": {"type": ["string", "null"]},
                    "problems": {"type": "array", "items": {"required": ["kind", "days", "detail"]}},
                },
            },
        },
        "waiting": {"type": "array", "items": {"type": "string"}},
        "errors": {"type": "array", "items": {"required": ["where", "reason"]}},
    },
}


@pytest.fixture(autouse=True)
def environment(sandbox: Sandbox, run: Run, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Both forges, as the service's own account. The command line has the real time, and so have they."""
    clock.now = datetime.now(UTC)
    for forge in FORGES:
        _policy(sandbox, forge)
    monkeypatch.setenv("CLOSEOUT_GITHUB_URL", sandbox.github_url)
    monkeypatch.setenv("CLOSEOUT_GITHUB_TOKEN", f"token-{BOT}")
    monkeypatch.setenv("CLOSEOUT_GITLAB_URL", sandbox.gitlab_url)
    monkeypatch.setenv("CLOSEOUT_GITLAB_TOKEN", f"token-{BOT}")


def _policy(sandbox: Sandbox, forge: str, text: str = "", project: str = "acme/shop") -> None:
    """A team that may be spoken to at any hour, since nobody knows when the tests run; `text` comes on top."""
    always = "version: 1\ncalendar: {quiet: '', weekend: []}\n"
    sandbox.world.put_file(forge, project, FILES[forge], always + text)


def _post_mortem(sandbox: Sandbox, forge: str, **more: Any) -> int:
    labels = ("type-post-mortem", "severity-high")
    return sandbox.world.create_issue(forge, "acme/shop", actor="alice", title="Outage", labels=labels, **more).number


def _item(
    sandbox: Sandbox, forge: str, title: str = "Page on a full pool", *, deadline: str = LATE, **more: Any
) -> int:
    parent = more.pop("parent", 1)
    body = f"<!-- closeout:action-item parent={forge}:acme/shop#{parent} key=k -->\n**Deadline:** {deadline}\n\n"
    values: dict[str, Any] = {"labels": ("type-action-item",), "assignees": ("bob",), "project": "acme/shop"}
    values |= more
    project = values.pop("project")
    row = sandbox.world.create_issue(forge, project, actor="alice", title=title, body=body + DONE_WHEN, **values)
    return row.number


def _labels(sandbox: Sandbox, forge: str, number: int) -> set[str]:
    return set(sandbox.world.issue(forge, "acme/shop", number).labels)


def _json(ran: Ran) -> Any:
    found = json.loads(ran.out)
    jsonschema.validate(found, SCHEMA)
    return found


def _items(ran: Ran) -> list[Any]:
    """The action items of an audit in JSON."""
    return [item for item in _json(ran)["items"] if item["kind"] == "action-item"]


def _notices(sandbox: Sandbox, forge: str, project: str = "acme/shop") -> list[IssueRow]:
    """The audit issues."""
    rows = sandbox.world.project(forge, project).issues.values()
    return [row for row in rows if "post-mortem-audit" in row.labels]


def _audit(run: Run, forge: str, *more: str, **environment: str) -> Ran:
    return run("audit", "--project", f"{forge}:acme/shop", *more, **environment)


@pytest.mark.parametrize("forge", FORGES)
def test_an_overdue_item_is_found_and_nothing_is_written(run: Run, sandbox: Sandbox, forge: str) -> None:
    """The table says what and by how much; the forge saw reading requests only (GraphQL's too), and they are counted."""
    _post_mortem(sandbox, forge)
    number = _item(sandbox, forge)
    before, seen = sandbox.world.snapshot_json(), len(sandbox.log)
    ran = _audit(run, forge)
    assert ran.code == 0
    assert f"{forge}:acme/shop#{number}" in ran.out
    assert "overdue by" in ran.out
    asked = list(sandbox.log)[seen:]
    assert all(record.method == "GET" or record.path.endswith("/graphql") for record in asked)
    assert f"{len(asked)} requests" in ran.err
    assert sandbox.world.snapshot_json() == before


@pytest.mark.parametrize("forge", FORGES)
def test_the_json_says_everything_about_an_item(run: Run, sandbox: Sandbox, forge: str) -> None:
    """Owners, deadline, severity and post-mortem, from whichever issue has them."""
    parent = _post_mortem(sandbox, forge)
    number = _item(sandbox, forge, parent=parent)
    (item,) = _items(_audit(run, forge, "--format", "json"))
    assert item["problems"][0].pop("days") > 2000
    assert (item["ref"], item["owners"], item["due"]) == (f"{forge}:acme/shop#{number}", ["bob"], LATE)
    assert (item["severity"], item["post_mortem"]) == ("high", f"{forge}:acme/shop#{parent}")
    assert [problem["kind"] for problem in item["problems"]] == ["overdue"]


def test_the_due_date_field_of_gitlab_counts(run: Run, sandbox: Sandbox) -> None:
    """It wins over the text."""
    number = _item(sandbox, "gitlab", parent=_post_mortem(sandbox, "gitlab"), deadline=LATER)
    sandbox.world.edit_issue("gitlab", "acme/shop", number, actor="bob", due=date(2020, 2, 29))
    (item,) = _items(_audit(run, "gitlab", "--format", "json"))
    assert item["due"] == "2020-02-29"


@pytest.mark.parametrize("forge", FORGES)
def test_the_label_goes_on_once_and_comes_off(run: Run, sandbox: Sandbox, clock: Clock, forge: str) -> None:
    """A second run has nothing to look at; a new deadline takes the label off; each write is in the journal, with the
    rule that asked for it.
    """
    number = _item(sandbox, forge, parent=_post_mortem(sandbox, forge))
    assert _audit(run, forge, "--apply").code == 0
    assert "overdue" in _labels(sandbox, forge, number)
    once = sandbox.world.snapshot_json()
    again = _audit(run, forge, "--apply")
    assert sandbox.world.snapshot_json() == once
    assert "0 looks, and 0 changes" in again.err
    body = sandbox.world.issue(forge, "acme/shop", number).body.replace(LATE, LATER)
    clock.forward(hours=1)
    sandbox.world.edit_issue(forge, "acme/shop", number, actor="bob", body=body)
    assert _audit(run, forge, "--apply").code == 0
    assert "overdue" not in _labels(sandbox, forge, number)
    assert [entry[:2] for entry in _journal() if entry[0] != "audit"] == [
        ("escalation", "EnsureComment"), ("overdue", "RemoveLabels"),
        ("escalation", "EnsureComment"), ("overdue", "AddLabels"), ("overdue", "EnsureLabel"),
    ]  # fmt: skip


def _journal() -> list[tuple[str, str, str]]:
    """Rule, change and result of each write, the newest first."""
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.store.journal import Journal  # noqa: PLC0415

    with opened() as database:
        return [(entry.rule, entry.change, entry.result) for entry in Journal(database).latest()]


@pytest.mark.parametrize("forge", FORGES)
def test_people_are_reminded_once_by_the_ladder(run: Run, sandbox: Sandbox, forge: str) -> None:
    """In a comment on the item, also by a machine that has never heard of it: the record is in the tracker."""
    number = _item(sandbox, forge, parent=_post_mortem(sandbox, forge))
    for _ in range(2):
        assert _audit(run, forge, "--apply").code == 0
        Path("closeout.sqlite3").unlink()
    (said,) = sandbox.world.issue(forge, "acme/shop", number).comments
    assert said.body.splitlines()[1].startswith(f"@bob, @alice: this action was due on {LATE} and is still open.")


def test_a_run_reminds_of_so_many_at_most(run: Run, sandbox: Sandbox) -> None:
    """The longest overdue first; the rest is named, and comes next, with a memory of looks or without one."""
    deadlines = ("2020-03-03", "2020-01-01", "2020-02-02")
    refs = [f"github:acme/shop#{_item(sandbox, 'github', deadline=deadline)}" for deadline in deadlines]
    waiting = []
    for round_ in range(4):
        ran = _audit(run, "github", "--format", "json", "--apply", CLOSEOUT_AUDIT_LOOKS="1")
        waiting.append(_json(ran)["waiting"])
        if round_ == 1:
            Path("closeout.sqlite3").unlink()
    assert waiting[:2] == [[refs[2], refs[0]], [refs[0]]]
    assert all(
        len(row.comments) == 1 for row in sandbox.world.project("github", "acme/shop").issues.values() if row.assignees
    )


def test_a_run_that_may_write_is_on_record(run: Run, sandbox: Sandbox) -> None:
    """Counts, requests, writes and failures; a part of an audit does not pass for one, and one that only looks leaves
    no trace, not even a database.
    """
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.store.audits import Audits  # noqa: PLC0415

    _item(sandbox, "github")
    run("audit", "--project", "github:acme/shop")
    assert not list(Path().iterdir())
    run("audit", "--project", "github:acme/shop", "--owner", "eve", "--apply")
    ran = run("audit", "--project", "github:acme/shop", "--project", "github:acme/nowhere", "--apply")
    with opened() as database:
        ((_, kept),) = Audits(database).latest()
    assert (kept.projects, kept.items, kept.problems["overdue"], kept.failures) == (1, 1, 1, 1)
    assert (kept.writes, f"{kept.requests} requests" in ran.err) == (5, True)


def test_a_dry_run_holds_for_apply_too(run: Run, sandbox: Sandbox) -> None:
    """CLOSEOUT_DRY_RUN wins, and says so."""
    _item(sandbox, "github")
    before = sandbox.world.snapshot_json()
    ran = run("audit", "--project", "github:acme/shop", "--apply", CLOSEOUT_DRY_RUN="1")
    assert sandbox.world.snapshot_json() == before
    assert "nothing was written" in ran.err


@pytest.mark.parametrize("forge", FORGES)
def test_a_label_that_cannot_be_written_does_not_stop_the_rest(run: Run, sandbox: Sandbox, forge: str) -> None:
    """It is listed, in the journal too, and the exit code says so; the other item has its label."""
    refused, fine = _item(sandbox, forge), _item(sandbox, forge)
    path = f"*/issues/{refused}*"
    fault: Mapping[str, Any] = {
        "path": path,
        "kind": "status",
        "status": 403,
        "method": "POST" if forge == "github" else "PUT",
    }
    assert requests.post(f"{sandbox.url}/_faults", json=fault, timeout=10).status_code < 300
    ran = _audit(run, forge, "--apply")
    assert (ran.code, f"{forge}:acme/shop#{refused}" in ran.out) == (3, True)
    assert "overdue" in _labels(sandbox, forge, fine)
    assert any(result.startswith("Forbidden") for *_, result in _journal())


@pytest.mark.parametrize(("forge", "more"), [("github", 2), ("gitlab", 6)])
def test_a_project_is_read_in_few_requests(run: Run, sandbox: Sandbox, forge: str, more: int) -> None:
    """A hundred items a request, whatever else is listed with them. A project of GitHub's has all its first pages in
    one; besides, GitHub is asked for the organisation's fields, and a project by itself on GitLab for five short lists.
    """
    parent = _post_mortem(sandbox, forge)
    for number in range(205):
        _item(sandbox, forge, f"Item {number}", parent=parent, deadline=LATER)
    found = _json(_audit(run, forge, "--format", "json"))
    assert (found["totals"]["open"], len(found["items"])) == (205, 206)
    assert found["requests"] == 3 + more


def test_many_projects_are_read_together(run: Run, sandbox: Sandbox) -> None:
    """Items per hundred and one for each project, and a handful for all of them: no more, however they are spread."""
    for forge in FORGES:
        for number in range(20):
            path = f"acme/p{number:02}"
            sandbox.world.add_project(forge, path)
            sandbox.world.set_permission(forge, path, BOT, "write")
            for _ in range(10):
                _item(sandbox, forge, project=path, deadline=LATER)
        ran = run("audit", "--format", "json", "--project", f"{forge}:acme/*")
        found = _json(ran)
        assert (found["totals"]["open"], found["errors"]) == (200, [])
        assert ran.err.count(f"at {forge}:acme/") == 9  # nobody watches a bar here
        projects = 20 + 2  # shop and ops are there from the start
        handful = 8 if forge == "github" else 4 + 8 - projects  # GitLab's policies are read ten projects a request
        assert found["requests"] <= 1.2 * 200 / 100 + projects + handful


@pytest.mark.parametrize("missing", ["acme/nowhere", "acme/ops"])
def test_a_project_that_fails_does_not_stop_the_rest(run: Run, sandbox: Sandbox, missing: str) -> None:
    """A project that is not there, or whose policy is wrong, is listed; what could be read is shown; exit code 3."""
    sandbox.world.put_file("github", "acme/ops", ".github/closeout.yml", "version: 2\n")
    number = _item(sandbox, "github")
    other = _item(sandbox, "gitlab")
    ran = run(
        "audit", "--format", "json", "--fail-on", "overdue",
        "--project", f"github:{missing}", "--project", "github:acme/shop", "--project", "gitlab:acme/shop",
    )  # fmt: skip
    found = _json(ran)
    assert ran.code == 3
    assert [item["ref"] for item in found["items"]] == [f"github:acme/shop#{number}", f"gitlab:acme/shop#{other}"]
    assert [error["where"] for error in found["errors"]] == [f"github:{missing}"]
    assert f"github:{missing}" in ran.err


def test_fail_on_turns_problems_into_an_exit_code(run: Run, sandbox: Sandbox) -> None:
    """Only for the problems that were named; a wrong name is a usage error."""
    _item(sandbox, "github")
    assert _audit(run, "github", "--fail-on", "no-owner,due-soon").code == 0
    assert _audit(run, "github", "--fail-on", "no-owner,overdue").code == 1
    wrong = _audit(run, "github", "--fail-on", "late")
    assert (wrong.code, "no-definition-of-done" in wrong.err) == (2, True)


@pytest.mark.parametrize("forge", FORGES)
def test_slips_and_overrides_are_shown_by_their_labels(run: Run, sandbox: Sandbox, forge: str) -> None:
    """In every format, in the totals and for `--fail-on`, by no request more."""
    shut = _post_mortem(sandbox, forge)
    item = _item(sandbox, forge, parent=_post_mortem(sandbox, forge), deadline=LATER)
    sandbox.world.edit_issue(forge, "acme/shop", shut, actor="alice", state="closed", state_reason="completed")
    before = _audit(run, forge).err
    sandbox.world.edit_issue(forge, "acme/shop", item, actor=BOT, labels=("type-action-item", "slipping"))
    marks = ("type-post-mortem", "closed-by-override")
    sandbox.world.edit_issue(forge, "acme/shop", shut, actor=BOT, labels=marks)
    for form in ("table", "json", "markdown", "csv", "html"):
        ran = _audit(run, forge, "--format", form)
        shown = " ".join(ran.out.split())
        assert "moved at least twice" in shown, form
        assert "/pm override" in shown, form
        assert ran.err == before
    totals = _json(_audit(run, forge, "--format", "json"))["totals"]
    assert (totals["slipping"], totals["override"]) == (1, 1)
    assert _audit(run, forge, "--fail-on", "slipping").code == 1
    assert _audit(run, forge, "--fail-on", "override", "--group-by", "owner").code == 1


def test_one_owners_items_and_those_that_changed(run: Run, sandbox: Sandbox) -> None:
    """`--owner` and `--since` narrow what is shown, and what `--apply` writes; no audit issue is told half of it."""
    mine = _item(sandbox, "github")
    theirs = _item(sandbox, "github", assignees=("eve",))
    found = _json(_audit(run, "github", "--format", "json", "--owner", "@Bob", "--apply"))
    assert [item["ref"] for item in found["items"]] == [f"github:acme/shop#{mine}"]
    assert "overdue" not in _labels(sandbox, "github", theirs)
    assert _notices(sandbox, "github") == []
    assert _json(_audit(run, "github", "--format", "json", "--since", "2998-01-01"))["items"] == []


def test_the_projects_of_the_settings_are_walked(run: Run, sandbox: Sandbox) -> None:
    """A pattern stands for all that it matches, on every forge it may be meant of, and an entry counts once."""
    ops = _item(sandbox, "gitlab", project="acme/ops")
    shop = _item(sandbox, "github")
    ran = run("audit", "--format", "json", CLOSEOUT_PROJECTS="gitlab:acme/ops,acme/*")
    assert (ran.code, [item["ref"] for item in _json(ran)["items"]]) == (
        0,
        [f"github:acme/shop#{shop}", f"gitlab:acme/ops#{ops}"],
    )


@pytest.mark.parametrize("forge", FORGES)
def test_a_pattern_is_kept_to_what_may_be_acted_on(run: Run, sandbox: Sandbox, forge: str) -> None:
    """Whatever else our account was let into."""
    refs = {path: f"{forge}:{path}#{_item(sandbox, forge, project=path)}" for path in ("acme/shop", "acme/ops")}
    ran = run("audit", "--format", "json", "--project", f"{forge}:*/*", CLOSEOUT_PROJECTS="acme/o*")
    wanted = [refs["acme/ops"]] if forge == "github" else []
    assert [item["ref"] for item in _json(ran)["items"]] == wanted
    assert ran.code == (0 if wanted else 3)  # GitLab lists the projects of a group
    group = run("audit", "--format", "json", "--project", f"{forge}:acme/*", CLOSEOUT_PROJECTS="acme/o*")
    assert [item["ref"] for item in _json(group)["items"]] == [refs["acme/ops"]]


@pytest.mark.parametrize("forge", FORGES)
def test_a_pattern_that_matches_nothing_is_a_failure(run: Run, forge: str) -> None:
    """A typo must not pass as a clean audit."""
    ran = run("audit", "--project", f"{forge}:acme/shpo-*")
    assert (ran.code, "sees no such project" in ran.out) == (3, True)


@pytest.mark.parametrize(
    ("project", "says"),
    [
        ("acme/shop", "write it like github:acme/shop"),
        ("github:shop", "is not a project"),
        ("forgejo:acme/shop", "no forge named"),
        ("github:acme/ops", "not among CLOSEOUT_PROJECTS"),
    ],
)
def test_a_project_that_cannot_be_meant_is_a_usage_error(run: Run, project: str, says: str) -> None:
    """With what to write instead, before anything is asked of a forge."""
    ran = run("audit", "--project", project, CLOSEOUT_PROJECTS="acme/shop")
    assert (ran.code, says in ran.err) == (2, True)


def test_a_group_that_cannot_be_listed_is_read_project_by_project(run: Run, sandbox: Sandbox) -> None:
    """What is refused for all of them together is asked for one by one."""
    refs = [f"gitlab:{path}#{_item(sandbox, 'gitlab', project=path)}" for path in ("acme/ops", "acme/shop")]
    fault: Mapping[str, Any] = {
        "path": "*/groups/acme/issues*",
        "kind": "status",
        "status": 403,
        "method": "GET",
        "times": 9,
    }
    assert requests.post(f"{sandbox.url}/_faults", json=fault, timeout=10).status_code < 300
    ran = run("audit", "--format", "json", "--project", "gitlab:acme/*")
    assert (ran.code, [item["ref"] for item in _json(ran)["items"]]) == (0, refs)


def test_a_team_that_renamed_its_labels_is_read_by_them(run: Run, sandbox: Sandbox) -> None:
    """In a group where the others kept theirs."""
    policy = "version: 1\nvocabulary:\n  labels: {action_item: todo}\n"
    for forge, place in (("github", ".github"), ("gitlab", ".gitlab")):
        sandbox.world.put_file(forge, "acme/ops", f"{place}/closeout.yml", policy)
        ours = _item(sandbox, forge, project="acme/ops", labels=("todo",))
        theirs = _item(sandbox, forge)
        found = _items(run("audit", "--format", "json", "--project", f"{forge}:acme/*"))
        assert [item["ref"] for item in found] == [f"{forge}:acme/ops#{ours}", f"{forge}:acme/shop#{theirs}"]


# --- the audit issue ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forge", FORGES)
def test_one_issue_carries_the_summary(run: Run, sandbox: Sandbox, forge: str) -> None:
    """Created once, edited in place; a second run on the same day with nothing new writes nothing at all."""
    number = _item(sandbox, forge)
    assert _audit(run, forge, "--apply").code == 0
    (notice,) = _notices(sandbox, forge)
    assert (notice.author, notice.title) == (BOT, "Post-mortem audit")
    assert f"### `bob` (1)\n\n- #{number} Page on a full pool: overdue by" in notice.body
    once = sandbox.world.snapshot_json()
    again = _audit(run, forge, "--apply")
    assert (sandbox.world.snapshot_json(), "0 audit issues" in again.err) == (once, True)
    sandbox.world.add_labels(forge, "acme/shop", number, actor="bob", names=["wont-do"])  # GitLab has no other way
    sandbox.world.edit_issue(forge, "acme/shop", number, actor="bob", state="closed", state_reason="not_planned")
    assert _audit(run, forge, "--apply").code == 0
    assert [row.number for row in _notices(sandbox, forge)] == [notice.number]
    assert f"#{number}" not in notice.body


@pytest.mark.parametrize("forge", FORGES)
def test_what_people_write_around_our_part_stays(run: Run, sandbox: Sandbox, forge: str) -> None:
    """Before it and after it, line ends included."""
    number = _item(sandbox, forge)
    _audit(run, forge, "--apply")
    (notice,) = _notices(sandbox, forge)
    theirs = f"Read on Mondays.\r\n\r\n{notice.body}\r\n\r\nAsk @alice first.\r\n"
    sandbox.world.edit_issue(forge, "acme/shop", notice.number, actor="alice", body=theirs)
    sandbox.world.edit_issue(forge, "acme/shop", number, actor="bob", title="Another name")
    _audit(run, forge, "--apply")
    assert notice.body.startswith("Read on Mondays.\r\n\r\n<!-- closeout:issue")
    assert notice.body.endswith("<!-- closeout:end -->\r\n\r\nAsk @alice first.\r\n")
    assert "Another name" in notice.body


@pytest.mark.parametrize("forge", FORGES)
def test_an_audit_issue_that_people_closed_stays_closed(run: Run, sandbox: Sandbox, forge: str) -> None:
    """It is neither reopened nor replaced; and a policy may ask for none in the first place."""
    _item(sandbox, forge)
    _audit(run, forge, "--apply")
    (notice,) = _notices(sandbox, forge)
    sandbox.world.edit_issue(forge, "acme/shop", notice.number, actor="alice", state="closed")
    body = notice.body
    _item(sandbox, forge, "Another")
    assert _audit(run, forge, "--apply").code == 0
    assert [(row.number, row.state, row.body) for row in _notices(sandbox, forge)] == [(notice.number, "closed", body)]
    place = ".github" if forge == "github" else ".gitlab"
    sandbox.world.put_file(forge, "acme/ops", f"{place}/closeout.yml", "version: 1\naudit: {issue: false}\n")
    _item(sandbox, forge, project="acme/ops")
    assert run("audit", "--project", f"{forge}:acme/ops", "--apply").code == 0
    assert _notices(sandbox, forge, "acme/ops") == []


def test_nobody_elses_issue_is_taken_for_ours(run: Run, sandbox: Sandbox) -> None:
    """Anybody can copy the hidden line and the label; who wrote the issue decides."""
    text = "<!-- closeout:issue topic=audit -->\nMine.\n<!-- closeout:end -->"
    sandbox.world.create_issue(
        "github", "acme/shop", actor="bob", title="Mine", body=text, labels=("post-mortem-audit",)
    )
    _item(sandbox, "github")
    _audit(run, "github", "--apply")
    theirs, ours = _notices(sandbox, "github")
    assert (theirs.body, ours.author) == (text, BOT)


def test_a_confidential_item_is_not_told_in_the_audit_issue(run: Run, sandbox: Sandbox) -> None:
    """That there is one, and nothing else, whatever the terminal is asked to show."""
    number = _item(sandbox, "gitlab", "Leaked key", private=True)
    _audit(run, "gitlab", "--apply", "--confidential")
    (notice,) = _notices(sandbox, "gitlab")
    assert "Not listed here: 1 confidential." in notice.body
    assert not {"Leaked key", f"#{number} "} & {word for word in ("Leaked key", f"#{number} ") if word in notice.body}


# --- how it is shown ------------------------------------------------------------------------------------------


def test_the_csv_reads_back_and_calculates_nothing(run: Run, sandbox: Sandbox) -> None:
    """Commas and quotes survive; a title that a spreadsheet would take for a formula stays a text."""
    _item(sandbox, "github", '=HYPERLINK("x","y"), a\ttab')
    header, row = csv.reader(io.StringIO(_audit(run, "github", "--format", "csv").out))
    assert header == ["item", "kind", "title", "owners", "due", "severity", "post-mortem", "problems"]
    assert dict(zip(header, row, strict=True))["title"] == '\'=HYPERLINK("x","y"), a tab'


def test_markdown_keeps_titles_from_being_markup(run: Run, sandbox: Sandbox) -> None:
    """A bar does not break the table, and nobody is mentioned by a title."""
    _item(sandbox, "github", f"a | b @alice {SCRIPT}")
    lines = _audit(run, "github", "--format", "markdown", "--group-by", "severity").out.splitlines()
    assert "## no severity (1)" in lines
    (row,) = [line for line in lines if "alice" in line]
    assert "a \\| b" in row
    assert "@alice" not in row
    assert "<script" not in row


def test_a_title_cannot_steer_the_terminal(run: Run, sandbox: Sandbox) -> None:
    """Neither escape sequences nor the table's own markup have an effect."""
    _item(sandbox, "github", "\x1b[2J[red]Title")
    out = _audit(run, "github").out
    assert "\x1b" not in out
    assert "[red]Title" in out


def test_the_title_of_a_confidential_item_is_shown_on_request_only(run: Run, sandbox: Sandbox) -> None:
    """A report travels further than the tracker's own permissions."""
    _item(sandbox, "gitlab", "Leaked key", private=True)
    assert "Leaked key" not in _audit(run, "gitlab", "--format", "json").out
    assert "Leaked key" in _audit(run, "gitlab", "--format", "json", "--confidential").out


@pytest.mark.parametrize(
    ("by", "heading"),
    [
        ("owner", "bob (1)"),
        ("severity", "high (2)"),
        ("post-mortem", "github:acme/shop#1 (2)"),
        ("project", "github:acme/shop (2)"),
        ("team", "payments (1)"),
    ],
)
def test_the_table_can_be_grouped(run: Run, sandbox: Sandbox, by: str, heading: str) -> None:
    """Each group has its heading and its count."""
    policy = "version: 1\naudit:\n  teams: {payments: [bob]}\n"
    sandbox.world.put_file("github", "acme/shop", ".github/closeout.yml", policy)
    _item(sandbox, "github", parent=_post_mortem(sandbox, "github"))
    assert heading in _audit(run, "github", "--group-by", by).out.splitlines()


def _ended(sandbox: Sandbox, forge: str, days: int, state: SyncState | None) -> IssueRow:
    """A post-mortem that was closed so many days ago, and that we know of where there is a state."""
    world, here = sandbox.world, (forge, "acme/shop")
    number = _post_mortem(sandbox, forge, body="It broke.\n")
    if state is not None:
        body = f"{topic_marker('status')}\n\nClosed.\n\n{state_block(state)}\n"
        world.comment(*here, number, actor=BOT, body=body)
    row = world.edit_issue(*here, number, actor="alice", state="closed", state_reason="completed")
    row.closed_at = row.updated_at = datetime.now(UTC) - timedelta(days=days)
    return row


def _reviews(sandbox: Sandbox, forge: str) -> list[IssueRow]:
    rows = sandbox.world.project(forge, "acme/shop").issues.values()
    return [row for row in rows if "follow-up-review" in row.labels]


@pytest.mark.parametrize("forge", FORGES)
def test_a_missed_follow_up_review_is_opened_once(run: Run, sandbox: Sandbox, forge: str) -> None:
    """No webhook told of the close: the audit finds it, in no further listing, and what was opened is not looked for."""
    decided = Override("alice", datetime.now(UTC) - timedelta(days=36), "it is fine")
    before = _audit(run, forge).err
    _ended(sandbox, forge, 35, SyncState(template="full_incident", overrides=(decided,)))
    assert _audit(run, forge).err == before
    assert _reviews(sandbox, forge) == []
    ran = _audit(run, forge, "--apply")
    assert "1 look," in ran.err
    [review] = _reviews(sandbox, forge)
    assert "Follow-up review after 30 days: Outage" in review.title
    again = _audit(run, forge, "--apply")
    assert "0 looks," in again.err
    assert _reviews(sandbox, forge) == [review]


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("state", [None, SyncState(template="full_incident")], ids=["unknown", "open points"])
def test_a_close_of_last_month_stands(run: Run, sandbox: Sandbox, forge: str, state: SyncState | None) -> None:
    """One that was before our time, and one that the gate would have refused: the audit looks, and changes nothing."""
    row = _ended(sandbox, forge, 35, state)
    before = len(row.events), len(row.comments)
    ran = _audit(run, forge, "--apply")
    assert "1 look, and 0 changes" in ran.err
    assert (row.state, len(row.events), len(row.comments)) == ("closed", *before)
    assert "0 looks," in _audit(run, forge, "--apply").err
