"""A post-mortem carries its type and exactly one severity and category label, and its text says the same.

Why: dashboards, boards and audits count labels while people read the text; when the two differ, one of them lies.

Remedy: whichever of label and text a person changed last is carried over to the other. Labels that do not exist
yet are created with a colour and a description.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service import document
from service.case import Case
from service.document import FieldState
from service.model import AddLabels, EnsureLabel, Finding, Remember, RemoveLabels, SetBody, Verdict
from service.rules import POST_MORTEM, Example, Options, Rule
from service.vocabulary import Strict, word_of
from service.wording import quoted


class LabelsOptions(Options):
    pass


@dataclass(frozen=True)
class Pair:
    """A word that stands both in the text, as a field, and on the issue, as a label of a group."""

    field: str
    names: Strict
    last: str | None


def check(case: Case, options: LabelsOptions) -> Iterator[Verdict]:  # noqa: ARG001 - every rule has this shape
    if case.closed_before_adoption:
        return
    labels = case.vocabulary.labels
    for label in case.vocabulary.taxonomy():
        if not case.exists(label):
            yield EnsureLabel(case.issue.ref, label)
    if labels.post_mortem.casefold() not in {name.casefold() for name in case.issue.labels}:
        yield AddLabels(case.issue.ref, frozenset({labels.post_mortem}))
    yield from _in_step(case, Pair("severity", labels.severity, case.state.severity))
    yield from _in_step(case, Pair("category", labels.category, case.state.category))


def _in_step(case: Case, pair: Pair) -> Iterator[Verdict]:
    field = case.document.field(pair.field)
    known = tuple(type(pair.names).model_fields)
    if field.state is FieldState.INVALID or (field.state is FieldState.RECORDED and field.value not in known):
        yield Finding(
            "labels",
            "blocks",
            f"The {pair.field} {quoted(field.raw)} is not one this team uses.",
            where=f"{pair.field.capitalize()} line",
            fix=f"Write one of: {', '.join(known)}.",
        )
        return
    wanted = case.settled(pair.field)
    if wanted is None:
        return
    yield from _labelled(case, pair, wanted)
    body = document.set_field(case.document, pair.field, wanted)
    if field.value != wanted and body != case.issue.body:
        yield SetBody(case.issue.ref, case.issue.body, body)
    if pair.last != wanted:
        yield Remember({pair.field: wanted})


def _labelled(case: Case, pair: Pair, wanted: str) -> Iterator[Verdict]:
    ref, name = case.issue.ref, str(getattr(pair.names, wanted))
    on = case.words_on(pair.names)
    if wanted not in on:
        yield AddLabels(ref, frozenset({name}))
    others = frozenset(label for label in case.issue.labels if word_of(pair.names, label) not in {None, wanted})
    if others:
        yield RemoveLabels(ref, others)


RULE = Rule(
    id="labels",
    about=POST_MORTEM,
    options=LabelsOptions,
    check=check,
    doc=__doc__,
    examples=(
        Example(
            "the text's severity becomes the label",
            "## Summary\n\n**Severity:** high\n",
            frozenset({"post-mortem"}),
            changes=("EnsureLabel", "AddLabels"),
        ),
        Example(
            "the label's severity becomes the text's",
            "## Summary\n\n**Severity:** \n",
            frozenset({"post-mortem", "severity-low"}),
            changes=("SetBody",),
        ),
        Example(
            "a severity nobody uses is asked about",
            "## Summary\n\n**Severity:** gigantic\n",
            frozenset({"post-mortem"}),
            finds=("not one this team uses",),
        ),
    ),
)
