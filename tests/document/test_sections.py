"""Sections, whatever their headings are dressed in."""

from __future__ import annotations

import pytest

from service.document import DEFAULT_DIALECT, Dialect, extend, read
from tests.document.texts import TODAY, reading


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("## Root cause", "root-cause"), ("# ROOT CAUSE(S):", "root-cause"), ("###### 2.1 Root causes", "root-cause"), ("## 🔥 Root Cause Analysis 🔥", "root-cause"),
        ("## :fire: Root cause", "root-cause"), ("**Root cause**", "root-cause"), ("__Root cause:__", "root-cause"), ("**Root cause**:", "root-cause"),
        ("## **Root cause**", "root-cause"), ("Root cause\n---", "root-cause"), ("Root cause\n===", "root-cause"), ("## Root cause ##", "root-cause"),
        ("## [Root cause](https://example.com/x)", "root-cause"), ("## IV. Root cause", "root-cause"), ("## a) Root cause", "root-cause"), ("## 5 Whys", "root-cause"),
        ("## Corrective actions", "actions"), ("## Follow-ups", "actions"), ("## Follow ups", "actions"), ("## Remediation", "actions"), ("## Next steps", "actions"),
        ("## TODOs", "actions"), ("## To-Dos", "actions"), ("## Action items / next steps", "actions"), ("## 3) Action Items:", "actions"), ("## ✅ Actions", "actions"),
        ("## Timeline (UTC)", "timeline"), ("## Timeline of events", "timeline"), ("## Impact & scope", "impact"), ("## Summary: what happened", "summary"),
        ("## TL;DR", "summary"), ("## What went well?", "went-well"), ("## What didn’t go well", "went-wrong"), ("## Where we got lucky", "lucky"),
        ("## Lessons learnt", "lessons"), ("## Ongoing problems", "ongoing"), ("## Final review checklist", "review"), ("## Links to traces and logs", "links"),
        ("## Definition of Done", "definition-of-done"), ("## Acceptance criteria", "definition-of-done"), ("## Why?", "why"), ("## What", "what"),
        ("## Verification", "verification"), ("## Detection", "detection"), ("## Contributing factors", "contributing-factors"),
        ("## Customer-facing actions", "customer-actions"), ("## Delivered against promised", "delivered-against-promised"), ("## 🔥🔥", "section"),
    ],
)  # fmt: skip
def test_headings_are_recognised(heading: str, wanted: str) -> None:
    """A heading means its section at any level, numbered, decorated, bold or underlined, and by its synonyms."""
    doc = reading(f"{heading}\n\nWords.\n")
    assert [s.id for s in doc.sections] == [wanted]
    assert doc.sections[0].text == "Words."


@pytest.mark.parametrize(
    "text",
    [
        "```\n## Root cause\n```\n",
        "> ## Root cause\n",
        "<!--\n## Root cause\n-->\n",
        "    ## Root cause\n",
        "The **Root cause** is here.\n",
        "- **Root cause**\n",
    ],
)
def test_what_only_looks_like_a_heading_is_none(text: str) -> None:
    """Headings in code, quotes and comments, and bold words within prose, open no section."""
    assert reading(text).sections == ()


def test_a_long_line_over_dashes_is_prose() -> None:
    """A paragraph that happens to stand on a rule of dashes is not taken for a heading."""
    doc = reading("## Summary\n\nThe cache was cold and\neverything waited for it.\n---\n**Date:** 2026-03-01\n---\n")
    assert [s.id for s in doc.sections] == ["summary"]
    assert doc.sections[0].filled
    assert doc.field("date").line == 5


@pytest.mark.parametrize(
    "body",
    [
        "", "<!-- What happened? -->", "<!-- a\n\n- [ ] b -->", "_Describe the incident._", "*Describe the incident.*", "[placeholder]", "TBD", "TODO", "...", "…", "-", "- \n- ",
        "- [ ] \n- [ ] [Action 1]", "| A | B |\n|---|---|\n| | |\n| [x] | TBD |", "**Date:**\n\n**Duration:** [how long]", "- Dashboards: [link]", "---", "> Guidance in a quote.",
        "### Sub-heading", "{{summary}}", "- [ ] [Action 1] - @owner - [deadline]", "| Severity | |\n|---|---|\n| Date | |", "<br>", "_No response_",
    ],
)  # fmt: skip
def test_prompts_and_placeholders_do_not_fill_a_section(body: str) -> None:
    """What a template puts there is not an answer."""
    section = reading(f"## Summary\n\n{body}\n\n## Impact\n\nWords.\n").section("summary")
    assert section is not None
    assert (section.filled, section.not_applicable, section.text) == (False, False, "")


@pytest.mark.parametrize(
    "body", ["Words.", "- one", "1. one", "| A | B |\n|---|---|\n| words | |", "**Date:** 2026-03-01", "### More\nWords.", "```\nlog\n```", "<p>Words</p>", "![graph](x.png)", "<img src=x>", "`cache`", "[link](https://example.com)"]
)  # fmt: skip
def test_words_fill_a_section(body: str) -> None:
    """Prose, lists, tables, logs and pictures are answers."""
    section = reading(f"## Summary\n\n<!-- prompt -->\n{body}\n").section("summary")
    assert section is not None
    assert section.filled
    assert not section.not_applicable


