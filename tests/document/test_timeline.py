"""The timeline, as a table or as lines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.document.texts import reading


def at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "- 14:03 Alert fired", "- 14:03 UTC - Alert fired", "* **14:03** Alert fired", "- [14:03] Alert fired", "1. `14:03` Alert fired", "14:03: Alert fired", "- 2:03 PM — Alert fired",
        "- 2026-03-01 14:03 Alert fired", "- 2026-03-01T14:03:00Z: Alert fired", "- 15:03+01:00 Alert fired", "- 1 March 2026 14:03 Alert fired",
        "| Time (UTC) | What happened |\n|---|---|\n| 14:03 | Alert fired |", "| Event | When |\n|---|---|\n| Alert fired | 2026-03-01 14:03 |", "| | |\n|---|---|\n| 14:03 | Alert fired |",
        "| Date | Time | Event |\n|---|---|---|\n| 2026-03-01 | 14:03 | Alert fired |", "### 2026-03-01\n- 14:03 Alert fired",
    ],
)  # fmt: skip
def test_entries_are_read_in_every_form(line: str) -> None:
    """A time at the beginning, or in the time column, makes an entry at that moment."""
    entries = reading(f"**Date:** 2026-03-01\n## Timeline\n\n{line}\n").timeline
    assert [(e.text, e.at) for e in entries] == [("Alert fired", at(1, 14, 3))]


def test_a_timeline_passes_midnight_and_follows_dated_lines() -> None:
    """A bare time is on the last day named, and past midnight where it is early after a late one."""
    doc = reading(
        "## Timeline\n- 2026-03-01 22:00 a\n- 23:59 b\n- 00:10 c\n- 2026-03-05\n- 09:00 d\n- 2026-03-06 e\n- no time\n"
    )
    assert [(e.text, e.at) for e in doc.timeline] == [
        ("a", at(1, 22, 0)),
        ("b", at(1, 23, 59)),
        ("c", at(2, 0, 10)),
        ("d", at(5, 9, 0)),
        ("e", None),
    ]


def test_a_time_without_any_day_has_no_moment() -> None:
    """Without a date an entry is still an entry."""
    assert [e.at for e in reading("## Timeline\n- 14:03 a\n- 99:99 b\n").timeline] == [None, None]


@pytest.mark.parametrize(
    "text",
    [
        "- [HH:MM] [what set it off]", "| Time | Event |\n|---|---|\n| [HH:MM] | [event] |\n| | |\n| 14:03 | |", "> - 14:03 quoted", "```\n14:03 log\n```", "<!-- - 14:03 hidden -->", "- 14:03",
        "Nothing yet.", "- We saw it at last, around 14:03", "| Time | Event |\n|---|---|\n| later | happened |", "- 2026-02-30 x",
    ],
)  # fmt: skip
def test_placeholders_and_prose_are_no_entries(text: str) -> None:
    """Prompts, quotes, code and sentences without a leading time are none."""
    assert reading(f"## Timeline\n\n{text}\n").timeline == ()


def test_times_elsewhere_are_no_entries() -> None:
    """Only the timeline's section has entries."""
    assert reading("## Summary\n- 14:03 alert\n").timeline == ()
