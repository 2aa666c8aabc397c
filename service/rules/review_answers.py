"""A follow-up review answers with evidence: did it recur, did the alert fire, where is each fix seen to hold.

Why: "looks fine" a month later is how the same incident comes back a third time.

Remedy: say yes or no, link what happened, and end the line of each fix with the link that shows that it holds. A review
closes like any action item, once its definition of done is ticked. If it recurred, reopen the post-mortem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.case import Case
from service.document import Criterion
from service.model import REVIEW, Finding, IssueRef, Marker, Verdict
from service.reviews import TEMPLATE, recurred
from service.rules import ACTION_ITEM, Example, Options, Rule
from service.wording import quoted

# The first reference names the fix; the proof comes behind it.
_NAME = re.compile(r"^\s*(?:[\w.-]+(?:/[\w.-]+)+)?#\d+")
_LINK = re.compile(r"https?://\S|(?<!\w)(?:[\w.-]+(?:/[\w.-]+)+)?[#!]\d+")
_DOD = "definition-of-done"


class ReviewAnswersOptions(Options):
    pass


def check(case: Case, options: ReviewAnswersOptions) -> Iterator[Verdict]:  # noqa: ARG001 - every rule has this shape
    if not case.issue.is_review:
        return
    yield from _recurrence(case)
    for name in case.templates[TEMPLATE].required:
        section = case.document.section(name)
        if name not in {"recurrence", _DOD} and (section is None or not (section.filled or section.not_applicable)):
            where = section.title if section is not None else name.capitalize()
            yield _blocks("Still empty.", where, "A sentence is enough; link what shows it.")
    for criterion in case.document.criteria:
        if criterion.done and not criterion.not_applicable and not _is_proven(criterion):
            fix = "End the line with the link: the change, the test, the graph or the drill."
            yield _blocks(f"{quoted(criterion.text)} is ticked without a link.", "Definition of done", fix)


def _recurrence(case: Case) -> Iterator[Finding]:
    section = case.document.section("recurrence")
    where = section.title if section is not None else "Did it happen again?"
    answer = recurred(case.document)
    if answer is None:
        fix = "Write `**Happened again:** no` and where you looked, or `yes` and a link to what happened."
        yield _blocks("It does not say whether it happened again.", where, fix)
    if not answer:
        return
    if section is None or not _LINK.search(section.text):
        fix = "Link the incident, the alert or the ticket."
        yield _blocks("It happened again, and nothing says where.", where, fix)
    parent = case.snapshot.parent
    if parent is None or parent.state == "closed":
        named = case.ref_text(parent.ref) if parent is not None else "the post-mortem"
        fix = (
            f"Reopen {named} and add an action for what was missing. If the cause is another one, open a post-mortem "
            "of its own, and link it here."
        )
        message = "It happened again: what was completed did not hold."
        yield Finding("review-answers", "advises", message, where=where, fix=fix, who=case.owners)


def _is_proven(criterion: Criterion) -> bool:
    return _LINK.search(_NAME.sub("", criterion.text, count=1)) is not None


def _blocks(message: str, where: str, fix: str) -> Finding:
    return Finding("review-answers", "blocks", message, where=where, fix=fix)


_LABELS = frozenset({"type-action-item"})
_MARKER = Marker(IssueRef("github", "acme/shop", 3), f"{REVIEW}030-20260301")

RULE = Rule(
    id="review-answers",
    about=ACTION_ITEM,
    options=ReviewAnswersOptions,
    check=check,
    doc=__doc__,
    examples=(
        Example("an action item is no review", "## Definition of done\n\n- [x] Seen\n", _LABELS),
        Example(
            "it did not happen again, and the fix is seen to hold",
            f"{_MARKER}\n## Did it happen again?\n\n**Happened again:** no, as the incidents since March say\n\n"
            "## Did the alert fire?\n\nIn the drill of 1 May, after 40 s.\n\n## Verdict\n\nThe risk is gone.\n\n"
            "## Definition of done\n\n- [x] #13 Page on queue depth: https://drills.example/7\n",
            _LABELS,
        ),
        Example(
            "ticked from memory",
            f"{_MARKER}\n## Did it happen again?\n\n**Happened again:** yes\n\n"
            "## Definition of done\n\n- [x] #13 Page on queue depth: fine\n",
            _LABELS,
            finds=("nothing says where", "Still empty", "did not hold", "ticked without a link"),
        ),
    ),
)
