"""A tour of the sandbox's GitHub with everything held against GitHub's own documents."""

from __future__ import annotations

import pytest

from service.sandbox import Sandbox
from tests.contracts.recorder import Recorder
from tests.external.mailbox import opened
from tests.sandbox.github_caller import ISSUE, OPS, SHOP, GitHubCaller

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("github-contract")]


@pytest.fixture
def hub(sandbox: Sandbox, contracts: Recorder) -> GitHubCaller:
    """An administrator whose every request and answer is checked when the test ends."""
    return GitHubCaller(sandbox, "alice")


def test_answers_and_webhooks_are_shaped_as_github_says(hub: GitHubCaller) -> None:
    """Issues, labels, comments, sub-issues, people, files, hooks and their deliveries, refusals included."""
    with opened() as box:
        config = {"url": box.url, "content_type": "json", "secret": "s"}
        hook = hub.post(f"{SHOP}/hooks", name="web", active=True, events=["*"], config=config)
        hub.post("/orgs/acme/hooks", name="web", active=True, events=["*"], config=config)
        write_everything(hub)
        read_everything(hub)
        hub.sandbox.settle()
        log = f"{SHOP}/hooks/{hook['id']}/deliveries"
        delivery = hub.get(log)[0]["id"]
        hub.get(f"{log}/{delivery}")
        hub.post(f"{log}/{delivery}/attempts")
        hub.patch(f"{SHOP}/hooks/{hook['id']}", active=True)
        hub.sandbox.settle()


def write_everything(hub: GitHubCaller) -> None:
    hub.post(f"{SHOP}/labels", name="bug", color="ff0000", description="d")
    hub.refused("POST", f"{SHOP}/labels", name="BUG")
    hub.post(f"{SHOP}/issues", title="Down", body="x", labels=["bug"], assignees=["bob"])
    child = hub.post(f"{SHOP}/issues", title="Child")
    hub.patch(ISSUE, title="New", body="y", labels=["other"])
    hub.patch(ISSUE, state="closed", state_reason="not_planned")
    hub.patch(ISSUE, state="open")
    hub.patch(f"{SHOP}/labels/bug", new_name="defect")
    comment = hub.post(f"{ISSUE}/comments", body="hi")
    path = f"{SHOP}/issues/comments/{comment['id']}"
    hub.patch(path, body="hello")
    hub.post(f"{path}/reactions", content="+1")
    hub.get(f"{path}/reactions")
    hub.post(f"{ISSUE}/sub_issues", sub_issue_id=child["id"])
    hub.refused("POST", f"{ISSUE}/sub_issues", sub_issue_id=child["id"])
    hub.post(f"{ISSUE}/assignees", assignees=["eve"])
    hub.delete(f"{ISSUE}/assignees", assignees=["bob"])
    hub.post(f"{ISSUE}/labels", labels=["a"])
    hub.delete(f"{ISSUE}/labels/a")
    hub.put(f"{SHOP}/contents/a.yml", message="m", content="YTogMQo=")
    hub.sandbox.world.move_card("github", "acme/shop", 1, actor="bob", column="Review")
    hub.delete(path)


def read_everything(hub: GitHubCaller) -> None:
    hub.sandbox.world.features["github"].issue_fields = True
    field = hub.sandbox.world.add_issue_field("github", "acme", "Target date")
    hub.post(f"{ISSUE}/issue-field-values", issue_field_values=[{"field_id": field.id, "value": "2026-04-01"}])
    for path in ("", "/events", "/timeline", "/comments", "/labels", "/sub_issues", "/issue-field-values"):
        hub.get(ISSUE + path)
    hub.get(f"{SHOP}/issues/2/parent")
    for path in ("", "/issues", "/labels", "/issues/comments", "/collaborators", "/assignees", "/hooks"):
        hub.get(SHOP + path)
    for path in (
        "/user",
        "/users/bob",
        "/orgs/acme",
        "/orgs/acme/repos",
        "/orgs/acme/issue-fields",
        "/orgs/acme/hooks",
    ):
        hub.get(path)
    for path in ("/rate_limit", "/meta", "/versions", f"{SHOP}/contents/a.yml", f"{OPS}/collaborators/bob/permission"):
        hub.get(path)
    hub.as_("mallory").refused("GET", OPS)
