"""Which actions are too vague to be done, and which are left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.case import Case
from service.model import Finding, Issue, IssueRef, Snapshot
from service.rules.vague_actions import RULE, VagueActionsOptions

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def advice(*lines: str, options: VagueActionsOptions | None = None) -> list[Finding]:
    """What the rule says of a document with these action lines."""
    body = "\n".join(("## Action items", "", *lines, ""))
    issue = Issue(IssueRef("github", "acme/shop", 1), "Checkout down", body, labels=frozenset({"post-mortem"}))
    case = Case(Snapshot(issue, DAY, viewer="closeout-bot"))
    verdicts = list(RULE.check(case, options or VagueActionsOptions()))
    assert all(isinstance(verdict, Finding) for verdict in verdicts)
    return [verdict for verdict in verdicts if isinstance(verdict, Finding)]


def action(text: str) -> str:
    return f"- [ ] {text} - @bob - 2026-03-31"


VAGUE = {
    "attention": (
        "Be more careful",
        "Be more careful with migrations",
        "Pay more attention during handover",
        "Remember to check the replica",
        "Make sure everyone knows the runbook",
        "Double-check the target before running a migration",
    ),
    "able to do afterwards": ("Raise awareness", "We should communicate better", "Train the team"),
    "has no end": (
        "Investigate",
        "Investigate the timeouts",
        "Look into the replica lag",
        "Consider a second region",
        "Discuss with the vendor",
        "Follow up with the vendor",
        "Understand why the failover did not happen",
    ),
    "will be noticed": (
        "Improve monitoring",
        "Improve monitoring of the checkout queue",
        "Add more alerts",
        "Alerting",
        "Better visibility",
        "Enhance observability across services",
    ),
    "failure will be caught": ("Better testing", "More tests", "Add tests"),
    "who will be able": ("Update documentation", "Write a better runbook"),
    "which step changes": ("Improve our deployment process", "Review processes"),
    "by how much": ("Improve reliability", "Improve error handling"),
    "what will change": ("Fix it", "Fix the bug", "Fix the root cause", "Prevent this from happening again", "Cleanup"),
}

FINE = (
    "Add an alert on queue age that pages the on-call when it exceeds 5 min, verified by a drill",
    "Add a check for disk usage above 80 %",
    "Add tests for the parser",
    "Rotate credentials",
    "Enable MFA for the admin console",
    "Remove the legacy cron job",
    "Investigate the timeouts and write down the cause in the runbook",
    "Investigate the timeouts for at most 2 days",
    "Improve the error message of the login form so that it names the field",
    "Add a test that fails when the index is missing",
    "Document the failover of the primary database in the on-call handbook",
    "Make the deploy script ask for the target region",
    "Move the certificate renewal to cert-manager",
    "Add retries with backoff to the payment client",
    "Test the restore every month",
    "Review the firewall rules of the payment network",
    "Alert when the backup is older than 26 hours",
    "Replace the shared cron host with Kubernetes jobs",
    "Fix the connection leak in the payment client",
    "Update the TLS certificate",
    "Increase the connection pool",
    "Create a dashboard for replica lag and queue age",
    "Run a game day for region failover each quarter",
    "Monitor replica lag and page when the lag exceeds the objective",
    "Ensure that the backup job emits a heartbeat",
    "Understand-ability linter enabled in CI",
)


@pytest.mark.parametrize(("says", "text"), [(says, text) for says, texts in VAGUE.items() for text in texts])
def test_a_wish_is_answered_with_a_sentence_to_fill_in(says: str, text: str) -> None:
    """Each kind of vagueness has its own answer, with blanks for what is missing, addressed to the owner."""
    (finding,) = advice(action(text))
    assert finding.level == "advises"
    assert says in finding.message
    assert text in finding.message
    before, sentence, after = finding.fix.split("`")
    assert "<" in sentence
    assert "<" not in before + after, "outside code a forge would take the blanks for HTML"
    assert finding.who == ("bob",)


@pytest.mark.parametrize("text", FINE)
def test_an_action_that_can_be_checked_is_left_alone(text: str) -> None:
    """A named object or an end that anybody can check is enough."""
    assert advice(action(text)) == []


def test_an_issue_named_in_the_line_is_no_measurable_end() -> None:
    """The reference that Closeout itself adds to a line does not make its words clearer."""
    assert len(advice("- [ ] Improve monitoring (#12) - @bob - 2026-03-31")) == 1


def test_done_and_dropped_actions_are_left_alone() -> None:
    """Nobody has to reword what is settled."""
    assert advice("- [x] Improve monitoring - @bob", "- [ ] ~~Be more careful~~ - @bob") == []


def test_a_line_can_be_silenced() -> None:
    """A comment on the line says that it is right as it is."""
    assert advice(action("Improve monitoring") + " <!-- vague-actions: ok -->") == []


def test_policy_allows_words() -> None:
    """An action with words the team has agreed on is never reported."""
    assert advice(action("Improve alerts"), options=VagueActionsOptions(allow=("Improve Alerts",))) == []


def test_policy_adds_phrases_of_any_language() -> None:
    """A phrase of the policy is found as whole words, in any case, and answered with its own sentence."""
    options = VagueActionsOptions(phrases={"monitoring verbessern": "„Alarm auf <Signal>, der <wen> weckt“"})
    (finding,) = advice(action("Wir wollen das Monitoring verbessern"), options=options)
    assert "weckt" in finding.fix
    assert advice(action("Monitoring verbessernd"), options=options) == []


def test_long_lines_are_read_in_linear_time() -> None:
    """A line of 60,000 characters made to confuse is answered, not searched for ever."""
    assert advice(action("improve the our the the system " * 2000)) == []
