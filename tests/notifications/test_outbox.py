"""The outbox on each database: nothing twice, nothing lost, whoever asks at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from service.store.outbox import Letter, Mail, Outbox
from tests.clock import Clock


def _letter(key: str = "github:acme/shop#12 opened", route: str = "default") -> Letter:
    return Letter(key, route, "opened", "A post-mortem", "Words\0")


def _states(outbox: Outbox) -> dict[str, str]:
    return {posted.letter.key: posted.state for posted in outbox.latest()}


def test_a_letter_is_kept_once_for_each_route(outbox: Outbox) -> None:
    """The first words stand; what a database would refuse is replaced."""
    outbox.put([_letter(), _letter(route="oncall")])
    outbox.put([Letter(_letter().key, "default", "opened", "Another title", "Other words")])
    (posted,) = outbox.due("default", 10)
    assert (posted.letter.title, posted.letter.text, posted.attempts) == ("A post-mortem", "Words\ufffd", 0)
    assert len(outbox.due("oncall", 10)) == 1


def test_what_is_sent_is_never_due_again(outbox: Outbox, clock: Clock) -> None:
    """Nor is it sent anew when the same is told later."""
    outbox.put([_letter()])
    (posted,) = outbox.due("default", 10)
    assert outbox.begin(posted, again_in=60)
    outbox.sent(posted)
    clock.forward(days=1)
    outbox.put([_letter()], held=True)
    outbox.release([_letter()])
    assert outbox.due("default", 10) == []
    assert _states(outbox) == {_letter().key: "sent"}


def test_a_held_letter_goes_when_its_plan_is_carried_out(outbox: Outbox) -> None:
    """Not before; and a plan that failed takes it back."""
    outbox.put([_letter("a"), _letter("b")], held=True)
    assert outbox.due("default", 10) == []
    outbox.release([_letter("a")])
    outbox.withdraw([_letter("a"), _letter("b")])
    assert [posted.letter.key for posted in outbox.due("default", 10)] == ["a"]


def test_the_hold_of_a_dead_process_ends_by_itself(outbox: Outbox, clock: Clock) -> None:
    """Nobody is left to release it."""
    outbox.put([_letter()], held=True)
    clock.forward(seconds=121)
    assert len(outbox.due("default", 10)) == 1


def test_of_two_senders_one_begins(outbox: Outbox) -> None:
    """Both saw the letter; the attempt is counted before it is made."""
    outbox.put([_letter()])
    (posted,) = outbox.due("default", 10)
    with ThreadPoolExecutor(2) as pool:
        begun = list(pool.map(lambda _: outbox.begin(posted, again_in=60), range(2)))
    assert sorted(begun) == [False, True]


def test_an_attempt_that_nobody_speaks_of_again_is_repeated(outbox: Outbox, clock: Clock) -> None:
    """The sender died; after the pause the next one tries."""
    outbox.put([_letter()])
    (posted,) = outbox.due("default", 10)
    outbox.begin(posted, again_in=60)
    assert outbox.due("default", 10) == []
    clock.forward(seconds=61)
    assert [again.attempts for again in outbox.due("default", 10)] == [1]


def test_letters_for_a_route_that_is_gone_are_given_up(outbox: Outbox, clock: Clock) -> None:
    """After a day, in case only this process does not know it yet; and the others are not touched."""
    outbox.put([_letter("a"), _letter("b", "removed")])
    assert outbox.strand(["default"]) == 0
    clock.forward(hours=25)
    assert (outbox.strand(["default"]), outbox.strand(["default"])) == (1, 0)
    assert _states(outbox) == {"a": "waiting", "b": "failed"}


def test_old_letters_are_forgotten_and_those_that_wait_are_not(outbox: Outbox, clock: Clock) -> None:
    """However long they wait."""
    outbox.put([_letter("waits"), _letter("gone", "removed")])
    clock.forward(days=2)
    outbox.strand(["default"])
    clock.forward(days=10)
    assert (outbox.forget(11), outbox.forget(9)) == (0, 1)
    assert _states(outbox) == {"waits": "waiting"}


def test_a_route_is_told_how_it_fares(outbox: Outbox, clock: Clock) -> None:
    """What waits, what was given up of late and why, and when one was sent last; other routes' letters do not count."""
    assert outbox.mail("default", 3600) == Mail()
    outbox.put([_letter(key) for key in "abc"])
    outbox.put([_letter("later")], later=86400)
    outbox.put([_letter("other", "oncall")])
    first, second, _ = outbox.due("default", 10)
    for posted in (first, second):
        assert outbox.begin(posted, again_in=60)
    outbox.sent(first)
    outbox.failed(second, "the service answered 503", for_good=False)
    clock.forward(seconds=30)
    sent_at = clock() - timedelta(seconds=30)
    assert outbox.mail("default", 3600) == Mail(2, 30.0, 0, "the service answered 503", sent_at)
    clock.forward(seconds=31)
    (again,) = [posted for posted in outbox.due("default", 10) if posted.letter.key == second.letter.key]
    assert outbox.begin(again, again_in=60)
    outbox.failed(again, "the service answered 410", for_good=True)
    assert outbox.mail("default", 3600) == Mail(1, 61.0, 1, "the service answered 410", sent_at)
    clock.forward(hours=2)
    assert outbox.mail("default", 3600).failed == 0
