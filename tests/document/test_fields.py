"""Fields: where they may stand, and what their values mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from service import document
from service.document import FieldState
from tests.document.texts import reading


@pytest.mark.parametrize(
    "line",
    [
        "**Severity:** high", "**Severity**: high", "__Severity:__ high", "Severity: high", "- Severity: high", "- **Severity:** high", "* **Sev:** high", "1. Severity: high",
        "**Severity level:** High", "🔥 **Severity:** high", "| Severity | high |\n|---|---|\n| Date | 2026-03-01 |", "| Field | Value |\n|---|---|\n| **Severity** | high |",
        "| Severity | Date |\n|---|---|\n| high | 2026-03-01 |", "### Severity\n\nhigh", "**Date:** 2026-03-01 **Severity:** high", "**Severity:** high | **Date:** 2026-03-01",
        "**Severity:**\nhigh", "**Severity:** <!-- critical to low --> high", "Severity: SEV2", "Severity: sev-2", "Severity: P2", "Severity: S2 (high)", "Severity: SEV 2 - major",
        "> quoted\n\nSeverity: high", "**Severity:** severity::high", "- [x] Severity: high", "**Severity:** **high**", "**Severity:** [pick]\n\n**Severity:** high",
    ],
)  # fmt: skip
def test_a_field_is_found_in_every_form(line: str) -> None:
    """Bold or plain labels, list items, tables and issue-form headings all name a field."""
    field = reading(f"## Summary\n\n{line}\n").field("severity")
    assert (field.state, field.value) == (FieldState.RECORDED, "high")


@pytest.mark.parametrize(
    "text",
    [
        "```\nSeverity: high\n```", "> Severity: high", "<!-- Severity: high -->", "    Severity: high", "## Timeline\n- Severity: high", "## Action items\n- [ ] x\n  - Severity: high",
        "The severity: high as it was, we acted.", "http://severity: x", "`Severity: high`",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_field_is_none(text: str) -> None:
    """Code, quotes, comments, action items and the timeline hold no fields."""
    field = reading(f"{text}\n").field("severity")
    assert (field.state, field.line, field.value) == (FieldState.PENDING, None, None)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("date", "2026-03-01", date(2026, 3, 1)), ("date", "1 March 2026", date(2026, 3, 1)), ("date", "Sunday, March 1, 2026 (all day)", date(2026, 3, 1)),
        ("date", "2026-03-01 14:03 UTC", date(2026, 3, 1)), ("date", "2026-03-01 - 2026-03-02", date(2026, 3, 1)), ("date", "2026-03-01T14:03:00Z", date(2026, 3, 1)),
        ("duration", "2h 15m", timedelta(minutes=135)), ("duration", "135 minutes", timedelta(minutes=135)), ("duration", "1 day 2 hours", timedelta(hours=26)),
        ("duration", "PT2H", timedelta(hours=2)), ("duration", "P1DT30M", timedelta(minutes=1470)), ("duration", "1:35", timedelta(minutes=95)), ("duration", "2h15", timedelta(minutes=135)),
        ("duration", "about 2.5 hours", timedelta(minutes=150)), ("duration", "~ 45 min", timedelta(minutes=45)), ("duration", "half an hour", timedelta(minutes=30)), ("duration", "an hour and 10 minutes", timedelta(minutes=70)),
        ("duration", "135 minutes (14:03-16:18 UTC)", timedelta(minutes=135)), ("duration", "14:03 – 16:18 UTC", timedelta(minutes=135)), ("duration", "23:50 to 00:20", timedelta(minutes=30)),
        ("duration", "1 week", timedelta(weeks=1)), ("duration", "90s", timedelta(seconds=90)), ("duration", "2 hours of degraded checkout", timedelta(hours=2)), ("duration", "1,5 h", timedelta(minutes=90)),
        ("severity", "Critical", "critical"), ("severity", "SEV1", "critical"), ("severity", "P4", "low"), ("severity", "SEV3", "medium"), ("severity", "Minor", "low"), ("severity", "SEV-1 (critical)", "critical"),
        ("category", "Infrastructure", "infrastructure"), ("category", "infra", "infrastructure"), ("category", "third-party", "external"), ("category", "the code", "code"), ("category", "category::process", "process"), ("category", "Solar flare", "solar flare"),
        ("impact", "1,200 users could not pay", "1,200 users could not pay"), ("owner", "@alice", "alice"), ("owner", "Alice Smith", "Alice Smith"), ("deadline", "2026-04-01", date(2026, 4, 1)), ("deadline", "by 1 April 2026, at the latest", date(2026, 4, 1)),
        ("started", "2026-03-01 14:03 UTC", datetime(2026, 3, 1, 14, 3, tzinfo=UTC)), ("started", "2026-03-01T14:03:59+01:00", datetime(2026, 3, 1, 13, 3, 59, tzinfo=UTC)), ("started", "2026-03-01T14:03Z", datetime(2026, 3, 1, 14, 3, tzinfo=UTC)),
        ("detected", "1 March 2026, 2:03 PM", datetime(2026, 3, 1, 14, 3, tzinfo=UTC)), ("resolved", "14:03 UTC on 2026-03-01", datetime(2026, 3, 1, 14, 3, tzinfo=UTC)), ("mitigated", "2026-03-01 14:03 -0530", datetime(2026, 3, 1, 19, 33, tzinfo=UTC)),
        ("mitigated", "2026-03-01 14:03 UTC+2", datetime(2026, 3, 1, 12, 3, tzinfo=UTC)), ("detected", "2026-03-01 12:00 am", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_values_are_understood(name: str, written: str, value: object) -> None:
    """Each field's value is read as what it is."""
    field = reading(f"**{name.capitalize()}:** {written}\n").field(name)
    assert (field.state, field.value, field.reason, field.line, field.raw) == (
        FieldState.RECORDED,
        value,
        "",
        0,
        written,
    )


