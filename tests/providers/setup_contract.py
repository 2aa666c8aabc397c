"""What setting a project up promises on every forge: `class TestX(SetupContract)`."""

from __future__ import annotations

import pytest

from service.hidden import topic_marker
from service.model import Label
from service.providers.base import Forbidden, NotFound, ProviderError, Rejected
from service.providers.setup import ProjectSetup, Proposal, WantedWebhook
from tests.providers.on_stage import OnStage
from tests.providers.stage import PROJECT, Stage

ADMINISTRATOR = "alice"
HOOK = WantedWebhook("http://127.0.0.1:9/webhooks/forge", "a secret")
COLUMNS = ("learning", "outage")
POLICY = Proposal("closeout-setup", "Set up", "Why.", {".forge/policy.yml": "version: 1\n"})


class SetupContract(OnStage):
    """A dialect says how its client is made."""

    @staticmethod
    def client(stage: Stage, login: str) -> ProjectSetup:
        raise NotImplementedError

    @pytest.fixture
    def setup(self, stage: Stage) -> ProjectSetup:
        """As somebody who may do everything."""
        return self.client(stage, ADMINISTRATOR)

    def hook(self, stage: Stage) -> dict[str, object]:
        [hook] = stage.sandbox.world.project(self.forge, PROJECT).hooks
        return {"url": hook.url, "secret": hook.secret, "events": set(hook.events)}

    def test_a_label_is_created_once(self, stage: Stage, setup: ProjectSetup) -> None:
        """With colour and description; one that is there keeps its own."""
        setup.create_label(PROJECT, Label("overdue", "d93f0b", "Past its deadline"))
        setup.create_label(PROJECT, Label("outage", "000000", "Ours"))
        seen = {each.label.name: each for each in self.client(stage, ADMINISTRATOR).labels(PROJECT)}
        assert seen["overdue"].label == Label("overdue", "d93f0b", "Past its deadline")
        assert seen["outage"].label.color != "000000"
        assert not seen["overdue"].inherited

    def test_a_label_in_use_is_told_from_one_that_is_not(self, setup: ProjectSetup) -> None:
        """What an issue carries counts, whoever put it on; a deleted label is gone."""
        setup.create_label(PROJECT, Label("overdue", "d93f0b"))
        assert setup.used_labels(PROJECT, ("overdue", "outage", "learning")) == {"outage", "learning"}
        setup.delete_label(PROJECT, "overdue")
        assert "overdue" not in {each.label.name for each in setup.labels(PROJECT)}

    def test_a_webhook_is_made_whole(self, stage: Stage, setup: ProjectSetup) -> None:
        """Every event we read and no other, JSON, a secret: nothing is left to find fault with."""
        setup.create_webhook(PROJECT, HOOK)
        [seen] = setup.webhooks(PROJECT)
        assert (seen.url, seen.events, seen.faults) == (HOOK.url, setup.events, ())
        assert self.hook(stage) == {"url": HOOK.url, "secret": "a secret", "events": setup.events}
        assert "a secret" not in repr((seen, HOOK))

    def test_a_webhook_that_lacks_something_is_mended(self, stage: Stage, setup: ProjectSetup) -> None:
        """What we need comes to what somebody chose; the secret is sent again."""
        other = "milestone" if self.forge == "github" else "wiki_page_events"
        stage.sandbox.world.add_hook(self.forge, PROJECT, url=HOOK.url, events=[other])
        [seen] = setup.webhooks(PROJECT)
        assert "has no secret" in seen.faults
        assert not setup.events & seen.events
        setup.change_webhook(PROJECT, seen, HOOK)
        assert self.hook(stage) == {"url": HOOK.url, "secret": "a secret", "events": setup.events | {other}}
        [mended] = setup.webhooks(PROJECT)
        assert mended.faults == ()
        setup.delete_webhook(PROJECT, mended)
        assert setup.webhooks(PROJECT) == ()

    def test_a_board_is_made_with_its_columns(self, setup: ProjectSetup) -> None:
        """In their order, empty, and known again later; deleted, it is gone."""
        made = setup.create_board(PROJECT, "Ours", COLUMNS)
        [seen] = [board for board in setup.boards(PROJECT) if board.title == "Ours"]
        assert seen == made
        assert (seen.columns, seen.cards, seen.marked) == (COLUMNS, 0, True)
        setup.delete_board(PROJECT, seen)
        assert "Ours" not in {board.title for board in setup.boards(PROJECT)}

    def test_columns_are_added_only_where_that_harms_no_card(self, setup: ProjectSetup) -> None:
        """Elsewhere it is refused before anything is asked of the forge."""
        board = setup.create_board(PROJECT, "Ours", COLUMNS[:1])
        if not setup.adds_columns:
            with pytest.raises(Rejected):
                setup.add_columns(PROJECT, board, COLUMNS[1:])
        else:
            setup.add_columns(PROJECT, board, COLUMNS[1:])
        [seen] = [each for each in setup.boards(PROJECT) if each.title == "Ours"]
        assert seen.columns == (COLUMNS if setup.adds_columns else COLUMNS[:1])

    def test_files_are_proposed_and_not_pushed(self, stage: Stage, setup: ProjectSetup) -> None:
        """They are on a branch, in an open request, and on the default branch once somebody merges it."""
        made = setup.propose(PROJECT, POLICY)
        assert made.state == "open"
        assert f"/{made.number}" in made.url
        assert setup.file_text(PROJECT, ".forge/policy.yml") is None
        assert setup.file_text(PROJECT, ".forge/policy.yml", POLICY.branch) == "version: 1\n"
        stage.sandbox.world.merge_request(self.forge, PROJECT, made.number)
        assert setup.file_text(PROJECT, ".forge/policy.yml") == "version: 1\n"
        after = setup.request(PROJECT, POLICY.branch)
        assert after is not None
        assert after.state == "merged"

    def test_a_second_proposal_finds_the_first(self, stage: Stage, setup: ProjectSetup) -> None:
        """One request; what somebody edited in it stays, and a further file is added."""
        first = setup.propose(PROJECT, POLICY)
        project = stage.sandbox.world.project(self.forge, PROJECT)
        project.branches[POLICY.branch][".forge/policy.yml"] = "version: 1 # edited\n"
        more = {**POLICY.files, "docs/how.md": "How.\n"}
        second = setup.propose(PROJECT, Proposal(POLICY.branch, "Again", "", more))
        assert (second, len(project.requests)) == (first, 1)
        assert project.branches[POLICY.branch] == {
            ".forge/policy.yml": "version: 1 # edited\n",
            "docs/how.md": "How.\n",
        }

    def test_a_comment_on_a_request_is_ours_to_edit(self, stage: Stage, setup: ProjectSetup) -> None:
        """One for each topic, whoever else writes there; said again in the same words, nothing is written."""
        made = setup.propose(PROJECT, POLICY)
        request = stage.sandbox.world.request(self.forge, PROJECT, made.number)
        texts = [f"{topic_marker('trial')}\n{word}" for word in ("First.", "Second.")]
        stage.sandbox.world.comment_on_request(request, actor="bob", body=texts[0])
        for text in (*texts, texts[1]):
            self.client(stage, ADMINISTRATOR).comment(PROJECT, made.number, "trial", text)
        assert [(row.author, row.body) for row in request.comments] == [("bob", texts[0]), (ADMINISTRATOR, texts[1])]
        writes = [
            row.method for row in stage.sandbox.log if row.path.endswith(("comments", "notes")) and row.method != "GET"
        ]
        assert len(writes) == 1
        with pytest.raises(NotFound):
            setup.comment(PROJECT, made.number + 100, "trial", texts[0])

    def test_an_interrupted_proposal_is_finished(self, stage: Stage, setup: ProjectSetup) -> None:
        """The branch is there from before, without a request: nothing is made twice."""
        project = stage.sandbox.world.project(self.forge, PROJECT)
        stage.sandbox.world.add_branch(project, POLICY.branch, project.default_branch)
        assert setup.propose(PROJECT, POLICY).state == "open"

    def test_a_declined_proposal_shows(self, stage: Stage, setup: ProjectSetup) -> None:
        """Closed without a merge: a team's no."""
        assert setup.request(PROJECT, POLICY.branch) is None
        made = setup.propose(PROJECT, POLICY)
        stage.sandbox.world.close_request(self.forge, PROJECT, made.number)
        declined = setup.request(PROJECT, POLICY.branch)
        assert declined is not None
        assert (declined.state, setup.has_branch(PROJECT, POLICY.branch)) == ("closed", True)
        stage.sandbox.world.delete_branch(stage.sandbox.world.project(self.forge, PROJECT), POLICY.branch)
        assert not setup.has_branch(PROJECT, POLICY.branch)

    def test_a_missing_permission_is_named(self, stage: Stage) -> None:
        """Whatever somebody without rights tries, the error says so, and nothing has changed."""
        before = stage.state()
        guest = self.client(stage, "mallory")
        refused = (
            lambda: guest.create_label(PROJECT, Label("x", "000000")),
            lambda: guest.create_webhook(PROJECT, HOOK),
            lambda: guest.webhooks(PROJECT),
            lambda: guest.create_board(PROJECT, "Ours", COLUMNS),
            lambda: guest.propose(PROJECT, POLICY),
        )
        for attempt in refused:
            with pytest.raises(ProviderError) as error:
                attempt()
            assert isinstance(error.value, (Forbidden, NotFound, Rejected))
        assert stage.state() == before
