"""What a forge could not deliver comes once more; how our webhooks fare is known; nobody else's is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from service.providers.base import Provider, RateLimited
from service.providers.github.auth import AppAuth, TokenAuth
from service.providers.github.client import GitHub
from service.providers.gitlab.client import GitLab
from service.providers.hooks import HookHealth
from service.sandbox import Sandbox
from service.sandbox.faults import Fault
from service.sandbox.rows import DeliveryRow, HookRow
from service.store.database import Database
from service.store.watermarks import Watermarks
from service.store.webhooks import Webhooks
from service.work.redelivery import Redelivery
from tests.clock import Clock
from tests.contracts.recorder import Recorder
from tests.databases import ON_SQLITE
from tests.external.mailbox import Mailbox, opened
from tests.keys import app_key
from tests.stack import BOT, PROJECTS
from tests.work.turn import Turn

pytestmark = [pytest.mark.node, ON_SQLITE]  # all traffic is held to the forges' published contracts

SHOP = PROJECTS[0]
NOWHERE = "http://127.0.0.1:1"  # nobody listens there


@dataclass
class Scene:
    """One webhook of ours on a forge, and people at work there."""

    forge: str
    sandbox: Sandbox
    mailbox: Mailbox
    hook: HookRow
    redelivery: Redelivery

    def happens(self, times: int = 1) -> None:
        for _ in range(times):
            self.sandbox.world.create_issue(self.forge, SHOP, actor="alice", title="Down")
            self.sandbox.settle()

    def answers(self, at: str) -> None:
        self.hook.url = f"{at}/webhooks/{self.forge}"

    def run(self) -> list[HookHealth]:
        found = self.redelivery.run(Turn(), [(self.forge, SHOP)])
        self.sandbox.settle()
        return list(found.values())

    @property
    def arrived(self) -> int:
        return self.mailbox.arrived.qsize()

    @property
    def repeated(self) -> list[DeliveryRow]:
        return [row for row in self.hook.deliveries if row.redelivery]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with opened() as box:
        yield box


Build = Callable[[str, str], Scene]


@pytest.fixture
def build(sandbox: Sandbox, database: Database, mailbox: Mailbox, clock: Clock, contracts: Recorder) -> Build:
    """Makes a scene of a forge, and of the place where the webhook is."""
    del contracts  # listens

    def provider(forge: str, *, is_app: bool) -> Provider:
        if forge == "gitlab":
            return GitLab(token=f"token-{BOT}", clock=clock, sleep=lambda _: None, url=sandbox.gitlab_url)
        auth = AppAuth(str(sandbox.world.app.id), app_key()) if is_app else TokenAuth(f"token-{BOT}")
        return GitHub(auth=auth, clock=clock, sleep=lambda _: None, url=f"{sandbox.github_url}/api/v3")

    def make(forge: str, where: str) -> Scene:
        world = sandbox.world
        world.set_permission("github", SHOP, BOT, "admin")
        if (forge, where) == ("gitlab", "acme"):  # of a group with a paid tier, and ours to administer
            world.features[forge].premium = True
            world.set_permission(forge, SHOP, BOT, "admin")
        url = f"{NOWHERE}/webhooks/{forge}"
        if where:
            hook = world.add_hook(forge, where, url=url)
        else:
            hook = world.new_hook(url, events=["issues"])
            world.app_hooks.append(hook)
        redelivery = Redelivery({forge: provider(forge, is_app=not where)}, Watermarks(database), Webhooks(database))
        return Scene(forge, sandbox, mailbox, hook, redelivery)

    return make


PLACES = [("github", SHOP), ("github", "acme"), ("github", ""), ("gitlab", SHOP), ("gitlab", "acme")]


@pytest.mark.parametrize(
    ("forge", "where"), PLACES, ids=["repository", "organisation", "App", "GitLab project", "GitLab group"]
)
def test_what_failed_is_delivered_once_more(build: Build, mailbox: Mailbox, forge: str, where: str) -> None:
    """Wherever the webhook is; what arrived is not repeated, now or later."""
    scene = build(forge, where)
    scene.happens(3)
    scene.answers(mailbox.url.removesuffix("/hook"))
    scene.happens(2)
    before = scene.arrived
    (found,) = scene.run()
    assert (found.hook.owner, found.failed, found.is_well) == (where, 3, False)
    assert scene.arrived == before + 3
    assert all(health.failed == 0 for health in scene.run())
    assert scene.arrived == before + 3


@pytest.mark.parametrize(("forge", "where"), PLACES[1:], ids=["organisation", "App", "GitLab project", "GitLab group"])
def test_how_a_webhook_fares_is_kept(
    build: Build, mailbox: Mailbox, database: Database, forge: str, where: str
) -> None:
    """It fails as long as the newest delivery does, not until the last failure is out of the forge's log."""
    scene, kept = build(forge, where), Webhooks(database)
    scene.happens()
    scene.run()
    assert kept.counts()[forge, "failing"] == 1
    scene.answers(mailbox.url.removesuffix("/hook"))
    scene.happens()
    scene.run()
    assert (kept.counts()[forge, "failing"], kept.counts()[forge, "active"]) == (0, 1)


