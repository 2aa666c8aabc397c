"""The text explains what made the outcome possible; no person stands where a cause should be.

Why: people who expect to be blamed tell less, and "somebody was careless" leaves nothing to fix. Whatever let one
person's step do harm will let the next person's.

Remedy: ask what the person saw, knew and had at hand, and which check, default or tool let the step through; write
that instead. Advice only, it never blocks. A line that is right as it is: end it with `<!-- blameless: ok -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pydantic import Field

from service import document
from service.case import Case
from service.model import Finding, Verdict
from service.rules import POST_MORTEM, Example, Options, Rule
from service.wording import quoted


class BlamelessOptions(Options):
    allow: tuple[str, ...] = Field((), description="Phrases never reported, compared without case.")
    phrases: dict[str, str] = Field(
        {}, description='Further phrases, in any language, each with its advice: `menschliches Versagen: "..."`.'
    )
    people: tuple[str, ...] = Field((), description="First names to recognise, beyond those seen on the issue.")


@dataclass(frozen=True)
class Phrase:
    """What to look for and what to write instead. `says` completes the sentence `“…” says`."""

    pattern: re.Pattern[str]
    says: str
    advice: str


@dataclass(frozen=True)
class Hit:
    text: str
    start: int
    phrase: Phrase


def check(case: Case, options: BlamelessOptions) -> Iterator[Verdict]:
    phrases = _phrases(_people(case, options)) + _own(options)
    for where, line in _lines(case):
        for hit in _hits(line, phrases):
            if not _allowed(hit, options):
                yield Finding(
                    "blameless",
                    "advises",
                    f"{quoted(hit.text)} {hit.phrase.says}.",
                    where=where,
                    fix=hit.phrase.advice,
                )


def _lines(case: Case) -> Iterator[tuple[str, str]]:
    """Where, and what a person wrote there, without what they quoted and without silenced lines."""
    yield "Title", _without_quotations(case.issue.title)
    for remark in document.prose(case.document):
        if not _SILENCED.search(case.document.line(remark.line)):
            yield document.place(case.document, remark.line), _without_quotations(remark.text)


def _hits(line: str, phrases: tuple[Phrase, ...]) -> Iterator[Hit]:
    """Findings in reading order. Of two that overlap the one that starts first counts, or the one listed first."""
    found = [
        Hit(_shown(match.group()), match.start(), phrase)
        for phrase in phrases
        for match in phrase.pattern.finditer(line)
        if not _NEGATED.search(line[: match.start()])
    ]
    end = -1
    for hit in sorted(found, key=lambda h: h.start):
        if hit.start > end:
            yield hit
            end = hit.start + len(hit.text)


def _allowed(hit: Hit, options: BlamelessOptions) -> bool:
    return any(words.casefold() in hit.text.casefold() for words in options.allow)


def _own(options: BlamelessOptions) -> tuple[Phrase, ...]:
    return tuple(
        Phrase(re.compile(rf"(?i)(?<!\w){re.escape(words)}(?!\w)"), "looks for fault rather than for causes", advice)
        for words, advice in options.phrases.items()
    )


def _people(case: Case, options: BlamelessOptions) -> frozenset[str]:
    """First names as they would be written in a sentence: of logins around this issue, and those in the policy."""
    owners = (name for item in case.document.items for name in (*item.owners, *item.owner_text.split()[:1]))
    logins = {case.issue.author, *case.issue.assignees, *case.snapshot.people, *owners}
    return frozenset(n.capitalize() for n in logins if n.isalpha() and len(n) > 2) | frozenset(options.people)


# --- the words ------------------------------------------------------------------------------------------------

# Names that are hardly ever the name of a product; more come from the issue itself and from the policy.
_NAMES = """
Ahmed Aisha Alex Alexander Alice Amir Amy Ana Anders Andrea Andrew Anita Anna Anne Anthony Antonio Barbara Ben Bob
Brian Carlos Carol Caroline Chris Christian Christine Claire Daniel Dave David Deborah Diana Eduardo Elena Emily Emma
Eric Erik Eva Fatima Felix Fiona Frank Gary George Giulia Hans Harry Heather Helen Henry Hiroshi Ian Igor Ingrid Ivan
James Jan Jane Jason Jennifer Jessica Jim Joe John Jonas Jose Joseph Juan Karen Karl Kate Kevin Klaus Kumar Lars Laura
Lena Linda Lisa Louise Lucy Luis Luke Maria Marie Martin Mary Matt Matthew Michael Mike Mohammed Nancy Nicole Nikolai
Olga Oliver Pablo Patricia Paul Paula Pedro Peter Philip Pierre Priya Rachel Rahul Raj Ravi Rebecca Richard Robert
Sandra Sara Sarah Sergei Sofia Stefan Stephen Steve Susan Svetlana Thomas Tim Tina Tom Tony Wei William Yuki
"""


def _any(phrases: str) -> str:
    """A pattern for one of `a|b|c`, in any case; a space is any white space, and an apostrophe either kind."""
    return "(?i:" + phrases.replace(" ", r"\s+").replace("'", "['’]") + ")"


_ROLE = _any(
    "engineer|developer|programmer|admin|administrator|sysadmin|dba|sre|intern|employee|contractor|colleague|team ?mate"
    "|reviewer|committer|on-?call|new hire|junior"
)
_BY_SLIP = _any("accidentally|mistakenly|carelessly|wrongly|inadvertently")
_MEANWHILE = rf"(?:(?:{_any('also|just|again|then|simply')}|{_BY_SLIP})\s+)?"
_BROKE = _any(
    r"broke(?! (?:down|out|ground|off|even|the news))|caused|botched|wiped|fat-?fingered|messed up|screwed up"
    r"|crashed (?:the|our|prod\w*)|(?:took|brought) (?:down|out)|(?:took|brought) (?:\w+ ){1,3}down"
)
_MISSED = _any(
    r"(?:missed|overlooked|ignored|misread|neglected) (?:the|an?|this|that|it|to|several|all|both|our)"
    r"|failed to \w+|did(?:n't| not) (?:bother|pay attention|think|reali[sz]e|notice|check|test|verify)"
)
_MISTYPED = _any("misconfigured|mistyped|typed the wrong")
_MADE_A_MISTAKE = _any(r"made (?:an?|the|another) (?:[\w-]+ ){0,2}(?:mistake|error|blunder)")
_SLIP = _any("mistake|fault|error|negligence|carelessness|oversight|blunder")
_CAUSED_BY = _any("(?:caused|broken|introduced|crashed|botched|misconfigured|messed up|brought down|taken down) by")
_CAUSE_IS = _any("(?:root cause|cause|culprit)(?: is| was|:)")
_PRAISE = _any("'s (?:quick|fast|swift|prompt|help|good|great|careful|experience)")
_ONESELF = _any("we|I|you|they|the team|people|everyone|nobody")
_SHOULD_HAVE = _any(
    r"should(?:n't| not| never)? have (?:\w+ly |at least )?(?:"
    "known|seen|noticed|checked|double-checked|caught|tested|reali[sz]ed|verified|asked|read|thought|done|followed"
    "|reviewed|communicated|escalated|waited|paid|looked|paged|called|told|spotted|prevented|anticipated|foreseen"
    "|remembered|understood|acted|reacted|stopped|used|run|rolled|merged|deployed|pushed|deleted|approved"
    "|been (?:more )?(?:careful|aware|attentive|cautious))"
)
_SYSTEMS = ("script", "service", "job", "code", "client", "server", "process", "which", "that")
_FORGOT_TO = "".join(rf"(?<!{word} )" for word in _SYSTEMS) + r"\b" + _any("(?:forgot|forgotten|forgetting) to")
_HUMAN_ERROR = _any("(?:human|operator|user|pilot) error|human (?:mistake|failure)|(?:stupid|silly|dumb) mistake")
_TERM = _any("rates?|logs?|messages?|pages?|codes?|counts?|budgets?|handl(?:ing|er)|reports?")
_TRAIT = _any(
    "careless(?:ly|ness)?|negligent(?:ly)?|negligence|incompeten(?:t|ce)|reckless(?:ly|ness)?|stupid(?:ly|ity)"
    "|laziness|inattention|poor judge?ment|sloppy (?:work|mistake|coding)|didn't bother"
    "|lack of (?:attention|care|diligence|discipline|common sense)"
)
_BLAME = _any(
    "(?:is|was|are|were) to blame|at fault|the (?:guilty|responsible) (?:person|engineer|developer|party)"
    "|(?:whose|his|her|their|my|your) (?:own )?(?:fault|negligence|carelessness)"
)

_TELL_WHAT_LET_IT = (
    "Say what let the step do harm: “The migration ran on production because the tool asks for no target.”"
)
_TELL_WHAT_HID_IT = (
    "Say what there was to see and what hid it: “The alert fired 40 times that week, mostly for nothing.”"
)
_TELL_WHAT_ASKED = "Name what nothing reminded or checked: “The renewal is a manual step that no check covers.”"
_TELL_WHAT_TOOK_IT = "Name what took the wrong value: “The deploy script accepts any region and asks nothing.”"
_GO_ON = "Start where this ends: which check, default or layout made the slip easy, and why did nothing catch it?"
_TELL_WHAT_WAS_KNOWN = "Tell what was known then, and what was missing: “The runbook does not mention the replica.”"
_TELL_THE_SITUATION = "Describe the situation, not the person: what made this the sensible thing to do at the time?"
_TELL_THE_CHANGE = "Put the change or condition where the name is: “The rollout of v2.3 removed the index.”"
_LEAVE_OUT_WHOSE = "Leave out whose it was; say what happened and what made it possible."


def _named(people: frozenset[str]) -> str:
    """A pattern for one person: a mention, a name, a role or a pronoun. Never gives back what it took."""
    names = "|".join(re.escape(name) for name in sorted({*_NAMES.split(), *people}))
    mention = r"(?<![\w/.])@\w(?:[\w./-]*\w)?"
    name = rf"\b(?=[A-Z])(?:{names})\b(?:\s+[A-Z][\w'’-]+)?"
    role = rf"\b{_any('the|an?|our|some|one')}\s+(?:[\w-]+\s+){{0,2}}{_ROLE}(?:\s+on\s+(?:call|duty))?\b"
    return rf"(?>{mention}|{name}|{role}|\b{_any('someone|somebody|s?he')}\b)"


@lru_cache(maxsize=64)
def _phrases(people: frozenset[str]) -> tuple[Phrase, ...]:
    who = _named(people)
    did = rf"{who}\s+{_MEANWHILE}"
    table = {
        "names a person as the cause": (
            (rf"{did}{_any('forgot')}", _TELL_WHAT_ASKED),
            (rf"{did}{_MISSED}", _TELL_WHAT_HID_IT),
            (rf"{did}{_MISTYPED}", _TELL_WHAT_TOOK_IT),
            (rf"{did}{_BROKE}", _TELL_WHAT_LET_IT),
            (rf"{who}\s+{_BY_SLIP}\s+\w+", _TELL_WHAT_LET_IT),
            (rf"{did}{_MADE_A_MISTAKE}", _GO_ON),
            (rf"{who}['’]s\s+(?:\w+\s+)?{_SLIP}", _GO_ON),
            (rf"\b{_CAUSED_BY}\s+{who}", _TELL_THE_CHANGE),
            (rf"\b{_any('because of|due to')}\s+{who}(?!{_PRAISE})", _TELL_THE_CHANGE),
            (rf"\b{_CAUSE_IS}[\s*]+{who}", _TELL_THE_CHANGE),
        ),
        "judges with hindsight": ((rf"(?:{who}|\b{_ONESELF})\s+{_SHOULD_HAVE}", _TELL_WHAT_WAS_KNOWN),),
        "asks memory to be the safeguard": ((_FORGOT_TO, _TELL_WHAT_ASKED),),
        "ends the search for causes at a person": ((rf"\b{_HUMAN_ERROR}\b(?!\s+{_TERM}\b)", _GO_ON),),
        "judges a person": ((rf"\b{_TRAIT}", _TELL_THE_SITUATION),),
        "looks for somebody to blame": ((rf"\b{_BLAME}", _LEAVE_OUT_WHOSE),),
    }
    return tuple(
        Phrase(re.compile(rf"{pattern}\b"), says, advice) for says, rows in table.items() for pattern, advice in rows
    )


# --- what is left alone ---------------------------------------------------------------------------------------

_SILENCED = re.compile(r"<!--\s*blameless:\s*ok\s*-->", re.IGNORECASE)
_QUOTATION = re.compile(r"\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|„[^“”\n]{1,200}[“”]|«[^»\n]{1,200}»")
_NOT = _any(
    "not|no|nobody|never|(?:is|was|are|were)n't|rather than|instead of|without|avoid|beyond"
    "|(?:not|never|n't) (?:accept|stop at|settle for)"
)
_NEGATED = re.compile(rf"\b{_NOT}(?:\s+{_any('an?|the|any|just|simply|only|because|caused by|due to')})?\s*\Z")


def _without_quotations(line: str) -> str:
    return _QUOTATION.sub(lambda m: " " * len(m.group()), line)


def _shown(text: str) -> str:
    return " ".join(text.split())


# --- as a rule ------------------------------------------------------------------------------------------------

_LABELS = frozenset({"post-mortem"})

RULE = Rule(
    id="blameless",
    about=POST_MORTEM,
    options=BlamelessOptions,
    check=check,
    doc=__doc__,
    examples=(
        Example(
            "a cause is a condition",
            "## Root cause\n\nThe migration ran on production because the tool asks for no target.\n",
            _LABELS,
        ),
        Example(
            "a person stands where the cause should be",
            "## Root cause\n\nThe outage was caused by @bob, because Alice forgot the dry run.\n",
            _LABELS,
            finds=("names a person as the cause", "Alice forgot"),
        ),
        Example(
            "fault words",
            "## Root cause\n\nHuman error. We should have checked the replica first.\n",
            _LABELS,
            finds=("“Human error” ends the search", "“We should have checked” judges with hindsight"),
        ),
        Example(
            "a system may be told what it should have done",
            "## Root cause\n\nThe alert should have fired within five minutes.\n",
            _LABELS,
        ),
        Example(
            "quotes, code and silenced lines are left alone",
            "## Root cause\n\n> It was human error.\n\n`raise HumanError('careless')`\n\n"
            "The ticket named Bob as careless. <!-- blameless: ok -->\n",
            _LABELS,
        ),
    ),
)
