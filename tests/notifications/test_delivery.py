"""Emptying the outbox through the real Apprise to a real server: retries, pace, giving up, and one that dies."""

from __future__ import annotations

import sys

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from service.notifications.delivery import MOST_ATTEMPTS, Delivery
from service.notifications.sending import NotSent, send, understood
from service.settings import Route
from service.store.outbox import Letter, Outbox
from tests.clock import Clock
from tests.databases import ON_SQLITE
from tests.notifications.reception import Reception


def _letter(key: str = "a", route: str = "default", kind: str = "opened") -> Letter:
    return Letter(key, route, kind, f"Title {key}", "First line\nhttps://forge.example/acme/shop/issues/12")


def _round(outbox: Outbox, *routes: Route) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    Delivery(outbox, routes, send, lambda route, outcome: told.append((route, outcome))).run(lambda: None)
    return told


def test_what_is_due_is_sent_once(outbox: Outbox, there: Reception) -> None:
    """As plain text, with a type that services show as a colour."""
    outbox.put([_letter(kind="completed")])
    assert _round(outbox, there.route()) == [("default", "sent")]
    assert _round(outbox, there.route()) == []
    (message,) = there.messages
    assert message.title == "Title a"
    assert message.text == _letter().text
    assert message.type == "success"


def test_a_service_that_fails_is_tried_again_later(outbox: Outbox, there: Reception, clock: Clock) -> None:
    """After a pause that grows; within the round it is left alone, and what waits for it stays in order."""
    there.statuses = [503, 503]
    outbox.put([_letter("a"), _letter("b")])
    assert _round(outbox, there.route()) == [("default", "failed")]
    (tried,) = [posted for posted in outbox.latest() if posted.attempts]
    assert tried.error == "the service answered 503"
    clock.forward(seconds=80)
    assert _round(outbox, there.route()) == [("default", "failed")]
    clock.forward(seconds=160)
    assert _round(outbox, there.route()) == [("default", "sent")] * 2
    assert sorted(message.title for message in there.messages) == ["Title a", "Title b"]


@ON_SQLITE
def test_what_cannot_be_sent_is_given_up_where_it_is_seen(outbox: Outbox, clock: Clock) -> None:
    """After so many tries an error in the log, an outcome to count, and a row with the reason. Never an address."""
    dead = Route(name="default", address=SecretStr("json://user:s3cr3t@127.0.0.1:9/path"))
    outbox.put([_letter()])
    told = []
    with capture_logs() as logged:
        for _ in range(MOST_ATTEMPTS + 3):
            told += _round(outbox, dead)
            clock.forward(hours=2)
    assert told == [("default", "failed")] * (MOST_ATTEMPTS - 1) + [("default", "given_up")]
    assert logged[-1]["event"] == "notification_given_up"
    assert logged[-1]["log_level"] == "error"
    (posted,) = outbox.latest()
    assert (posted.state, posted.error) == ("failed", "the service did not answer, or refused")
    assert "s3cr3t" not in repr(logged)


@ON_SQLITE
def test_a_route_keeps_its_pace(outbox: Outbox, there: Reception, clock: Clock) -> None:
    """No more than so many a minute, over several rounds; the rest is not lost."""
    slow = there.route(per_minute=2)
    outbox.put([_letter(key) for key in "abcde"])
    sent = []
    for _ in range(4):
        sent.append(len(_round(outbox, slow)))
        clock.forward(seconds=40)
    assert sent == [2, 0, 2, 0]
    clock.forward(seconds=40)
    assert _round(outbox, slow) == [("default", "sent")]


@ON_SQLITE
def test_one_routes_trouble_is_not_anothers(outbox: Outbox, there: Reception) -> None:
    """The second goes although the first does not answer."""
    dead = Route(name="dead", address=SecretStr("json://127.0.0.1:9"))
    outbox.put([_letter(route="dead"), _letter()])
    assert _round(outbox, dead, there.route()) == [("dead", "failed"), ("default", "sent")]


def test_whoever_dies_after_the_service_took_it_sends_it_once_more(
    outbox: Outbox, there: Reception, clock: Clock
) -> None:
    """Between the service's answer and our note of it. Nothing is lost, and there is no third time."""

    def sent_and_died(route: Route, letter: Letter) -> None:
        send(route, letter)
        raise KeyboardInterrupt

    outbox.put([_letter()])
    with pytest.raises(KeyboardInterrupt):
        Delivery(outbox, [there.route()], sent_and_died).run(lambda: None)
    assert _round(outbox, there.route()) == []
    for _ in range(3):
        clock.forward(seconds=80)
        _round(outbox, there.route())
    assert [message.title for message in there.messages] == ["Title a"] * 2


@ON_SQLITE
def test_without_apprise_the_letters_wait(outbox: Outbox, there: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason says what to install."""
    outbox.put([_letter()])
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "apprise", None)
        assert _round(outbox, there.route()) == [("default", "failed")]
    assert "pip install 'closeout[notify]'" in outbox.latest()[0].error
    assert there.asked == 0


def test_an_address_that_apprise_does_not_know_is_said() -> None:
    """It cannot be checked before: Apprise may not be installed where the settings are read."""
    with pytest.raises(NotSent, match="does not know"):
        send(Route(name="x", address=SecretStr("nonsense://s3cr3t")), _letter())


def test_an_address_is_understood_or_not(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is sent, and what Apprise says of the address is repeated nowhere."""
    known, unknown = (
        Route(name="x", address=SecretStr(f"{service}://127.0.0.1:9/s3cr3t")) for service in ("json", "nonsense")
    )
    assert (understood(known), understood(unknown)) == (True, False)
    assert "s3cr3t" not in caplog.text + "".join(capfd.readouterr())


def test_a_long_message_goes_in_parts(there: Reception) -> None:
    """Where its service takes no more at once; whole lines, and nothing is cut off."""
    lines = [f"• Item {number} of a long list, with all its words" for number in range(1000)]
    send(there.route(), Letter("key", "default", "audit", "Title", "\n".join(lines)))
    assert len(there.messages) == 2
    assert "\n".join(message.text for message in there.messages).split("\n") == lines


def test_who_chose_otherwise_in_the_address_has_it_so(there: Reception) -> None:
    """Apprise's own parameter counts."""
    route = there.route().model_copy(update={"address": SecretStr(f"{there.address}?overflow=truncate")})
    send(route, Letter("key", "default", "audit", "Title", "x" * 40_000))
    assert [len(message.text) < 40_000 for message in there.messages] == [True]