def test_groups_that_show_nothing_are_asked_once_an_hour(build: Build, clock: Clock) -> None:
    """Without the paid tier there is nothing to see, and that is no trouble: the project's own are tended."""
    scene = build("gitlab", SHOP)
    for _ in range(6):
        assert scene.run()
        clock.forward(seconds=600)
    asked = [record.path for record in scene.sandbox.log if "/groups/acme/hooks" in record.path]
    assert len(asked) == 1


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_what_fails_again_is_left_to_the_resync(build: Build, clock: Clock, forge: str) -> None:
    """One more try each, not a loop."""
    scene = build(forge, SHOP)
    scene.happens(2)
    for _ in range(3):
        scene.run()
        clock.forward(seconds=600)
    assert len(scene.repeated) == 2


@pytest.mark.parametrize(("forge", "at_once"), [("github", 50), ("gitlab", 5)])
def test_many_are_repeated_some_at_a_time(build: Build, clock: Clock, forge: str, at_once: int) -> None:
    """The oldest first, as many as the forge allows in a row; the rest the next time."""
    scene = build(forge, SHOP)
    scene.happens(at_once + 3)
    failed = [row.guid for row in scene.hook.deliveries]
    scene.run()
    assert [row.guid for row in scene.repeated] == failed[:at_once]
    clock.forward(seconds=600)
    scene.run()
    assert [row.guid for row in scene.repeated] == failed


def test_a_long_log_is_read_by_cursor(build: Build, mailbox: Mailbox, clock: Clock) -> None:
    """What failed is found below more than a page of what did not; next time only what is new is read."""
    scene = build("github", SHOP)
    scene.happens()
    scene.answers(mailbox.url.removesuffix("/hook"))
    scene.happens(120)
    clock.forward(hours=1)
    scene.happens(1)
    (found,) = scene.run()
    assert (found.failed, len(scene.repeated)) == (1, 1)
    asked = len(scene.sandbox.log)
    scene.run()
    assert [record.path.partition("?")[0].rpartition("/")[2] for record in scene.sandbox.log[asked:]] == ["deliveries"]


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_somebody_elses_webhook_is_left_alone(build: Build, forge: str) -> None:
    """Its address does not end in ours; that none of ours is there is said once."""
    scene = build(forge, SHOP)
    scene.hook.url = f"{NOWHERE}/chat"
    scene.happens()
    with capture_logs() as logs:
        assert scene.run() == []
        assert scene.run() == []
    assert [(log["event"], log["reason"]) for log in logs] == [
        ("webhook_not_seen", f"no webhook there has an address that ends in /webhooks/{forge}")
    ]
    assert scene.repeated == []


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_who_may_not_see_webhooks_is_told_once(build: Build, clock: Clock, forge: str) -> None:
    """One line that says what was refused, and no error; once the permission is there, the work is done."""
    scene = build(forge, SHOP)
    scene.sandbox.world.set_permission(forge, SHOP, BOT, "write")
    scene.happens()
    with capture_logs() as logs:
        scene.run()
        scene.run()
    (log,) = logs
    assert (log["event"], log["log_level"]) == ("webhook_not_seen", "warning")
    assert "hooks" in log["reason"]
    scene.sandbox.world.set_permission(forge, SHOP, BOT, "admin")
    clock.forward(hours=1)
    scene.run()
    assert len(scene.repeated) == 1


def test_a_webhook_that_gitlab_pauses_is_unwell(build: Build, clock: Clock) -> None:
    """After four failures it says until when, and in the end that it is off."""
    scene = build("gitlab", SHOP)
    scene.sandbox.world.features["gitlab"].auto_disable = True
    scene.happens(4)
    (paused,) = scene.redelivery.run(Turn(), [("gitlab", SHOP)]).values()
    assert (paused.hook.state, paused.hook.until) == ("paused", clock() + timedelta(minutes=1))
    assert paused.said == "internal error"
    scene.sandbox.settle()
    scene.hook.active = False
    (off,) = scene.run()
    assert (off.hook.state, off.is_well) == ("off", False)


def test_a_webhook_that_is_switched_off_on_github_is_unwell(build: Build) -> None:
    """Nothing failed, and nothing comes."""
    scene = build("github", SHOP)
    scene.hook.active = False
    (found,) = scene.run()
    assert (found.hook.state, found.failed, found.is_well) == ("off", 0, False)


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_a_forge_that_asks_to_wait_is_waited_for(build: Build, forge: str) -> None:
    """What was not repeated then is repeated later."""
    scene = build(forge, SHOP)
    scene.happens(2)
    path = {"github": "*/attempts", "gitlab": "*/resend"}[forge]
    limit = Fault(path=path, kind="status", status=429, headers={"Retry-After": "60"}, body='{"message": "slow"}')
    scene.sandbox.faults.add(limit)
    with pytest.raises(RateLimited):
        scene.run()
    scene.run()
    assert len(scene.repeated) == 2
