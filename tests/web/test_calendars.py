"""`/calendar/…` over real loopback HTTP and a real database: an address is the only key, and 404 tells nobody why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import requests
import structlog
from sqlalchemy import event

from service.bootstrap.logs import configure
from service.links import Links
from service.model import IssueRef
from service.store.appointments import Appointments
from service.store.feeds import Feeds
from tests.build import HOME, appointment
from tests.databases import ON_SQLITE
from tests.icalendar_reading import read
from tests.web.conftest import LINKS, PUBLIC_URL, Site

pytestmark = ON_SQLITE

MEETING = appointment()
REVIEW = replace(MEETING, id="b1" * 16, kind="review", begins=date(2026, 4, 1), minutes=0)
INVITATION = LINKS.address("meetings", MEETING.id).removeprefix(PUBLIC_URL)


def given_out(site: Site, forge: str, project: str) -> str:
    return LINKS.address("reviews", Feeds(site.database).give(forge, project)).removeprefix(PUBLIC_URL)


def names(answer: requests.Response) -> list[object]:
    assert answer.status_code == 200, answer.text
    return [part["UID"] for part in read(answer.content).events]


def test_an_invitation_is_there_for_whoever_has_its_address(site: Site) -> None:
    """As a calendar, kept from shared caches, search engines and the pages that it leads to."""
    Appointments(site.database).keep(HOME, (MEETING,))
    answer = site.get(INVITATION)
    assert names(answer) == [f"{MEETING.id}@closeout"]
    wanted = {
        "Content-Type": "text/calendar; charset=utf-8; method=PUBLISH",
        "Cache-Control": "private, max-age=300",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Content-Disposition": 'inline; filename="post-mortem.ics"',
    }
    assert {name: answer.headers[name] for name in wanted} == wanted


def test_a_calendar_that_has_not_changed_is_not_sent_again(site: Site) -> None:
    """Calendars come again and again; what changed has another tag."""
    Appointments(site.database).keep(HOME, (MEETING,))
    tag = {"If-None-Match": site.get(INVITATION).headers["ETag"]}
    again = requests.get(f"{site.url}{INVITATION}", headers=tag, timeout=60)
    Appointments(site.database).keep(HOME, (replace(MEETING, sequence=1),))
    moved = requests.get(f"{site.url}{INVITATION}", headers=tag, timeout=60)
    assert (again.status_code, again.content, moved.status_code) == (304, b"", 200)


def test_a_feed_shows_its_project_alone(site: Site) -> None:
    """Its meetings and reviews in the order of time; nothing confidential, nothing called off, nobody else's."""
    book = Appointments(site.database)
    book.keep(HOME, (REVIEW, MEETING, replace(MEETING, id="c2" * 16, off=True)))
    book.keep(IssueRef("github", "acme/shop", 13), (replace(REVIEW, id="d3" * 16, confidential=True),))
    for number, ref in enumerate([IssueRef("gitlab", "acme/shop", 12), IssueRef("github", "acme/shop2", 12)]):
        book.keep(ref, (replace(MEETING, id=f"{number:032}"),))
    assert names(site.get(given_out(site, "github", "Acme/Shop"))) == [
        f"{one.id}@closeout" for one in (MEETING, REVIEW)
    ]
    assert names(site.get(given_out(site, "github", "acme/ops"))) == []


def test_each_feed_is_good_until_all_of_the_project_are_taken_back(site: Site) -> None:
    """At once, and for good; another project's stay."""
    first, second = given_out(site, "github", "acme/shop"), given_out(site, "github", "acme/Shop")
    other = given_out(site, "github", "acme/ops")
    assert [site.get(one).status_code for one in (first, second, other)] == [200, 200, 200]
    assert Feeds(site.database).take_back("github", "acme/SHOP") == 2
    assert [site.get(one).status_code for one in (first, second, other)] == [404, 404, 200]


