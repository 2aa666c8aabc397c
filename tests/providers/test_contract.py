"""The contract, for each dialect a forge is met in: all it offers today, and what an older server leaves out."""

from __future__ import annotations

from typing import ClassVar

import pytest

from service.model import CreateActionItem
from service.providers.base import Provider
from service.providers.github.auth import TokenAuth
from service.providers.github.client import GitHub
from service.providers.gitlab.client import GitLab
from tests.providers.contract import ProviderContract
from tests.providers.samples import NEW_KEY, create
from tests.providers.stage import Stage

pytestmark = pytest.mark.node


class OnGitHub(ProviderContract):
    forge: ClassVar[str] = "github"
    timeouts: ClassVar[tuple[str, ...]] = ("service.providers.github.connection.TIMEOUT",)

    @staticmethod
    def build(stage: Stage, login: str, url: str = "") -> Provider:
        root = f"{url or stage.sandbox.github_url}/api/v3"
        return GitHub(auth=TokenAuth(f"token-{login}"), clock=stage.clock, sleep=stage.sleep, url=root)


class OnGitLab(ProviderContract):
    forge: ClassVar[str] = "gitlab"
    timeouts: ClassVar[tuple[str, ...]] = ("service.providers.gitlab.connection.TIMEOUT",)

    @staticmethod
    def build(stage: Stage, login: str, url: str = "") -> Provider:
        root = url or stage.sandbox.gitlab_url
        return GitLab(token=f"token-{login}", clock=stage.clock, sleep=stage.sleep, url=root)

    def test_an_action_item_of_a_private_post_mortem_is_private(self, stage: Stage) -> None:
        """Nothing of a confidential post-mortem leaks through its action items."""
        stage.edit(1, private=True)
        provider = stage.provider()
        before = provider.fetch(stage.pm)
        assert before.issue.private
        change = create(before, before.issue)
        assert isinstance(change, CreateActionItem)
        made = provider.apply(change)
        assert made is not None
        row = stage.sandbox.world.issue(self.forge, made.project, made.number)
        assert (row.private, NEW_KEY in row.body) == (True, True)


class TestGitHub(OnGitHub):
    """github.com: GraphQL, sub-issues, projects."""


class TestGitHubWithIssueFields(OnGitHub):
    """github.com with the organisation's Target date field."""

    has: ClassVar[tuple[str, ...]] = ("issue_fields",)

    def arrange(self, stage: Stage) -> None:
        stage.sandbox.world.add_issue_field("github", "acme", "Target date")


class TestOlderGitHub(OnGitHub):
    """A server that knows neither GraphQL nor sub-issues nor projects: REST, checklist lines and labels."""

    lacks: ClassVar[tuple[str, ...]] = ("graphql", "sub_issues", "projects")


class TestGitLab(OnGitLab):
    """gitlab.com's free tier."""


class TestGitLabWithoutGraphQL(OnGitLab):
    """REST alone, as behind a proxy that lets nothing else through."""

    lacks: ClassVar[tuple[str, ...]] = ("graphql",)
