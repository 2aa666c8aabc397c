"""Quick actions in people's words do not run through us, proven on a forge that runs them."""

from __future__ import annotations

import pytest
import requests

from service.hidden import topic_marker
from service.model import (
    EnsureComment,
    Marker,
    SetBody,
)
from service.providers.gitlab.client import GitLab
from tests.providers.gitlab.scene import create, row
from tests.providers.stage import BODY, BOT, Stage

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
