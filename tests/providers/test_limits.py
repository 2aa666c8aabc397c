"""Both forges' gateways ask the limiter before each request, and tell it what the forge says: over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import github.Auth
import pytest

from service.model import IssueRef
from service.providers.base import RateLimited
from service.providers.github.auth import TokenAuth
from service.providers.github.client import GitHub
from service.providers.github.connection import Counter
from service.providers.github.gateway import Gateway, Wire
from service.providers.gitlab.client import GitLab
from service.providers.gitlab.connection import Connection
from service.providers.gitlab.gateway import Gateway as GitLabGateway
from service.providers.limits import Budget, Limiter, Unlimited
from service.store.database import Database
from service.store.limits import LimitRows
from service.work.limiter import SharedLimits
from tests.clock import Clock
from tests.databases import Place, opened
from tests.providers.github.scripted import Say, Scripted, serving

Act: TypeAlias = Callable[[], object]
REF = IssueRef("gitlab", "acme/shop", 3)
ISSUES = {"github": "/repos/acme/shop/issues/3", "gitlab": "/api/v4/projects/acme%2Fshop/issues/3"}
LATER = Say(429, {"message": "too fast"}, {"Retry-After": "120"})


@dataclass(frozen=True)
class Caller:
    """One process's way to a scripted forge: a read and a creation."""

    read: Act
    create: Act


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with serving() as running:
        yield running


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> Iterator[Database]:
    with opened(Place.file(tmp_path), clock) as database:
        yield database


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest, scripted: Scripted) -> str:
    path, said = ISSUES[request.param], {"id": 1, "iid": 3, "number": 3}
    scripted.on(f"GET {path}", Say(200, said))
    for comments in ("comments", "notes"):
        scripted.on(f"POST {path}/{comments}", Say(201, said))
    return str(request.param)


@pytest.fixture
def start(forge: str, scripted: Scripted, database: Database, clock: Clock) -> Callable[[], Caller]:
    def begin() -> Caller:
        limiter = SharedLimits(LimitRows(database), clock).of(forge, (Budget(2, 60.0),))
        if forge == "github":
            wire = Wire(scripted.url, Counter(), clock, _forward(clock), limiter=lambda _: limiter)
            hub, path = Gateway(wire, github.Auth.Token("t")), ISSUES[forge]
            return Caller(lambda: hub.get(path), lambda: hub.create(f"{path}/comments", {"body": "x"}))
        lab = GitLabGateway(Connection(scripted.url, "t", clock=clock, sleep=_forward(clock), limiter=limiter))
        return Caller(lambda: lab.issue(REF), lambda: lab.create_note(REF, "x"))

    return begin


def _forward(clock: Clock) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        clock.forward(seconds=seconds)

    return sleep


def test_what_one_process_is_told_the_other_sends_nothing_against(
    forge: str, start: Callable[[], Caller], scripted: Scripted, clock: Clock
) -> None:
    """The refusal is asked for once, not once a process; when its time is over, requests go out again."""
    one, other = start(), start()
    scripted.on(f"GET {ISSUES[forge]}", LATER, Say(200, {"iid": 3}))
    with pytest.raises(RateLimited):
        one.read()
    for act in (one.read, other.read, other.create):
        with pytest.raises(RateLimited) as held:
            act()
        assert held.value.retry_after == 120
    assert len(scripted.asked) == 1
    clock.forward(seconds=120)
    other.read()


def test_a_creation_beyond_the_budget_is_not_sent(
    start: Callable[[], Caller], scripted: Scripted, clock: Clock
) -> None:
    """The queue is told when to come back; reads go on meanwhile."""
    one, other = start(), start()
    one.create()
    clock.forward(seconds=20)
    other.create()
    with pytest.raises(RateLimited) as beyond:
        one.create()
    assert beyond.value.retry_after == 40
    one.read()
    assert [each.verb for each in scripted.asked] == ["POST", "POST", "GET"]


def test_a_short_wait_is_waited_for(start: Callable[[], Caller], scripted: Scripted, clock: Clock) -> None:
    """As if the forge itself had asked: within the thread's patience nobody notices."""
    caller = start()
    caller.create()
    caller.create()
    clock.forward(seconds=55)
    caller.create()
    assert len(scripted.asked) == 3


def test_budgets_are_those_of_the_vendors_own_sites(clock: Clock) -> None:
    """On a server of one's own the limits are its owner's, and often none: it says so when they are reached."""
    asked: dict[str, Sequence[Budget]] = {}

    def limits(credential: str, creations: Sequence[Budget]) -> Limiter:
        asked[credential] = creations
        return Unlimited()

    GitHub(auth=TokenAuth("t"), clock=clock, sleep=print, limits=limits)
    GitHub(auth=TokenAuth("t"), clock=clock, sleep=print, limits=limits, forge="ghes", url="https://ghes.test/api/v3")
    GitLab(token="t", clock=clock, sleep=print, limits=limits)
    GitLab(token="t", clock=clock, sleep=print, limits=limits, forge="own", url="https://gitlab.test")
    assert asked == {
        "github": (Budget(80, 60.0), Budget(500, 3600.0)),
        "ghes": (),
        "gitlab": (Budget(60, 60.0),),
        "own": (),
    }
