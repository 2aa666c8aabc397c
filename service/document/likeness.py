"""How alike two wordings are, and a short stable name for a wording."""

from __future__ import annotations

import hashlib
import re
from difflib import SequenceMatcher

_WORD = re.compile(r"\w+")


def words(text: str) -> str:
    """The words alone, lower-case, single-spaced: what stays when formatting and punctuation change."""
    return " ".join(_WORD.findall(text.casefold()))


def fingerprint(text: str) -> str:
    """Eight hex digits that depend on the words alone."""
    return hashlib.sha256(words(text).encode(errors="replace")).hexdigest()[:8]


def likeness(one: str, other: str) -> float:
    """From 0 (nothing in common) to 1 (the same words). Looks at the first 300 characters, which bounds the work."""
    return SequenceMatcher(None, words(one)[:300], words(other)[:300], autojunk=False).ratio()
