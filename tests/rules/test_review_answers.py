"""What a follow-up review answers before it may close, and what it says of an incident that came back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service import document
from service.engine import decide
from service.model import Issue, IssueRef, Marker, Reopen, Snapshot
from service.policy import Policy
from service.reviews import recurred
from service.templates import fill, shipped
from tests.build import BOT, HOME, NOW, closed, day, snapshot

REVIEWED = "review-030-20260302"  # its key
ANSWERED = {
    "**Happened again:** [yes or no]": "**Happened again:** no, by the incidents since March",
    "## Did the alert fire?": "## Did the alert fire?\n\nIn the drill of 20 March, after 40 s.",
    "## Verdict": "## Verdict\n\nThe risk is gone.",
    "- [ ] #13 Page when the pool is full: [link to the proof]": "- [x] #13 Page when the pool is full: "
    "https://drills.example/7",
}


def review(changed: dict[str, str] = ANSWERED, *, parent: str = "closed", **more: Any) -> Snapshot:
    values = {"parent": "#12", "owner": "@alice", "deadline": "2026-04-15"}
    values["what"] = "- [ ] #13 Page when the pool is full: [link to the proof]"
    body = f"{Marker(HOME, REVIEWED)}\n{fill(shipped()['follow_up_review'].text, values)}"
    for old, new in changed.items():
        assert old in body
        body = body.replace(old, new)
    above = Issue(HOME, "Checkout outage", state="closed" if parent == "closed" else "open", author="alice")
    ref = IssueRef(HOME.forge, HOME.project, 31)
    seen = snapshot(body, ref=ref, labels=("type-action-item",), author=BOT, parent=above, **more)
    return closed(seen, at=NOW - timedelta(minutes=5), state_reason="completed")


def test_an_answered_review_stays_closed() -> None:
    """One gate for all: it is an action item with a definition of done."""
    assert decide(review(), Policy()).blockers == ()


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            "**Happened again:** no, by the incidents since March",
            "**Happened again:** [yes or no]",
            "whether it happened",
        ),
        ("**Happened again:** no, by the incidents since March", "**Happened again:** perhaps", "whether it happened"),
        ("**Happened again:** no, by the incidents since March", "**Happened again:** yes", "nothing says where"),
        ("In the drill of 20 March, after 40 s.", "", "Still empty"),
        ("The risk is gone.", "TBD", "Still empty"),
        ("https://drills.example/7", "looks fine", "is ticked without a link"),
        ("- [x] #13", "- [ ] #13", "is still open"),
        ("**Deadline:** 2026-04-15", "**Deadline:**", "no deadline"),
    ],
)
def test_a_review_without_evidence_is_reopened(old: str, new: str, found: str) -> None:
    """Each point is named with its fix."""
    seen = review()
    body = seen.issue.body.replace(old, new)
    assert body != seen.issue.body
    plan = decide(replace(seen, issue=replace(seen.issue, body=body)), Policy())
    assert any(found in point.message and point.fix for point in plan.blockers)
    assert any(isinstance(change, Reopen) for change in plan.changes)


@pytest.mark.parametrize("proof", ["https://ci.example/9", "#57", "acme/ops!12", "[graph](https://g.example/1)"])
def test_a_link_proves_a_fix(proof: str) -> None:
    """An address, an issue or a merge request; the number that names the fix is none."""
    assert decide(review(ANSWERED | {list(ANSWERED)[-1]: f"- [x] #13 Page on it: {proof}"}), Policy()).blockers == ()


def test_an_incident_that_happened_again_is_taken_up_again() -> None:
    """Advice on the review, until the post-mortem is open again."""
    yes = ANSWERED | {"**Happened again:** [yes or no]": "**Happened again:** yes, https://incidents.example/9"}
    plan = decide(review(yes), Policy())
    assert plan.blockers == ()
    [advice] = [f for f in plan.findings if f.rule == "review-answers"]
    assert "Reopen #12 and add an action" in advice.fix
    assert not [f for f in decide(review(yes, parent="open"), Policy()).findings if f.rule == "review-answers"]


@pytest.mark.parametrize(
    ("written", "read"),
    [("no", False), ("No: looked everywhere", False), ("**yes**, #7", True), ("Yes.", True), ("nobody knows", None)],
)
def test_the_first_word_is_the_answer(written: str, read: bool | None) -> None:
    """Yes or no; anything else is a question that is still open."""
    assert recurred(document.read(f"**Happened again:** {written}\n", today=day("2026-04-01"))) is read
