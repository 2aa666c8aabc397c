"""Text that others wrote, made safe to show in a terminal or a log: nothing in it moves the cursor or hides a word.

https://cwe.mitre.org/data/definitions/150.html
"""

from __future__ import annotations

import re

# Control characters but line ends and tab, among them ESC and the 8-bit CSI; signs that turn the direction of writing
# round, and separators that some programs take for line ends.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)")


def visible(text: str) -> str:
    """The text with each such sign as its escape, like 1b after a backslash and an x."""
    return _UNSEEN.sub(_escape, text)


def escaped(written: str) -> str:
    """JSON that says the same without any such sign."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
