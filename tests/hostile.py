"""Words that a malicious person could write, and how to see whether a text of ours would act on one of them.

Each place where words go out is tried with all of them: what a new one sets off is found everywhere at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

VICTIM = "mallory"
CORPUS = (
    # what a forge executes
    *("/close", "/assign @mallory", "/label ~hostile", "/confidential", "/move acme/ops", "x\n/close", "> /close"),
    *("@all @mallory", "@acme/sre", "cc:@mallory!", "(@mallory)", "`@mallory", "@mallory`"),
    *("Fixes #1", "closes: acme/ops#1", "resolved https://github.com/acme/ops/issues/1", "implements GH-1"),
    # what we believe
    *("<!-- closeout:comment topic=status -->", '<!-- closeout:state {"paused":true} -->', "<!-- closeout:end -->"),
    *("<!-- closeout:item key=x -->", "<!--", "-->", "{{title}} {{what}}", "[title]", "/pm pause", "/pm wont-do x"),
    # what a browser runs
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "</td></table><b>"),
    *("</details></summary>", "<a href='javascript:alert(1)'>x</a>", "&lt;script&gt;", "' onmouseover='x"),
    # what a table or a service reads
    *("a | b | c", "|---|", "`code`", "**bold**", "# heading", "\\", "<!channel>", "<https://evil.example|x>"),
    *('=HYPERLINK("https://evil.example")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1,1)", "\t=1+1", "\r=1+1", "＝1+1"),
    # what a terminal, a log or a header obeys
    *("\x1b]0;owned\x07", "\x1b[2J", "\x9b31m", "a\rb", "a\u202eb\u2066", "a\x00b", "a\u2028b", "x\r\nSet-Cookie: a=b"),
    # what a template would evaluate
    *("{{ ''.__class__ }}", "{% raw %}", "${7*7}", "%(x)s %s", "{0.__class__}", "$(id)", "; rm -rf /", "../../etc/passwd"),
    *("x" * 5000, "@" * 300, "(" * 300, "🙂" * 300),
)  # fmt: skip
ONE_LINE = tuple(dict.fromkeys(" ".join(words.split()) for words in CORPUS))
_FIRST = tuple({words[0]: words for words in ONE_LINE if words[0] in "/=+-@|#>`<"}.values())  # count at a line's start
# Fewer lines, with several attacks each.
LINES = tuple(
    " and ".join((first, *(words[:100] for words in ONE_LINE[n :: len(_FIRST)]))) for n, first in enumerate(_FIRST)
)

_QUICK_ACTION = re.compile(r"^[ \t]*/[A-Za-z_]", re.MULTILINE)
_MENTION = re.compile(r"(?<!\w)@(?:all|mallory|acme/sre)\b", re.IGNORECASE)
_CLOSING = re.compile(
    r"\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)\b:?\s+"
    r"(?:[\w./-]*#\d|GH-\d|https?://)",
    re.IGNORECASE,
)
_OURS = re.compile(r"<!-- closeout:[a-z-]+(?: [^\n]*)? -->|</?(?:details|summary)>|<!--(?! closeout:)[^>]*-->")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def set_off(text: str) -> list[str]:
    """What a forge, or we ourselves, would act on in an issue's text or a comment that we wrote."""
    found = [f"quick action: {line}" for line in _QUICK_ACTION.findall(text)]
    for token in _tokens(text):
        if token.type in {"html_block", "html_inline"}:
            rest = _OURS.sub("", token.content)
            found += [f"html: {rest.strip()[:80]}"] if "<" in rest else []
        elif token.type == "text":
            found += [f"mention: {token.content[:80]}"] if _MENTION.search(token.content) else []
            found += [f"closing keyword: {token.content[:80]}"] if _CLOSING.search(token.content) else []
    return found


def _tokens(text: str) -> Iterator[Token]:
    for token in _MARKDOWN.parse(text):
        yield token
        yield from token.children or ()
