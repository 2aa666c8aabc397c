"""Adding a template's missing sections."""

from __future__ import annotations

import pytest

from service.document import DEFAULT_DIALECT, add_missing_sections
from tests.document.texts import reading

TEMPLATE = "> Frame.\n\n## Summary\n\n<!-- What? -->\n\n## Impact\n\n- **Impact:** [n]\n\n## Lessons\n\n### Went well\n\n<!-- good -->\n\n### Lucky\n\n## Actions\n\n<!-- form -->\n"


def added(text: str, template: str = TEMPLATE) -> str:
    return add_missing_sections(text, template, dialect=DEFAULT_DIALECT)


def ids(text: str) -> list[str]:
    return [s.id for s in reading(text).sections]


def test_an_empty_text_becomes_the_template() -> None:
    """Nothing to keep."""
    assert added("") == TEMPLATE
    assert added("\r\n") == "\r\n" + TEMPLATE.replace("\n", "\r\n")


def test_prose_without_headings_stays_on_top() -> None:
    """What was written first comes first, then the whole template."""
    assert added("The shop was down.") == "The shop was down.\n\n" + TEMPLATE


def test_missing_sections_go_where_the_template_has_them() -> None:
    """Behind the nearest section before, else before the nearest behind, else at the end."""
    assert ids(added("intro\n\n## Impact\n\nx\n\n## Other\n\ny\n")) == [
        "summary",
        "impact",
        "lessons",
        "went-well",
        "lucky",
        "actions",
        "other",
    ]
    assert ids(added("## Other\n\ny")) == ["other", "summary", "impact", "lessons", "went-well", "lucky", "actions"]


def test_nothing_of_the_text_changes() -> None:
    """Every byte stays, line endings included, and additions use the text's own."""
    text = "pre\r\n\r\n## TL;DR\r\nwords  \r\n## Corrective actions\r\n- [ ] a - @a\r\n"
    result = added(text)
    assert (
        result.replace(
            "## Impact\r\n\r\n- **Impact:** [n]\r\n\r\n## Lessons\r\n\r\n### Went well\r\n\r\n<!-- good -->\r\n\r\n### Lucky\r\n\r\n",
            "",
        ).replace("words  \r\n\r\n", "words  \r\n")
        == text
    )


def test_sections_that_are_there_by_another_name_are_not_added() -> None:
    """Synonyms, numbering and bold headings count."""
    assert ids(
        added(
            "**TL;DR**\n\na\n\n**2. User impact**\n\nb\n\n**Takeaways**\n\nc\n\n**Went well**\n\n**Luck**\n\n**TODOs**\n"
        )
    ) == ["summary", "impact", "lessons", "went-well", "lucky", "actions"]


def test_levels_follow_the_text() -> None:
    """Additions take the level of the heading they stand next to, and a missing part goes inside its parent."""
    result = added("# Summary\n\na\n\n# Lessons\n\nwords\n\n# Rest\n")
    assert [(s.id, s.level) for s in reading(result).sections] == [
        ("summary", 1), ("impact", 1), ("lessons", 1), ("went-well", 2), ("lucky", 2), ("actions", 1), ("rest", 1)
    ]  # fmt: skip


def test_bold_headings_are_followed_by_real_ones() -> None:
    """Where the text uses bold lines, additions stand behind them or before the next real heading."""
    assert ids(added("**Summary**\n\na\n\n## Rest\n\nb\n")) == [
        "summary",
        "impact",
        "lessons",
        "went-well",
        "lucky",
        "actions",
        "rest",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# T\n```\nopen",
        "# T\n~~~~\nopen",
        "# T\n<!-- open",
        "# T\n<script>\nopen",
        "# T\n<pre>",
        "# T\n<?php",
        "# T\n<!DOCTYPE x",
        "# T\n<![CDATA[ x",
        "# T\n- [ ] list",
        "# T\n> quote",
        "no heading\n```\nopen",
    ],
)
def test_an_unfinished_block_does_not_swallow_the_additions(text: str) -> None:
    """What the text leaves open is closed first; nothing is added twice."""
    result = added(text)
    assert result.startswith(text)
    assert {"summary", "impact", "lessons", "actions"} <= set(ids(result))
    assert added(result) == result


def test_a_title_over_the_template_is_no_section() -> None:
    """The template's own title is not forced on a text that has headings."""
    assert ids(added("## Notes\n", "# Post-mortem: [title]\n\n## Summary\n\n## Links\n")) == [
        "notes",
        "summary",
        "links",
    ]


def test_a_template_without_sections_adds_nothing_to_a_text() -> None:
    """There is nothing to add."""
    assert added("words", "no headings") == "words"
    assert added("## Notes\n", "no headings") == "## Notes\n"
