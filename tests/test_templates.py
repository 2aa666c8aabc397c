"""The shipped templates, and reading a repository's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service import document, templates
from service.document import FieldState
from service.model import Marker
from service.plain_yaml import MAX_SIZE
from service.templates import Template, TemplateError
from service.vocabulary import Vocabulary
from tests.soaking import examples

ALL = sorted(templates.shipped())
POST_MORTEMS = [name for name in ALL if templates.shipped()[name].purpose == "post-mortem"]


@pytest.fixture(params=ALL)
def template(request: pytest.FixtureRequest) -> Template:
    return templates.shipped()[request.param]


def test_the_shipped_templates_are_those_the_policy_can_name() -> None:
    """Every kind of post-mortem, the action item, the review and the meeting have a template."""
    assert ALL == [
        "action_item",
        "follow_up_review",
        "four_quadrant_retrospective",
        "full_incident",
        "light_incident",
        "meeting_agenda",
        "project_retrospective",
        "security_incident",
    ]


def test_prompts_vanish_when_rendered(template: Template) -> None:
    """Guidance stands in comments that CommonMark keeps whole, so that readers never see a piece of one."""
    page = MarkdownIt("commonmark").enable("table").render(template.text)
    visible = re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)
    assert page != visible
    assert "<h2>" in visible
    assert not re.search(r"&lt;!--|--&gt;|<!--|-->", visible)


def test_nothing_in_a_template_mentions_a_person(template: Template) -> None:
    """Applying a template pings nobody: an @ stands only inside comments, which forges do not read."""
    assert "@" not in re.sub(r"<!--.*?-->", "", template.text, flags=re.DOTALL)


def test_only_the_action_item_review_and_meeting_take_values() -> None:
    """A post-mortem template is complete as it is, so that adding a missing section needs no values."""
    taking = {name for name in ALL if templates.placeholders(templates.shipped()[name].text)}
    assert taking == {"action_item", "follow_up_review", "meeting_agenda"}


def test_labels_promised_are_part_of_the_taxonomy(template: Template) -> None:
    """No template promises a label that the labels rule does not know."""
    known = {label.name for label in Vocabulary().taxonomy()}
    assert set(template.labels) <= known


@pytest.mark.parametrize("name", POST_MORTEMS)
def test_a_post_mortem_template_is_framed_blamelessly(name: str) -> None:
    """Each post-mortem opens with a quote that sets the tone, before the first heading."""
    opening = templates.shipped()[name].text.split("\n## ")[0]
    assert opening.startswith("> ")


# --- as a document --------------------------------------------------------------------------------------------


def as_document(template: Template) -> document.Document:
    return document.read(template.text, today=date(2026, 3, 1))


def test_an_untouched_template_says_nothing(template: Template) -> None:
    """Prompts and placeholders are no content: no required section is filled, no field recorded, no item listed."""
    read = as_document(template)
    assert [s.id for s in read.sections if s.filled and s.id in template.required] == []
    assert {name: f for name, f in read.fields.items() if f.state is not FieldState.PENDING} == {}
    assert (read.items, read.timeline, read.criteria) == ((), (), ())


def test_an_untouched_post_mortem_has_only_its_final_review() -> None:
    """The checklist is the one part of a post-mortem template that stands as it is, and it is not yet ticked."""
    for name in POST_MORTEMS:
        read = as_document(templates.shipped()[name])
        outside = [s for s in read.sections if s.filled and not (s.id == "review" or s.level > 2)]
        assert outside == [], name
        assert not any(point.done for point in read.review)


def test_required_sections_are_there(template: Template) -> None:
    """What a close waits for has a place in the template."""
    read = as_document(template)
    assert [name for name in template.required if read.section(name) is None] == []


@pytest.mark.parametrize("name", ["full_incident", "security_incident", "light_incident"])
def test_an_incident_template_asks_for_the_facts(name: str) -> None:
    """Date, duration, severity, category, impact and the times each have a line to fill in."""
    asked = as_document(templates.shipped()[name]).fields
    wanted = {"date", "duration", "severity", "category", "impact", "detected", "resolved"}
    full = {"started", "mitigated", "users-affected", "sla"} if name != "light_incident" else set()
    assert wanted | full <= set(asked)


def test_the_action_item_template_is_read_as_it_is_filled() -> None:
    """Owner and deadline are found where they were put, and an untouched criterion does not count."""
    shipped = templates.shipped()["action_item"]
    text = templates.fill(shipped.text, {"owner": "@ada", "deadline": "2026-03-31", "created": "2026-03-01"})
    read = document.read(text, today=date(2026, 3, 1))
    assert "ada" in str(read.field("owner").value)
    assert read.field("deadline").value == date(2026, 3, 31)
    assert read.criteria == ()


@pytest.mark.parametrize("name", POST_MORTEMS)
def test_a_template_adds_nothing_to_itself(name: str) -> None:
    """Applying a template to an empty issue gives the template; applying it again changes nothing."""
    text = templates.shipped()[name].text
    once = document.add_missing_sections("", text)
    assert once.strip() == text.strip()
    assert document.add_missing_sections(once, text) == once


# --- fill -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ("{{what}} by {{owner}}", {"what": "Fix it", "owner": "@ada"}, "Fix it by @ada"),
        ("{{deadline}}", {}, "[deadline]"),
        ("{{what}}", {"what": "{{owner}}", "owner": "eve"}, "{{owner}}"),
        ("{{what}}", {"what": r"\1 \g<name>"}, r"\1 \g<name>"),
        ("{{ what }} {what}", {"what": "x"}, "{{ what }} {what}"),
    ],
    ids=["values", "no value", "a value is data", "no regex in values", "other braces"],
)
def test_fill_replaces_placeholders_once(text: str, values: Mapping[str, str], filled: str) -> None:
    """Values go in as they are, a missing one stays visible as a placeholder, and nothing is expanded twice."""
    assert templates.fill(text, values) == filled


@settings(max_examples=examples(100))
@given(st.dictionaries(st.sampled_from(sorted(templates.PLACEHOLDERS)), st.text(max_size=40)))
def test_fill_leaves_no_placeholder_of_the_template(values: dict[str, str]) -> None:
    """Whatever the values, every placeholder the template had is replaced by exactly its value or its name."""
    text = "|".join(f"{{{{{name}}}}}" for name in sorted(templates.PLACEHOLDERS))
    expected = "|".join(values.get(name, f"[{name}]") for name in sorted(templates.PLACEHOLDERS))
    assert templates.fill(text, values) == expected


# --- our own front matter -------------------------------------------------------------------------------------

HEAD = "name: x\ntitle: X\nsummary: An X.\nfor: post-mortem\nlabels: []\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f"---\n{HEAD}---\n\n{{{{ownr}}}}\n", 'x.md:9: unknown placeholder {{ownr}} (did you mean "owner"?)'),
        (f"---\n{HEAD}lables: []\n---\n", 'x.md:1: unknown key "lables" (did you mean "labels"?)'),
        (
            "---\nfor: party\n---\n",
            'x.md:1: for: "party" is none of post-mortem, action-item, review, meeting',
        ),
        (
            "---\nfor: [review]\n---\n",
            "x.md:1: for: \"['review']\" is none of post-mortem, action-item, review, meeting",
        ),
        ("---\nfor: review\nname: x\n---\n", "x.md:1: title: one line of text is needed"),
        (f"---\n{HEAD}required: 3\n---\n", "x.md:1: required: a list of words is needed, like [one, two]"),
        ("---\nname: x\ntitle: [unclosed\n---\n", "x.md:4: the front matter is not valid YAML: "),
        ("---\na: 2026-99-99\n---\n", "x.md:2: the front matter is not valid YAML"),
        ("---\na: &a [x, x]\nb: [*a, *a]\n---\n", "x.md:3: the front matter is not valid YAML: aliases"),
        (f"---\nname: x\na: {'[' * 50}{']' * 50}\n---\n", "x.md:3: the front matter is not valid YAML: nested"),
        ("x" * (MAX_SIZE + 1), "x.md:1: the file has 65,537 characters; a template has at most 65,536"),
    ],
    ids=["placeholder", "key", "purpose", "type", "missing", "list", "yaml", "date", "alias", "depth", "size"],
)
def test_a_mistake_in_a_template_names_its_file_and_line(text: str, error: str) -> None:
    """An error says where it is and, where it can, what was meant."""
    with pytest.raises(TemplateError) as caught:
        templates.parse("x.md", text)
    assert str(caught.value).startswith(error)


# --- a repository's own ---------------------------------------------------------------------------------------


def test_github_front_matter_gives_title_summary_and_labels() -> None:
    """GitHub's keys are read, its comma-separated labels too, and keys we do not know are left alone."""
    text = "---\nname: Our post-mortem\nabout: How we learn\nlabels: post-mortem, sev high\nassignees: ''\n---\n\n## Facts\n"
    own = templates.parse(".github/ISSUE_TEMPLATE/postmortem.md", text)
    assert (own.name, own.title, own.summary) == ("postmortem", "Our post-mortem", "How we learn")
    assert own.labels == ("post-mortem", "sev high")
    assert own.purpose == "post-mortem"
    assert own.text == "## Facts\n"


