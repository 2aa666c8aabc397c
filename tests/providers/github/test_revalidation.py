"""Answers are kept and never believed: GitHub is asked each time, and says whether they still hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import github.Auth
import pytest

from service.providers.answers import Answers, Tagged
from service.providers.base import MalformedReply
from service.providers.github.connection import Counter
from service.providers.github.gateway import Gateway, Wire
from tests.clock import Clock
from tests.providers.github.scripted import Say, Scripted, serving

PATH = "/repos/acme/shop/issues"
SAME = Say(304, "")
Begin = Callable[..., Gateway]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with serving() as running:
        yield running


@pytest.fixture
def begin(scripted: Scripted, clock: Clock) -> Begin:
    answers = Answers()

    def gateway(account: str = "") -> Gateway:
        wire = Wire(scripted.url, Counter(), clock, lambda _: None, answers=answers)
        return Gateway(wire, github.Auth.Token("t"), account=account)

    return gateway


def _answer(tag: str, *numbers: int) -> Say:
    return Say(200, [{"number": number} for number in numbers], {"ETag": tag})


def _numbers(gateway: Gateway) -> list[int]:
    return [row["number"] for row in gateway.pages(PATH, {"state": "all"})]


def _tags(scripted: Scripted) -> list[str | None]:
    return [each.headers.get("If-None-Match") for each in scripted.asked]


def test_what_has_not_changed_is_said_by_github(begin: Begin, scripted: Scripted) -> None:
    """Another thread's gateway knows it too; what changed is seen at once, and is what is asked about from then on."""
    scripted.on(f"GET {PATH}", _answer('W/"1"', 1), SAME, _answer('W/"2"', 1, 2), SAME)
    assert [_numbers(begin()) for _ in range(4)] == [[1], [1], [1, 2], [1, 2]]
    assert _tags(scripted) == [None, 'W/"1"', 'W/"1"', 'W/"2"']


def test_another_credential_is_shown_nothing(begin: Begin, scripted: Scripted) -> None:
    """What one installation of an App may see, another may not."""
    scripted.on(f"GET {PATH}", _answer('W/"1"', 1), _answer('W/"1"'))
    assert [_numbers(begin("4711")), _numbers(begin("4712"))] == [[1], []]
    assert _tags(scripted) == [None, None]


def test_another_question_is_another_answer(begin: Begin, scripted: Scripted) -> None:
    """By parameters, and by the form in which a file is asked for."""
    scripted.on(f"GET {PATH}", _answer('W/"1"', 1))
    gateway = begin()
    _numbers(gateway)
    list(gateway.pages(PATH, {"state": "open"}))
    gateway.text(PATH)
    assert _tags(scripted) == [None, None, None]


def test_an_error_is_not_kept(begin: Begin, scripted: Scripted) -> None:
    """And the answer before it is still good for asking."""
    failed = Say(404, {"message": "Not Found"}, {"ETag": 'W/"404"'})
    scripted.on(f"GET {PATH}", _answer('W/"1"', 1), failed, SAME)
    gateway = begin()
    _numbers(gateway)
    with pytest.raises(Exception, match="not there"):
        _numbers(gateway)
    assert _numbers(gateway) == [1]


def test_reading_before_a_write_asks_for_the_whole(begin: Begin, scripted: Scripted) -> None:
    """One issue's text, which is about to be changed, is not kept."""
    scripted.on(f"GET {PATH}/1", Say(200, {"body": "x"}, {"ETag": 'W/"1"'}))
    gateway = begin()
    gateway.get(f"{PATH}/1")
    gateway.get(f"{PATH}/1")
    assert _tags(scripted) == [None, None]


def test_unchanged_is_no_answer_to_who_knows_nothing(begin: Begin, scripted: Scripted) -> None:
    """A proxy's mistake is one, and not an empty list."""
    scripted.on(f"GET {PATH}", SAME)
    with pytest.raises(MalformedReply):
        _numbers(begin())


def test_the_memory_is_bounded() -> None:
    """What was not asked for longest goes first; what is too large is not kept, nor what it replaces."""
    answers = Answers(most=50_000, largest=20_000)
    for n in range(10):
        answers.keep(n, Tagged(f"{n}", {}, "x" * 8_000))
        assert answers.find(0) is not None
        assert answers.size <= 50_000
    assert [n for n in range(10) if answers.find(n)] == [0, 7, 8, 9]
    answers.keep(9, Tagged("large", {}, "x" * 30_000))
    assert answers.find(9) is None
    for n in (0, 7, 8):
        answers.keep(n, Tagged("large", {}, "x" * 30_000))
    assert answers.size == 0
