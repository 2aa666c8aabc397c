"""The contract, for each dialect a forge is met in: all it offers today, and what an older server leaves out."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import pytest

from service.model import CreateActionItem, SetDue, Timebox, apply
from service.providers.base import Provider
from service.providers.github.auth import TokenAuth
from service.providers.github.client import GitHub
from service.providers.gitlab.client import GitLab
from tests.providers.contract import ProviderContract
from tests.providers.samples import DUE, NEW_KEY, create
from tests.providers.stage import PROJECT, Stage, comparable

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


class TestGitHubWithADateOnItsBoard(OnGitHub):
    """github.com with a project whose date field holds the deadlines of the issues on it."""

    def arrange(self, stage: Stage) -> None:
        stage.sandbox.world.group("github", "acme").boards[0].date_field = "Due date"

    def afterwards(self, stage: Stage) -> None:
        world = stage.sandbox.world
        for number in (1, 2, 3):
            world.move_card("github", PROJECT, number, actor="alice", column="Draft")

    def test_a_deadline_is_taken_away_again(self, stage: Stage) -> None:
        """An emptied field is no deadline, and emptying it twice is no error."""
        provider = stage.provider()
        before = provider.fetch(stage.pm)
        for due in (DUE, None, None):
            provider.apply(SetDue(stage.pm, due))
            assert comparable(stage.provider().fetch(stage.pm)) == comparable(apply(before, SetDue(stage.pm, due)))


class TestOlderGitHub(OnGitHub):
    """A server that knows neither GraphQL nor sub-issues nor projects: REST, checklist lines and labels."""

    lacks: ClassVar[tuple[str, ...]] = ("graphql", "sub_issues", "projects")


class TestGitLab(OnGitLab):
    """gitlab.com's free tier."""


class TestPremiumGitLab(OnGitLab):
    """gitlab.com's Premium tier: several assignees, and iterations."""

    has: ClassVar[tuple[str, ...]] = ("premium",)

    def test_the_iteration_of_an_issue_is_seen(self, stage: Stage) -> None:
        """Beside its milestone, listed or looked at."""
        world, here = stage.sandbox.world, (self.forge, PROJECT)
        first, last = date(2026, 3, 2), date(2026, 3, 15)
        sprint = world.add_timebox(*here, title="Sprint 12", kind="iteration", first=first, last=last)
        world.plan_issue(world.issue(*here, 2), sprint, actor="alice")
        expected = (Timebox("iteration", "Sprint 12", first, last),)
        assert stage.provider().fetch(stage.ref(2)).issue.timeboxes == expected


class TestGitLabWithoutGraphQL(OnGitLab):
    """REST alone, as behind a proxy that lets nothing else through."""

    lacks: ClassVar[tuple[str, ...]] = ("graphql",)
