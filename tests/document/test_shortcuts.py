"""What is looked for first, to save a search, is there whenever the search would find something."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.document import tokens
from service.document.dates import _BEGIN, _FORMS
from service.document.marks import BLANK
from tests.soaking import examples

GUARDED = {
    "a stamp": (tokens._STAMP, tokens._STAMP_WORDS),
    "a word for done": (tokens._SAID_DONE, tokens._STAMP_WORDS),
    "a vague date": (tokens._VAGUE, tokens._VAGUE_WORDS),
    "a placeholder": (BLANK, tokens._BLANK_SIGNS),
}


@pytest.mark.parametrize("name", GUARDED)
@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_a_mark_holds_one_of_its_words(name: str, data: st.DataObject) -> None:
    """So a text without any of the words has no such mark."""
    pattern, words = GUARDED[name]
    assert tokens.says_any(data.draw(st.from_regex(pattern)), words)


@pytest.mark.parametrize("number", range(len(_FORMS)))
@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_a_date_begins_as_dates_begin(number: int, data: st.DataObject) -> None:
    """The look at two letters that most words do not pass lets every form of a date pass."""
    text = data.draw(st.from_regex(rf"\A(?:{_FORMS[number].pattern.pattern})", fullmatch=False).map(str.lower)).lstrip()
    if _FORMS[number].pattern.match(text) is not None:
        assert re.match(_BEGIN, text)
