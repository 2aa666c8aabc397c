"""How alike two wordings are, and a short stable name for a wording."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher

_WORD = re.compile(r"\w+")


def words(text: str) -> str:
    """The words alone, lower-case, single-spaced: what stays when formatting and punctuation change."""
    return " ".join(_WORD.findall(text.casefold()))


def fingerprint(text: str) -> str:
    """Eight hex digits that depend on the words alone."""
    return hashlib.sha256(words(text).encode(errors="replace")).hexdigest()[:8]


def fingerprints(texts: Iterable[str]) -> tuple[str, ...]:
    """One for each, and no two alike: those with the same words are told apart by their order."""
    seen = Counter[str]()
    found = []
    for text in texts:
        name = fingerprint(text)
        seen[name] += 1
        # All are of one length, so that none is the beginning of another.
        found.append(name if seen[name] == 1 else fingerprint(f"{name} {seen[name]}"))
    return tuple(found)


def likeness(one: str, other: str) -> float:
    """From 0 (nothing in common) to 1 (the same words). Looks at the first 300 characters, which bounds the work."""
    return SequenceMatcher(None, words(one)[:300], words(other)[:300], autojunk=False).ratio()
