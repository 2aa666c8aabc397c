"""A client that nobody here wrote, python-gitlab, gets along with the sandbox's GitLab."""

from __future__ import annotations

import gitlab
import pytest

from service.sandbox import Sandbox
from tests.contracts.exchange import Exchange, observed
from tests.contracts.gitlab_contract import check_reply


@pytest.fixture
def exchanges(sandbox: Sandbox) -> list[Exchange]:
    """What passes the sandbox."""
    seen: list[Exchange] = []
    sandbox.observers.append(lambda request, response: seen.append(observed(request, response)))
    return seen


def client(sandbox: Sandbox, login: str = "alice") -> gitlab.Gitlab:
    return gitlab.Gitlab(sandbox.gitlab_url, private_token=f"token-{login}", timeout=10, retry_transient_errors=False)


def test_a_life_of_an_issue(sandbox: Sandbox, exchanges: list[Exchange]) -> None:
    """From labels to a closed issue with notes, links, emoji and a trail, by the client's own verbs."""
    project = client(sandbox).projects.get("acme/shop")
    label = project.labels.create({"name": "post-mortem", "color": "#5319e7"})
    issue = project.issues.create({"title": "pm", "labels": ["post-mortem"], "due_date": "2026-03-09"})
    child = project.issues.create({"title": "action", "issue_type": "task"})
    source, target = issue.links.create({"target_project_id": project.id, "target_issue_iid": child.iid})
    assert (source.iid, target.iid) == (1, 2)
    [linked] = issue.links.list()
    issue.links.delete(linked.issue_link_id)
    note = issue.notes.create({"body": "hello"})
    note.body = "edited"
    note.save()
    note.awardemojis.create({"name": "eyes"})
    board = project.boards.create({"name": "Post-mortems"})
    column = board.lists.create({"label_id": label.id})
    column.position = 0
    column.save()
    project.issues.update(issue.iid, {"add_labels": "done", "state_event": "close"})
    again = project.issues.get(issue.iid)
    assert (again.state, sorted(again.labels), again.links.list()) == ("closed", ["done", "post-mortem"], [])
    assert [n.body for n in issue.notes.list(activity_filter="only_comments", get_all=True)] == ["edited"]
    assert [e.action for e in issue.resourcelabelevents.list()] == ["add", "add"]
    assert [e.state for e in issue.resourcestateevents.list()] == ["closed"]
    assert [e for e in exchanges if e.status >= 400] == []
    assert [p for e in exchanges if e.reply_body for p in check_reply(e.method, e.path, e.status, e.reply_json)] == []


def test_lists_are_walked_to_the_end(sandbox: Sandbox) -> None:
    """By offset and by keyset, with the client's own iterators."""
    for n in range(45):
        sandbox.world.create_issue("gitlab", "acme/shop", actor="alice", title=f"{n}")
    project = client(sandbox).projects.get("acme/shop", lazy=True)
    walked = project.issues.list(iterator=True, order_by="created_at", sort="asc", per_page=10)
    assert [issue.iid for issue in walked] == list(range(1, 46))
    keyset = project.issues.list(iterator=True, pagination="keyset", order_by="updated_at", sort="asc", per_page=20)
    assert [issue.iid for issue in keyset] == list(range(1, 46))
    assert [issue.iid for issue in project.issues.list(iids=[3, 4], get_all=True)] == [4, 3]


def test_people_files_and_hooks(sandbox: Sandbox) -> None:
    """What set-up and permission checks use."""
    gl = client(sandbox)
    gl.auth()
    assert gl.user is not None
    assert gl.user.username == "alice"
    project = gl.projects.get("acme/ops")
    [bob] = gl.users.list(username="bob", get_all=False)
    assert project.members_all.get(bob.id).access_level == gitlab.const.AccessLevel.DEVELOPER
    commit = {"branch": "main", "commit_message": "x", "file_path": ".gitlab/closeout.yml", "content": "version: 1"}
    project.files.create(commit)
    assert project.files.raw(file_path=".gitlab/closeout.yml", ref="HEAD") == b"version: 1"
    assert project.files.get(".gitlab/closeout.yml", ref="main").decode() == b"version: 1"
    hook = project.hooks.create({"url": "http://127.0.0.1:9/", "issues_events": True, "push_events": False})
    project.issues.create({"title": "x"})
    hook.test("issues_events")
    assert [row.alert_status for row in project.hooks.list()] == ["executable"]
    assert gl.version()[0].startswith("19.")


def test_errors_become_the_clients_exceptions(sandbox: Sandbox) -> None:
    """401, 403, 404 and 409 under their names, with GitLab's words."""
    with pytest.raises(gitlab.GitlabAuthenticationError, match="401 Unauthorized"):
        client(sandbox, "nobody").auth()
    project = client(sandbox).projects.get("acme/shop")
    with pytest.raises(gitlab.GitlabGetError, match="404 Not found") as missing:
        project.issues.get(99)
    assert missing.value.response_code == 404
    project.labels.create({"name": "x", "color": "#ffffff"})
    with pytest.raises(gitlab.GitlabCreateError, match="Label already exists") as taken:
        project.labels.create({"name": "x", "color": "#ffffff"})
    assert taken.value.response_code == 409
    with pytest.raises(gitlab.GitlabDeleteError, match="403 Forbidden"):
        project.issues.create({"title": "x"}).delete()


def test_a_note_of_commands_has_no_id(sandbox: Sandbox) -> None:
    """The client hands back what 202 said."""
    issue = client(sandbox).projects.get("acme/shop").issues.create({"title": "x"})
    note = issue.notes.create({"body": "/close"})
    assert "id" not in note.attributes
    assert note.commands_changes == {"state": True}
