"""A meeting in people's calendars, on both forges: invited, moved and called off by comments; and a project's feed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog
from pydantic import SecretStr

from service.adoption import adopt
from service.backfill import Pace, take_in
from service.bootstrap.logs import configure
from service.bootstrap.outside import Outside
from service.links import Links
from service.model import IssueRef
from service.policy import FILES
from service.sandbox import Sandbox
from service.store.feeds import Feeds
from service.store.tables import appointments
from tests.clock import Clock
from tests.contracts.recorder import Recorder
from tests.icalendar_reading import Component, read
from tests.journeys.team import PROJECT, Team
from tests.stack import FORGES, Stack, running

pytestmark = pytest.mark.node  # all traffic is held to the forges' published contracts

PUBLIC_URL = "https://closeout.example.org/in/a/folder"
SECRET = SecretStr("what links are sealed with, for tests alone")
_LINK = re.compile(rf"{re.escape(PUBLIC_URL)}(/calendar/\S+?\.ics)\)")


@pytest.fixture(params=FORGES)
def team(
    sandbox: Sandbox, clock: Clock, contracts: Recorder, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Team]:
    """With a service that knows its own address."""
    with running(sandbox, clock, tmp_path, public_url=PUBLIC_URL, link_secrets=(SECRET,)) as stack:
        yield Team(stack, request.param)


@contextmanager
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Everything that is logged meanwhile; read afterwards."""
    said: list[str] = []
    configure("debug")
    try:
        yield said
    finally:
        structlog.reset_defaults()
        said.append(capsys.readouterr().err)


def links(text: str) -> list[str]:
    return [found[1] for found in _LINK.finditer(text)]


def get(team: Team, path: str) -> Any:
    return requests.get(f"{team.stack.service.url}{path}", timeout=60)


def event(team: Team, path: str) -> Component:
    [found] = read(get(team, path).content).events
    return found


def feed(team: Team) -> str:
    name = Feeds(team.stack.service.database).give(team.forge, PROJECT)
    made = Links.of(team.stack.service.settings)
    assert made is not None
    return made.address("reviews", name).removeprefix(PUBLIC_URL)


def gone(team: Team, path: str) -> None:
    """Waits for the look that finds nothing; what is not found is asked for again, and so never at rest."""
    queue = team.stack.service.queue
    for _ in range(600):
        seen = queue.wakeup.count
        if get(team, path).status_code == 404:
            return
        queue.wakeup.watch(seen, 0.1)
    raise AssertionError(team.stack.service.overview.tasks())


