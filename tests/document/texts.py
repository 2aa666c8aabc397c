"""Generated Markdown that looks like what people write, and worse."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from service.document import Document, read
from service.model import IssueRef

TODAY = date(2026, 3, 2)
HOME = IssueRef("github", "acme/shop", 1)

_FRAGMENTS = (
    "## Action items", "# Post-mortem", "### Prevention", "**Root cause**", "**Impact:**", "## Timeline", "## Definition of done",
    "- [ ] Add an alert - @alice - 2026-03-01", "- [x] Page sooner (owner: @bob, due: 1 March 2026) (done 2026-03-01)",
    "  - Owner: @carol", "  - [ ] a step", "1. Write it down **Owner:** Alice Smith **Due:** next Friday", "- ~~Drop it - @a~~ no",
    "| Action | Owner | Due | Status |", "|---|---|---|---|", "| Add X | @alice | 2026-03-01 | done |", "| a \\| b | | | [ ] |",
    "```", "~~~", "> quoted @x 2026-01-01", "<!--", "-->", "<!-- hidden -->", "<details>", "</details>", "<script>", "---", "===",
    "**Date:** 2026-03-01", "Severity: SEV2", "- **Duration:** 2h 15m", "Started: 23:59", "| Severity | high |", "- 14:03 UTC alert",
    "    indented", "\t- tab", "- - nested", "*", "N/A", "TBD", "[Action 1] - @owner - [deadline]", "_prompt_", "/pm help", "/close",
    "fixes #12", "#new-ab12", "(#57)", "https://github.com/acme/shop/issues/9", "[x](y)", "[", "](", "`code`", "`", "**", "~~", "|", "@", "03/04/2026",
    "", " ", "\u2028", "\x0b", "\x00", "\ud7ff", "İ", "é", "🔥", "- [ ]", "-", "1.", "(", ")", "Q3", "in 2 weeks", "2026-02-30", "99:99", "+99:99",
)  # fmt: skip
_ENDINGS = st.sampled_from(("\n", "\r\n", "\r", "\n\n", " "))


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Fragments in any order with any line endings, and now and then arbitrary characters."""
    piece = st.sampled_from(_FRAGMENTS) | st.text(max_size=12)
    parts = draw(st.lists(st.tuples(piece, _ENDINGS), max_size=24))
    return "".join(text + end for text, end in parts)


_WORDS = st.sampled_from((
    "Add", "alert", "queue", "the", "on-call", "for", "p99", "C++", "(twice)", "a/b", "p: q", "it's", "`x`", "and", "by", "due", "with", "-", "see", "done",
    "Friday", "2.0", "50%", "[x]", "TBD", "_a_", "**b**", "~", "(", "to", "#12", "owner", "Bob", "—", ",", "2026-02-02",
))  # fmt: skip
NAMES = st.sampled_from(("alice", "bob", "carol-x", "acme/sre", "group/sub/team", "d.e_f"))
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
_LINES = (
    "- [ ] {text} - @{name} - {day}", "- [ ] {text}", "* [x] {text} (owner: @{name}, due: {day})", "+ {text} – @{name} – {day} (#57)",
    "1. [ ] {text} | @{name} | {day}", "- [ ] {text} **Owner:** @{name} **Due:** {day}", "- {text} - @{name} - {day} (done 2026-01-01)",
    "- [ ] {text} - @owner - [deadline]", "- ✅ {text} - @{name}", "- [ ] {text} by {day} (@{name})", "- [ ] [detection] {text} - TBD - TBD",
    "- [ ] @{name} to {text} by {day}", "- ~~{text} - @{name} - {day}~~", "- [ ] {text} (#new-k1) @{name}  ", "- [ ] {text} <!-- c --> - @{name}",
)  # fmt: skip
_BELOW = ("", "  - Owner: @{name}", "  - Due: {day}", "  **Owner:** @{name}", "  because of it", "  - a detail")


@st.composite
def action_lists(draw: st.DrawFn) -> str:
    """A heading and action lines in the forms people use, in one line ending."""
    eol = draw(st.sampled_from(("\n", "\r\n")))
    lines = ["# Incident", "", "## Action items", ""]
    for _ in range(draw(st.integers(1, 4))):
        text = " ".join(draw(st.lists(_WORDS, min_size=1, max_size=5)))
        values = {"text": "Do " + text, "name": draw(NAMES), "day": draw(DAYS).isoformat()}
        lines += [draw(st.sampled_from(_LINES)).format(**values)]
        lines += [line.format(**values) for line in (draw(st.sampled_from(_BELOW)),) if line]
    if draw(st.booleans()):
        lines += ["", "| Action | Owner | Due | Status |", "|---|---|---|---|"]
        lines += [
            f"| Do {draw(_WORDS)} now | @{draw(NAMES)} | {draw(DAYS)} | {draw(st.sampled_from(('', 'open', 'done', '[ ]')))} |"
        ]
    return eol.join([*lines, "", "## Lessons learned", "Words.", ""])


def reading(text: str) -> Document:
    return read(text, today=TODAY, home=HOME)
