"""The fast parser reads what the lenient one reads, and what only the latter takes is still taken."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.providers import payloads

TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(["\ud800", "a\udfffb", "\0", "\U0001f600"])
ONE = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(ONE, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner))


@given(st.dictionaries(TEXT, VALUES))
def test_whatever_can_be_said_in_json_is_read(said: dict[str, object]) -> None:
    """Halves of surrogate pairs included: a forge that escapes what a person typed sends them."""
    assert payloads.read(json.dumps(said).encode()) == said


@given(st.binary() | st.dictionaries(TEXT, VALUES).map(lambda said: json.dumps(said).encode()[:-1]))
@example(b'{"a": 1, "a": 2}')
@example(b'{"a": NaN, "b": -Infinity}')
@example(b'{"a": 01}')
@example('{"a": 1}'.encode("utf-16"))
@example(b"{" * 100_000)
def test_nothing_else_is(body: bytes) -> None:
    """A sentence, and no other error; or just what the lenient parser says."""
    found = None
    with suppress(ValueError, RecursionError):
        found = json.loads(body)
    if isinstance(found, dict):
        assert repr(payloads.read(body)) == repr(found)  # NaN equals nothing
    else:
        with pytest.raises(ValueError, match="the delivery's body is"):
            payloads.read(body)
