"""The contract of setting up, for each forge; all traffic is held to what the forges publish."""

from __future__ import annotations

from typing import ClassVar

import pytest

from service.providers.base import Provider, Rejected
from service.providers.github.auth import TokenAuth
from service.providers.github.client import GitHub
from service.providers.gitlab.client import GitLab
from service.providers.setup import ProjectSetup
from tests.providers.setup_contract import SetupContract
from tests.providers.stage import PROJECT, Stage

pytestmark = pytest.mark.node


class TestGitHub(SetupContract):
    forge: ClassVar[str] = "github"

    @staticmethod
    def client(stage: Stage, login: str) -> ProjectSetup:
        return _github(stage, login).setup()

    @staticmethod
    def build(stage: Stage, login: str, url: str = "") -> Provider:
        del url
        return _github(stage, login)

    def test_a_form_and_a_missing_certificate_check_are_faults(self, stage: Stage) -> None:
        """GitHub's own default is a form, which we could not read."""
        hook = stage.sandbox.world.add_hook("github", PROJECT, url="http://127.0.0.1:9/x", secret="s")
        hook.options["config"] = {"content_type": "form", "insecure_ssl": "1"}
        hook.active = False
        [seen] = self.client(stage, "alice").webhooks(PROJECT)
        assert seen.faults == ("is switched off", "sends forms instead of JSON", "does not check certificates")

    @pytest.mark.parametrize("lacking", ["graphql", "projects"])
    def test_an_older_server_has_no_projects(self, stage: Stage, lacking: str) -> None:
        """That is said, and is no trouble worth another try."""
        setattr(stage.sandbox.world.features["github"], lacking, False)
        with pytest.raises(Rejected):
            self.client(stage, "alice").create_board(PROJECT, "Ours", ("Draft",))

    def test_somebody_elses_project_is_told_from_ours(self, stage: Stage) -> None:
        """It lacks our note, and its cards show that it is in use."""
        stage.sandbox.world.set_column(
            stage.sandbox.world.group("github", "acme").boards[0],
            stage.sandbox.world.issue("github", PROJECT, 1),
            "Draft",
            actor="alice",
        )
        [board] = self.client(stage, "alice").boards(PROJECT)
        assert (board.cards, board.marked) == (1, False)


class TestGitLab(SetupContract):
    forge: ClassVar[str] = "gitlab"

    @staticmethod
    def client(stage: Stage, login: str) -> ProjectSetup:
        return _gitlab(stage, login).setup()

    @staticmethod
    def build(stage: Stage, login: str, url: str = "") -> Provider:
        del url
        return _gitlab(stage, login)

    def test_a_groups_label_is_inherited(self, stage: Stage) -> None:
        """It is there, and not the project's to delete."""
        group = stage.sandbox.world.group("gitlab", "acme")
        group.labels += [stage.sandbox.world.project("gitlab", PROJECT).labels.pop()]
        seen = {each.label.name: each.inherited for each in self.client(stage, "alice").labels(PROJECT)}
        assert sorted(seen.items()) == [("learning", True), ("outage", False), ("post-mortem", False)]


def _github(stage: Stage, login: str) -> GitHub:
    root = f"{stage.sandbox.github_url}/api/v3"
    return GitHub(auth=TokenAuth(f"token-{login}"), clock=stage.clock, sleep=stage.sleep, url=root)


def _gitlab(stage: Stage, login: str) -> GitLab:
    return GitLab(token=f"token-{login}", clock=stage.clock, sleep=stage.sleep, url=stage.sandbox.gitlab_url)
