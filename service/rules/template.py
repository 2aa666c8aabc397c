"""A post-mortem has the sections of the template that fits it, and every word that was there before.

Why: people write better under pressure when the questions are already on the page, and a post-mortem that
starts as free text must not lose a byte of it.

Remedy: the missing sections of the chosen template are added around what is there. A section that somebody
deletes later stays deleted. `/pm template NAME` asks for another template.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from service import document
from service.case import Case
from service.model import Finding, Remember, SetBody, Verdict
from service.rules import POST_MORTEM, Example, Options, Rule
from service.vocabulary import Strict


class Choice(Strict):
    """When all of the given conditions hold, this template is used."""

    use: str = Field(description="The template's name, such as `light_incident`.")
    severity: tuple[str, ...] = Field((), description="Any of these severities.")
    category: tuple[str, ...] = Field((), description="Any of these categories.")
    labels: tuple[str, ...] = Field((), description="Any of these labels, in any case.")


class TemplateOptions(Options):
    choose: tuple[Choice, ...] = Field(
        (
            Choice(use="security_incident", category=("security",)),
            Choice(use="project_retrospective", labels=("project-retrospective",)),
            Choice(use="four_quadrant_retrospective", labels=("retrospective",)),
            Choice(use="light_incident", labels=("near-miss",)),
            Choice(use="light_incident", severity=("low",)),
        ),
        description="Tried in order; the first whose conditions hold decides.",
    )
    default: str = Field("full_incident", description="The template where no choice holds.")


def check(case: Case, options: TemplateOptions) -> Iterator[Verdict]:
    wanted = case.state.pinned or _chosen(case, options)
    if case.state.template == wanted or _closed_long_ago(case):
        return
    template = case.templates.get(wanted)
    if template is None:
        names = ", ".join(sorted(name for name, t in case.templates.items() if t.purpose == "post-mortem"))
        yield Finding("template", "error", f"There is no template named {wanted!r}.", fix=f"Use one of: {names}.")
        return
    body = document.add_missing_sections(case.issue.body, template.text, dialect=case.vocabulary.dialect)
    if len(body) > case.snapshot.capabilities.max_body:
        yield Finding(
            "template",
            "error",
            "The template does not fit: the description would be longer than this forge allows.",
            fix="Move logs and transcripts into a linked document, then comment `/pm template " + wanted + "`.",
        )
        return
    if body != case.issue.body:
        yield SetBody(case.issue.ref, case.issue.body, body)
    yield Remember({"template": wanted})


def _chosen(case: Case, options: TemplateOptions) -> str:
    labels = {label.casefold() for label in case.issue.labels}
    for choice in options.choose:
        if choice.severity and case.severity not in choice.severity:
            continue
        if choice.category and case.category not in choice.category:
            continue
        if choice.labels and labels.isdisjoint(label.casefold() for label in choice.labels):
            continue
        return choice.use
    return options.default


def _closed_long_ago(case: Case) -> bool:
    """An issue that was closed before it was labelled is history: its text is left as it is."""
    return case.state.template is None and case.closed_before_adoption


RULE = Rule(
    id="template",
    about=POST_MORTEM,
    options=TemplateOptions,
    check=check,
    doc=__doc__,
    examples=(
        Example("an empty issue gets the whole template", "", frozenset({"post-mortem"}), changes=("SetBody",)),
        Example(
            "a person's text stays at the top", "The shop was down.\n", frozenset({"post-mortem"}), changes=("SetBody",)
        ),
    ),
)