@pytest.mark.parametrize(
    ("name", "written", "advice"),
    [
        ("date", "03/04/2026", "2026-03-04 or 2026-04-03"), ("date", "some day", "YYYY-MM-DD"), ("date", "2026-03-01 2026-05-01", "YYYY-MM-DD"), ("date", "around 03/04/2026", "2026-03-04"), ("deadline", "2026-02-30", "calendar"), ("deadline", "soon", "YYYY-MM-DD"), ("duration", "long", "2h 15m"),
        ("duration", "2-3 hours", "2h 15m"), ("severity", "bad", "critical, high, medium, low"), ("severity", "high or medium", "more than one"), ("started", "2026-03-01", "14:03 UTC"),
        ("started", "14:03", "no day"), ("started", "25:00", "14:03 UTC"), ("started", "2026-03-01 14:03 CET", "time zone"), ("started", "2026-03-01 14:03 +99:00", "time zone"), ("started", "2026-02-30 14:03", "calendar"), ("started", "9999-12-31 23:59 -14:00", "beyond"), ("started", "2026-03-01 13:99 pm", "time"), ("started", "2026-03-01 15:00 pm", "time of day"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_read_say_why(name: str, written: str, advice: str) -> None:
    """An invalid value comes with a reason that says how to write it."""
    field = reading(f"**{name.capitalize()}:** {written}\n").field(name)
    assert (field.state, field.value) == (FieldState.INVALID, None)
    assert advice in field.reason


@pytest.mark.parametrize(
    "written",
    [
        "",
        "TBD",
        "[YYYY-MM-DD]",
        "[critical, high, medium or low]",
        "YYYY-MM-DD",
        "{{severity}}",
        "_to be filled_",
        "...",
        "critical / high / medium / low",
        "<!-- ask -->",
    ],
)
def test_placeholders_leave_a_field_pending(written: str) -> None:
    """A template's placeholder is no value, and the line is known."""
    field = reading(f"**Severity:** {written}\n").field("severity")
    assert (field.state, field.value, field.line) == (FieldState.PENDING, None, 0)


@pytest.mark.parametrize("written", ["N/A", "none", "not applicable - near miss"])
def test_a_field_may_not_apply(written: str) -> None:
    """Not applicable is an answer of its own."""
    assert reading(f"**Mitigated:** {written}\n").field("mitigated").state is FieldState.NOT_APPLICABLE


def test_bare_times_are_taken_on_the_incident_s_day_and_pass_midnight() -> None:
    """A time without a day is on the Date line's day; early times after late ones are on the next."""
    doc = reading(
        "**Date:** 2026-03-01\n**Started:** 23:50\n**Detected:** 00:05\n**Mitigated:** 00:20 UTC\n**Resolved:** 2026-03-02 01:00\n"
    )
    assert [doc.field(name).value for name in ("started", "detected", "mitigated", "resolved")] == [
        datetime(2026, 3, 1, 23, 50, tzinfo=UTC), datetime(2026, 3, 2, 0, 5, tzinfo=UTC),
        datetime(2026, 3, 2, 0, 20, tzinfo=UTC), datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
    ]  # fmt: skip


def test_an_impact_section_counts_as_the_impact() -> None:
    """Impact told in prose needs no Impact line; an Impact line that is still open stays open."""
    assert reading("## Impact\n\n300 users.\n").field("impact").value == "300 users."
    assert reading("## Impact\n\nN/A\n").field("impact").state is FieldState.NOT_APPLICABLE
    assert reading("## Impact\n\n- **Impact:** [n]\n\nWords.\n").field("impact").state is FieldState.PENDING


def test_unknown_bold_labels_are_kept_under_their_slug() -> None:
    """A template's own labels can be asked for."""
    doc = reading("**Embargo until:** 2026-03-01\n**Users affected:** 300\n")
    assert (doc.field("embargo-until").value, doc.field("users-affected").value) == ("2026-03-01", "300")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("**Severity:** high", "**Severity:** low"), ("**Severity:**", "**Severity:** low"), ("**Severity:** ", "**Severity:** low"), ("**Severity:** <!-- one of -->", "**Severity:** low <!-- one of -->"),
        ("- Severity: [x]  ", "- Severity: low  "), ("| Severity | |\n|---|---|\n| a | b |", "| Severity | low |\n|---|---|\n| a | b |"), ("| Severity | high |\n|---|---|", "| Severity | low |\n|---|---|"),
        ("### Severity\n\nhigh\n", "### Severity\n\nlow\n"), ("**Severity:** high | **Date:** x", "**Severity:** low | **Date:** x"), ("**Severity:**\nhigh", "**Severity:**\nlow"), ("Severity: low", "Severity: low"), ("no such line", "no such line"),
        ("|Severity||\n|---|---|\n|a|b|", "|Severity| low |\n|---|---|\n|a|b|"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_a_field_is_written_where_it_stands(before: str, after: str, eol: str) -> None:
    """Only the value changes; a document without the line is left alone."""
    text, wanted = (f"intro\n\n{part}\n\noutro".replace("\n", eol) for part in (before, after))
    assert document.set_field(reading(text), "severity", "low") == wanted


def test_a_field_s_value_is_one_line() -> None:
    """A value with line breaks is written on one line."""
    assert document.set_field(reading("**Impact:** x\n"), "impact", "a\r\nb") == "**Impact:** a b\n"
