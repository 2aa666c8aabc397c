"""Which sentences put a person where a cause should be, and which only look like it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.case import Case
from service.document import neutralise
from service.model import Finding, Issue, IssueRef, Snapshot
from service.rules.blameless import RULE, BlamelessOptions

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def advice(text: str, *, title: str = "Checkout down", options: BlamelessOptions | None = None) -> list[Finding]:
    """What the rule says of a document whose root cause is this text."""
    issue = Issue(
        IssueRef("github", "acme/shop", 1),
        title,
        f"## Root cause\n\n{text}\n",
        labels=frozenset({"post-mortem"}),
        assignees=frozenset({"zelda"}),
    )
    verdicts = list(RULE.check(Case(Snapshot(issue, DAY, viewer="closeout-bot")), options or BlamelessOptions()))
    assert all(isinstance(verdict, Finding) for verdict in verdicts)
    return [verdict for verdict in verdicts if isinstance(verdict, Finding)]


PERSON_AS_CAUSE = (
    ("Bob broke the build.", "Bob broke"),
    ("The outage was caused by @bob.", "caused by @bob"),
    ("It went down because Alice forgot the dry run.", "Alice forgot"),
    ("@carol deleted it, and @carol's mistake took us down.", "@carol's mistake"),
    ("The on-call engineer missed the page.", "The on-call engineer missed the"),
    ("An engineer on call failed to escalate.", "An engineer on call failed to escalate"),
    ("Somebody accidentally dropped the table.", "Somebody accidentally dropped"),
    ("Alice Smith misconfigured the proxy.", "Alice Smith misconfigured"),
    ("He did not bother to test it.", "He did not bother"),
    ("One of the sites was broken by Alice.", "broken by Alice"),
    ("A developer made a stupid mistake.", "A developer made a stupid mistake"),
    ("Root cause: Bob", "Root cause: Bob"),
    ("Due to @bob the deploy went out on Friday.", "Due to @bob"),
    ("The DBA took the primary down.", "The DBA took the primary down"),
    ("The reviewer overlooked the flag.", "The reviewer overlooked the"),
    ("Priya messed up the rollout.", "Priya messed up"),
)

FAULT = (
    ("**Root cause:** human error", "human error", "ends the search for causes at a person"),
    ("Operator error.", "Operator error", "ends the search for causes at a person"),
    ("It was plain user error", "user error", "ends the search for causes at a person"),
    ("A silly mistake in the config.", "silly mistake", "ends the search for causes at a person"),
    ("We should have tested the restore.", "We should have tested", "judges with hindsight"),
    ("Alice should have known.", "Alice should have known", "judges with hindsight"),
    ("I should have been more careful.", "I should have been more careful", "judges with hindsight"),
    ("The engineer shouldn't have merged on a Friday.", "The engineer shouldn't have merged", "judges with hindsight"),
    ("We forgot to renew the certificate.", "forgot to", "asks memory to be the safeguard"),
    ("The change was careless.", "careless", "judges a person"),
    ("This was negligent.", "negligent", "judges a person"),
    ("Lack of attention during the handover.", "Lack of attention", "judges a person"),
    ("Poor judgement under pressure.", "Poor judgement", "judges a person"),
    ("The team was to blame.", "was to blame", "looks for somebody to blame"),
    ("It was my fault.", "my fault", "looks for somebody to blame"),
    ("The responsible engineer has been spoken to.", "The responsible engineer", "looks for somebody to blame"),
)

INNOCENT = (
    "The alert should have fired.",
    "Kafka should have rejected the message.",
    "The pods failed to start because the image was missing.",
    "Prometheus missed two scrapes.",
    "The migration broke the index.",
    "The outage was caused by a full disk.",
    "Caused by the rollout of v2.3.",
    "Thanks to Alice the rollback took two minutes.",
    "Alice rolled back at 10:42.",
    "@bob noticed the errors on the dashboard.",
    "Bob and Alice joined the call.",
    "Bob broke down the numbers by region.",
    "A page fault in the kernel module.",
    "The cluster is fault tolerant.",
    "git blame shows that the line is ten years old.",
    "We write blameless post-mortems.",
    "Sloppy quorum let two writers in.",
    "Lazy loading hid the error until the first request.",
    "The human error rate in the labelling data rose.",
    "User error messages were empty.",
    "We do not accept human error as a cause.",
    "This was not human error.",
    "Nobody was to blame, and the fix was quick.",
    "The script forgot to close its file.",
    "We should have a runbook for this.",
    "We should have three replicas.",
    "It should have been caught by the linter.",
    "The retry should have backed off.",
    "We lost 4,000 checkouts in 12 minutes.",
    "The operator failed to reconcile the custom resource.",
    "The customer's firewall blocked the callback.",
    'The ticket said "careless" and was reworded.',
    "The vendor said “operator error” at first.",
    "Responsible: @bob",
    "Owner: @alice",
    "Restored by @bob from the 03:00 backup.",
    "The default timeout is 30 s; nobody had changed it.",
    "Because of the retry storm the database ran out of connections.",
    "Due to the embargo this is short.",
    "Because of @bob's quick reaction only one region was hit.",
    "The team missed its error budget for March.",
    "Add a check so that no one has to remember to renew.",
    "Manual errors are retried by the queue.",
    "Reviewers had no way to see the rendered config.",
    "The engineer saw three green checks and merged.",
    "The on-call engineer was paged at 10:07.",
    "Someone on the team will present this on Friday.",
    "They failed to come back after the restart.",
    "Mail to alice@broke.example caused a bounce.",
    "Grace period ended and Travis broke the pipeline.",
    "Incompatible versions caused the crash.",
    "The admin interface crashed.",
    "The new engineer onboarding page was stale.",
)


@pytest.mark.parametrize(("text", "phrase"), PERSON_AS_CAUSE)
def test_a_person_is_not_a_cause(text: str, phrase: str) -> None:
    """A name, mention, role or pronoun with a verb of damage or neglect is found, with advice how to go on."""
    (finding,) = advice(text)
    assert finding.level == "advises"
    assert finding.where == "Root cause, line 3"
    assert finding.message == f"“{neutralise(phrase, one_line=True)}” names a person as the cause."
    assert finding.fix


@pytest.mark.parametrize(("text", "phrase", "says"), FAULT)
def test_fault_language_is_answered_with_a_better_question(text: str, phrase: str, says: str) -> None:
    """Words that look for fault are found, and the answer says what they do to the search for causes."""
    (finding,) = advice(text)
    assert finding.message == f"“{phrase}” {says}."
    assert finding.fix


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_sentences_are_left_alone(text: str) -> None:
    """Systems may fail, people may act, and fault words may be refused or be technical terms."""
    assert advice(text) == []


def test_each_kind_of_slip_has_its_own_advice() -> None:
    """The advice fits the phrase: forgetting, missing, mistyping and breaking ask for different things."""
    texts = ("Bob forgot it.", "Bob missed the alert.", "Bob mistyped it.", "Bob broke it.", "Bob should have known.")
    assert len({advice(text)[0].fix for text in texts}) == len(texts)


def test_several_phrases_of_a_line_are_reported_in_reading_order() -> None:
    """Each phrase gets its advice; overlapping ones count once."""
    messages = [f.message for f in advice("Careless: we should have tested it, and Alice forgot to say so.")]
    assert [message.split("”")[0] for message in messages] == ["“Careless", "“we should have tested", "“Alice forgot"]


@pytest.mark.parametrize(
    "text",
    [
        "> Bob broke the build.",
        "`Bob broke` is a test's name.",
        "```\nhuman error\n```",
        "    human error",
        "<!-- human error -->",
        "Bob broke the build. <!-- blameless: ok -->",
        "- Bob broke the build. <!--blameless:OK-->",
        "The form has a field “human error”, which we removed.",
    ],
    ids=["quote", "code", "fence", "indented code", "comment", "silenced", "silenced bullet", "quotation"],
)
def test_quotes_code_and_silenced_lines_are_ignored(text: str) -> None:
    """Only what the authors say themselves counts."""
    assert advice(text) == []


def test_silencing_a_line_says_nothing_about_the_next() -> None:
    """The mark holds for its own line."""
    assert len(advice("Bob broke the build. <!-- blameless: ok -->\nAlice broke the build.")) == 1


def test_the_title_counts_too() -> None:
    """A headline that names a person is the most read line of all."""
    (finding,) = advice("A condition.", title="Bob broke production")
    assert finding.where == "Title"


def test_people_of_the_issue_are_recognised_by_name() -> None:
    """Logins around the issue tell which unusual names are people."""
    assert len(advice("Zelda broke the pipeline.")) == 1
    assert advice("Zenobia broke the pipeline.") == []
    assert len(advice("Zenobia broke the pipeline.", options=BlamelessOptions(people=("Zenobia",)))) == 1


def test_nobody_is_mentioned_again() -> None:
    """The advice repeats the phrase without notifying the person in it."""
    (finding,) = advice("Caused by @zelda.")
    assert "@zelda" not in finding.message


def test_policy_allows_phrases() -> None:
    """What a team has decided to live with is not reported."""
    assert advice("Human error.", options=BlamelessOptions(allow=("human ERROR",))) == []


def test_policy_adds_phrases_of_any_language() -> None:
    """A phrase of the policy is found as whole words, in any case, and answered with its own advice."""
    options = BlamelessOptions(phrases={"menschliches Versagen": "Was hat den Schritt möglich gemacht?"})
    (finding,) = advice("Es war Menschliches Versagen.", options=options)
    assert finding.fix == "Was hat den Schritt möglich gemacht?"
    assert advice("Kein menschliches Versagensmodell.", options=options) == []


def test_long_lines_are_read_in_linear_time() -> None:
    """A line made to confuse the patterns is answered, not searched for ever."""
    assert advice("the some one a " * 4000) == []