@pytest.mark.parametrize(
    "body",
    [
        "N/A",
        "n/a",
        "None",
        "None.",
        "Not applicable - no users",
        "N/A: near miss",
        "- N/A",
        "None, nothing to do",
        "N/A because nobody was there",
    ],
)
def test_not_applicable_is_an_answer(body: str) -> None:
    """A section can say that it does not apply, with or without a reason."""
    section = reading(f"## Impact\n\n{body}\n").section("impact")
    assert section is not None
    assert section.not_applicable
    assert not section.filled


def test_none_at_the_start_of_a_sentence_is_not_not_applicable() -> None:
    """“None of the users …” tells something."""
    section = reading("## Impact\n\nNone of the users could pay.\n").section("impact")
    assert section is not None
    assert section.filled


def test_a_section_does_not_count_another_topic_below_it() -> None:
    """A root cause is not filled by contributing factors below it; sub-headings without a topic are its own words."""
    doc = reading(
        "## Root cause\n### Contributing factors\nLoad.\n### Five whys\n1. Because.\n## Lessons learned\n### What went well\nPaging.\n"
    )
    texts = {s.id: s.text for s in doc.sections if s.title != "Five whys"}
    assert texts == {
        "root-cause": "Because.",
        "contributing-factors": "Load.",
        "lessons": "Paging.",
        "went-well": "Paging.",
    }


def test_sections_nest_by_level() -> None:
    """A section ends where the next of its level or above begins; a bold line is below every heading."""
    doc = reading("# Incident\n## Summary\na\n**Impact**\nb\n## Links\nc\n")
    assert [(s.id, s.level, s.start, s.body, s.end) for s in doc.sections] == [
        ("summary", 1, 0, 1, 8), ("summary", 2, 1, 2, 5), ("impact", 7, 3, 4, 5), ("links", 2, 5, 6, 8)
    ]  # fmt: skip


def test_bold_labels_are_fields_and_bold_lines_over_prose_are_headings() -> None:
    """`**Impact:**` opens a section only where prose follows."""
    assert [s.id for s in reading("## Summary\n**Impact:**\n**Date:** x\n").sections] == ["summary"]
    assert [s.id for s in reading("## Summary\n**Impact:**\n\nUsers waited.\n").sections] == ["summary", "impact"]
    assert [s.id for s in reading("## Summary\n**Impact:**\n\n").sections] == ["summary"]


def test_the_filled_one_of_two_like_named_sections_is_found() -> None:
    """`section` finds the one that says something, by id or by any spelling."""
    doc = reading("## Timeline\n\nTBD\n\n## Chronology\n\nWords.\n")
    found = doc.section("timeline")
    assert found is not None
    assert found.title == "Chronology"
    assert doc.section("event timeline") == found
    assert doc.section("impact") is None


def test_a_team_adds_its_own_words() -> None:
    """Further spellings, other languages included, extend the dialect, and the team's own meaning wins."""
    words = extend(
        DEFAULT_DIALECT,
        Dialect(sections={"root-cause": ("Ursache",), "history": ("history",)}, hosts=("git.example.com",)),
    )
    doc = read("## Ursache\na\n## Root cause\nb\n## History\nc\n", today=TODAY, dialect=words)
    assert [s.id for s in doc.sections] == ["root-cause", "root-cause", "history"]
    assert words.hosts[-1] == "git.example.com"


def test_the_document_keeps_its_text_and_line_endings() -> None:
    """A document knows its text, its line ending and each of its lines."""
    doc = reading("a\r\nb\r\nc")
    assert (doc.text, doc.eol, doc.line(1), doc.line(9)) == ("a\r\nb\r\nc", "\r\n", "b", "")


def test_a_bold_label_with_its_answer_is_a_section_of_one_line() -> None:
    """`**Root cause:** …` answers the question; what follows belongs to the section around it again."""
    doc = reading(
        "## Summary\n**Root cause:** no bound on the cache\nUsers waited.\n**Lessons learned**: N/A\n**Why:** because\n"
    )
    assert [(s.id, s.start, s.end, s.text, s.filled, s.not_applicable) for s in doc.sections] == [
        ("summary", 0, 6, "Users waited.\n**Why:** because", True, False), ("root-cause", 1, 2, "no bound on the cache", True, False),
        ("lessons", 3, 4, "N/A", False, True),
    ]  # fmt: skip
    assert not reading("**Root cause:** [why]\n").sections[0].filled
    assert reading("**Action items:** as agreed\n- [ ] a b\n").items[0].text == "a b"
    assert reading("**Root cause** is not known.\n").sections == ()


def test_a_document_s_title_is_not_its_summary() -> None:
    """Only a title that says just “Summary” is that section; headings of the first level elsewhere are read like any."""
    assert [s.id for s in reading("# Incident: checkout was down\n## Impact\nx\n").sections] == [
        "incident-checkout-was-down",
        "impact",
    ]
    assert [s.id for s in reading("# Summary: what happened\nx\n# Impact & scope\ny\n").sections] == [
        "summary",
        "impact",
    ]