def test_github_front_matter_may_list_labels() -> None:
    """A YAML list of labels reads like the comma-separated form."""
    assert templates.parse("a.md", "---\nname: A\nlabels: [one, two]\n---\nx").labels == ("one", "two")


def test_plain_markdown_is_a_template() -> None:
    """GitLab's templates have no front matter; the file names them."""
    own = templates.parse(".gitlab/issue_templates/Incident review.md", "## Was ist passiert?\n\n")
    assert (own.name, own.title, own.text) == (
        "Incident review",
        "Incident review",
        "## Was ist passiert?\n\n",
    )


def test_a_rule_at_the_top_is_not_front_matter() -> None:
    """Markdown that merely begins with a thematic break stays whole."""
    text = "---\nWelcome\n---\n## A\n"
    assert templates.parse("a.md", text).text == text


def test_windows_line_ends_and_a_byte_order_mark_are_taken_off() -> None:
    """A template saved on Windows reads like any other."""
    own = templates.parse("a.md", "\ufeff---\r\nname: A\r\n---\r\n## B\r\n")
    assert (own.title, own.text) == ("A", "## B\n")


def test_quick_actions_are_taken_out_and_their_labels_kept() -> None:
    """Nothing in the text would run with our rights, and `/label` still says which labels are promised."""
    own = templates.parse(
        "a.md",
        '/label ~"post mortem" ~urgent\n/confidential\n/assign @root\n## A\n\n/CLOSE\n/close\tnow\nstays\n',
    )
    assert own.text == "## A\n\nstays\n"
    assert own.labels == ("post mortem", "urgent")


