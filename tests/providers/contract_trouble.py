"""When the forge refuses, is slow, or talks nonsense, every provider says the same of it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from service.hidden import topic_marker
from service.model import AddLabels, CreateActionItem, EnsureComment, Permission, SetBody, SetTitle
from service.providers.base import (
    Forbidden,
    Gone,
    Listing,
    MalformedReply,
    NotFound,
    Provider,
    ProviderError,
    RateLimited,
    Scope,
    Unavailable,
)
from tests.providers.on_stage import OnStage
from tests.providers.samples import create
from tests.providers.stage import BODY, BOT, PROJECT, Stage

FOR_EVER = 0


def _refuse(status: int, **headers: str) -> dict[str, Any]:
    return {"kind": "status", "status": status, "headers": headers, "body": '{"message": "no"}', "times": FOR_EVER}


class TroubleContract(OnStage):
    timeouts: ClassVar[tuple[str, ...]]  # the module attributes that say how long a provider waits

    def _settled(self, stage: Stage) -> Provider:
        """A provider that has seen this server work."""
        provider = stage.provider()
        provider.fetch(stage.pm)
        return provider

    # --- what is not there ------------------------------------------------------------------------------------

    @pytest.mark.parametrize(("project", "number"), [(PROJECT, 999), ("acme/nothing", 1), ("no-group/shop", 1)])
    def test_what_is_not_there_is_not_found(self, stage: Stage, project: str, number: int) -> None:
        """An issue, a project, an owner that do not exist."""
        with pytest.raises(NotFound):
            stage.provider().fetch(stage.ref(number, project))

    def test_what_we_may_not_see_is_not_found(self, stage: Stage) -> None:
        """Both forges answer 404 for what is hidden, and so do we."""
        stage.sandbox.world.create_issue(self.forge, "acme/ops", actor="alice", title="secret")
        with pytest.raises(NotFound):
            stage.provider("mallory").fetch(stage.ref(1, "acme/ops"))
        assert stage.provider("mallory").permission("acme/ops", "alice") is Permission.NONE

    def test_a_deleted_issue_is_not_found(self, stage: Stage) -> None:
        """Gone where the forge tells it, at least not found."""
        stage.sandbox.world.delete_issue(self.forge, PROJECT, 3, actor="alice")
        with pytest.raises(NotFound):
            stage.provider().fetch(stage.ref(3))

    def test_a_renamed_project_is_gone_and_nothing_is_written_elsewhere(self, stage: Stage) -> None:
        """Forges redirect an old name; following it would write to what may be another project one day."""
        provider = self._settled(stage)
        stage.sandbox.world.rename_project(self.forge, PROJECT, "acme/store")
        before = stage.state()
        for change in (
            SetTitle(stage.pm, "New"),
            SetBody(stage.pm, BODY, BODY.replace("[ ]", "[x]")),
            EnsureComment(stage.pm, "status", topic_marker("status")),
        ):
            with pytest.raises((Gone, NotFound)):
                provider.apply(change)
        assert stage.state() == before

    # --- refusals ---------------------------------------------------------------------------------------------

    def test_a_wrong_token_is_forbidden(self, stage: Stage) -> None:
        """And the sentence for the operator does not repeat it."""
        with pytest.raises(Forbidden) as refused:
            stage.provider("nobody-knows").fetch(stage.pm)
        assert "token-nobody-knows" not in str(refused.value)

    def test_a_missing_permission_is_forbidden(self, stage: Stage) -> None:
        """Somebody without rights over the issue cannot label or rewrite it, and is told so."""
        provider = stage.provider("mallory")
        before = stage.state()
        for change in (
            AddLabels(stage.pm, frozenset({"learning"})),
            SetBody(stage.pm, BODY, BODY.replace("[ ]", "[x]")),
        ):
            with pytest.raises(Forbidden):
                provider.apply(change)
        assert stage.state() == before

    def test_a_refusal_by_status_is_forbidden(self, stage: Stage) -> None:
        """403 without any word of a limit."""
        provider = self._settled(stage)
        stage.fault(**_refuse(403))
        with pytest.raises(Forbidden):
            provider.fetch(stage.pm)

    # --- limits -----------------------------------------------------------------------------------------------

    def test_a_long_rate_limit_tells_when_to_come_back(self, stage: Stage) -> None:
        """No thread is kept waiting for minutes: the work queue is told the time."""
        provider = self._settled(stage)
        stage.fault(**_refuse(429, **{"Retry-After": "120"}))
        with pytest.raises(RateLimited) as limited:
            provider.fetch(stage.pm)
        assert limited.value.retry_after == 120
        assert sum(stage.waits) == 0

    def test_a_short_rate_limit_is_waited_for(self, stage: Stage) -> None:
        """Just as long as the forge asks, then the request goes through."""
        provider = self._settled(stage)
        stage.fault(**(_refuse(429, **{"Retry-After": "2"}) | {"times": 1}))
        assert provider.fetch(stage.pm).issue.title == "Checkout down"
        assert stage.waits == [2.0]

    def test_a_limited_create_happens_once(self, stage: Stage) -> None:
        """A refusal for being too fast did nothing, so trying again is safe, and there is one issue in the end."""
        provider = stage.provider()
        before = provider.fetch(stage.pm)
        change = create(before, before.issue)
        assert isinstance(change, CreateActionItem)
        stage.fault(**(_refuse(429, **{"Retry-After": "1"}) | {"times": 1}))
        provider.apply(change)
        assert len(stage.sandbox.world.project(self.forge, PROJECT).issues) == 4

    # --- trouble on their side --------------------------------------------------------------------------------

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_server_error_that_passes_is_not_noticed(self, stage: Stage, status: int) -> None:
        """A read is simply tried again, after a little while."""
        provider = self._settled(stage)
        stage.fault(**(_refuse(status) | {"times": 2}))
        assert provider.fetch(stage.pm).issue.title == "Checkout down"
        assert len(stage.waits) == 2

    def test_a_server_error_that_stays_is_unavailable(self, stage: Stage) -> None:
        """After a few tries, not for ever."""
        provider = self._settled(stage)
        made = stage.requests_made()
        stage.fault(**_refuse(503))
        with pytest.raises(Unavailable):
            provider.fetch(stage.pm)
        assert 2 <= stage.requests_made() - made <= 6

    @pytest.mark.parametrize(
        "nonsense",
        [
            {
                "kind": "status",
                "status": 200,
                "body": "<html>Maintenance</html>",
                "headers": {"Content-Type": "text/html"},
            },
            {"kind": "status", "status": 200, "body": "<html>Maintenance</html>"},
            {"kind": "status", "status": 200, "body": '"surprise"'},
            {"kind": "status", "status": 200, "body": '{"data": {}}'},
        ],
        ids=["a page", "a page said to be JSON", "another JSON", "an empty object"],
    )
    def test_an_answer_that_is_no_answer_is_malformed(self, stage: Stage, nonsense: dict[str, Any]) -> None:
        """A proxy's page or a changed format is an outage, never a fact about the issue."""
        provider = self._settled(stage)
        stage.fault(**nonsense, times=FOR_EVER)
        with pytest.raises(MalformedReply):
            provider.fetch(stage.pm)

    def test_an_answer_cut_short_is_unavailable(self, stage: Stage) -> None:
        """Half a JSON document is not believed."""
        provider = self._settled(stage)
        stage.fault(kind="truncate", times=FOR_EVER)
        with pytest.raises(Unavailable):
            provider.fetch(stage.pm)

    def test_a_broken_connection_is_unavailable(self, stage: Stage) -> None:
        """The forge hangs up without a byte."""
        provider = self._settled(stage)
        stage.fault(kind="drop", times=FOR_EVER)
        with pytest.raises(Unavailable):
            provider.fetch(stage.pm)

    def test_a_forge_that_does_not_answer_is_unavailable(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody waits for ever: a socket that accepts and says nothing times out."""
        for name in self.timeouts:
            monkeypatch.setattr(name, 0.2)
        provider = self._settled(stage)
        stage.fault(kind="delay", seconds=30, times=FOR_EVER)
        with pytest.raises(Unavailable):
            provider.fetch(stage.pm)

    def test_nobody_at_the_address_is_unavailable(self, stage: Stage) -> None:
        """A port where nothing listens."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            free = server.getsockname()[1]
        with pytest.raises(Unavailable):
            self.build(stage, BOT, f"http://127.0.0.1:{free}").fetch(stage.pm)

    @pytest.mark.parametrize("act", ["fetch", "list", "survey", "projects", "permission", "file_text"])
    def test_every_reading_verb_speaks_in_our_errors(self, stage: Stage, act: str) -> None:
        """Nothing of an SDK or of HTTP leaks out of a provider."""
        provider = self._settled(stage)
        stage.fault(**_refuse(500))
        verbs: dict[str, Callable[[], object]] = {
            "fetch": lambda: provider.fetch(stage.pm),
            "list": lambda: list(provider.list(PROJECT)),
            "survey": lambda: list(provider.survey(Scope(PROJECT, (PROJECT,)), (Listing("learning", "open"),))),
            "projects": lambda: list(provider.projects("acme")),
            "permission": lambda: provider.permission(PROJECT, "bob"),
            "file_text": lambda: provider.file_text(PROJECT, "README.md"),
        }
        with pytest.raises(ProviderError):
            verbs[act]()
