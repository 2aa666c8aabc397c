"""The hidden block: what is remembered comes back, and nothing a person wrote can break out of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hidden import is_issue_on, issue_marker, region, state_block, state_of, topic_marker, topic_of, with_region
from service.model import Decision, ItemState, Meeting, Override, ReviewState, SyncState, Told

WORDS = st.text(max_size=40)
ITEMS = st.builds(
    ItemState,
    key=WORDS,
    ref=WORDS,
    text=WORDS,
    title=WORDS,
    owners=st.tuples(WORDS),
    due=st.none() | st.dates(),
    done=st.booleans(),
    dropped=st.none() | WORDS,
    slips=st.integers(0, 9),
)
AT = st.just(datetime(2026, 3, 1, tzinfo=UTC))
DECISIONS = st.builds(
    Decision,
    what=st.sampled_from(["snooze", "extend", "wont-do"]),
    by=WORDS,
    at=AT,
    reason=WORDS,
    until=st.none() | st.dates(),
    before=st.none() | st.dates(),
)
STATES = st.builds(
    SyncState,
    template=st.none() | st.just("full_incident"),
    severity=st.none() | st.just("high"),
    items=st.lists(ITEMS, max_size=3).map(tuple),
    answered=st.lists(WORDS, max_size=3).map(tuple),
    overrides=st.lists(st.builds(Override, WORDS, AT, WORDS), max_size=2).map(tuple),
    decisions=st.lists(DECISIONS, max_size=2).map(tuple),
    reviews=st.lists(st.builds(ReviewState, WORDS, WORDS), max_size=2).map(tuple),
    meetings=st.lists(
        st.builds(
            Meeting,
            at=AT,
            zone=st.just("Europe/Berlin"),
            by=WORDS,
            invited=st.tuples(WORDS),
            attended=st.tuples(WORDS),
            key=WORDS,
            agenda=WORDS,
            sequence=st.integers(0, 9),
            changed_at=st.none() | AT,
            off=WORDS,
        ),
        max_size=2,
    ).map(tuple),
    told=st.lists(st.builds(Told, WORDS, AT), max_size=2).map(tuple),
    slipping=st.integers(0, 9),
    overridden=st.booleans(),
    paused=st.booleans(),
)


@given(STATES)
def test_the_state_reads_back_as_it_was_written(state: SyncState) -> None:
    """Whatever people wrote into it, on one line that no `-->` can end early."""
    block = state_block(state)
    assert state_of(f"anything\n\n{block}\n") == state
    assert block.count("-->") == 1
    assert block.count("--") == 2


@given(st.text(max_size=80))
def test_a_damaged_block_reads_as_nothing_remembered(text: str) -> None:
    """It is worked out anew from the tracker; it never fails."""
    assert isinstance(state_of(f"<!-- closeout:state {{{text}}} -->"), SyncState)
    assert isinstance(state_of(text), SyncState)


def test_a_block_of_an_older_version_is_read() -> None:
    """What it did not know yet is empty."""
    item = '{"key":"k","ref":"#13","text":"Page"}'
    state = state_of(f'<!-- closeout:state {{"v":1,"template":"full_incident","items":[{item}]}} -->')
    assert state == SyncState(template="full_incident", items=(ItemState("k", "#13", "Page"),))


def test_a_topic_is_read_from_the_first_line_only() -> None:
    """A marker that somebody quotes further down names nothing."""
    assert topic_of(f"{topic_marker('status')}\nbody") == "status"
    assert topic_of(f"> {topic_marker('status')}") is None
    assert topic_of("") is None


# --- our part of an issue that people write in, too -----------------------------------------------------------

TEXTS = st.text(max_size=60).filter(lambda text: "<!--" not in text)


OURS = TEXTS.filter(str.strip)


@given(TEXTS, TEXTS, OURS, OURS)
def test_our_part_changes_and_peoples_words_around_it_stay(before: str, after: str, first: str, second: str) -> None:
    """Whatever stands above and below; saying the same again changes nothing at all."""
    begun = with_region("audit", "", first)
    body = f"{before}\n{begun}\n{after}"
    changed = with_region("audit", body, second)
    assert changed.startswith(f"{before}\n")
    assert changed.endswith(f"\n{after}")
    assert region("audit", changed) == second.strip().replace("\r\n", "\n")
    assert with_region("audit", changed, second) == changed
    assert is_issue_on("audit", begun)


@pytest.mark.parametrize("torn", ["{begin}\nold", "old\n{end}", "old", ""])
def test_a_torn_part_is_begun_anew_and_nothing_is_lost(torn: str) -> None:
    """Where somebody deleted one of its ends, all that is left is taken for theirs."""
    body = torn.format(begin=issue_marker("audit"), end="<!-- closeout:end -->")
    changed = with_region("audit", body, "new")
    assert region("audit", changed) == "new"
    assert "old" in changed or not torn
    assert with_region("audit", changed, "new") == changed


def test_a_forge_that_returns_other_line_ends_is_not_written_to_again() -> None:
    """GitHub keeps what a browser sends: CRLF."""
    body = with_region("audit", "", "a\nb").replace("\n", "\r\n")
    assert with_region("audit", body, "a\nb") == body
