"""A GitHub App against the sandbox: installations, tokens that expire or are revoked, and its own name."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from datetime import timedelta

import pytest

from service.hidden import topic_marker
from service.model import EnsureComment, EnsureLabel, IssueRef, Label
from service.providers.base import Forbidden
from service.providers.github.auth import AppAuth, TokenAuth
from service.providers.github.client import GitHub
from service.providers.limits import Budget, Limiter, Unlimited
from service.sandbox import Sandbox
from service.sandbox.github.addresses import node_id
from tests.clock import Clock
from tests.keys import app_key
from tests.providers.stage import PROJECT, Stage


@pytest.fixture
def stage(sandbox: Sandbox, clock: Clock) -> Stage:
    def build(stage: Stage, login: str, url: str = "") -> GitHub:
        auth = AppAuth(login, app_key())
        return GitHub(auth=auth, clock=clock, sleep=stage.sleep, url=f"{sandbox.github_url}/api/v3")

    stage = Stage("github", sandbox, clock, build)
    stage.set_up()
    return stage


@pytest.fixture
def app(stage: Stage) -> GitHub:
    provider = stage.provider(str(stage.sandbox.world.app.id))
    assert isinstance(provider, GitHub)
    return provider


def minted(stage: Stage) -> int:
    return sum(record.path.endswith("/access_tokens") for record in stage.sandbox.log)


def test_an_app_acts_as_its_bot(stage: Stage, app: GitHub) -> None:
    """It sees itself under one name, and knows its own comment again."""
    assert app.fetch(stage.pm).viewer == "closeout[bot]"
    change = EnsureComment(stage.pm, "status", topic_marker("status"))
    app.apply(change)
    found = app.fetch(stage.pm).comment("status")
    assert found is not None
    assert found.author == "closeout[bot]"


def test_a_cards_issue_is_found_with_the_organisations_installation(stage: Stage, app: GitHub) -> None:
    """A node id names no repository whose installation could be asked for."""
    node = stage.sandbox.world.issue("github", PROJECT, 2).id
    assert app.named(IssueRef.by_node("github", "acme", node_id("I", node))) == stage.ref(2)
    assert "/github/api/v3/orgs/acme/installation" in [record.path for record in stage.sandbox.log]


def test_an_app_without_graphql_has_the_same_name(stage: Stage, app: GitHub) -> None:
    """REST tells it by the App's slug."""
    stage.sandbox.world.features["github"].graphql = False
    app.apply(EnsureComment(stage.pm, "status", topic_marker("status")))
    seen = app.fetch(stage.pm)
    assert (seen.viewer, seen.comment("status") is not None) == ("closeout[bot]", True)


def test_an_app_sees_the_repositories_of_its_installations(stage: Stage, app: GitHub) -> None:
    """And knows from then on which installation serves each: nobody is asked again."""
    assert sorted(app.projects("acme")) == ["acme/ops", "acme/shop"]
    assert list(app.projects("elsewhere")) == []
    app.fetch(stage.pm)
    assert not [record.path for record in stage.sandbox.log if record.path.endswith("/shop/installation")]


def test_a_token_serves_until_shortly_before_its_end(stage: Stage, app: GitHub, clock: Clock) -> None:
    """One an hour, replaced five minutes early, and counted among the requests."""
    app.fetch(stage.pm)
    clock.forward(seconds=3200)
    app.fetch(stage.pm)
    assert minted(stage) == 1
    clock.forward(seconds=200)
    app.fetch(stage.pm)
    assert minted(stage) == 2
    assert app.requests == stage.requests_made()


def test_each_installation_has_limits_of_its_own(stage: Stage, clock: Clock) -> None:
    """GitHub counts by installation; what is asked with the App's own key is counted apart."""
    asked: list[str] = []

    def limits(credential: str, creations: Sequence[Budget]) -> Limiter:
        asked.append(credential)
        assert creations == ()
        return Unlimited()

    auth, url = AppAuth(str(stage.sandbox.world.app.id), app_key()), f"{stage.sandbox.github_url}/api/v3"
    GitHub(auth=auth, clock=clock, sleep=stage.sleep, url=url, limits=limits).fetch(stage.pm)
    assert asked == ["github app", f"github {stage.sandbox.world.app.installation_id}"]


def test_a_revoked_token_is_replaced_at_once(stage: Stage, app: GitHub) -> None:
    """A create that was refused for it is made, once."""
    app.fetch(stage.pm)
    stage.fault(
        "v3/repos/acme/shop/issues/1/comments", kind="status", status=401, body='{"message": "Bad credentials"}'
    )
    app.apply(EnsureComment(stage.pm, "status", topic_marker("status")))
    assert minted(stage) == 2
    said = [c for c in stage.sandbox.world.issue("github", PROJECT, 1).comments if c.author == "closeout[bot]"]
    assert len(said) == 1


def test_an_app_that_is_not_installed_says_so(stage: Stage, app: GitHub) -> None:
    """The remedy is the owner's, and the sentence names it."""
    with pytest.raises(Forbidden, match="not installed on acme/elsewhere; install it there"):
        app.apply(EnsureLabel(stage.ref(1, "acme/elsewhere"), Label("x", "000000")))


def test_an_app_with_a_wrong_clock_signs_by_githubs(stage: Stage, app: GitHub, clock: Clock) -> None:
    """GitHub refuses it by the time in its signature, and tells its own: the next try has that."""
    there = clock() + timedelta(minutes=10)
    stage.sandbox.world.clock = lambda: there
    signed: list[str] = []
    stage.sandbox.observers.append(lambda asked, _answer: signed.append(asked.headers["Authorization"]))
    stage.fault("v3/repos/acme/shop/installation", kind="status", status=401, body='{"message": "\'exp\' is past"}')
    app.fetch(stage.pm)
    claims = json.loads(urlsafe_b64decode(signed[0].split(".")[1] + "=="))
    assert (claims["iat"], claims["exp"]) == (there.timestamp() - 60, there.timestamp() + 300)


def test_a_wrong_app_is_forbidden(stage: Stage) -> None:
    """Another App's id with our key."""
    with pytest.raises(Forbidden, match="wrong, expired or revoked"):
        stage.provider("1").fetch(stage.pm)


def test_credentials_do_not_show_themselves() -> None:
    """A credential in a log line or a traceback shows nothing."""
    assert "secret" not in repr(TokenAuth("secret"))
    assert "PRIVATE" not in repr(AppAuth("1", app_key()))