def test_a_meeting_is_followed_from_its_call_to_its_end(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    """A signed webhook with the command comes in, and its answer links a calendar which keeps up, by one name."""
    with logged(capsys) as log:
        addresses = whole_life(team)
    assert "plan_applied" in log[0]
    assert [each for each in addresses if each.rpartition("/")[2].removesuffix(".ics") in log[0]] == []


def whole_life(team: Team) -> tuple[str, str]:
    """The addresses of the two meetings."""
    pm = team.report()
    team.comment(pm, "/pm schedule 2026-03-27 15:00 Europe/Berlin @bob @eve", by="alice")
    [agenda] = team.said(pm, "reply:")
    [address] = links(agenda)
    called = event(team, address)
    assert (called["DTSTART"], called["SEQUENCE"]) == (datetime(2026, 3, 27, 14, tzinfo=UTC), 0)
    assert called["SUMMARY"] == f"Post-mortem meeting: {PROJECT}#{pm}"
    assert "Invited: bob, eve." in str(called["DESCRIPTION"])
    assert str(called["URL"]).startswith("http://127.0.0.1:")

    team.wait(days=1)
    team.comment(pm, "/pm schedule 2026-03-30 15:00 Europe/Berlin", by="bob")
    (old, new), moved = team.said(pm, "reply:"), event(team, address)  # summer time began on the 29th
    assert (links(new), "<summary>Moved to Monday, 2026-03-30 15:00" in old) == ([address], True)
    assert (moved["UID"], moved["SEQUENCE"]) == (called["UID"], 1)
    assert moved["DTSTART"] == datetime(2026, 3, 30, 13, tzinfo=UTC)

    team.comment(pm, "/pm unschedule", by="alice")
    assert "<summary>Called off by alice" in team.said(pm, "reply:")[1]
    off = event(team, address)
    assert (off["UID"], off["SEQUENCE"], off["STATUS"]) == (called["UID"], 2, "CANCELLED")
    assert not {"DESCRIPTION", "URL"} & off.values.keys()
    assert PROJECT not in str(off["SUMMARY"])

    team.comment(pm, "/pm schedule 2026-04-01 10:00 UTC @bob", by="alice")
    [other] = links(team.said(pm, "reply:")[-1])
    assert event(team, other)["UID"] != called["UID"]
    team.stack.clock.forward(days=62)
    team.stack.service.schedule.run_due()
    team.stack.clock.forward(days=1)
    team.stack.service.schedule.run_due()
    assert [get(team, each).status_code for each in (address, other)] == [404, 404]
    return address, other


@pytest.mark.parametrize("team", ["github"], indirect=True)
def test_a_projects_feed_follows_it_from_the_meeting_to_the_last_review(team: Team) -> None:
    """By the project's own looks, and rebuilt by looking again; of a confidential post-mortem nothing is in it."""
    address = feed(team)
    pm = team.report()
    team.comment(pm, "/pm schedule 2026-03-04 15:00 @bob", by="alice")
    shown = read(get(team, address).content)
    assert [one["SUMMARY"] for one in shown.events] == [f"Post-mortem meeting: {PROJECT}#{pm}"]
    team.complete(pm)
    opens = [(one["DTSTART"], one["SUMMARY"]) for one in read(get(team, address).content).events[1:]]
    name = f"Follow-up review opens: {PROJECT}#{pm}"
    assert opens == [(date(2026, 4, 1), name), (date(2026, 5, 1), name)]
    team.wait(days=31)
    due = [(one["DTSTART"], one["SUMMARY"]) for one in read(get(team, address).content).events]
    assert (date(2026, 4, 16), f"Follow-up review due: {PROJECT}#3") in due

    whole = get(team, address).content
    service = team.stack.service
    service.database.write(lambda c: c.execute(appointments.delete()))
    assert read(get(team, address).content).events == []
    taking = service.looking().reconciler(service.journal, adopt, Outside(service.database, service.settings))
    taken = take_in([IssueRef(team.forge, PROJECT, pm)], taking.reconcile, Pace(lambda _: None))
    assert [(one.error, one.changes) for one in taken] == [("", ())]
    assert get(team, address).content == whole


def test_what_becomes_confidential_leaves_the_feed(team: Team) -> None:
    """At the next look; its own invitation keeps to where and when. GitHub knows no such issue: there it is deleted."""
    address = feed(team)
    world, path = team.stack.sandbox.world, FILES[team.forge]
    world.put_file(team.forge, PROJECT, path, "version: 1\nappointments: {titles: true}\n")
    team.stack.clock.forward(hours=1)
    pm = team.report()
    team.comment(pm, "/pm schedule 2026-03-04 15:00 @bob", by="alice")
    [invitation] = links(team.said(pm, "reply:")[0])
    [shown] = read(get(team, address).content).events
    assert shown["SUMMARY"] == f"Post-mortem meeting: {PROJECT}#{pm} Checkout down"
    if team.forge == "gitlab":
        world.edit_issue(team.forge, PROJECT, pm, actor="alice", private=True)
        team.stack.settle()
        kept = event(team, invitation)
        assert kept["SUMMARY"] == f"Post-mortem meeting: {PROJECT}#{pm}"
        assert "bob" not in str(kept["DESCRIPTION"])
    else:
        world.delete_issue(team.forge, PROJECT, pm, actor="alice")
        gone(team, invitation)
    assert read(get(team, address).content).events == []


def test_without_an_address_of_its_own_nothing_is_linked(stack: Stack) -> None:
    """The agenda is what it was, and no calendar is served."""
    team = Team(stack, "gitlab")
    pm = team.report()
    team.comment(pm, "/pm schedule 2026-03-04 15:00 @bob", by="alice")
    [agenda] = team.said(pm, "reply:")
    assert ("60 minutes\n" in agenda, "calendar" in agenda.lower()) == (True, False)
    for kind in ("meetings", "reviews"):
        assert get(team, f"/calendar/{kind}/{'a0' * 16}/{'A' * 43}.ics").status_code == 404