@pytest.mark.parametrize("line", ["/etc/passwd", "/ alone", " /close", "- /close", "a /close", "//close"])
def test_lines_that_are_no_quick_actions_stay(line: str) -> None:
    """Only a word after a slash at the very start of a line is a command."""
    assert templates.parse("a.md", f"## A\n{line}\n").text == f"## A\n{line}\n"


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_a_command_in_code_is_kept_but_disarmed(fence: str) -> None:
    """A shell line in a code block keeps its words; a space in front makes it inert wherever it ends up."""
    own = templates.parse("a.md", f"{fence}sh\n/close\n{fence}\n/close\n")
    assert own.text == f"{fence}sh\n /close\n{fence}\n"


def test_our_own_markers_cannot_be_imitated() -> None:
    """A template that holds what looks like our hidden marker does not tie its issues to a parent."""
    marker = "<!-- closeout:action-item parent=github:acme/shop#1 key=k -->"
    assert Marker.find(marker) is not None
    for text in (marker, f"<!-{marker}- closeout:action-item parent=github:acme/shop#1 key=k -->"):
        assert Marker.find(templates.parse("a.md", f"{text}\n").text) is None


@settings(max_examples=examples(150))
@given(st.text(alphabet=st.sampled_from(list("/closeA \n\r\t`~-:#{}<!>\v\u2028")), max_size=60))
def test_no_text_leaves_a_command_at_the_start_of_a_line(text: str) -> None:
    """Whatever a repository's template holds, GitLab's own pattern finds nothing to execute in what we apply."""
    try:
        own = templates.parse("a.md", text)
    except TemplateError:
        return
    assert re.search(r"^/[a-z_]+(?:[ ].*)?(?:\s*\n|\Z)", own.text, re.MULTILINE | re.IGNORECASE) is None
