"""What a change means is `model.apply`: whatever a provider does over HTTP, looking again must show just that."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, get_args

import pytest

from service import model
from service.model import Change, CreateActionItem, EnsureComment, Issue, IssueRef, Reopen, SetBody, Snapshot
from service.providers.base import Conflict, Provider, ProviderError, Rejected
from tests.providers.on_stage import OnStage
from tests.providers.samples import EDITS, NEW_KEY, OTHERS, Sample, can, comment, create, named, own_issue
from tests.providers.stage import BODY, BOT, PROJECT, Stage, comparable


class ChangesContract(OnStage):
    # --- fetch after apply is model.apply ---------------------------------------------------------------------

    def test_every_change_is_sampled(self) -> None:
        """A new variant of Change cannot be forgotten here."""
        assert {*EDITS, *OTHERS} == set(get_args(Change))

    @pytest.mark.parametrize("kind", [*EDITS, *OTHERS], ids=lambda kind: kind.__name__)
    def test_looking_after_a_change_shows_what_the_model_says(self, stage: Stage, kind: type) -> None:
        """One change on the post-mortem: the next look equals the simulated one, and nothing else moved."""
        self._prepare(stage, kind, 1)
        provider = stage.provider()
        before = provider.fetch(stage.pm)
        changes = self._changes(before, before.issue, kind)
        expected = _perform(stage, provider, before, changes)
        assert comparable(stage.provider().fetch(stage.pm)) == comparable(expected)

    @pytest.mark.parametrize("kind", EDITS, ids=lambda kind: kind.__name__)
    def test_a_change_of_an_action_item_shows_from_its_post_mortem(self, stage: Stage, kind: type) -> None:
        """The same on a child: seen from the post-mortem, only the child changed."""
        self._prepare(stage, kind, 2)
        provider = stage.provider()
        before = provider.fetch(stage.pm)
        changes = self._changes(before, _child(before, 2), kind)
        expected = _perform(stage, provider, before, changes)
        assert comparable(stage.provider().fetch(stage.pm)) == comparable(expected)

    @pytest.mark.parametrize("kind", [*EDITS, *OTHERS], ids=lambda kind: kind.__name__)
    def test_a_change_made_twice_is_made_once(self, stage: Stage, kind: type) -> None:
        """Repeating it, at once or after a restart, leaves the whole forge as it is."""
        self._prepare(stage, kind, 1)
        provider = stage.provider()
        before = provider.fetch(stage.pm)
        for change in self._changes(before, before.issue, kind):
            first = _apply(provider, change)
            once = stage.state()
            assert _apply(provider, change) == first
            assert _apply(stage.provider(), change) == first
            assert stage.state() == once

    def _prepare(self, stage: Stage, kind: type, number: int) -> None:
        if kind is Reopen:
            stage.edit(number, state="closed", state_reason="completed")

    def _changes(self, before: Snapshot, at: Issue, kind: type) -> tuple[Change, ...]:
        """A created issue is named in the text right after, as every plan does."""
        sample = {**EDITS, **OTHERS}[kind](before, at)
        return (sample, named(before)) if kind is CreateActionItem else (sample,)

    # --- people win -------------------------------------------------------------------------------------------

    def test_an_edit_made_meanwhile_survives_ours(self, stage: Stage) -> None:
        """A person changes one line between our look and our write: both changes stand."""
        provider = stage.provider()
        seen = provider.fetch(stage.pm).issue
        stage.edit(1, actor="bob", body=BODY.replace("Customers could", "About 1,200 customers could"))
        provider.apply(SetBody(stage.pm, seen.body, seen.body.replace("- [ ] Alert", "- [x] Alert")))
        assert "About 1,200 customers could" in stage.body()
        assert "- [x] Alert" in stage.body()

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "status", "status": 503},
            {"kind": "status", "status": 429, "headers": {"Retry-After": "10"}},
            {"kind": "drop"},
            {"kind": "drop", "after": True},
        ],
        ids=["error", "rate limit", "no answer", "lost answer"],
    )
    def test_an_edit_made_while_ours_waits_to_be_tried_again_survives(
        self, stage: Stage, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The write fails in passing, and a person saves in the pause: the next try begins with their text."""
        waits: list[float] = []

        def wait(seconds: float) -> None:
            waits.append(seconds)
            stage.edit(1, actor="bob", body=stage.body().replace("Customers could", "About 1,200 customers could"))

        monkeypatch.setattr(stage, "sleep", wait)
        provider = stage.provider()
        seen = provider.fetch(stage.pm).issue
        for method in ("PATCH", "PUT"):
            stage.fault("*issues/1", method=method, **fault)
        provider.apply(SetBody(stage.pm, seen.body, seen.body.replace("- [ ] Alert", "- [x] Alert")))
        assert len(waits) == 1
        assert stage.body() == BODY.replace("Customers could", "About 1,200 customers could").replace(
            "- [ ] Alert", "- [x] Alert"
        )

    def test_an_edit_of_the_same_line_wins_over_ours(self, stage: Stage) -> None:
        """Where both touch one line, ours is given up with Conflict and the person's words stand."""
        provider = stage.provider()
        seen = provider.fetch(stage.pm).issue
        theirs = BODY.replace("- [ ] Alert on pool usage", "- [ ] Page on pool usage at 80 %")
        stage.edit(1, actor="bob", body=theirs)
        with pytest.raises(Conflict):
            provider.apply(SetBody(stage.pm, seen.body, seen.body.replace("- [ ] Alert", "- [x] Alert")))
        assert stage.body() == theirs

    def test_nobody_elses_words_and_labels_are_touched(self, stage: Stage) -> None:
        """After every sample change, other people's comments and labels are what they were."""
        provider = stage.provider()
        before = provider.fetch(stage.pm)
        talk = [(c.author, c.body) for c in stage.sandbox.world.issue(self.forge, PROJECT, 1).comments]
        stage.edit(1, actor="bob", labels=["post-mortem", "outage", "their own"])
        for kind in (*EDITS, *OTHERS):
            for change in self._changes(before, before.issue, kind):
                if not isinstance(change, SetBody) and can(before, change):
                    _apply(provider, change)
        issue = stage.sandbox.world.issue(self.forge, PROJECT, 1)
        assert [(c.author, c.body) for c in issue.comments if c.author != BOT] == talk
        assert {"post-mortem", "their own"} <= set(issue.labels)

    # --- creating happens once --------------------------------------------------------------------------------

    @pytest.mark.parametrize("sample", [create, comment, own_issue], ids=["action item", "comment", "own issue"])
    def test_what_was_created_in_an_answer_that_got_lost_is_not_created_again(
        self, stage: Stage, sample: Sample
    ) -> None:
        """The request has its effect and the connection breaks: trying again, after a restart, finds it."""
        provider = stage.provider()
        before = provider.fetch(stage.pm)
        change = sample(before, before.issue)
        stage.fault("*issues", method="POST", kind="drop", after=True)
        stage.fault("*comments", method="POST", kind="drop", after=True)
        stage.fault("*notes", method="POST", kind="drop", after=True)
        _attempt(provider, change)
        stage.sandbox.faults.clear()
        again = stage.provider()
        again.fetch(stage.pm)
        again.apply(change)
        world = stage.sandbox.world
        made = [i for i in world.project(self.forge, PROJECT).issues.values() if NEW_KEY in i.body]
        said = [c for c in world.issue(self.forge, PROJECT, 1).comments if c.author == BOT]
        assert (len(made), len(said)) == ((0, 1) if isinstance(change, EnsureComment) else (1, 0))


# --- parts ----------------------------------------------------------------------------------------------------


def _perform(stage: Stage, provider: Provider, before: Snapshot, changes: tuple[Change, ...]) -> Snapshot:
    """Applies the changes as the reconciler does. Returns what the model says of it."""
    created: dict[str, IssueRef] = {}
    expected = before
    for change in changes:
        concrete = model.resolve(change, created)
        made = _apply(provider, concrete)
        if isinstance(concrete, CreateActionItem):
            assert made is not None
            created[concrete.key] = made
        if can(before, change):
            expected = model.apply(expected, concrete)
    return expected


def _apply(provider: Provider, change: Change) -> IssueRef | None:
    """What a forge cannot do may be refused, but then nothing happens."""
    try:
        return provider.apply(change)
    except Rejected:
        return None


def _attempt(provider: Provider, change: Change) -> None:
    with suppress(ProviderError):
        provider.apply(change)


def _child(snapshot: Snapshot, number: int) -> Issue:
    return next(child for child in snapshot.children if child.ref.number == number)