def wrong(site: Site) -> list[str]:
    """Addresses that open nothing: never made, of the other kind, for somebody else, gone, or not allowed."""
    taken = given_out(site, "github", "acme/shop")
    Feeds(site.database).take_back("github", "acme/shop")
    folder, _, seal = INVITATION.rpartition("/")
    return [
        taken,
        given_out(site, "github", "else/where"),
        LINKS.address("meetings", "e4" * 16).removeprefix(PUBLIC_URL),
        LINKS.address("reviews", MEETING.id).removeprefix(PUBLIC_URL),
        Links(PUBLIC_URL, ("somebody else's secret" * 2,)).address("meetings", MEETING.id).removeprefix(PUBLIC_URL),
        f"{folder}/{seal[1:]}",
        f"{folder}/{'A' * 43}.ics",
        f"{folder}/%00%ff%F0%9F%93%85.ics",
        f"/calendar/meetings/{MEETING.id}%00/{seal}",
        INVITATION.removesuffix(".ics"),
        "/calendar/",
        "/nowhere",
    ]


def test_nobody_is_told_why_there_is_nothing(site: Site) -> None:
    """One answer for all: the same as for any address that never was."""
    Appointments(site.database).keep(HOME, (MEETING,))
    answers = [site.get(address) for address in wrong(site)]
    assert {answer.status_code for answer in answers} == {404}
    told = {
        (answer.content, tuple(sorted((k, v) for k, v in answer.headers.items() if k.lower() != "date")))
        for answer in answers
    }
    assert len(told) == 1, told


def test_each_request_is_counted_by_what_it_led_to(site: Site) -> None:
    """A reader that has it already is told so; how many addresses are tried in vain is seen, and none of them."""
    Appointments(site.database).keep(HOME, (MEETING,))
    known = site.get(INVITATION).headers["ETag"]
    requests.get(site.url + INVITATION, headers={"If-None-Match": known}, timeout=60)
    site.get(given_out(site, "github", "acme/shop"))
    site.get(f"{INVITATION.rpartition('/')[0]}/{0:043}.ics")
    assert site.read == [
        ("meetings", "shown"),
        ("meetings", "unchanged"),
        ("reviews", "shown"),
        ("meetings", "refused"),
    ]


def test_what_was_sealed_with_the_secret_before_is_good_while_both_are_set(site: Site) -> None:
    """The operator replaces the secret without a break, and then takes back everything that was sealed before."""
    Appointments(site.database).keep(HOME, (MEETING,))
    before = Links(PUBLIC_URL, ("the old secret, while it is replaced",))
    old = before.address("meetings", MEETING.id).removeprefix(PUBLIC_URL)
    assert old != INVITATION
    assert names(site.get(old)) == names(site.get(INVITATION))
    seal = old.rpartition("/")[2].removesuffix(".ics")
    alone = Links(PUBLIC_URL, ("a new secret to seal links with, for tests",))
    assert (before.opens("meetings", MEETING.id, seal), alone.opens("meetings", MEETING.id, seal)) == (True, False)


def test_guessing_never_reaches_the_database(site: Site) -> None:
    """A wrong seal is told apart by arithmetic."""
    asked: list[str] = []
    event.listen(site.database._engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    folder = INVITATION.rpartition("/")[0]
    assert {site.get(f"{folder}/{number:043}.ics").status_code for number in range(20)} == {404}
    assert asked == []
    site.get(INVITATION)
    assert any("appointments" in statement for statement in asked)


@pytest.mark.parametrize("people", [True, False], ids=["terminal", "json"])
def test_no_address_is_in_the_log_even_when_something_breaks(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, people: bool
) -> None:
    """Of an error of our own the log has the route, and of an absent database the reason."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: people)
    configure("debug")
    Appointments(site.database).keep(HOME, (MEETING,))
    feed = given_out(site, "github", "acme/shop")
    site.database.write(lambda c: c.exec_driver_sql("UPDATE appointments SET entry = '{}'"))
    broken = [site.get(address).status_code for address in (INVITATION, feed)]
    site.database.write(lambda c: c.exec_driver_sql("DROP TABLE appointments"))
    away = [site.get(address).status_code for address in (INVITATION, feed)]
    said = capsys.readouterr()
    structlog.reset_defaults()
    assert (broken, away) == ([500, 500], [503, 503])
    assert "request_failed" in said.out + said.err
    assert "/calendar/meetings/<name>/<seal>.ics" in said.err
    keys = [part for address in (INVITATION, feed) for part in address.removesuffix(".ics").split("/")[-1:]]
    assert [key for key in keys if key in said.out + said.err] == []
