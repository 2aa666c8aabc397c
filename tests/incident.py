"""A simulated author: fills in the shipped full-incident template as a person would, line by line."""

from __future__ import annotations

import re

FIELDS = {
    r"(\*\*Date:\*\*) \[[^\]]*\]": r"\1 2026-03-01",
    r"(\*\*Duration:\*\*) \[[^\]]*\]": r"\1 2 h 15 min",
    r"(\*\*Severity:\*\*) \[[^\]]*\]": r"\1 high",
    r"(\*\*Category:\*\*) \[[^\]]*\]": r"\1 code",
    r"(\*\*Started:\*\*) \[[^\]]*\]": r"\1 2026-03-01 14:03 UTC",
    r"(\*\*Detected:\*\*) \[[^\]]*\]": r"\1 2026-03-01 14:14 UTC",
    r"(\*\*Mitigated:\*\*) \[[^\]]*\]": r"\1 2026-03-01 14:43 UTC",
    r"(\*\*Resolved:\*\*) \[[^\]]*\]": r"\1 2026-03-01 16:18 UTC",
    r"(\*\*Impact:\*\*) \[[^\]]*\]": r"\1 1,200 customers could not pay for 40 minutes",
    r"(\*\*Users affected:\*\*) \[[^\]]*\]": r"\1 1,200, from the gateway log",
    r"(\*\*Data integrity:\*\*) \[[^\]]*\]": r"\1 none, the ledger reconciles",
    r"(\*\*SLA:\*\*) \[[^\]]*\]": r"\1 a third of the month's error budget",
}
PROSE = {
    "Incident summary": "Checkout answered errors after the new price service went out.",
    "Root cause": "The price service opened a connection for each request and ran out of them.",
    "Contributing factors": "- The load test used a tenth of the real traffic.",
    "What went well": "The rollback took four minutes.",
    "What went wrong": "The alert fired eleven minutes late.",
    "Where we got lucky": "It was a quiet Sunday.",
    "Lessons learned": "Connection limits belong in the load test.",
    "Ongoing problems": "None.",
}
TIMELINE = """\
| Time (UTC) | What happened |
| --- | --- |
| 2026-03-01 14:03 | The new price service went out |
| 14:14 | The checkout alert paged |
| 14:43 | The old version was back |
"""


def filled_in(body: str, *actions: str) -> str:
    """The template's text with every blank filled, and these lines under its action items. Review stays open."""
    for blank, words in FIELDS.items():
        body, found = re.subn(blank, words, body, count=1)
        assert found, f"the template no longer has {blank}"
    for heading, words in {**PROSE, "Action items": "\n".join(actions)}.items():
        body, found = re.subn(rf"^## {heading}$", f"## {heading}\n\n{words}", body, count=1, flags=re.MULTILINE)
        assert found, f"the template no longer has {heading}"
    return re.sub(r"^\| Time \(UTC\).*?\n(?!\|)", TIMELINE + "\n", body, count=1, flags=re.MULTILINE | re.DOTALL)


def reviewed(body: str) -> str:
    """Every point of the final review is ticked."""
    head, review, points = body.partition("## Final review")
    assert review
    return head + review + points.replace("- [ ]", "- [x]")


def proven(body: str) -> str:
    """An action item whose definition of done is written down and holds."""
    done, found = re.subn(
        r"^- \[ \] \[what must be true.*\]$", "- [x] The alert paged in a drill", body, flags=re.MULTILINE
    )
    assert found, body
    return done
