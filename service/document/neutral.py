"""Making a person's words safe to copy into a new issue or comment: they read the same and set nothing off."""

from __future__ import annotations

import re
from collections.abc import Collection

from service.document.lines import one_line as joined

_JOINER = "\u2060"  # word joiner: takes no room and lets no line break
_MENTION = re.compile(r"(?<!\w)@(?=[A-Za-z0-9_])(?P<name>[\w.-]{1,100}(?:/[\w.-]{1,100}){0,8})?")
_CLOSING = re.compile(
    r"(?P<word>\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)\b:?)"
    r"(?P<gap>\s++)(?=(?:(?:issues?|work items?)[ ]{1,2})?(?:[\w./-]{0,200}#\d|GH-\d|https?://))",
    re.IGNORECASE,
)
_SLASH = re.compile(r"(?m)^(?=[ \t]*/[A-Za-z_])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def neutralise(text: str, *, one_line: bool, keep: Collection[str] = frozenset()) -> str:
    """Quick actions, mentions (but those of `keep`), closing keywords, comments and HTML become plain words.

    GitLab runs a quick action from any line that begins with a slash:
    https://docs.gitlab.com/user/project/quick_actions/. Idempotent. With `one_line` also without line breaks.
    """
    kept = frozenset(name.lstrip("@").lower() for name in keep)
    text = " ".join(joined(text).split()) if one_line else re.sub(r"\r\n?", "\n", text)
    text = _TAG.sub(f"<{_JOINER}", text)
    text = _SLASH.sub(_JOINER, text)
    text = _MENTION.sub(lambda found: _silenced(found, kept), text)
    return _CLOSING.sub(rf"\g<word>\g<gap>{_JOINER}", text)


def _silenced(found: re.Match[str], kept: frozenset[str]) -> str:
    name = (found["name"] or "").rstrip(".-").lower()
    return found[0] if name in kept else f"@{_JOINER}{found[0][1:]}"
