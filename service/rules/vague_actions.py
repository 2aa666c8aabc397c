"""Every action item names a change to something, in words that let anybody see whether it was made.

Why: "improve monitoring" cannot be done, so it is closed unread or stays open for ever; the next incident finds
it there.

Remedy: say what will exist that does not exist today, where, and how that is checked; each finding has a sentence to
fill in. Advice only, it never blocks. A line that is right as it is: end it with `<!-- vague-actions: ok -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field

from service.case import Case
from service.document import ActionItem
from service.model import Finding, Verdict
from service.rules import POST_MORTEM, Example, Options, Rule
from service.wording import item_name


class VagueActionsOptions(Options):
    allow: tuple[str, ...] = Field((), description="An action with any of these words is never reported.")
    phrases: dict[str, str] = Field(
        {}, description="Further phrases, in any language, each with the sentence to fill in instead."
    )


@dataclass(frozen=True)
class Vagueness:
    """Words that promise nothing, what is missing from them, and a sentence to fill in."""

    pattern: re.Pattern[str]
    says: str
    skeleton: str


def check(case: Case, options: VagueActionsOptions) -> Iterator[Verdict]:
    for item in case.document.items:
        found = None if item.settled or _allowed(case, item, options) else _vagueness(item.text, options)
        if found is not None:
            yield Finding(
                "vague-actions",
                "advises",
                f"{item_name(item)} {found.says}.",
                where="Action items",
                fix=f"For example: {found.skeleton}.",
                who=item.owners,
            )


def _allowed(case: Case, item: ActionItem, options: VagueActionsOptions) -> bool:
    silenced = any(_SILENCED.search(case.document.line(n)) for n in range(item.line, item.end))
    return silenced or any(words.casefold() in item.text.casefold() for words in options.allow)


def _vagueness(text: str, options: VagueActionsOptions) -> Vagueness | None:
    words = " ".join(_REFERENCE.sub(" ", text).split()).strip(" .:;-–—")
    for phrase, skeleton in options.phrases.items():
        if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", words, re.IGNORECASE):
            return Vagueness(_NOTHING, "leaves open what will be different", skeleton)
    if not words or _MEASURABLE.search(words):
        return None
    return next((v for v in _VAGUE if v.pattern.match(words)), None)


# --- the words ------------------------------------------------------------------------------------------------

_SILENCED = re.compile(r"<!--\s*vague-actions:\s*ok\s*-->", re.IGNORECASE)
_REFERENCE = re.compile(r"\(?(?<!\w)(?:[\w.-]+(?:/[\w.-]+)+)?[#!](?:\d+|new-[\w-]+)\)?|https?://\S+")
_NOTHING = re.compile(r"(?!)")

# A number, a condition or a named proof is an end that somebody can check.
_MEASURABLE = re.compile(
    r"\d|%|\b(?:so that|until|unless|whenever|such that|verified by|measured by|shown by|proven by|in order to"
    r"|(?:when|if) (?:the|an?|it|any|no)|fails? the build|blocks? the|that (?:pages|alerts|fires|fails|refuses|rejects)"
    r"|and (?:write|record|report|document|decide|propose|present|publish|file|list|fix|remove|replace|add))\b",
    re.IGNORECASE,
)

_SOFT = (
    r"(?:(?:please|try to|we (?:should|need to|must|will)|should|need to|continue to|start to|let'?s) )?"
    r"(?:(?:further|better|generally|overall) )?"
)
_WISH = (
    r"(?:improv(?:e|ing)|enhanc(?:e|ing)|strengthen(?:ing)?|increas(?:e|ing)|better|more|extend|expand|rework|refine"
    r"|optimi[sz](?:e|ing)|revisit|harden|tighten|ensure|address|have)"
)
_MAKE = (
    r"(?:fix(?:ing)?|review(?:ing)?|update|add(?:ing)?|do|write|create|implement|provide|set up)"
    r"(?: (?:an? )?(?:more|better|some|additional|proper|good))?"
)
_OUR = r"(?: (?:the|our|its|this|that|general|overall|system|service|application|production|internal|code|test))*"
_ABOUT = r"(?: (?:of|for|in|on|around|about|across|with|to|between) .*| in general| everywhere| overall)?"


def _more(things: str) -> str:
    """A wish for more of something, whatever it is for (`improve monitoring of checkout`), or the making of
    something for nothing in particular (`add tests`, but not `add tests for the parser`).
    """
    return rf"(?:{_WISH}{_OUR} )?(?:{things}){_ABOUT}(?: improvements?)?\Z|{_MAKE}{_OUR} (?:{things})\Z"


_ATTENTION = (
    r"(?:be|being) (?:more |extra )?(?:careful|cautious|vigilant|mindful|aware|attentive|diligent|proactive)"
    r"|pay (?:more |closer )?attention|take (?:more |better )?care|remember to|don'?t forget|double-?check\b|try harder"
    r"|do better|make sure (?:everyone|everybody|people|we|developers|engineers)\b|remind\b|keep in mind"
)
_AWARENESS = (
    r"rais(?:e|ing) awareness|communicat(?:e|ing) (?:better|more)|educate|spread the word"
    r"|share (?:the )?(?:learnings|knowledge|lessons)"
    r"|(?:re)?train(?:ing)?(?: (?:the|our|all|more))*(?: (?:team|people|everyone|staff|engineers|developers))?\Z"
)
_SEARCH = (
    r"(?:investigat(?:e|ing|ion)|look(?:ing)? (?:in ?to|at)|dig into|explor(?:e|ing)|research|analy[sz](?:e|ing)"
    r"|analysis of|consider|think about|evaluat(?:e|ing)|assess|discuss|understand|figure out|find out"
    r"|follow[ -]?up (?:on|with)|check (?:if|whether)|keep an eye on|(?:keep )?monitor(?:ing)? the situation)(?![\w-])"
)
_SIGNALS = "monitoring|alerts?|alerting|observability|visibility|logging|logs|metrics|dashboards?|detection|telemetry"
_TESTS = "tests?|testing|test coverage|coverage|qa|quality assurance|code quality|code reviews?|ci"
_PAGES = "documentation|docs|runbooks?|playbooks?|knowledge|wiki|onboarding|comments"
_HABITS = (
    "process(?:es)?|procedures?|communications?|collaboration|coordination|planning|deployments?|releases?|governance"
    "|deployment process|release process|change management|incident response|response|hand-?overs?"
)
_QUALITIES = (
    "performance|reliability|stability|resilienc[ey]|robustness|availability|scalability|security|latency|speed"
    "|error handling|capacity|redundancy|infrastructure|architecture|quality|maintainability"
)
_NO_OBJECT = (
    r"(?:fix|solve|resolve|address|handle|do|prevent|avoid|improve|refactor|clean ?up|change)"
    r"(?: (?:it|this|that|them|things|(?:the |such )?(?:bugs?|issues?|problems?|incidents?|root cause|outages?)))?"
    r"(?: (?:again|in (?:the )?future|from happening(?: again)?|asap|properly))*\Z|\w+\Z"
)

_ROWS = (
    (
        _ATTENTION,
        "relies on people's attention, which was there before too",
        "`Make <tool> refuse <dangerous step> unless <condition>, shown by <test>`",
    ),
    (
        _AWARENESS,
        "does not say what people will be able to do afterwards",
        "`Run <drill> with <team> until <task> takes less than <time>; file an issue for what stood in the way`",
    ),
    (
        _SEARCH,
        "has no end: nobody can tell when it is done",
        "`Answer <question> in <document> by <date>, and file an issue for each fix, or record why none is needed`",
    ),
    (
        _more(_SIGNALS),
        "does not say what will be noticed that was not noticed",
        "`Add an alert on <signal> that pages <who> when <threshold>, verified by <test>`",
    ),
    (
        _more(_TESTS),
        "does not say which failure will be caught",
        "`Add a test in <suite> that fails when <this happens again>, run on <every change>`",
    ),
    (
        _more(_PAGES),
        "does not say who will be able to do what with it",
        "`Write <page> so that <somebody new> can do <task> with it alone, tried in <drill> by <date>`",
    ),
    (
        _more(_HABITS),
        "does not say which step changes",
        "`Before <event>, <tool> requires <step> and refuses without it, shown by <a refused try>`",
    ),
    (
        _more(_QUALITIES),
        "does not say by how much, or measured where",
        "`Bring <metric> from <value today> to <target>, measured on <dashboard>`",
    ),
    (
        _NO_OBJECT,
        "does not say what will change",
        "`<Verb> <what> in <which system> so that <what anybody can check>`",
    ),
)
_VAGUE = tuple(Vagueness(re.compile(rf"{_SOFT}(?:{words})", re.IGNORECASE), *said) for words, *said in _ROWS)


# --- as a rule ------------------------------------------------------------------------------------------------

_LABELS = frozenset({"post-mortem"})

RULE = Rule(
    id="vague-actions",
    about=POST_MORTEM,
    options=VagueActionsOptions,
    check=check,
    doc=__doc__,
    examples=(
        Example(
            "an action that can be checked",
            "## Action items\n\n- [ ] Page the on-call when the queue is older than 5 min - @bob - 2026-03-01\n",
            _LABELS,
        ),
        Example(
            "wishes",
            "## Action items\n\n- [ ] Improve monitoring - @bob - 2026-03-01\n"
            "- [ ] Be more careful - @eve - 2026-03-01\n",
            _LABELS,
            finds=("does not say what will be noticed", "relies on people's attention"),
        ),
        Example(
            "a search without an end, and one with an end",
            "## Action items\n\n- [ ] Investigate the timeouts - @bob - 2026-03-01\n"
            "- [ ] Investigate the timeouts and record the cause in the runbook - @bob - 2026-03-01\n",
            _LABELS,
            finds=("has no end",),
        ),
        Example(
            "done is done",
            "## Action items\n\n- [x] Improve monitoring - @bob - 2026-03-01\n",
            _LABELS,
        ),
    ),
)
